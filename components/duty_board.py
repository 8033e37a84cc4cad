"""The board: every place in every hour, worst state first; a town opens to its sites with exceptions, an hour that is
chosen changes the strip and the lists. `duty.js` opens, chooses and keeps both in the address."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.duty_strip import COLOURS, ICONS
from components.format import UNKNOWN, count, hour, hour_named, percent, period
from components.icons import icon
from components.links import href, place_href
from components.names import short_name
from domain.board import Board, Column, Line
from domain.duty import EXPECTED, Counts, State
from domain.overview import PlaceRef
from domain.places import Level
from locales import text

ROOMY = 11
"""Up to so many hours a site's cell has room for the word beside its icon; beyond, its label has it."""

GOOD_SHARE = 0.98
"""A share on time below this is printed bold."""


def duty_board(board: Board, language: str) -> Component:
    """Places by hours with the totals below them."""
    level = board.lines[0].place.level
    title = text(language, f"board.title.{level}")
    if not board.columns or not board.sites:
        return html.Div([panel.head(title), states.message("pin", "", text(language, "matrix.empty"))])
    note = text(language, "board.note_sites" if level is Level.SITE else "board.note")
    towns = len(board.owing) or sum(one.towns for one in board.groups)
    drawer = html.Button(
        text(language, "board.lists", count=count(towns)), type="button", className="btn pri to-lists",
        **{"data-duty-lists": "", "aria-expanded": "false"},
    )  # fmt: skip
    due = sum(column.due for column in board.columns)
    ahead = len(board.columns) - due
    narrow = due > ROOMY
    hours = [*[f"minmax({34 if narrow else 44}px, var(--wide))"] * due, *["22px"] * ahead]
    return html.Div(
        [
            panel.head(title, note, [_key(language), drawer]),
            html.Div(
                [
                    _head(board, level, language),
                    *(_group(board, line, language) for line in board.lines),
                    _foot(board, language),
                ],
                className="db narrow" if narrow else "db",
                role="table",
                tabIndex="0",
                style={
                    "--hours": " ".join(hours),
                    "--hours-due": " ".join(hours[:due]) or "0",
                    "--due": str(due),
                    "--ahead": str(ahead),
                },
                **{"aria-label": title, "data-open": _first_open(board)},
            ),
        ],
        className="fill",
    )


def _first_open(board: Board) -> str:
    """The place that stands open before the reader has chosen: the first that still owes something."""
    worst = board.lines[0]
    return worst.place.code if worst.total.unsettled and worst.below else ""


def _key(language: str) -> html.Span:
    marks = [
        html.Span([icon(ICONS[state]), text(language, f"duty_state.{state}")], className=COLOURS.get(state, "mut"))
        for state in (*EXPECTED, State.CLOSED, State.NOT_DUE)
    ]
    return html.Span(marks, className="key")


# -- the head


def _head(board: Board, level: Level, language: str) -> html.Div:
    cells: list[Component] = [html.Span(text(language, f"board.place.{level}"), role="columnheader", className="nm")]
    cells += [_hour(board, i, column, language) for i, column in enumerate(board.columns)]
    cells += [
        html.Span(text(language, f"board.{name}"), role="columnheader", className="r", title=text(language, hint))
        for name, hint in (
            ("share", "board.share_hint"), ("late", "board.late_hint"), ("unsettled", "board.unsettled_hint"),
        )
    ]  # fmt: skip
    return html.Div(html.Div(cells, className="gr", role="row"), className="hd", role="rowgroup")


def _hour(board: Board, i: int, column: Column, language: str) -> html.Span:
    """The head of one column. An hour that is due can be chosen; those to come only stand there."""
    campaign = board.present.campaign
    name = hour(column.end, campaign)
    whole = period(column.end, campaign, language)
    if column.first != column.last:
        written = text(language, "board.until", hour=hour_named(name, language))
        return html.Span(written, role="columnheader", className="when", title=text(language, "board.earlier"))
    if not column.due:
        return html.Span(name, role="columnheader", className="when ahead", title=whole)
    chosen = i == board.selected
    latest = i + 1 == len(board.columns) or not board.columns[i + 1].due
    start = campaign.local(column.start)
    link = html.A(
        hour_named(name, language) if chosen else name,
        href=href(
            "duty",
            campaign=campaign.id,
            place=board.present.place.code,
            language=language,
            hour=None if latest else start,
        ),
        className="on" if chosen else "",
        title=whole,
        **({"aria-current": "true"} if chosen else {}),
        **({"data-duty-latest": ""} if latest else {}),
        **{"data-duty-hour": start.isoformat(timespec="minutes")},
    )
    return html.Span(link, role="columnheader", className="when")


# -- places


def _group(board: Board, line: Line, language: str) -> html.Div:
    """A place with what stands below it, hidden until it is opened; a site alone."""
    if line.place.level is Level.SITE:
        return html.Div(_row(board, line, language), role="rowgroup")
    rows = [_row(board, line, language), *(_row(board, below, language) for below in line.below)]
    if line.quiet:
        rows.append(_quiet(board, line, language))
    return html.Div(rows, role="rowgroup", className="grp", **{"data-duty-place": line.place.code})


def _row(board: Board, line: Line, language: str) -> html.Div:
    top = line.place.level is board.lines[0].place.level
    site = line.place.level is Level.SITE
    cells: list[Component] = [_name(board, line, top, language)]
    cells += [
        _cell(line, counts, column, board, language)
        for counts, column in zip(line.counts, board.columns, strict=True)
    ]
    total = line.total
    done = total.on_time + total.zero
    share = total.on_time_share
    written = f"{count(done)}/{count(total.expected)}" if site else percent(share)
    weight = "b" if share is not None and share < GOOD_SHARE and not site else "mut"
    cells += [
        html.Span(written if total.expected else UNKNOWN, role="cell", className=f"r {weight}"),
        _number(total.late, "warn b"),
        _number(total.unsettled, "b"),
    ]
    kind = "tr" if top and not site else "sr"
    return html.Div(cells, className=f"gr {kind}", role="row")


def _name(board: Board, line: Line, top: bool, language: str) -> html.Span:
    name = short_name(line.place, language)
    campaign = board.present.campaign
    if line.place.level is Level.SITE:
        to = place_href(line.place.code, True, campaign=campaign.id, language=language)
        return html.Span(dcc.Link(name, href=to, title=line.place.label(language)), role="rowheader", className="nm")
    if not top:
        return html.Span(_own_board(board, line.place, name, language), role="rowheader", className="nm")
    button = html.Button(
        [icon("right"), html.B(name, className="ell"), html.Span(count(line.sites), className="faint t12")],
        type="button",
        title=text(language, "board.open", place=line.place.label(language), sites=count(line.sites)),
        **{"data-duty-open": line.place.code, "aria-expanded": "false"},
    )
    return html.Span(button, role="rowheader", className="nm")


def _cell(line: Line, counts: Counts, column: Column, board: Board, language: str) -> html.Span:
    """A site's state, the word beside the icon unless on time; of more sites the worst state and how many."""
    if not column.due:
        return html.Span(
            role="cell", className="dc duty-not_due ahead", **{"aria-label": _word(State.NOT_DUE, language)}
        )
    found = counts.exceptions
    if not found:
        label = _word(State.ON_TIME, language)
        return html.Span(role="cell", className="dc duty-on_time", **{"aria-label": label})
    worst, number = found[0], counts.number(found[0])
    one = line.place.level is Level.SITE and column.first == column.last
    short = text(language, f"board.short.{worst}")
    written: list[Component | str] = [html.Span(short, className="w") if one else html.Span(count(number))]
    others = sum(counts.number(state) for state in found[1:])
    if others:
        written.append(html.Span(f"+{count(others)}", className="more-states"))
    said = text(
        language,
        "board.cell",
        place=line.place.label(language),
        hour=period(column.end, board.present.campaign, language),
        states=text(language, "format.list").join(
            _word(state, language) if one else f"{_word(state, language)} {count(counts.number(state))}"
            for state in (*found, *((State.ON_TIME,) if counts.on_time and not one else ()))
        ),
    )
    return html.Span(written, role="cell", className=f"dc duty-{worst}", title=said, **{"aria-label": said})


def _word(state: State, language: str) -> str:
    return text(language, f"duty_state.{state}")


def _number(number: int, loud: str) -> html.Span:
    return html.Span(count(number), role="cell", className=f"r {loud if number else 'faint'}")


def _quiet(board: Board, line: Line, language: str) -> html.Div:
    """The rest of a place, in one line, with the way to its own board."""
    said = text(language, "board.quiet_all" if not line.below else "board.quiet", count=count(line.quiet))
    cell = [html.Span(said), _own_board(board, line.place, text(language, "board.own"), language)]
    return html.Div(html.Span(cell, role="cell", className="rest"), className="gr sr", role="row")


def _own_board(board: Board, place: PlaceRef, name: str, language: str) -> Component:
    to = href("duty", campaign=board.present.campaign.id, place=place.code, language=language)
    return dcc.Link(name, href=to, className="lk")


# -- the foot


def _foot(board: Board, language: str) -> html.Div:
    """Every hour's states and what they add up to; closed sites stand below, since they leave what is expected."""
    due = [column.due for column in board.columns]
    totals = [Counts.total(line.counts[i] for line in board.lines) for i in range(len(board.columns))]
    whole = Counts.total(part for part, there in zip(totals, due, strict=True) if there)
    rows = [
        _sums(
            [icon(ICONS[state]), _word(state, language)], COLOURS.get(state, "mut"), totals, due,
            [counts.number(state) for counts in totals], count(whole.number(state)),
            "" if state is State.ON_TIME else f"{COLOURS.get(state, '')} b",
        )
        for state in EXPECTED
    ]  # fmt: skip
    expected = [counts.expected for counts in totals]
    rows.append(_sums([text(language, "board.sum")], "", totals, due, expected, count(whole.expected), "b", "sum"))
    rows.append(
        _sums([icon("closed"), _word(State.CLOSED, language)], "mut", totals, due,
              [counts.closed for counts in totals], count(whole.closed), "")
    )  # fmt: skip
    return html.Div(rows, className="ft", role="rowgroup")


def _sums(
    label: Sequence[Component | str], colour: str, totals: Sequence[Counts], due: Sequence[bool],
    numbers: Sequence[int], total: str, loud: str, extra: str = "",
) -> html.Div:  # fmt: skip
    cells: list[Component] = [html.Span(list(label), role="rowheader", className=f"nm {colour}".strip())]
    cells += [
        html.Span(count(number) if there else "", role="cell", className=f"n {loud if number else 'faint'}")
        if there
        else html.Span(role="cell", className="n ahead")
        for number, there in zip(numbers, due, strict=True)
    ]
    cells.append(html.Span(html.B(total), role="cell", className="r all"))
    return html.Div(cells, className=f"gr {extra}".strip(), role="row")

"""The number passport: the drawer that says where a figure comes from, in the same order for every figure."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components import ids
from components.drawer import waiting_drawer
from components.figure import Of, figure
from components.format import count, percent, period, signed, when
from components.icons import icon
from components.names import short_name
from components.passport_rows import changes, missing, reports, section
from components.passport_upper import entry
from domain.overview import PlaceRef
from domain.passport import SHARES, Figure, Kind, Passport, Reason, Source
from domain.reports import Status
from locales import text

ROOM = 0.08
"""Of the axis of sources, left free at both ends."""

APART = 8
"""Places that are named where the upper system differs."""


def drawer(language: str) -> html.Aside:
    """The place of the drawer on every page; `passport.js` opens it and fills it."""
    return waiting_drawer(
        ids.PASSPORT, "passport", "pp", "passport", language,
        title=text(language, "passport.title"), loading=text(language, "passport.loading"),
        failed=text(language, "passport.failed"), close=text(language, "passport.close"),
    )  # fmt: skip


def passport(rows: Passport, language: str) -> list[Component]:
    """Everything about one figure, from its value down to the reports."""
    head = _head(rows, language)
    # Empty parts keep their places: what was typed into the last one stays there when the figure moves.
    return [
        head,
        html.Div(
            [
                _value(rows, language),
                _sources(rows, language),
                _where(rows, language),
                missing(rows, language),
                changes(rows, language),
                _definition(rows, language),
                reports(rows, language),
                _others(rows, language),
                entry(rows, language),
            ],
            className="pp-body",
            tabIndex="0",
            role="group",
            **{"aria-label": _subject(rows, language)},
        ),
    ]


def written(rows: Passport, language: str) -> str:
    """The value as the page shows it."""
    if rows.figure in SHARES:
        return percent(rows.value)
    return count(rows.value)


def _subject(rows: Passport, language: str) -> str:
    """Figure, place, time: `已采样人数 · 三水区 · 截至 14:00`."""
    if rows.hour is not None:
        name = period(rows.campaign.end_of(rows.hour), rows.campaign, language)
        time = text(language, "passport.only", period=name)
    else:
        time = text(language, "passport.until", until=when(rows.data_until, rows.campaign, language))
    parts = (text(language, f"passport.figure.{rows.figure}"), short_name(rows.place, language), time)
    return text(language, "format.dot").join(parts)


def _head(rows: Passport, language: str) -> html.Div:
    copied = {
        "data-passport-copy": _as_text(rows, language),
        "data-passport-copied": text(language, "passport.copied"),
        "aria-label": text(language, "passport.copy"),
    }
    return html.Div(
        [
            html.H2(text(language, "passport.title")),
            html.Span(_subject(rows, language), className="mut t13 pp-subject"),
            html.Span(className="sp"),
            html.Button(
                [icon("copy"), html.Span(text(language, "passport.copy"))], type="button", className="btn", **copied
            ),
            html.Button(
                [icon("x"), text(language, "passport.close"), html.Kbd("Esc", className="desk-only")],
                type="button",
                className="btn",
                **{"data-passport-close": ""},
            ),
        ],
        className="pp-head",
    )


def _as_text(rows: Passport, language: str) -> str:
    """Value, time, revision and formula, for a message."""
    place, unit = short_name(rows.place, language), text(language, f"passport.unit.{rows.figure}")
    lines = [
        f"{text(language, f'passport.figure.{rows.figure}')} · {place} · {written(rows, language)} {unit}".strip(),
        _subject(rows, language),
        _formula(rows, language),
    ]
    lines += [
        f"{_name(source, language)} {count(source.value)} ({signed(source.difference)})"
        for source in rows.sources
        if source.value is not None
    ]
    return "\n".join(lines)


# -- value and formula


def _value(rows: Passport, language: str) -> html.Section:
    if rows.value is None:
        return _section([html.P(text(language, "passport.nothing"), className="mut t13")], "pp-value")
    unit = text(language, f"passport.unit.{rows.figure}")
    shown = text(language, "passport.shown")
    if rows.figure is Figure.REPORTED:
        unit = text(language, "passport.of_sites", whole=count(rows.whole))
    parts: list[Component] = [
        html.Div(
            [
                html.Span(written(rows, language), className="pp-number"),
                html.Span(text(language, "format.dot").join(part for part in (unit, shown) if part), className="mut"),
                html.Span(className="sp"),
                html.Span(
                    [text(language, "passport.verified_share"), " ", html.B(percent(_share(rows)), className="t20")],
                    className="pp-share mut",
                ),
            ],
            className="pp-line",
        ),
        html.Div(_formula(rows, language), className="t12 mut pp-formula"),
    ]
    if rows.counted:
        bars = [(part.status, part.amount) for part in rows.parts if part.amount > 0]
        parts += [
            html.Div(
                [html.I(className=f"pp-part pp-{status}", style={"flexGrow": amount}) for status, amount in bars],
                className="pp-bar",
                **{"aria-hidden": "true"},
            ),
            html.Div(
                [
                    html.Span(
                        text(language, f"passport.label.{status}", share=percent(amount / rows.counted)),
                        className=f"pp-of-{status}",
                    )
                    for status, amount in bars
                ],
                className="pp-labels t12",
            ),
        ]
    if rows.stating < rows.reports and rows.figure.counted not in ("", "persons"):
        note = text(language, "passport.unstated", reports=count(rows.reports), stating=count(rows.stating))
        parts.append(html.Div(note, className="t12 faint"))
    return _section(parts, "pp-value")


def _share(rows: Passport) -> float | None:
    return rows.verified / rows.counted if rows.counted else None


def _formula(rows: Passport, language: str) -> str:
    """How the value is made of its parts; what it is a share of comes first."""
    end = text(language, "passport.formula_end", revision=rows.revision)
    if rows.counted is None:
        return end
    kept = [part for part in rows.parts if part.amount or part.status is Status.VERIFIED]
    sums = text(language, "passport.formula_join").join(
        text(language, f"passport.part.{part.status}", amount=count(part.amount)) for part in kept
    )
    start = text(language, "passport.formula_start")
    shares = {Figure.COMPLETION: (rows.counted, rows.whole), Figure.VERIFIED_SHARE: (rows.verified, rows.whole)}
    if rows.figure in shares:
        part, whole = shares[rows.figure]
        divided = text(language, "passport.share_of", part=count(part), whole=count(whole))
        sums = f"{divided}; {count(rows.counted)} {start}{sums}"
    stop = "。" if language == "zh" else ". "
    return f"{start}{sums}{stop}{end}"


# -- what others say


def _sources(rows: Passport, language: str) -> html.Section:
    known = [source.value for source in rows.sources if source.value is not None]
    head = text(language, "passport.sources")
    if rows.counted is None or not known:
        return section(head, text(language, "passport.nothing_yet"), [])
    low, high = min(*known, rows.counted), max(*known, rows.counted)
    room = max(1.0, (high - low) * ROOM)
    low_end, high_end = low - room, high + room

    def at(value: int) -> str:
        return f"{100 * (value - low_end) / (high_end - low_end):.2f}%"

    lines = [_source(source, rows, at, language) for source in rows.sources]
    said = [sentence for source in rows.sources if (sentence := _reasons(source, rows, language))]
    axis = text(language, "passport.axis", low=count(round(low_end)), high=count(round(high_end)))
    table = html.Div(lines, className="pp-sources", role="table", **{"aria-label": head})
    return section(head, axis, [table, *(html.Div(sentence, className="t12 mut pp-why") for sentence in said)])


def _source(source: Source, rows: Passport, at, language: str) -> html.Div:  # type: ignore[no-untyped-def]
    marks: list[Component] = [html.U(style={"left": at(rows.counted or 0)})]
    if source.value is None:
        said: Component = html.Span(_silence(source, rows, language), className="r faint t12", role="cell")
    else:
        marks.insert(0, html.I(style={"left": at(source.value)}))
        said = html.Span(
            [icon("tick"), " ", text(language, "passport.agrees")] if not source.difference
            else signed(source.difference),
            className="r ok" if not source.difference else "r mut",
            role="cell",
        )  # fmt: skip
    return html.Div(
        [
            html.Span(_name(source, language), className="b t13", role="rowheader", title=_name(source, language)),
            html.Span(marks, className="pp-axis", role="cell", **{"aria-hidden": "true"}),
            html.Span(count(source.value), className="r b t13", role="cell"),
            said,
        ],
        className="pp-source t12",
        role="row",
    )


def _name(source: Source, language: str) -> str:
    if source.kind is Kind.PUBLISHED and source.name:
        return text(language, "passport.kind.published_issue", label=source.name)
    if source.kind is Kind.UPPER and source.name:
        return source.name
    return text(language, f"passport.kind.{source.kind}")


def _silence(source: Source, rows: Passport, language: str) -> str:
    """Why a source says nothing."""
    if source.kind is Kind.PUBLISHED:
        return text(language, "passport.none_published")
    if rows.figure.counted not in ("persons", "tubes"):
        return text(language, "passport.no_such")
    return text(language, "passport.upper_total_only" if rows.hour is not None else "passport.none_upper")


def _reasons(source: Source, rows: Passport, language: str) -> str:
    """One line that explains a source's difference; its amounts add up to it."""
    if not source.difference:
        return ""
    reasons = list(source.reasons)
    if len(reasons) > 2 and source.kind is Kind.CLAIMED:
        reasons = [Reason("conflicts", sum(r.amount for r in reasons), len(reasons))]
    words = text(language, "format.list").join(_reason(reason, source, rows, language) for reason in reasons)
    says = text(language, f"passport.says.{source.kind}")
    return text(language, "passport.because", says=says, difference=signed(source.difference), reasons=words)


def _reason(reason: Reason, source: Source, rows: Passport, language: str) -> str:
    end = rows.campaign.end_of(reason.period) if reason.period is not None else None
    return text(
        language,
        f"passport.reason.{reason.kind}",
        amount=signed(reason.amount),
        count=count(reason.count),
        place=reason.place.label(language) if reason.place else "",
        period=period(end, rows.campaign, language) if end else "",
        first=count(reason.first),
        second=count(reason.second),
        at=when(source.at, rows.campaign, language),
    )


def _where(rows: Passport, language: str) -> html.Section | None:
    """In which places below the upper system differs; the differences add up to that of the place."""
    where = rows.where
    if where is None or not (where.apart or where.unexplained):
        return None
    named, rest = where.apart[:APART], where.apart[APART:]

    def line(name: Component | str, theirs: str, ours: str, difference: int, extra: str = "") -> html.Tr:
        cells = (html.Td(theirs, className="r"), html.Td(ours, className="r"))
        return html.Tr([html.Td(name), *cells, html.Td(signed(difference), className="r b")], className=extra or None)

    lines = [
        line(_ask(each.place, rows, language), count(each.theirs), count(each.theirs - each.difference),
             each.difference)
        for each in named
    ]  # fmt: skip
    if rest:
        more = text(language, "passport.rest", count=len(rest))
        lines.append(line(more, "", "", sum(each.difference for each in rest), "mut"))
    if where.unexplained:
        lines.append(line(text(language, "passport.where_rest"), "", "", where.unexplained, "mut"))
    whole = sum(each.difference for each in where.apart) + where.unexplained
    lines.append(line(text(language, "passport.where_sum"), "", "", whole, "pp-sum"))
    notes = [text(language, "passport.where_note")]
    if where.agree:
        notes.append(text(language, "passport.where_agree", count=where.agree))
    if where.unknown:
        notes.append(text(language, "passport.where_unknown", count=where.unknown))
    columns = [
        html.Th(text(language, f"passport.{key}"), scope="col", className="r")
        for key in ("theirs", "ours", "difference")
    ]
    head = html.Tr([html.Th(text(language, "findings.column.place"), scope="col"), *columns])
    title = text(language, "passport.where")
    table = html.Table([html.Thead(head), html.Tbody(lines)], className="pp-table t12", **{"aria-label": title})
    return section(title, text(language, "format.dot").join(notes), [table])


def _ask(place: PlaceRef, rows: Passport, language: str) -> Component:
    """The passport of the same figure one level down."""
    return figure(place.label(language), Of(rows.figure, place.code), language, "pp-to")


def _definition(rows: Passport, language: str) -> html.Section:
    meaning = text(language, f"passport.meaning.{rows.figure}", due=rows.campaign.due_minutes)
    return _section([html.B(text(language, "passport.definition")), " ", meaning], "pp-definition t12 mut")


def _others(rows: Passport, language: str) -> html.Section:
    """The other figures of the same place and time."""
    hour = rows.campaign.start_of(rows.hour) if rows.hour is not None else None
    of = [
        figure(text(language, f"passport.figure.{other}"), Of(other, rows.place.code, hour), language, "pp-to")
        for other in Figure
        if other is not rows.figure
    ]
    if hour is not None and rows.figure is not Figure.REPORTED:
        every = text(language, "passport.hour_total")
        of.insert(0, figure(every, Of(rows.figure, rows.place.code), language, "pp-to"))
    return section(text(language, "passport.others"), "", [html.Div(of, className="pp-others t12")])


def _section(parts: Sequence[Component | str], extra: str = "") -> html.Section:
    return html.Section(list(parts), className=f"pp-section {extra}".strip())

"""Scene 上报链: every place in the last eight hours, and by name who has not reported."""

from dash import html
from dash.development.base_component import Component

from components.format import clock, count, hour, hour_named, period
from components.icons import icon
from components.matrix import cell_state
from components.wall.parts import beyond, lab, none, small
from components.wall.words import called
from domain.duty import Tally
from domain.places import Level
from domain.wall import Chain, ChainRow, Owes
from locales import text

NAMED = 2
"""Missing sites of a place called by name."""

MARKS = {"late": "late", "returned": "ret", "zero": "zero"}
QUIET = {"verified": "tick", "on_time": "dot", "not_due": "pend", "closed": "closed"}


def wide(rows: Chain, language: str) -> Component:
    """A row for each place, those that owe first."""
    seen = rows.overview
    if rows.end is None or not rows.rows:
        return html.Div(none(text(language, "wall.headline.nothing_due")), className="g")
    periods = seen.strip_periods
    sites = rows.rows[0].child.place.level is Level.SITE
    heads = html.Div(
        [
            html.Span(text(language, f"level.{rows.rows[0].child.place.level}")),
            html.Div(
                [
                    html.Span(
                        hour_named(name, language) if k == periods[-1] else name,
                        className="b text" if k == periods[-1] else None,
                    )
                    for k in periods
                    for name in [hour(seen.campaign.end_of(k), seen.campaign)]
                ],
                className="hx",
            ),
            html.Span(
                text(language, "wall.chain.reported", hour=period(rows.end, seen.campaign, language)),
                className="r nw",
            ),
            html.Span(
                [
                    text(language, "wall.chain.missing"),
                    html.Span(beyond(seen, language), className="faint more"),
                ]
            ),
        ],
        className="ch lab",
    )
    return html.Div(
        [heads, *(_row(row, rows, language) for row in rows.rows)],
        className="g g-chain by-site" if sites else "g g-chain",
    )


def _row(row: ChainRow, rows: Chain, language: str) -> html.Div:
    seen = rows.overview
    child = row.child
    bold = "b" if row.owes or row.child.missing else ""
    tally = child.strip[-1] if child.strip else Tally(0, 0, 0, 0)
    cells = [
        _cell(one, seen.hours[k].due if k < len(seen.hours) else True)
        for k, one in zip(seen.strip_periods, child.strip, strict=False)
    ]
    return html.Div(
        [
            html.Span(called(child.place, rows.names, language), className=f"n36 nm {bold}".strip()),
            html.Div(cells, className="hx", **{"aria-hidden": "true"}),
            html.Span(
                [count(tally.reported), html.Span(f"/{count(tally.expected)}", className="mut plain")],
                className=f"n36 num r {bold}".strip(),
            ),
            _said(row, rows, language),
        ],
        className="ch",
    )


def _cell(tally: Tally, due: bool) -> html.Span:
    kind, number = cell_state(tally, due)
    if kind == "missing":
        return html.Span(str(number), className="hcw hcw-missing")
    if kind in QUIET:
        return html.Span(icon(QUIET[kind]), className=f"hcw hcw-{kind}")
    return html.Span([icon(MARKS[kind]), str(number)], className=f"hcw hcw-{kind}")


def _said(row: ChainRow, rows: Chain, language: str) -> html.Div:
    if not row.owes and row.child.missing:
        # Too many in all for lists of names: how many they are.
        said = text(language, "wall.chain.missing_of", count=count(row.child.missing))
        return html.Div(html.Div([icon("miss", "miss"), " ", said], className="n36 b ell"))
    if not row.owes:
        if row.settled_at is not None:
            said = text(language, "wall.chain.settled", clock=clock(row.settled_at, rows.overview.campaign.zone))
        else:
            said = text(language, "wall.chain.unsettled")
        return html.Div(small([icon("tick", "ok"), " ", said], "nw"))
    names = text(language, "format.list").join(called(o.place, rows.names, language) for o in row.owes[:NAMED])
    if len(row.owes) > NAMED:
        names = text(language, "wall.chain.and_more", names=names, count=len(row.owes))
    return html.Div(
        [html.Div([icon("miss", "miss"), " ", names], className="n36 b ell"), lab(_who(row.owes, language), "ell")]
    )


def _who(owes: tuple[Owes, ...], language: str) -> str:
    """Of the first of them: who reports there, how often he was told, how late it is."""
    one = owes[0]
    told = text(language, "wall.chain.told", count=one.told) if one.told else text(language, "wall.chain.untold")
    late = text(language, "wall.chain.late", minutes=one.minutes)
    return text(language, "format.dot").join(part for part in (one.contact, told, late) if part)

"""The tubes of one site beside its figures: where they are, and every box on its way."""

from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from components import panel
from components.ages import hours
from components.format import UNKNOWN, clock, count
from components.icons import icon
from components.links import href
from components.pipeline import blocks
from domain.backlog import limit_minutes, of_age
from domain.site_tubes import Box, SiteTubesPicture
from domain.status import Severity
from domain.tubes import Stage
from locales import text


def site_tubes(rows: SiteTubesPicture, language: str) -> Component:
    """Four counts, then the boxes with the latest first. Empty where no tube has been scanned."""
    backlog, campaign = rows.backlog, rows.backlog.campaign
    if not backlog.any:
        return html.Div()
    whole = {"campaign": campaign.id, "place": rows.place.code, "language": language}
    links = [
        _odd(rows, href("ledger", **whole), language),
        dcc.Link(text(language, "site_tubes.find"), href=href("tube", **whole), className="t12 mut more"),
    ]
    note = text(language, "site_tubes.note", tubes=count(sum(box.tubes for box in rows.boxes)),
                boxes=sum(bool(box.name) for box in rows.boxes))  # fmt: skip
    heads = [
        html.Th(text(language, f"site_tubes.{name}"), scope="col", className="r" if name in ("tubes", "age") else "")
        for name in ("box", "tubes", "used", "way", "age")
    ]
    title = text(language, "site_tubes.title")
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_line(box, rows, language) for box in rows.boxes])],
        className="tb site-boxes",
    )
    return html.Div(
        [
            panel.head(title, note, links),
            blocks(backlog, language),
            html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title}),
        ],
        className="fill site-tubes",
    )


def _odd(rows: SiteTubesPicture, to: str, language: str) -> Component:
    if not rows.odd:
        return dcc.Link(text(language, "site_tubes.ledger"), href=to, className="t12 mut more")
    severity = Severity.CRIT if rows.missing else Severity.WARN
    said = text(language, "site_tubes.odd", tubes=count(rows.odd))
    return dcc.Link([icon(severity), said], href=to, className=f"t12 {severity} b more")


def _line(box: Box, rows: SiteTubesPicture, language: str) -> html.Tr:
    campaign = rows.backlog.campaign
    state = Severity.OK
    if box.stage in (Stage.ON_SITE, Stage.IN_TRANSIT, Stage.AT_LAB):
        state = of_age(box.waits_minutes, limit_minutes(box.stage, campaign.limits), campaign.limits)
    colour = f"{state} b" if state is not Severity.OK else "mut"

    def at(moment: datetime | None) -> str:
        return clock(moment, campaign.zone)

    used = at(box.first_used) if box.first_used == box.last_used else f"{at(box.first_used)}–{at(box.last_used)}"
    said = hours(box.waits_minutes, language) if box.waits_minutes is not None else UNKNOWN
    way: list[Component | str] = []
    if box.stage is Stage.REPORTED:
        way, said = [icon("ok", "ok"), " ", text(language, "site_tubes.reported")], ""
    elif box.stage is Stage.TESTING:
        way, said = [text(language, "site_tubes.testing")], ""
    elif not box.name:
        way = [text(language, "site_tubes.no_box")]
    else:
        if box.collected_at is not None:
            way.append(text(language, "site_tubes.collected", clock=at(box.collected_at)))
        if box.received_at is not None:
            way += [text(language, "format.dot"), text(language, "site_tubes.received", clock=at(box.received_at))]
        left = box.stages.get(box.stage, 0)
        if box.stage is not Stage.AT_LAB and left < box.tubes:
            way += [text(language, "format.dot"), text(language, "site_tubes.left", tubes=count(left))]
        if not way:
            way = [text(language, "site_tubes.waits")]
    return html.Tr(
        [
            html.Th(box.name or UNKNOWN, scope="row", className="b"),
            html.Td(count(box.tubes), className="r"),
            html.Td(used, className="mut nw"),
            html.Td(way),
            html.Td([*([icon(state), " "] if state is not Severity.OK else []), said], className=f"r nw {colour}"),
        ]
    )

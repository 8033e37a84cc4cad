"""A laboratory's own desk: its work in hand, what is coming, boxes to sign for, what others ask of it."""

from datetime import timedelta

from dash import dcc, html
from dash.development.base_component import Component

from components import own_panels, panel, tube_list
from components.ages import by_count_mark, oldest, stage_note
from components.context import PageContext
from components.drawing import Drawing
from components.format import UNKNOWN, count, duration, period, when
from components.icons import chip, icon
from components.ledger_words import spaced, what
from components.links import href
from components.tube_find import find
from domain.backlog import Waiting, of_age
from domain.lab_desk import Coming, LabDesk, OpenBox
from domain.status import Severity
from domain.tube_findings import TubeFinding
from domain.tubes import Stage
from locales import text

MOST_FINDINGS = 40


def frame(context: PageContext, lab: str, *, own: bool) -> list[Component]:
    """The page as it stands before anything is asked. `own` says that the reader is the laboratory itself, which
    uploads and counts here; others only look."""
    parts: list[Component] = [
        own_panels.root(context, "lab", "lab"),
        html.Div([find(context, ""), html.Span(className="sp"), Drawing("drawing-now", [])], className="own-bar"),
        html.Div(Drawing("drawing-lab", []), className="at-desk"),
    ]
    if own:
        parts.append(
            html.Div([tube_list.upload(context, "receipts", lab), _counts_form(context)], className="at-forms")
        )
    return parts


def _counts_form(context: PageContext) -> html.Section:
    """Counts of an hour, for a laboratory that has no barcodes to give."""
    language = context.language
    title = text(language, "lab.counts.title")
    fields = [
        html.Label(
            [
                html.Span(text(language, f"lab.counts.{name}")),
                dcc.Input(id=f"lab-{name}", type="text", inputMode="numeric", maxLength=7),
            ],
            className="choose",
        )
        for name in ("received", "tested", "reported")
    ]
    return html.Section(
        [
            panel.head(title),
            html.Div(
                [
                    html.P(text(language, "lab.counts.how"), className="mut t13"),
                    Drawing("drawing-lab-hours", []),
                    html.Div(fields, className="lab-counts"),
                    html.Button(
                        text(language, "lab.counts.send"), type="button", className="btn pri",
                        **{"data-lab-counts": ""},
                    ),
                    html.P(className="t13", role="status", **{"data-lab-said": ""}),
                ],
                className="tl-form",
            ),
        ],
        className="panel at-counts",
        **{
            "aria-label": title,
            "data-campaign": context.campaign_id,
            "data-sent": text(language, "lab.counts.sent"),
            "data-unchanged": text(language, "lab.counts.unchanged"),
            "data-unsent": text(language, "tube_list.said.unsent"),
            "data-missing": text(language, "lab.counts.missing"),
        },
    )  # fmt: skip


def hours(desk: LabDesk, language: str) -> list[Component]:
    """The hours that may be counted, the last whole one first; those counted already say so."""
    counted = {one.starts_at for one in desk.counted}
    campaign = desk.campaign
    options = []
    for start in desk.hours:
        name = period(start + campaign.interval, campaign, language)
        if start in counted:
            name = text(language, "lab.counts.counted", hour=name)
        options.append(html.Option(name, value=campaign.local(start).isoformat()))
    return [
        html.Label(
            [
                html.Span(text(language, "lab.counts.hour")),
                html.Select(options, className="select", **{"data-lab-hour": ""}),
            ],
            className="choose",
        )
    ]


def page(desk: LabDesk, tasks: Component | None, language: str) -> list[Component]:
    """The panels of the desk. `tasks` are those that results have opened; None where the reader may not see them."""
    side = html.Div([_coming(desk, language), _findings(desk, language)], className="lab-side")
    lower = [_boxes(desk, language), side]
    parts: list[Component] = [_strip(desk, language), html.Div(lower, className="lab-grid")]
    if tasks is not None:
        title = text(language, "lab.tasks")
        parts.append(html.Section([panel.head(title), tasks], className="panel lab-tasks", **{"aria-label": title}))
    return parts


# -- in hand


def _strip(desk: LabDesk, language: str) -> html.Section:
    """What it has, and how long that takes."""
    backlog, load, lab = desk.backlog.backlog, desk.load, desk.backlog.lab
    name = [html.Span(lab.label(language), className="b")]
    if desk.backlog.by_count:
        name.append(by_count_mark(language))
    towns = text(language, "format.list").join(town.label(language) for town in desk.backlog.towns)
    whole = backlog.since_use
    cells = [
        _tile(
            html.Span(name), count(load.waiting), text(language, "lab.in_hand"),
            [html.Span(text(language, "lab.towns", towns=towns or UNKNOWN), className="ell", title=towns)],
            "kpi-lab",
        ),
        _stage(Stage.AT_LAB, desk, language),
        _stage(Stage.TESTING, desk, language),
        _tile(
            text(language, "lab.hours"),
            UNKNOWN if load.hours is None else f"{load.hours:.1f}",
            text(language, "lab.hours_unit") if load.hours is not None else "",
            [_load_note(desk, language)],
        ),
        _tile(
            text(language, "lab.unreported"), oldest(whole, language), "",
            [oldest_note(whole, language)],
        ),
        _tile(
            text(language, "lab.coming"), count(load.coming), text(language, "unit.tubes"),
            stage_note(backlog.stage(Stage.IN_TRANSIT), desk.backlog.by_count, language),
        ),
        _tile(
            text(language, "lab.reported"), count(backlog.reported + backlog.reported_by_count),
            text(language, "unit.tubes"),
            [text(language, "lab.last_hour", tubes=count(load.reported))],
        ),
    ]  # fmt: skip
    return html.Section(
        html.Div(cells, className="kpis"), className="panel lab-strip", **{"aria-label": text(language, "lab.strip")}
    )


def _tile(label: Component | str, value: str, unit: str, note: list[Component | str], extra: str = "") -> html.Div:
    return html.Div(
        [
            html.Div(label, className="l"),
            html.Span([value, html.Small(unit)] if unit else value, className="v"),
            html.Div(note, className="n"),
        ],
        className=f"kpi {extra}".strip(),
    )


def _stage(stage: Stage, desk: LabDesk, language: str) -> html.Div:
    waiting = desk.backlog.backlog.stage(stage)
    return _tile(
        text(language, f"lab.stage.{stage.word}"), count(waiting.tubes), text(language, "unit.tubes"),
        stage_note(waiting, desk.backlog.by_count, language),
    )  # fmt: skip


def _load_note(desk: LabDesk, language: str) -> Component | str:
    load = desk.load
    if load.clears_at is None:
        return text(language, "lab.no_capacity")
    said = text(language, "lab.clears", at=when(load.clears_at, desk.campaign, language))
    if load.severity is Severity.OK:
        return said
    return html.Span([icon(load.severity), said], className=f"{load.severity} b")


def oldest_note(whole: Waiting, language: str) -> Component | str:
    """The age since sampling of the oldest without a result, against what was promised."""
    limit = duration(timedelta(minutes=whole.limit_minutes), language)
    if whole.over:
        said = text(language, "lab.over", tubes=count(whole.over), limit=limit)
        return html.Span([icon("crit"), said], className="crit b")
    return text(language, "lab.of_limit", limit=limit)


# -- coming


def _coming(desk: LabDesk, language: str) -> html.Section:
    title = text(language, "lab.coming_title")
    rows = [_coming_row(row, desk, language) for row in desk.coming]
    head = [html.Th(text(language, f"lab.column.{name}"), className="r" if name != "town" else "") for name in
            ("town", "tubes", "boxes", "oldest")]  # fmt: skip
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="tb")
    return html.Section(
        [
            panel.head(title, text(language, "lab.coming_note")),
            html.Div(table, className="scroll") if rows else _none(text(language, "lab.nothing_coming")),
        ],
        className="panel",
        **{"aria-label": title},
    )


def _coming_row(row: Coming, desk: LabDesk, language: str) -> html.Tr:
    severity = of_age(row.oldest_minutes, desk.campaign.limits.transit_minutes, desk.campaign.limits)
    age = duration(timedelta(minutes=row.oldest_minutes), language)
    mark = [] if severity is Severity.OK else [icon(severity)]
    return html.Tr(
        [
            html.Td(row.town.label(language), className="b"),
            html.Td(count(row.tubes), className="r"),
            html.Td(count(row.boxes), className="r"),
            html.Td([*mark, age], className=f"r nw {'' if severity is Severity.OK else severity}".strip()),
        ]
    )


# -- boxes


def _boxes(desk: LabDesk, language: str) -> html.Section:
    title = text(language, "lab.boxes")
    short = sum(box.short for box in desk.boxes)
    note = text(language, "lab.boxes_note", short=count(short), open=count(len(desk.boxes) - short))
    rows = [_box(box, desk, language) for box in desk.boxes]
    head = [html.Th(text(language, f"lab.column.{name}"), className="r" if name in ("sent", "signed") else "")
            for name in ("box", "site", "sent", "signed", "missing")]  # fmt: skip
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="tb lab-boxes")
    return html.Section(
        [
            panel.head(title, note),
            html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title})
            if rows
            else _none(text(language, "lab.no_boxes")),
        ],
        className="panel",
        **{"aria-label": title},
    )


def _box(box: OpenBox, desk: LabDesk, language: str) -> html.Tr:
    since = when(box.collected_at, desk.campaign, language)
    if box.short:
        codes: list[Component | str] = [
            dcc.Link(spaced(code), href=_tube(code, desk, language), className="tl-code") for code in box.missing
        ]
        if box.unnamed:
            codes.append(html.Span(text(language, "lab.unnamed", count=count(box.unnamed)), className="mut"))
        missing: Component = html.Div(codes, className="lab-codes")
    else:
        missing = html.Span(text(language, "lab.on_the_road", since=since), className="mut")
    mark = [icon("warn", "warn")] if box.short else []
    return html.Tr(
        [
            html.Td([*mark, html.B(box.box), html.Div(box.manifest, className="mut t12")], className="nw"),
            html.Td(box.site.label(language)),
            html.Td(count(box.sent), className="r", **{"data-label": text(language, "lab.column.sent")}),
            html.Td(
                count(box.received),
                className="r b warn" if box.short else "r",
                **{"data-label": text(language, "lab.column.signed")},
            ),
            html.Td(missing),
        ]
    )


# -- findings


def _findings(desk: LabDesk, language: str) -> html.Section:
    title = text(language, "lab.findings")
    rows = [_finding(finding, desk, language) for finding in desk.findings[:MOST_FINDINGS]]
    more = len(desk.findings) - len(rows)
    if more:
        rows.append(html.Li(text(language, "lab.more", count=count(more)), className="mut"))
    return html.Section(
        [
            panel.head(title, text(language, "lab.findings_note", count=count(len(desk.findings)))),
            html.Ul(rows, className="lab-findings scroll") if rows else _none(text(language, "lab.no_findings")),
        ],
        className="panel",
        **{"aria-label": title},
    )


def _finding(finding: TubeFinding, desk: LabDesk, language: str) -> html.Li:
    site = finding.site.label(language) if finding.site else UNKNOWN
    parts: list[Component | str] = [html.B(what(finding, desk.campaign, language)), site]
    if finding.box:
        parts.append(text(language, "tube_life.box", box=finding.box))
    first = finding.barcodes[0] if finding.barcodes else ""
    said: Component = html.Span([part if isinstance(part, Component) else html.Span(part) for part in parts])
    if first:
        said = dcc.Link(said, href=_tube(first, desk, language), className="plain")
    return html.Li(
        [
            chip(finding.severity, text(language, f"ledger.kind.{finding.kind}")),
            said,
            html.Span(duration(timedelta(minutes=finding.age_minutes), language), className="mut nw t12"),
        ]
    )


def _tube(code: str, desk: LabDesk, language: str) -> str:
    return href("tube", campaign=desk.campaign.id, place=None, language=language, barcode=code)


def _none(said: str) -> html.P:
    return html.P([icon("ok", "ok"), " ", said], className="lab-none")

"""One tube's life: found by its barcode, told from its first event to now. Drawn for the reader who asks, since who
may see which tube, and what its test says, differs from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dash import dcc, html
from dash.development.base_component import Component

from components import own_panels, panel, tube_list
from components.context import PageContext
from components.drawing import Drawing
from components.format import UNKNOWN, count, duration, period, when
from components.icons import chip, icon
from components.ledger_words import spaced
from components.links import href
from components.states import message
from components.tube_find import find
from domain.campaign import Campaign
from domain.overview import PlaceRef
from domain.status import Severity
from domain.tube_events import WRITERS, Type
from domain.tube_life import FINDING_SEVERITY, MIN_TAIL, Custody, Keeper, LifeEvent, TubeHit, TubeLife
from domain.tubes import Finding
from locales import text


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it is drawn for. `places` says that pages of places are open to him, `labs` which laboratories'
    desks are, `results` that results are."""

    campaign_id: str
    language: str
    places: bool
    labs: frozenset[str]
    results: bool


def frame(context: PageContext, typed: str) -> list[Component]:
    """The page as it stands before anything is asked: the line to look for a tube, and the list of third copies for
    whoever may send it."""
    parts: list[Component] = [
        own_panels.root(context, "tube", "barcode"),
        html.Div([find(context, typed), html.Span(className="sp"), Drawing("drawing-now", [])], className="own-bar"),
        html.Div(Drawing("drawing-tube", []), className="at-tube"),
    ]
    if Type.THIRD_COPY in WRITERS.get(context.caller.role, ()):
        parts.append(tube_list.upload(context, "third_copies"))
    return parts


def nothing_asked(language: str) -> list[Component]:
    """Before anything has been looked for."""
    said = text(language, "tube_life.ask_next", tail=MIN_TAIL)
    return [_alone(message("search", "", text(language, "tube_life.ask"), said))]


def nothing_found(typed: str, language: str) -> list[Component]:
    """No tube of that barcode, or none the reader may know of."""
    key = "tube_life.too_short" if len(typed) < MIN_TAIL else "tube_life.none"
    title = text(language, key, barcode=typed, tail=MIN_TAIL)
    return [_alone(message("search", "", title, text(language, "tube_life.none_next")))]


def hits(tubes: Sequence[TubeHit], more: bool, typed: str, campaign: Campaign, reader: Reader) -> list[Component]:
    """Several tubes that end alike, to choose from."""
    language = reader.language
    rows = [
        html.Tr(
            [
                html.Td(dcc.Link(spaced(hit.barcode), href=_tube_href(hit.barcode, reader), className="b tl-code")),
                html.Td(hit.place.label(language) if hit.place else UNKNOWN),
                html.Td(text(language, f"tube_life.stage.{hit.stage.word}")),
                html.Td(when(hit.used_at, campaign, language), className="nw"),
                html.Td(_flag_words(hit.findings, language)),
            ]
        )
        for hit in tubes
    ]
    head = [html.Th(text(language, f"tube_life.column.{name}")) for name in ("barcode", "site", "now", "used", "odd")]
    note = text(language, "tube_life.more" if more else "tube_life.found", count=len(tubes), typed=typed)
    return [
        html.Section(
            [
                panel.head(text(language, "tube_life.several"), note),
                html.Div(
                    html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="tb tl-hits"),
                    className="scroll",
                ),
            ],
            className="panel",
        )
    ]


def life(found: TubeLife, reader: Reader) -> list[Component]:
    """Where the tube is now, what is odd about it, and everything that happened to it."""
    return [_strip(found, reader), html.Div([_timeline(found, reader), _findings(found, reader)], className="tl-two")]


# -- where it is now


def _strip(found: TubeLife, reader: Reader) -> html.Section:
    language = reader.language
    cells = [
        _cell(
            text(language, "tube_life.barcode"),
            html.Span(spaced(found.barcode), className="tl-code"),
            _place_words(found, reader),
            "tl-hero",
        ),
        _cell(text(language, "tube_life.now"), _stage_words(found, language), _age(found, language)),
        _cell(text(language, "tube_life.holder"), custody_words(found.custody, language), _lab_note(found, language)),
        _cell(
            text(language, "tube_life.persons"),
            f"{count(found.persons)} / {count(found.pool_size or found.campaign.pool_size)}",
            text(language, "tube_life.persons_note"),
        ),
    ]
    if reader.results:
        said = text(language, f"tube_life.result.{found.result.name.lower()}") if found.result else UNKNOWN
        note = text(language, "tube_life.result_note" if found.result else "tube_life.no_result")
        cells.append(_cell(text(language, "tube_life.result_title"), said, note))
    return html.Section(html.Div(cells, className="kpis"), className="panel tl-strip")


def _cell(
    label: str, value: Component | str, note: Component | str | Sequence[Component | str], extra: str = ""
) -> html.Div:
    return html.Div(
        [html.Div(label, className="l"), html.Span(value, className="v"), html.Div(note, className="n")],
        className=f"kpi {extra}".strip(),
    )


def _stage_words(found: TubeLife, language: str) -> str:
    if found.void is not None:
        return text(language, "tube_life.stage.void")
    if found.missing:
        return text(language, "tube_life.stage.missing")
    return text(language, f"tube_life.stage.{found.stage.word}")


def _age(found: TubeLife, language: str) -> Component | str:
    """How long it has been there against what it may be."""
    if found.void is not None:
        return text(language, f"tube_life.void.{found.void.name.lower()}")
    if found.age is None or found.limit is None:
        at = when(found.entered_at, found.campaign, language)
        return text(language, "tube_life.since", at=at) if found.entered_at else UNKNOWN
    said = text(language, "tube_life.age", age=duration(found.age, language), limit=duration(found.limit, language))
    quiet = found.severity is Severity.OK
    mark = [] if quiet else [icon(found.severity)]
    return html.Span([*mark, said], className="" if quiet else f"{found.severity} b")


def _place_words(found: TubeLife, reader: Reader) -> list[Component | str]:
    language = reader.language
    if found.place is None:
        return [text(language, "tube_life.no_site")]
    parts: list[Component | str] = [_place_link(found.place, reader)]
    if found.town is not None:
        parts.insert(0, f"{found.town.label(language)}{text(language, 'format.dot')}")
    return [html.Span(parts, className="ell")]


def _place_link(place: PlaceRef, reader: Reader) -> Component | str:
    name = place.label(reader.language)
    if not reader.places:
        return name
    return dcc.Link(
        name,
        href=href("site", campaign=reader.campaign_id, place=place.code, language=reader.language),
        className="u",
    )


def _lab_note(found: TubeLife, language: str) -> str:
    expected = found.expected_lab
    if expected is None:
        return text(language, "tube_life.no_lab")
    return text(language, "tube_life.bound", lab=expected.label(language))


def custody_words(custody: Custody, language: str) -> str:
    """Who has it: `云东海 3 台`, `转运 箱 B12`, `中心实验室`."""
    dot = text(language, "format.dot")
    if custody.keeper is Keeper.SITE:
        parts = [custody.place.label(language) if custody.place else text(language, "tube_life.keeper.site")]
        if custody.lane:
            parts.append(text(language, "tube_life.lane", lane=custody.lane))
        return dot.join(parts)
    if custody.keeper is Keeper.TRANSPORT:
        parts = [text(language, "tube_life.keeper.transport")]
        if custody.box:
            parts.append(text(language, "tube_life.box", box=custody.box))
        return dot.join(parts)
    if custody.keeper is Keeper.LAB:
        return custody.lab.label(language) if custody.lab else text(language, "tube_life.keeper.lab")
    return text(language, "tube_life.keeper.nobody")


# -- what happened


def _timeline(found: TubeLife, reader: Reader) -> html.Section:
    language = reader.language
    late = sum(event.late for event in found.events)
    note = text(language, "tube_life.events_late" if late else "tube_life.events", count=len(found.events), late=late)
    columns = ("at", "event", "holder", "by", "sent", "recorded")
    head = [html.Th(text(language, f"tube_life.column.{name}")) for name in columns]
    last = len(found.events) - 1
    rows = [_event(event, found, reader, newest=i == last) for i, event in enumerate(found.events)]
    return html.Section(
        [
            panel.head(text(language, "tube_life.timeline"), note),
            html.Div(
                html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="tb tl-events"),
                className="scroll",
            ),
        ],
        className="panel",
        **{"aria-label": text(language, "tube_life.timeline")},
    )


def _event(event: LifeEvent, found: TubeLife, reader: Reader, *, newest: bool) -> html.Tr:
    language, campaign = reader.language, found.campaign
    title: list[Component | str] = [html.B(text(language, f"tube_life.type.{event.type.name.lower()}"))]
    if event.read_as != found.barcode:
        title.append(html.Span(text(language, "tube_life.read_as", barcode=event.read_as), className="warn t12"))
    if event.withdrawn:
        title.append(html.Span(text(language, "tube_life.withdrawn"), className="mut t12"))
    recorded: list[Component | str] = [when(event.recorded_at, campaign, language)]
    if event.late:
        span = duration(event.recorded_at - event.at, language)
        recorded.append(
            html.Span([icon("late"), text(language, "tube_life.late", span=span)], className="warn tl-late")
        )
    said = _said(event, language)
    return html.Tr(
        [
            html.Td(when(event.at, campaign, language), className="b nw"),
            html.Td(title, className="tl-what"),
            html.Td(custody_words(event.custody, language), className="b" if newest else ""),
            html.Td(said or UNKNOWN, className="" if said else "tl-unsaid"),
            html.Td(text(language, f"tube_life.sender.{event.sender}")),
            html.Td(recorded, className="nw", **{"data-label": text(language, "tube_life.column.recorded")}),
        ],
        className="tl-withdrawn" if event.withdrawn else "",
    )


def _said(event: LifeEvent, language: str) -> str:
    """What the event says beyond its kind, time and place."""
    parts = []
    if event.persons is not None:
        parts.append(text(language, "tube_life.said.persons", persons=event.persons))
    if event.pool_size is not None:
        parts.append(text(language, "tube_life.said.pool", pool=event.pool_size))
    if event.box:
        parts.append(text(language, "tube_life.box", box=event.box))
    if event.manifest:
        parts.append(text(language, "tube_life.manifest", manifest=event.manifest))
    if event.result is not None:
        parts.append(text(language, f"tube_life.result.{event.result.name.lower()}"))
    elif event.type is Type.RESULT:
        parts.append(text(language, "tube_life.hidden"))
    if event.reason is not None:
        parts.append(text(language, f"tube_life.void.{event.reason.name.lower()}"))
    return text(language, "format.dot").join(parts)


# -- what is odd


def _findings(found: TubeLife, reader: Reader) -> html.Section:
    language = reader.language
    rows: list[Component] = []
    if found.missing:
        rows.append(_finding(Severity.CRIT, "missing", found, language))
    flags = [flag for flag in Finding if flag in found.findings]
    rows += [_finding(FINDING_SEVERITY[flag], _word(flag), found, language) for flag in flags]
    if found.twin is not None:
        rows.append(
            html.Li([icon("tick"), html.Span(text(language, "tube_life.twin", barcode=spaced(found.twin.barcode)))])
        )
    if not rows:
        rows = [html.Li([icon("ok", "ok"), html.Span(text(language, "tube_life.nothing_odd"))])]
    links: list[Component] = []
    if reader.places and found.place is not None and found.period is not None:
        campaign = found.campaign
        start, end = campaign.start_of(found.period), campaign.end_of(found.period)
        to = href("site", campaign=campaign.id, place=found.place.code, language=language, hour=start)
        said = text(language, "tube_life.report", hour=period(end, campaign, language))
        links.append(dcc.Link([icon("file"), said], href=to, className="btn"))
    if found.lab is not None and found.lab.code in reader.labs:
        to = href("lab", campaign=reader.campaign_id, place=None, language=language, lab=found.lab.code)
        links.append(
            dcc.Link(text(language, "tube_life.to_lab", lab=found.lab.label(language)), href=to, className="btn")
        )
    return html.Section(
        [
            panel.head(text(language, "tube_life.odd")),
            html.Ul(rows, className="tl-odd"),
            *([html.Div(links, className="tl-links")] if links else []),
        ],
        className="panel",
        **{"aria-label": text(language, "tube_life.odd")},
    )


def _finding(severity: Severity, word: str, found: TubeLife, language: str) -> html.Li:
    expected = found.expected_lab.label(language) if found.expected_lab else UNKNOWN
    lab = found.lab.label(language) if found.lab else UNKNOWN
    hours = duration(timedelta(minutes=found.campaign.limits.missing_after_minutes), language)
    said = text(language, f"tube_life.finding.{word}", expected=expected, lab=lab, hours=hours)
    return html.Li([chip(severity, text(language, f"tube_life.flag.{word}")), html.Span(said)])


def _flag_words(findings: Finding, language: str) -> str:
    words = [text(language, f"tube_life.flag.{_word(flag)}") for flag in Finding if flag in findings]
    return text(language, "format.list").join(words) or UNKNOWN


def _word(flag: Finding) -> str:
    return (flag.name or "").lower()


def _tube_href(code: str, reader: Reader) -> str:
    return href("tube", campaign=reader.campaign_id, place=None, language=reader.language, barcode=code)


def _alone(state: Component) -> html.Section:
    return html.Section(state, className="panel")

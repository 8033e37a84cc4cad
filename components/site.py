"""One site: its key figures come from `kpis`, here stand the reports it has sent, version by version."""

from itertools import groupby

from dash import html
from dash.development.base_component import Component

from components import panel, states
from components.figure import Of, figure
from components.format import clock, count, period, signed
from components.icons import icon
from components.kinds import kind_name
from domain.passport import Figure
from domain.reports import Status
from domain.site import ReportVersion, SitePicture
from locales import text

COUNTS = (
    "persons",
    "tubes",
    "third_copies",
    "special_cases",
    "queue_minutes",
    "lanes_open",
    "persons_total",
    "tubes_total",
)
"""What two versions are compared in."""

STATUS_ICON = {Status.SUBMITTED: "sub", Status.VERIFIED: "ok", Status.RETURNED: "ret"}


def facts(rows: SitePicture, language: str) -> str:
    """What is known about the site itself, in one line."""
    known = [kind_name(rows.kind, language)] if rows.kind else []
    if rows.overview.target is not None:
        known.append(text(language, "site.target", persons=count(rows.overview.target)))
    if rows.lanes is not None:
        known.append(text(language, "site.lanes", lanes=rows.lanes))
    if rows.lab:
        known.append(text(language, "site.lab", lab=rows.lab))
    known.append(text(language, "site.code", code=rows.overview.place.code))
    return text(language, "format.dot").join(known)


def versions(rows: SitePicture, language: str) -> Component:
    """Every version of every report, newest first; a correction shows what it changed."""
    title = text(language, "site.versions")
    if not rows.versions:
        empty = states.message("file", "", text(language, "state.no_data"))
        return html.Div([panel.head(title), empty], className="fill")
    heads = (
        "period",
        "version",
        "recorded",
        "persons",
        "tubes",
        "third_copies",
        "special_cases",
        "queue_minutes",
        "lanes_open",
        "status",
        "remarks",
    )
    numeric = {"persons", "tubes", "third_copies", "special_cases", "queue_minutes", "lanes_open"}
    body: list[Component] = []
    periods = 0
    # A correction has a key of its own: what belongs together is what says something of the same time.
    for _, group in groupby(rows.versions, key=lambda version: (version.first, version.last)):
        periods += 1
        chain = list(group)
        for newer, older in zip(chain, [*chain[1:], None], strict=True):
            body.append(_line(newer, older, rows, language))
    table = html.Table(
        [
            html.Thead(
                html.Tr(
                    [
                        html.Th(
                            text(language, f"site.column.{name}"),
                            scope="col",
                            className="r" if name in numeric else "",
                        )
                        for name in heads
                    ]
                )
            ),
            html.Tbody(body),
        ],
        className="tb versions-table",
    )
    note = text(language, "site.versions_note", periods=periods, versions=len(rows.versions))
    return html.Div(
        [
            panel.head(title, note),
            html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title}),
        ],
        className="fill",
    )


def _line(version: ReportVersion, older: ReportVersion | None, rows: SitePicture, language: str) -> html.Tr:
    campaign = rows.overview.campaign
    name = period(version.ends_at, campaign, language)
    if version.last > version.first:
        name = f"{period(campaign.end_of(version.first), campaign, language)}–{name}"
    shown = ("persons", "tubes", "third_copies", "special_cases", "queue_minutes", "lanes_open")
    return html.Tr(
        [
            html.Td(name, className="b nw"),
            html.Td(f"v{version.version}", className="b" if older else ""),
            html.Td(clock(version.recorded_at, campaign.zone), className="mut"),
            *(_figure(version, older, field, rows, language) for field in shown),
            html.Td(_status(version, language)),
            html.Td(html.Div(_remarks(version, older, language), className="remarks")),
        ],
        className="" if version.current else "replaced",
    )


def _figure(
    version: ReportVersion, older: ReportVersion | None, field: str, rows: SitePicture, language: str
) -> html.Td:
    """A figure; where this version changed it, the old one struck out before it. One that counts can be asked."""
    new = getattr(version, field)
    extra = "r b" if field == "persons" else "r"
    old = getattr(older, field) if older else new
    shown: Component | str = count(new)
    if version.current and field in tuple(Figure):
        campaign = rows.overview.campaign
        of = Of(Figure(field), rows.overview.place.code, campaign.local(campaign.start_of(version.last)))
        shown = figure(count(new), of, language)
    if old == new:
        return html.Td(shown, className=extra)
    return html.Td([html.Del(count(old)), " ", html.Ins(shown)], className=f"{extra} nw")


def _status(version: ReportVersion, language: str) -> html.Span:
    if not version.current:
        return html.Span(text(language, "site.replaced"), className="faint")
    kind = "ok" if version.status is Status.VERIFIED else "out"
    return html.Span(
        [icon(STATUS_ICON[version.status]), text(language, f"status.{version.status}")], className=f"chip {kind}"
    )


def _remarks(version: ReportVersion, older: ReportVersion | None, language: str) -> list[Component | str]:
    """What is doubtful, what changed by how much, why and by whom."""
    parts: list[Component | str] = [
        html.Span(text(language, f"flag.{flag}"), className="flag") for flag in version.flags
    ]
    if older:
        changes = [
            text(language, "site.changed", name=text(language, f"site.column.{field}"), by=signed(new - old))
            for field in COUNTS
            for old, new in [(getattr(older, field), getattr(version, field))]
            if old is not None and new is not None and old != new
        ]
        parts += [html.Span(change, className="mut") for change in changes]
    if version.channel:
        parts.append(html.Span(text(language, f"channel.{version.channel}"), className="flag"))
    said = [part for part in (version.note, version.actor) if part]
    if said:
        parts.append(html.Span(text(language, "format.dot").join(said), className="faint"))
    return parts

"""What to look at (告警): the worst few on the overview, all of them on their own page."""

from datetime import timedelta

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.figure import Of, figure
from components.format import count, duration, hour_named, percent, signed, when
from components.icons import chip, icon, severity_name
from components.links import href, place_href
from components.way_down import way_down
from domain.findings import Finding
from domain.overview import Overview
from domain.passport import Figure
from domain.places import Level
from domain.status import RANK, Severity
from locales import text

MOST = 5
"""Findings on the overview."""

LISTED = 300
"""Findings on their own page; of a city's there may be thousands, and its districts list theirs."""


def findings(rows: Overview, language: str) -> Component:
    """The worst findings, severity first, then newest."""
    total = sum(rows.finding_counts.values())
    to = href("findings", campaign=rows.campaign.id, place=rows.place.code, language=language, hour=rows.hour)
    every = dcc.Link(text(language, "findings.all", count=count(total)), href=to, className="t12 mut more")
    title = text(language, "findings.title")
    if not rows.findings:
        return html.Div([panel.head(title), _none(language)], className="fill")
    items = [_item(finding, rows, language) for finding in rows.findings[:MOST]]
    return html.Div(
        [
            panel.head(title, "", [every]),
            html.Ul(items, className="al", **{"aria-live": "polite"}),
        ],
        className="fill",
    )


def findings_page(rows: Overview, language: str) -> Component:
    """Every finding of the place, with the word of its state."""
    title = text(language, "findings.page")
    if not rows.findings:
        return html.Div([panel.head(title), _none(language)], className="fill")
    counts = [
        chip(severity, f"{severity_name(severity, language)} {rows.finding_counts[severity]}")
        for severity in sorted(rows.finding_counts, key=RANK.__getitem__)
        if rows.finding_counts[severity]
    ]
    heads = ("severity", "since", "place", "what", "topic")
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(text(language, f"findings.column.{name}"), scope="col") for name in heads])),
            html.Tbody(
                [_line(finding, rows, language) for finding in rows.findings[:LISTED]], **{"aria-live": "polite"}
            ),
        ],
        className="tb findings-table",
    )
    return html.Div(
        [
            panel.head(title, text(language, "findings.note"), counts),
            *([_others(rows, language)] if len(rows.findings) > LISTED else []),
            html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title}),
        ],
        className="fill",
    )


def _others(rows: Overview, language: str) -> html.Div:
    """What the list leaves out, and where it is."""
    said = text(language, "way_down.findings", shown=LISTED, count=count(len(rows.findings)))
    return way_down(said, [child.place for child in rows.children], "findings", rows, language)


def sentence(finding: Finding, language: str) -> str:
    """What happened, without the place's name."""
    params = dict(finding.params)
    for name in ("label", "first", "second"):
        if name in params and finding.kind in ("missing", "zero_while_open", "outside_opening"):
            params[name] = hour_named(params[name], language)
    key = f"finding.{finding.kind}"
    hours = params.get("hours")
    if finding.kind == "missing" and isinstance(hours, int) and hours > 1:
        key = "finding.missing_several"
    written: dict[str, object] = {
        name: count(number) if isinstance(number, int | float) and not isinstance(number, bool) else number
        for name, number in params.items()
    }
    completion, gap = params.get("completion"), params.get("gap_pp")
    if isinstance(completion, int | float):
        written["completion"] = percent(completion)
    if isinstance(gap, int | float):
        written["gap_pp"] = f"{abs(gap):.1f}"
    difference = params.get("difference")
    if isinstance(difference, int):
        written["difference"] = signed(difference)
    if "source" in params:
        written["source"] = params["source"] or text(language, "upper.source")
    if language == "en" and "lab_en" in params:
        written["lab"] = params["lab_en"]
    for name in ("limit", "age"):
        minutes = params.get(f"{name}_minutes")
        if isinstance(minutes, int):
            written[name] = duration(timedelta(minutes=minutes), language)
    if finding.kind == "support":
        for name in ("share", "limit"):
            share = params[name]
            assert isinstance(share, float)
            written[name] = percent(share, 0)
        written["level"] = text(language, f"matching.next_level.{params['holder']}")
    if finding.kind == "problem_overdue":
        written["problem"] = text(language, f"problems.kind.{params['problem']}")
        written["holder"] = text(language, f"level.{params['holder']}")
    return text(language, key, **written)


def _said(finding: Finding, language: str) -> Component | str:
    """The sentence; one that compares a figure with the upper system's leads to where it comes from."""
    said = sentence(finding, language)
    asked = {"upper_persons": Figure.PERSONS, "upper_tubes": Figure.TUBES}.get(finding.kind)
    return figure(said, Of(asked, finding.place), language) if asked else said


def _place(finding: Finding, rows: Overview, language: str) -> dcc.Link:
    site = finding.level is Level.SITE
    to = place_href(finding.place, site, campaign=rows.campaign.id, language=language, hour=rows.hour)
    return dcc.Link(finding.label(language), href=to)


def _item(finding: Finding, rows: Overview, language: str) -> html.Li:
    said = _said(finding, language)
    return html.Li(
        [
            html.Span(
                [
                    icon(finding.severity),
                    html.Span(severity_name(finding.severity, language), className="visually-hidden"),
                ],
                className=str(finding.severity),
            ),
            html.Span(when(finding.at, rows.campaign, language), className="at faint t12"),
            html.Span(
                [_place(finding, rows, language), text(language, "format.colon"), said],
                className="said",
                title=sentence(finding, language),
            ),
            html.Span(text(language, f"topic.{finding.topic}"), className="topic faint t12"),
        ]
    )


def _line(finding: Finding, rows: Overview, language: str) -> html.Tr:
    return html.Tr(
        [
            html.Td(chip(finding.severity, severity_name(finding.severity, language))),
            html.Td(when(finding.at, rows.campaign, language), className="mut"),
            html.Td(_place(finding, rows, language), className="b"),
            html.Td(_said(finding, language)),
            html.Td(text(language, f"topic.{finding.topic}"), className="faint"),
        ]
    )


def _none(language: str) -> html.Div:
    return states.message(
        str(Severity.OK), "ok", text(language, "findings.none"), text(language, "findings.none_next")
    )

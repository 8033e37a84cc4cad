"""In the as-of bar: the last hour that is published of a place."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components.format import period
from components.icons import icon
from components.links import href
from components.stamp import stamp
from data.queries.bulletins import IssueRef
from domain.overview import Overview
from locales import text


def stamp_with_issue(
    rows: tuple[Overview, IssueRef | None], language: str, beside: Sequence[Component] = ()
) -> Component:
    """The as-of bar with the last issue: `第 8 期 14时 已发布`, and what else a page has to say `beside` it."""
    seen, issue = rows
    if issue is None:
        return stamp(seen, language, said=beside)
    hour = period(seen.campaign.end_of(issue.period), seen.campaign, language)
    said = text(language, "bulletin.stamp.published", number=issue.label, hour=hour)
    to = href("bulletin", campaign=seen.campaign.id, place=None, language=language)
    mark = html.Span([icon("file"), " ", dcc.Link(said, href=to)], className="published")
    return stamp(seen, language, said=[mark, *beside])

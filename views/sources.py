"""The sources (数据来源) whose rows land at a place or below: how they go, and their latest pulls."""

from components.sources import runs, sources
from data.queries.sources import sources_picture
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "sources",
    "sources.title",
    (
        STAMP,
        View("sources-list", "sources.title", sources_picture, sources),
        View("sources-runs", "sources.runs", sources_picture, runs),
    ),
)

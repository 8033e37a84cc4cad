"""Capacity matching (匹配试算): the present of a district, and what another match would make of it."""

from components.matching import matching_page, matching_stamp
from data.queries.matching import matching_desk
from views import Page, View
from views.stamp import stamped

PAGE = Page(
    "matching",
    "matching.page",
    (
        View("stamp", "stamp.title", stamped, matching_stamp),
        View("matching", "matching.page", matching_desk, matching_page),
    ),
)

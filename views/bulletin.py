"""Publishing (公报): the sheet as it prints, what is published beside what is known now, the hands it passes."""

from dash.development.base_component import Component

from components.bulletin.compare import change_log, comparison, issue_list, leads
from components.bulletin.controls import exports, freezing, publishing
from components.bulletin.sheet import sheets
from components.stamp import stamp
from data.queries.bulletin_page import BulletinPage, bulletin_page
from views import Page, View


def _stamp(rows: BulletinPage, language: str) -> Component:
    # Whichever hour's issue is looked at: what is live is live.
    return stamp(rows.overview, language)


PAGE = Page(
    "bulletin",
    "bulletin.title",
    (
        View("stamp", "stamp.title", bulletin_page, _stamp),
        View("bulletin-sheet", "bulletin.page.sheet", bulletin_page, sheets),
        View("bulletin-issues", "bulletin.page.issues", bulletin_page, issue_list),
        View("bulletin-compare", "bulletin.page.compare", bulletin_page, comparison),
        View("bulletin-leads", "bulletin.page.diff", bulletin_page, leads),
        View("bulletin-log", "bulletin.page.log", bulletin_page, change_log),
        View("bulletin-freeze", "bulletin.page.freeze", bulletin_page, freezing),
        View("bulletin-export", "bulletin.page.export", bulletin_page, exports),
        View("bulletin-publish", "bulletin.page.publish", bulletin_page, publishing),
    ),
)

"""All findings (告警) of a place."""

from components.findings import findings_page
from data.queries.overview import overview
from views import Page, View
from views.stamp import STAMP

PAGE = Page("findings", "findings.page", (STAMP, View("findings-all", "findings.title", overview, findings_page)))

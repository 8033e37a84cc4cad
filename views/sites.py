"""All sites (采样点) below a place."""

from components.table import site_table
from data.queries.sites import site_rows
from views import Page, View
from views.stamp import STAMP

PAGE = Page("sites", "sites.title", (STAMP, View("site-table", "table.title", site_rows, site_table)))

"""One site chosen on the map. Like a passport it is a page of one view, drawn once per version and hour."""

from components.map_drawer import site_drawer
from data.queries.map_drawer import site_drawer as found
from views import Page, View

PAGE = Page("map-drawer", "map_drawer.title", (View("map-drawer", "map_drawer.title", found, site_drawer),))

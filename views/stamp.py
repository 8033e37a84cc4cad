"""The as-of bar, first view of every page about a place."""

from components.stamp import stamp
from data.queries.overview import overview
from views import View

STAMP = View("stamp", "stamp.title", overview, stamp)

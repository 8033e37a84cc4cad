"""Suggestions (布点建议): where more would reach most people, and which crews would do more elsewhere."""

from components.suggestions import suggestions_page
from data.queries.suggestions import suggestions
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "suggestions", "suggestions.page", (STAMP, View("suggestions", "suggestions.page", suggestions, suggestions_page))
)

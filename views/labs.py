"""The registry of laboratories (实验室名录) of a place: licences, assessment, marks, rates."""

from components.registry import registry_details, registry_list
from data.queries.registry import registry
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "labs",
    "registry.page",
    (
        STAMP,
        View("labs-list", "registry.title", registry, registry_list),
        View("labs-details", "registry.details", registry, registry_details),
    ),
)

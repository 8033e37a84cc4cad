"""What the map says of one site that was chosen on it."""

from dataclasses import dataclass

from domain.backlog import Backlog
from domain.map_layers import SiteLayers
from domain.overview import Overview
from domain.problem_board import Problem


@dataclass(frozen=True, slots=True)
class SiteDrawer:
    """One site at the moment looked at: its overview, its standing in the layers, its tubes by stage and the problems
    that are open there, the most pressing first. `kind` and `planned_lanes` are as the campaign has them."""

    overview: Overview
    site: SiteLayers
    kind: str | None
    planned_lanes: int | None
    backlog: Backlog
    problems: tuple[Problem, ...]

"""What every query is asked about."""

from dataclasses import dataclass
from datetime import datetime

from domain.places import Place, PlaceTree


@dataclass(frozen=True, slots=True)
class Moment:
    """One place of one campaign at one revision, at the campaign's time `now`."""

    tree: PlaceTree
    place: Place
    revision: int
    now: datetime

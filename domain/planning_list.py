"""The planning list of a place as it is shown: a line for each planned site, the counts by state, one site whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from domain.campaign import Campaign
from domain.overview import PlaceRef
from domain.planning import Event, State, Step, Wish
from domain.planning_needs import Group, Inspection, Item, capacity, items


@dataclass(frozen=True, slots=True)
class Done:
    """A step that counts: when, by whom."""

    at: datetime
    by: str


@dataclass(frozen=True)
class Planned:
    """A planned site. `given` says that the campaign has the place; `approved_over` how many required items were
    missing when it was approved all the same; `released` and `why` its override."""

    campaign: Campaign
    number: int
    code: str
    town: PlaceRef
    state: State
    since: datetime
    steps: int
    wish: Wish
    inspection: Inspection | None
    inspected: Done | None
    approved: Done | None
    approved_over: int
    released: Done | None
    why: str
    given: bool

    def label(self, language: str) -> str:
        """The site's name in `language`; the Chinese one where no English one is known."""
        return self.wish.name_en or self.wish.name if language == "en" else self.wish.name

    @property
    def lanes(self) -> int | None:
        """Lanes as found, before the inspection as applied for."""
        found = self.inspection.lanes if self.inspection is not None else None
        return found if found is not None else self.wish.lanes

    @property
    def green_channels(self) -> int | None:
        found = self.inspection.green_channels if self.inspection is not None else None
        return found if found is not None else self.wish.green_channels

    @property
    def capacity(self) -> int | None:
        """Persons a day by the standard of a lane."""
        return capacity(self.lanes, self.campaign.limits)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The checklist with what is there."""
        return items(self.wish.kind, self.wish.lanes, self.inspection, self.campaign.limits)

    @property
    def missing(self) -> list[Item]:
        """Required items that are missing. Before the inspection nobody can say: none."""
        return [item for item in self.items if item.missing] if self.inspection is not None else []

    def share(self, *groups: Group) -> tuple[int, int]:
        """Of the items of these groups, how many are there, and how many there should be."""
        asked = [item for item in self.items if item.group in groups]
        return sum(not item.missing for item in asked), len(asked)

    @property
    def beside(self) -> bool:
        """Whether something went beside the rule: an override, or an approval with required items missing."""
        return self.released is not None or bool(self.approved_over)


@dataclass(frozen=True)
class PlanningList:
    """The planned sites of a place and below, those somebody has to decide on first."""

    campaign: Campaign
    place: PlaceRef
    towns: tuple[PlaceRef, ...]
    """The towns below, in their order: where a site can be applied for."""
    sites: tuple[Planned, ...]
    unlisted: int
    """Sites the campaign has that are not on the list; 0 for a campaign without a list."""

    @cached_property
    def counts(self) -> Mapping[State, int]:
        found = Counter(site.state for site in self.sites)
        return {state: found[state] for state in State}

    @property
    def capacity(self) -> int:
        """Persons a day of the sites that are open."""
        return sum(site.capacity or 0 for site in self.sites if site.state is State.OPENED)


@dataclass(frozen=True)
class PlannedWhole:
    """One planned site with all its steps and what may be done next."""

    planned: Planned
    events: tuple[Event, ...]
    next: tuple[Step, ...]

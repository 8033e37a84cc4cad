"""What every query is asked about."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.overview import PlaceRef
from domain.places import Level, Place, PlaceTree

Rows = TypeVar("Rows")


@dataclass(frozen=True, slots=True)
class Moment:
    """One place of one campaign at one revision, at the campaign's time `now`.

    With `until`, a period, only what counts up to its end is shown, as if no later hour had been reported. `period`
    is the one whose reports a page lists, with all that is known of them by now; None leaves the choice to the query.
    `lab` is the code of the laboratory a page is narrowed to, as the address states it.
    """

    tree: PlaceTree
    place: Place
    revision: int
    now: datetime
    until: int | None = None
    period: int | None = None
    lab: str = ""
    _rows: dict[Callable[..., Any], Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def at(self) -> datetime:
        """The moment looked at: now, or the end of the period looked back at."""
        return self.now if self.until is None else min(self.now, self.tree.campaign.start_of(self.until + 1))

    @property
    def horizon(self) -> datetime:
        """Up to when what is on record counts: a picture of now is drawn as of its minute's beginning, yet shows what
        was recorded within that minute."""
        return self.at if self.until is not None else self.at + timedelta(minutes=1)

    def within(self, table: type[Any]) -> list[sa.ColumnElement[bool]]:
        """That rows of `table` are of the moment's campaign and district: `within`."""
        return within(table, self.tree, self.place)

    def ask(self, session: Session, query: Callable[[Session, "Moment"], Rows]) -> Rows:
        """The rows of `query` at this moment; asked once, however many views share them."""
        if query not in self._rows:
            self._rows[query] = query(session, self)
        return self._rows[query]


def within(table: type[Any], tree: PlaceTree, place: Place) -> list[sa.ColumnElement[bool]]:
    """That rows of `table` are of the campaign and, where `place` lies in a district, of that district: the keys the
    record is spread by (docs/decisions/0034), and far fewer rows than a city's. Not all of them lie below `place`."""
    above = (tree.by_id[i] for i in place.ancestors)
    own = [table.district_id == p.id for p in above if p.level is Level.DISTRICT]
    return [table.campaign_id == tree.campaign.id, *own]


def ref(place: Place) -> PlaceRef:
    """Enough of a place for the rows of a query."""
    return PlaceRef(place.code, place.name, place.name_en, place.level)

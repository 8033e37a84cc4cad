"""Sums per place and period: as they are kept now, or anew from the facts as they were known at some time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Rollup
from data.queries.followed import followed
from data.queries.moment import Moment
from data.stored_reports import batched_list
from data.verification import deltas_from_facts
from domain.overview import Figures
from domain.places import Level, Place, PlaceTree
from domain.reports import FIGURES


class Cell(NamedTuple):
    """One row of `rollup`, see there."""

    reports: int = 0
    persons: int = 0
    catch_up_persons: int = 0
    verified_persons: int = 0
    tubes: int = 0
    tubes_known: int = 0
    third_copies: int = 0
    third_copies_known: int = 0
    special_cases: int = 0
    special_cases_known: int = 0
    positives: int = 0
    positives_known: int = 0
    on_time: int = 0
    late: int = 0
    zero: int = 0
    returned: int = 0
    verified: int = 0


NOTHING = Cell()

Cells = Mapping[int, Mapping[int, Cell]]
"""By place id, then by period."""


def kept_cells(session: Session, campaign_id: str, place_ids: Iterable[int]) -> Cells:
    """The kept sums of the given places."""
    table = Rollup.__table__
    found: dict[int, dict[int, Cell]] = {}
    for part in batched_list(place_ids):
        query = sa.select(table.c.place_id, table.c.period, *(table.c[name] for name in Cell._fields)).where(
            table.c.campaign_id == campaign_id, table.c.place_id.in_(part)
        )
        for row in session.execute(query):
            found.setdefault(row[0], {})[row[1]] = Cell(*row[2:])
    return found


class Summed(NamedTuple):
    """What the kept sums of one place add up to: over all periods asked for, persons up to `last`, `last` alone (None
    without a report)."""

    total: Cell
    until: int
    hour: Cell | None


UNREPORTED = Summed(NOTHING, 0, None)


def summed_cells(
    session: Session, campaign_id: str, place_ids: Sequence[int], last: int | None, until: int | None
) -> Mapping[int, Summed]:
    """The kept sums of many places, added up by the database: a city's sites have eighty thousand. With `until` only
    the periods up to it count."""
    # By another name: GROUP BY and the table's own name are ROLLUP to some.
    t = Rollup.__table__.alias("kept")
    found: dict[int, Summed] = {}
    for part in batched_list(place_ids):
        own = [t.c.campaign_id == campaign_id, t.c.place_id.in_(part)]
        if until is not None:
            own.append(t.c.period <= until)
        up_to = sa.func.sum(sa.case((t.c.period <= (-1 if last is None else last), t.c.persons), else_=0))
        query = (
            sa.select(t.c.place_id, up_to, *(sa.func.sum(t.c[name]) for name in Cell._fields))
            .where(*own)
            .group_by(t.c.place_id)
        )
        for place_id, persons, *sums in session.execute(query):
            # PostgreSQL adds large integers up to decimals.
            found[place_id] = Summed(Cell(*map(int, sums)), int(persons), None)
        hour = sa.select(t.c.place_id, *(t.c[name] for name in Cell._fields)).where(*own, t.c.period == last)
        for place_id, *sums in session.execute(hour) if last is not None else ():
            found[place_id] = found[place_id]._replace(hour=Cell(*sums))
    return found


def town_cells(session: Session, moment: Moment) -> Cells:
    """The kept sums of all towns."""
    tree = moment.tree

    def towns() -> list[int]:
        return [town.id for town in tree.each(Level.TOWN)]

    def own_town(site: Place) -> int:
        return site.parent_id or site.id

    def derive(ids: Collection[int]) -> Cells:
        return kept_cells(session, tree.campaign.id, sorted(ids))

    return followed(session, moment, town_cells, towns, own_town, derive)


def cells_from_facts(session: Session, tree: PlaceTree, place: Place, as_of: datetime | None) -> Cells:
    """The same for `place` and everything below it, computed from what had been recorded by `as_of` (None: all)."""
    deltas = deltas_from_facts(session, tree, tree.sites(place), as_of)
    found: dict[int, dict[int, Cell]] = {}
    for (place_id, period), values in deltas.changed().items():
        found.setdefault(place_id, {})[period] = Cell(*values)
    return found


def figures(cells: Iterable[Cell]) -> Figures:
    """What cells add up to. A figure that some reports exist for but none states is None."""
    sums = Cell(*(sum(column) for column in zip(*cells, strict=True))) if (cells := list(cells)) else NOTHING

    def known(name: str) -> int | None:
        return None if sums.reports and not getattr(sums, f"{name}_known") else getattr(sums, name)

    return Figures(
        reports=sums.reports,
        persons=sums.persons,
        catch_up_persons=sums.catch_up_persons,
        verified_persons=sums.verified_persons,
        **{name: known(name) for name in FIGURES[1:]},
    )

"""What is kept summed as facts arrive, and the same computed anew from the facts.

A report adds its figures to the last period it covers, and its state to every open period it covers; both for
its site and for every place above it. `Delta` holds the columns of `rollup` in the order of `COLUMNS`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.database import insert_into
from data.models import Rollup
from domain.places import Place
from domain.reports import FIGURES, Claim, Flag, Judged, Status

COLUMNS = (
    "reports", "persons", "catch_up_persons", "verified_persons",
    "tubes", "tubes_known", "third_copies", "third_copies_known", "special_cases", "special_cases_known",
    "positives", "positives_known", "on_time", "late", "zero", "returned", "verified",
)  # fmt: skip

_AT = {name: i for i, name in enumerate(COLUMNS)}

Delta = list[int]
Cell = tuple[int, int]
"""A place's id and a period."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One current report as the rollups see it."""

    claim: Claim
    judged: Judged
    status: Status


def contributions(counted: Counted, open_periods: frozenset[int]) -> Iterator[tuple[int, Delta]]:
    """What one report adds to its site's rollup: (period, delta) pairs."""
    claim, judged = counted.claim, counted.judged
    figures = [0] * len(COLUMNS)
    figures[_AT["reports"]] = 1
    figures[_AT["persons"]] = judged.persons
    if claim.catch_up:
        figures[_AT["catch_up_persons"]] = judged.persons
    if counted.status is Status.VERIFIED:
        figures[_AT["verified_persons"]] = judged.persons
    for name in FIGURES[1:]:
        value = judged.tubes if name == "tubes" else getattr(claim, name)
        if value is not None:
            figures[_AT[name]] = value
            figures[_AT[f"{name}_known"]] = 1
    yield claim.last, figures

    states = [0] * len(COLUMNS)
    states[_AT["late" if judged.flags & Flag.LATE else "on_time"]] = 1
    states[_AT["zero"]] = int(judged.persons == 0)
    states[_AT["returned"]] = int(counted.status is Status.RETURNED)
    states[_AT["verified"]] = int(counted.status is Status.VERIFIED)
    for period in range(claim.first, claim.last + 1):
        if period in open_periods:
            yield period, states


class Deltas:
    """Changes to rollups, gathered over a batch."""

    def __init__(self) -> None:
        self.cells: dict[Cell, Delta] = {}

    def add(self, site: Place, counted: Counted, open_periods: frozenset[int], sign: int = 1) -> None:
        """Add (or with `sign` −1 take away) one report at its site and every place above."""
        for period, values in contributions(counted, open_periods):
            for place_id in site.ancestors:
                cell = self.cells.get((place_id, period))
                if cell is None:
                    self.cells[place_id, period] = [sign * v for v in values]
                else:
                    for i, value in enumerate(values):
                        cell[i] += sign * value

    def changed(self) -> dict[Cell, Delta]:
        """The cells that really change."""
        return {cell: values for cell, values in self.cells.items() if any(values)}


def apply(session: Session, campaign_id: str, deltas: Mapping[Cell, Delta]) -> None:
    """Add `deltas` to the kept rollups, within the caller's transaction and campaign lock."""
    if not deltas:
        return
    table = Rollup.__table__
    statement = insert_into(session, table)
    statement = statement.on_conflict_do_update(
        index_elements=["campaign_id", "place_id", "period"],
        set_={name: table.c[name] + statement.excluded[name] for name in COLUMNS},
    )
    session.execute(
        statement,
        [
            {"campaign_id": campaign_id, "place_id": place_id, "period": period,
             **dict(zip(COLUMNS, values, strict=True))}
            for (place_id, period), values in sorted(deltas.items())
        ],
    )  # fmt: skip


def kept(session: Session, campaign_id: str) -> dict[Cell, Delta]:
    """All non-zero rollups of a campaign as they are kept."""
    table = Rollup.__table__
    query = sa.select(table.c.place_id, table.c.period, *(table.c[name] for name in COLUMNS)).where(
        table.c.campaign_id == campaign_id
    )
    return {(row[0], row[1]): list(row[2:]) for row in session.execute(query) if any(row[2:])}

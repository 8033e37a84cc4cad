"""The tubes behind each number of the ledger that says something is wrong."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import TubeRow
from data.queries.moment import Moment
from domain.ledger import missing_before
from domain.tubes import Finding

MOST = 1_000
"""Tubes of one kind that are listed; the ledger counts all of them."""


@dataclass(frozen=True, slots=True)
class OddTube:
    """One tube. Ids are those of the record; `used_at` is seconds since 1970."""

    barcode: str
    site_id: int | None
    lab_id: int | None
    box: str | None
    used_at: int | None


@dataclass(frozen=True, slots=True)
class TubesBehind:
    missing: tuple[OddTube, ...]
    unregistered: tuple[OddTube, ...]
    duplicate: tuple[OddTube, ...]
    wrong_lab: tuple[OddTube, ...]


def tubes_behind(session: Session, moment: Moment) -> TubesBehind:
    """The tubes of the moment's place that are missing, unregistered, registered twice or at a wrong laboratory."""
    tree, place = moment.tree, moment.place
    t = TubeRow
    base = sa.select(t.barcode, sa.func.coalesce(t.site_id, t.named_site), t.home_lab_id, t.box, t.used_at).where(
        *moment.within(t)
    )
    sites = {site.id for site in tree.sites(place)} if place not in tree.roots else None

    def found(*wanted: sa.ColumnExpressionArgument[bool]) -> tuple[OddTube, ...]:
        tubes: list[OddTube] = []
        for row in session.execute(base.where(*wanted).order_by(t.used_at, t.barcode)):
            if sites is None or row[1] in sites:
                tubes.append(OddTube(*row))
                if len(tubes) == MOST:
                    break
        return tuple(tubes)

    def odd(flag: Finding) -> tuple[OddTube, ...]:
        return found(t.findings != 0, t.findings.bitwise_and(int(flag)) != 0)

    cut = missing_before(moment.now, tree.campaign.limits)
    return TubesBehind(
        found(t.waiting, t.used_at < cut * 60),
        odd(Finding.UNREGISTERED),
        odd(Finding.DUPLICATE),
        odd(Finding.WRONG_LAB),
    )

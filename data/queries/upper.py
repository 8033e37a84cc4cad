"""What upper systems show below a place, beside our own figures at the same moments."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, UpperFigure
from data.queries import minutes
from data.queries.cells import Cell, kept_cells
from data.queries.moment import Moment
from domain.campaign import Campaign
from domain.findings import Finding, Topic
from domain.places import Place, PlaceTree
from domain.status import Severity
from domain.upper import COMPARED, Lasting, Own, Reading, lasting


@dataclass(frozen=True, slots=True)
class Shown:
    """One upper figure as it was told; `persons` and `tubes` are held against ours, None where it does not say."""

    id: int
    key: str
    place: Place
    at: datetime
    source: str
    persons: Reading | None
    tubes: Reading | None
    actor: str
    recorded_at: datetime
    revision: int


def shown_below(
    session: Session, tree: PlaceTree, place: Place, now: datetime, *, after: int = 0, limit: int | None = None
) -> list[Shown]:
    """The upper figures of `place` and below in the order they were told, from the one after `after` on."""
    u = UpperFigure
    query = (
        sa.select(u.id, u.key, u.place_id, u.at, u.source, u.persons, u.tubes, u.actor, u.recorded_at, u.revision)
        .where(u.campaign_id == tree.campaign.id, u.id > after, u.repeats.is_(False))
        .order_by(u.id)
    )
    rows = [row for row in session.execute(query) if place.id in tree.by_id[row[2]].ancestors]
    rows = rows if limit is None else rows[:limit]
    if not rows:
        return []
    own = _OwnFigures(session, tree, {row[2] for row in rows}, now)
    found = []
    for id_, key, place_id, at, source, persons, tubes, actor, recorded_at, revision in rows:
        where = tree.by_id[place_id]
        found.append(
            Shown(
                id_, key, where, at, source, own.beside(where, at, source, "persons", persons),
                own.beside(where, at, source, "tubes", tubes), actor, recorded_at, revision,
            )
        )  # fmt: skip
    return found


def differences_below(session: Session, moment: Moment) -> list[Finding]:
    """A finding for every place and source whose figure has differed from ours for longer than the window; in a large
    campaign as found in this minute."""
    if not minutes.is_large(moment.tree):
        return _differences(session, moment)
    kind, until = (differences_below, moment.place.id), moment.until
    return minutes.once(moment.tree, kind, moment.now, until, lambda: _differences(session, moment))


def _differences(session: Session, moment: Moment) -> list[Finding]:
    tree, campaign = moment.tree, moment.tree.campaign
    shown = shown_below(session, tree, moment.place, moment.now)
    found = []
    for name in COMPARED:
        readings = [reading for each in shown if (reading := getattr(each, name)) is not None]
        readings.sort(key=lambda reading: reading.at)
        found += [_finding(tree, name, each) for each in lasting(readings, campaign, moment.now)]
    return found


def _finding(tree: PlaceTree, name: str, difference: Lasting) -> Finding:
    campaign, last = tree.campaign, difference.last
    place = tree.by_code[last.place]
    assert last.difference is not None
    return Finding(
        kind=f"upper_{name}",
        severity=Severity.WARN,
        topic=Topic.RECONCILIATION,
        place=place.code,
        place_name=place.name,
        place_name_en=place.name_en,
        level=place.level,
        at=difference.since,
        period=last_period_by(campaign, last.at),
        params={
            "source": last.source,
            "label": clock_label(campaign, last.at),
            "theirs": last.theirs,
            # The end of our span that theirs lies beyond.
            "ours": last.theirs - last.difference,
            "difference": last.difference,
        },
    )


def last_period_by(campaign: Campaign, at: datetime) -> int:
    """The last period that has begun before `at`."""
    return -((campaign.anchor - at) // campaign.interval) - 1


def clock_label(campaign: Campaign, at: datetime) -> str:
    """A moment in digits alone, with its date where the campaign has several days."""
    several = (campaign.deadline - campaign.starts_at).days >= 1
    return f"{campaign.local(at):%m-%d %H:%M}" if several else f"{campaign.local(at):%H:%M}"


class _OwnFigures:
    """What our reports say of some places up to any moment."""

    def __init__(self, session: Session, tree: PlaceTree, place_ids: Iterable[int], now: datetime) -> None:
        self._tree = tree
        self._now = now
        wanted = set(place_ids)
        self._cells: Mapping[int, Mapping[int, Cell]] = kept_cells(session, tree.campaign.id, sorted(wanted))
        self._spans: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
        c = CurrentReport
        catch_ups = sa.select(c.site_id, c.first_period, c.last_period, c.persons, c.tubes).where(
            c.campaign_id == tree.campaign.id, c.last_period > c.first_period
        )
        for site_id, first, last, persons, tubes in session.execute(catch_ups):
            for id_ in wanted.intersection(tree.by_id[site_id].ancestors):
                self._spans[id_].append((first, last, persons, tubes or 0))

    def beside(self, place: Place, at: datetime, source: str, name: str, theirs: int | None) -> Reading | None:
        """An upper figure beside ours; None where it does not say."""
        return None if theirs is None else Reading(place.code, at, source, theirs, self.at(place.id, at, name))

    def at(self, place_id: int, at: datetime, name: str) -> Own:
        """Our figure `name` of the place at `at`."""
        campaign = self._tree.campaign
        begun = last_period_by(campaign, at)
        over = begun if campaign.end_of(begun) <= at else begun - 1
        cells = self._cells.get(place_id, {})
        if name == "persons":
            known = any(cell.reports for cell in cells.values())
        else:
            known = any(cell.tubes_known for cell in cells.values())
        if not known:
            return Own(None, None)
        low = sum(getattr(cell, name) for period, cell in cells.items() if period <= over)
        high = sum(getattr(cell, name) for period, cell in cells.items() if period <= begun)
        column = 2 if name == "persons" else 3
        high += sum(span[column] for span in self._spans[place_id] if span[0] <= begun < span[1])
        open_end = over < begun and not campaign.is_due(begun, self._now)
        # A running total that was taken back makes a later sum smaller than an earlier one.
        return Own(min(low, high), None if open_end else max(low, high))

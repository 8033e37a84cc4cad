"""What the scenes of a briefing screen show of a place: the same rows as the pages', made less."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, Decision
from data.queries.duty_board import duty_board
from data.queries.map import map_picture
from data.queries.moment import Moment, ref
from data.queries.overview import overview
from data.queries.tube_glance import loaded
from domain.board import TownList
from domain.contacts import Contact
from domain.duty import State
from domain.findings import Finding, order
from domain.lab_load import diversion, loads
from domain.overview import PlaceRef
from domain.places import Level, Place
from domain.reports import Status
from domain.status import Severity
from domain.wall import (
    MOST_LABS,
    Chain,
    ChainRow,
    Labs,
    Names,
    Owes,
    Trouble,
    WallMap,
    behind_first,
    short_names,
)

ROWS_ON_MAP = 5
"""Numbered sites beside the map."""


def names(session: Session, moment: Moment) -> Names:
    """How the wall calls the campaign's places."""
    sites = list(moment.tree.each(Level.SITE))
    return Names(
        {
            language: short_names(((site.code, site.label(language)) for site in sites), language)
            for language in ("zh", "en")
        }
    )


def town_of(moment: Moment, place: Place) -> PlaceRef | None:
    """The place right above a site."""
    above = moment.tree.by_id.get(place.parent_id) if place.parent_id is not None else None
    return ref(above) if above is not None and place.level is Level.SITE else None


# -- the map


def wall_map(session: Session, moment: Moment) -> WallMap:
    """The map with its numbered rows: critical sites, least done first, then those that owe their report."""
    seen, picture = moment.ask(session, overview), moment.ask(session, map_picture)
    tree = moment.tree
    worst: dict[str, Finding] = {}
    for finding in seen.findings:
        if finding.level is Level.SITE and finding.severity is Severity.CRIT:
            kept = worst.get(finding.place)
            worst[finding.place] = min(kept, finding, key=order) if kept is not None else finding
    done = {dot.place.code: dot.completion for dot in picture.dots}
    rows = [
        Trouble(ref(tree.by_code[code]), town_of(moment, tree.by_code[code]), Severity.CRIT, done.get(code), finding)
        for code, finding in worst.items()
    ]
    rows.sort(key=lambda row: (row.completion if row.completion is not None else 0.0, row.place.code))
    missing = [place for place in seen.missing if place.code not in worst]
    rows += [
        Trouble(place, town_of(moment, tree.by_code[place.code]), Severity.MISS, None, None) for place in missing
    ]
    towns = Counter(row.town for row in rows if row.severity is Severity.CRIT and row.town is not None)
    return WallMap(
        overview=seen,
        picture=picture,
        troubles=tuple(rows[:ROWS_ON_MAP]),
        beyond=max(0, len(rows) - ROWS_ON_MAP),
        crit=len(worst),
        warn=sum(dot.worst is Severity.WARN for dot in picture.dots),
        missing=len(missing),
        crit_towns=tuple(sorted(towns.items(), key=lambda item: (-item[1], item[0].code))),
        towns={site.code: town for site in tree.sites(moment.place) if (town := town_of(moment, site)) is not None},
        names=moment.ask(session, names),
    )


# -- laboratories


def wall_labs(session: Session, moment: Moment) -> Labs:
    """The busiest laboratories of the place, what could be diverted, and when all of their work is done."""
    found = moment.ask(session, loaded)
    seen = moment.ask(session, overview)
    every = loads(found.labs, seen.campaign.limits)
    clear = [one.clears_at for one in every if one.clears_at is not None]
    return Labs(seen, every[:MOST_LABS], diversion(every), max(clear, default=None))


# -- the chain of reports


def wall_chain(session: Session, moment: Moment) -> Chain:
    """The places below with their last hours, who owes the one that is due, when the others' was verified."""
    seen = moment.ask(session, overview)
    period = seen.duty_period
    board = moment.ask(session, duty_board) if period is not None else None
    owing: dict[str, list[Owes]] = {}
    for town in board.lists if board is not None else ():
        for site in town.of(State.MISSING):
            told = Owes(site.place, _reporter(town, site.contact), site.told, site.minutes)
            for at in moment.tree.by_code[site.place.code].ancestors:
                owing.setdefault(moment.tree.by_id[at].code, []).append(told)
    settled = _settled(session, moment, period) if period is not None else {}
    children = sorted(seen.children, key=lambda child: (-child.missing, child.gap_pp or 0.0, child.place.code))
    rows = []
    for child in behind_first(children):
        last = settled.get(child.place.code)
        tally = child.strip[-1] if child.strip else None
        done = tally is not None and tally.expected > 0 and tally.verified >= tally.expected
        rows.append(ChainRow(child, tuple(owing.get(child.place.code, ())), last if done else None))
    end = seen.campaign.end_of(period) if period is not None else None
    tallies = dict(zip(seen.strip_periods, zip(*(child.strip for child in seen.children), strict=True), strict=False))
    due = tallies.get(period, ()) if period is not None else ()
    reported, expected = sum(one.reported for one in due), sum(one.expected for one in due)
    return Chain(seen, tuple(rows), end, moment.ask(session, names), reported, expected)


def _reporter(town: TownList, contact: Contact | None) -> str:
    """Who reports for a site: its own duty holder, else the town's."""
    known = contact or town.contact
    return known.name if known is not None else ""


def _settled(session: Session, moment: Moment, period: int) -> Mapping[str, datetime]:
    """When the last report of `period` was verified, by the codes of the places below."""
    query = (
        sa.select(CurrentReport.site_id, sa.func.max(Decision.recorded_at))
        .join(
            Decision,
            (Decision.report_id == CurrentReport.report_id) & (Decision.campaign_id == CurrentReport.campaign_id),
        )
        .where(*moment.within(CurrentReport), CurrentReport.first_period <= period,
               CurrentReport.last_period >= period, Decision.status == Status.VERIFIED.value)
        .group_by(CurrentReport.site_id)
    )  # fmt: skip
    found: dict[str, datetime] = {}
    for site_id, at in session.execute(query):
        for above in moment.tree.by_id[site_id].ancestors:
            code = moment.tree.by_id[above].code
            found[code] = max(at, found.get(code, at))
    return found

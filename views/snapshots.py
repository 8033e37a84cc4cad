"""Snapshots by version: everything a page shows of a place, drawn, serialised and gzipped once per version.

A version is the pair (revision of the record, minute of the campaign's clock): a write makes a new one, and so
does time, since a report becomes late without any write. A snapshot never changes, so it is kept under its
version and served as bytes.
"""

import gzip
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import orjson
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.models import CampaignRow
from data.queries.moment import Moment
from data.queries.overview import overview
from domain import progress
from domain.clock import Clock
from views import Page, draw_all

log = logging.getLogger(__name__)

ASK_SECONDS = 0.1
"""How long a worker trusts what it last read of a campaign's revision."""

PUBLISH_SECONDS = 1.0
"""New versions are published at most this often, however fast facts arrive."""

KEPT = 256
"""Snapshots a worker keeps."""

MOMENTS = 4
"""Versions of places whose rows a worker keeps, so that the next page of one asks for what it alone shows."""


class UnknownSnapshot(LookupError):
    """There is no such campaign, page or place."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a browser compares. `epoch` tells a campaign begun anew, `minute` is minutes since 1970 on the
    campaign's clock, `speed` how many seconds it goes in one."""

    epoch: str
    revision: int
    minute: int
    now: datetime
    speed: float

    @property
    def number(self) -> tuple[int, int]:
        return self.revision, self.minute


@dataclass(frozen=True, slots=True)
class Moved:
    """The version asked for is not kept, and another is current."""

    version: Version


@dataclass(slots=True)
class _Published:
    version: Version
    asked: float
    published: float


class Snapshots:
    """The snapshots of one worker."""

    def __init__(
        self,
        database: Database,
        pages: Mapping[str, Page],
        clock: Clock,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._pages = pages
        self._clock = clock
        self._ticks = ticks
        self._published: dict[str, _Published] = {}
        self._kept: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._building: dict[tuple[Any, ...], Lock] = {}
        self._moments: OrderedDict[tuple[Any, ...], tuple[Moment, Lock]] = OrderedDict()
        self._lock = Lock()

    def version(self, campaign_id: str) -> Version:
        """The version to show now. Raises `UnknownSnapshot`."""
        ticks = self._ticks()
        with self._lock:
            known = self._published.get(campaign_id)
            if known is not None and ticks - known.asked < ASK_SECONDS:
                return known.version
        with self._database.read() as session:
            current = self._version_of(_find(session, campaign_id))
        with self._lock:
            known = self._published.get(campaign_id)
            if known is None or known.version.epoch != current.epoch:
                known = self._published[campaign_id] = _Published(current, ticks, ticks)
            elif known.version.number != current.number and ticks - known.published >= PUBLISH_SECONDS:
                known.version, known.published = current, ticks
            else:
                known.version = replace(known.version, now=current.now)
            known.asked = ticks
            return known.version

    def _version_of(self, row: CampaignRow) -> Version:
        now = campaigns.now_for(row, self._clock())
        clock = campaigns.demo_clock(row)
        return Version(row.epoch, row.revision, int(now.timestamp()) // 60, now, clock.speed if clock else 1.0)

    def get(
        self,
        campaign_id: str,
        page: str,
        place: str,
        language: str,
        number: tuple[int, int],
        hour: datetime | None = None,
        lab: str = "",
    ) -> bytes | Moved:
        """The gzipped JSON of a snapshot, or which version to ask for instead. Raises `UnknownSnapshot`.

        With `hour`, the start of a period, the page is shown as it stood at that period's end, or lists that
        period's reports (`Page.lists_hour`). `lab` narrows a page that can be narrowed (`Page.by_lab`).
        """
        current = self.version(campaign_id)
        shown = self._pages.get(page)
        lab = lab if shown is not None and shown.by_lab else ""
        key = (campaign_id, current.epoch, page, place, language, hour, lab, *number)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            building = self._building.setdefault(key, Lock())
        try:
            # Whoever comes while it is being built waits for it instead of building it again.
            with building:
                with self._lock:
                    if key in self._kept:
                        return self._kept[key]
                if number[1] > current.minute:
                    return Moved(current)
                built = self._build(campaign_id, page, place, language, number, hour, lab)
                if isinstance(built, Moved):
                    # What was published can no longer be drawn; from now on it is what can.
                    with self._lock:
                        ticks = self._ticks()
                        self._published[campaign_id] = _Published(built.version, ticks, ticks)
                    return built
                with self._lock:
                    self._kept[key] = built
                    while len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
                return built
        finally:
            with self._lock:
                self._building.pop(key, None)

    def _build(
        self,
        campaign_id: str,
        page: str,
        place: str,
        language: str,
        number: tuple[int, int],
        hour: datetime | None,
        lab: str,
    ) -> bytes | Moved:
        began = self._ticks()
        shown = self._pages.get(page)
        with self._database.read() as session:
            row = _find(session, campaign_id)
            tree = campaigns.tree_of(session, row)
            if shown is None or place not in tree.by_code:
                raise UnknownSnapshot(f"{page}/{place}")
            if row.revision != number[0]:
                return Moved(self._version_of(row))
            stated = tree.campaign.period_starting(hour) if hour is not None else None
            if hour is not None and stated is None:
                raise UnknownSnapshot(str(hour))
            until, period = (None, stated) if shown.lists_hour else (stated, None)
            now = datetime.fromtimestamp(number[1] * 60, UTC)
            moment, turn = self._moment(
                (campaign_id, row.epoch), Moment(tree, tree.by_code[place], number[0], now, until, period, lab)
            )
            # Pages of one version come one after the other: each finds what the one before has asked.
            with turn:
                panels = draw_all(shown, session, moment, language)
                facts = shown.facts(session, moment, language) if shown.facts is not None else {}
                data_until = moment.ask(session, overview).data_until
        campaign = tree.campaign
        # What is looked back at does not grow stale.
        running = until is None and progress.is_running(campaign, now)
        stale_at = progress.stale_at(campaign, data_until) if running else None
        body = orjson.dumps(
            {
                "epoch": row.epoch,
                "revision": number[0],
                "minute": number[1],
                "version": f"{number[0]}-{number[1]}",
                "now": now.isoformat(),
                "data_until": data_until.isoformat() if data_until else None,
                "stale_at": stale_at.isoformat() if stale_at else None,
                "language": language,
                "panels": panels,
                **facts,
            },
            default=lambda part: part.to_plotly_json(),
            option=orjson.OPT_NON_STR_KEYS,
        )
        log.debug("snapshot %s/%s/%s built in %.1f ms", campaign_id, page, place, (self._ticks() - began) * 1000)
        return gzip.compress(body, compresslevel=5, mtime=0)

    def _moment(self, campaign: tuple[str, str], asked: Moment) -> tuple[Moment, Lock]:
        """The same moment another page was drawn at, with the rows it has asked for; and whose turn it is there."""
        key = (*campaign, asked.place.code, asked.revision, asked.now, asked.until, asked.period, asked.lab)
        with self._lock:
            found = self._moments.setdefault(key, (asked, Lock()))
            self._moments.move_to_end(key)
            while len(self._moments) > MOMENTS:
                self._moments.popitem(last=False)
            return found


def _find(session: Session, campaign_id: str) -> CampaignRow:
    try:
        return campaigns.find(session, campaign_id)
    except campaigns.UnknownCampaign:
        raise UnknownSnapshot(campaign_id) from None

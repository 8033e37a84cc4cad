"""Snapshots by version: everything a page shows of a place, drawn, serialised and gzipped once per version.

A version is the pair (revision of the record, minute of the campaign's clock): a write makes a new one, and so
does time, since a report becomes late without any write. A snapshot never changes, so it is kept under its
version and served as bytes.
"""

import gzip
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.models import CampaignRow
from data.patience import AWAY, Busy, Room
from data.queries.moment import Moment
from data.queries.overview import overview
from domain import progress
from domain.clock import Clock
from telemetry import counts
from views import Page, draw_all
from views.drawings import Drawings, to_json

_HIT, _BUILT, _MOVED, _KEPT_BACK = map(counts.SNAPSHOTS.labels, ("hit", "built", "moved", "older"))

ASK_SECONDS = 0.1
"""How long a worker trusts what it last read of a campaign's revision."""

OWED_SECONDS = 1.0
"""A database that has not answered for so long is slow, or away: readers are told so and are shown what is kept."""

PUBLISH_SECONDS = 1.0
"""New versions are published at most this often, however fast facts arrive."""

BUILDERS, LINE = 2, 6
"""Snapshots a worker builds at once, and how many requests may wait for their turn. Building takes a processor; what
is written meanwhile must find one too."""

KEPT_SECONDS = 0.5
"""How long a reader waits for a new picture while there is an older one to show."""

FIRST_SECONDS = 10.0
"""How long where there is none."""

KEPT = 256
"""Snapshots a worker keeps."""

REACH = 60
"""Minutes a picture may lie behind the present one and still be drawn."""

MOMENTS = 4
"""Versions of places whose rows a worker keeps, so that the next page of one asks for what it alone shows."""


class UnknownSnapshot(LookupError):
    """There is no such campaign, page or place."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a browser compares. `epoch` tells a campaign begun anew, `minute` is minutes since 1970 on the
    campaign's clock, `speed` how many seconds it goes in one. `behind` says for how many seconds the database has
    not told anything: then this is the last it told, and no longer what is."""

    epoch: str
    revision: int
    minute: int
    now: datetime
    speed: float
    behind: float = 0.0

    @property
    def number(self) -> tuple[int, int]:
        return self.revision, self.minute


@dataclass(frozen=True, slots=True)
class Moved:
    """The version asked for is not kept, and another is current."""

    version: Version


@dataclass(slots=True)
class _Published:
    """What is shown of a campaign: `asked` is when the database was last asked, `told` when it last answered,
    `waiting` since when it has been asked without an answer."""

    version: Version
    asked: float
    published: float
    told: float
    waiting: float | None = None
    asking: bool = False

    def at(self, ticks: float) -> Version:
        """What was last told, with how long ago that was where the database has owed an answer for long."""
        if self.waiting is None or ticks - self.waiting < OWED_SECONDS:
            return self.version
        return replace(self.version, behind=ticks - self.told)


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
        self._drawings = Drawings()
        self._builders = Room(BUILDERS, LINE)

    def version(self, campaign_id: str) -> Version:
        """The version to show now. Raises `UnknownSnapshot`."""
        ticks = self._ticks()
        with self._lock:
            known = self._published.get(campaign_id)
            if known is not None:
                if ticks - known.asked < ASK_SECONDS:
                    return known.at(ticks)
                # One asks for all, but for those who come when nobody has asked for long.
                owed = known.waiting is not None and ticks - known.waiting >= OWED_SECONDS
                if known.asking and (owed or ticks - known.told < OWED_SECONDS):
                    return known.at(ticks)
                known.asking, known.asked = True, ticks
                known.waiting = ticks if known.waiting is None else known.waiting
        asked = known
        try:
            with self._database.read() as session:
                current = self._version_of(_find(session, campaign_id))
        except AWAY:
            if asked is None:
                raise
            return asked.at(self._ticks())
        finally:
            if asked is not None:
                asked.asking = False
        with self._lock:
            known = self._published.get(campaign_id)
            if known is None or known.version.epoch != current.epoch:
                known = self._published[campaign_id] = _Published(current, ticks, ticks, ticks)
            elif known.version.number != current.number and ticks - known.published >= PUBLISH_SECONDS:
                known.version, known.published = current, ticks
                counts.VERSIONS.inc()
            else:
                known.version = replace(known.version, now=current.now)
            known.asked = known.told = ticks
            known.waiting = None
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
        what = (campaign_id, current.epoch, page, place, language, hour, lab)
        key = (*what, *number)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                _HIT.inc()
                return self._kept[key]
            building = self._building.setdefault(key, Lock())
            older = self._older(what, current)
        seconds = FIRST_SECONDS if older is None else KEPT_SECONDS
        try:
            # Whoever comes while it is being built waits for it instead of building it again.
            with _turn(building, seconds):
                with self._lock:
                    if key in self._kept:
                        _HIT.inc()
                        return self._kept[key]
                # Nobody's page is so far behind: who asks for every past minute would have each one drawn.
                if not current.minute - REACH <= number[1] <= current.minute:
                    _MOVED.inc()
                    return Moved(current)
                with self._builders.place(seconds):
                    built = self._build(campaign_id, page, place, language, number, hour, lab)
                if isinstance(built, Moved):
                    # What was published can no longer be drawn; from now on it is what can.
                    with self._lock:
                        ticks = self._ticks()
                        self._published[campaign_id] = _Published(built.version, ticks, ticks, ticks)
                    _MOVED.inc()
                    return built
                with self._lock:
                    self._kept[key] = built
                    while len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
                return built
        except AWAY:
            # More is asked for than can be drawn, or the database is away: the last picture there is will do.
            if older is None:
                raise
            _KEPT_BACK.inc()
            return Moved(older)
        finally:
            with self._lock:
                self._building.pop(key, None)

    def kept(self, campaign_id: str, page: str, place: str, language: str, number: tuple[int, int]) -> bytes | None:
        """The same without hour or laboratory if it need not be built. Raises `UnknownSnapshot`."""
        key = (campaign_id, self.version(campaign_id).epoch, page, place, language, None, "", *number)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                _HIT.inc()
                self._kept.move_to_end(key)
        return found

    def name(
        self, campaign_id: str, page: str, place: str, language: str, number: tuple[int, int], *looking: str
    ) -> str:
        """What a picture is, for a proxy that keeps it: no two that differ have one name. `looking` is how else it is
        asked for, hour and laboratory. Raises `UnknownSnapshot`."""
        parts = (campaign_id, self.version(campaign_id).epoch, page, place, language, *number, *looking)
        return "/".join(quote(str(part), safe="") for part in parts)

    def _older(self, what: tuple[Any, ...], current: Version) -> Version | None:
        """The version of the newest picture kept of `what`."""
        numbers = [key[-2:] for key in self._kept if key[:-2] == what]
        if not numbers:
            return None
        revision, minute = max(numbers)
        return replace(current, revision=revision, minute=minute)

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
                panels = draw_all(shown, session, moment, language, self._drawings)
                facts = shown.facts(session, moment, language) if shown.facts is not None else {}
                data_until = moment.ask(session, overview).data_until
        campaign = tree.campaign
        # What is looked back at does not grow stale.
        running = until is None and progress.is_running(campaign, now)
        stale_at = progress.stale_at(campaign, data_until) if running else None
        body = to_json(
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
            }
        )
        packed = gzip.compress(body, compresslevel=5, mtime=0)
        _BUILT.inc()
        counts.SNAPSHOT_SECONDS.labels(page).observe(self._ticks() - began)
        return packed

    def _moment(self, campaign: tuple[str, str], asked: Moment) -> tuple[Moment, Lock]:
        """The same moment another page was drawn at, with the rows it has asked for; and whose turn it is there."""
        key = (*campaign, asked.place.code, asked.revision, asked.now, asked.until, asked.period, asked.lab)
        with self._lock:
            found = self._moments.setdefault(key, (asked, Lock()))
            self._moments.move_to_end(key)
            while len(self._moments) > MOMENTS:
                self._moments.popitem(last=False)
            return found


@contextmanager
def _turn(lock: Lock, seconds: float) -> Iterator[None]:
    """Hold `lock` while the block runs. Raises `Busy` where it does not come free in time."""
    if not lock.acquire(timeout=seconds):
        raise Busy("somebody else still builds it")
    try:
        yield
    finally:
        lock.release()


def _find(session: Session, campaign_id: str) -> CampaignRow:
    try:
        return campaigns.find(session, campaign_id)
    except campaigns.UnknownCampaign:
        raise UnknownSnapshot(campaign_id) from None

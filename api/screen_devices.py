"""The briefing screens that ask a worker: who each is, what it said lately, and the pictures kept for it.

Hundreds ask every second, so what is known of them is read from the database twice a second for all of them, and what
they say of themselves is written down every two seconds in one go.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock, Thread

from flask import request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.problems import Problem
from data import campaigns, stored_screens
from data.database import Database
from data.ingest import screens as ingest
from data.patience import AWAY
from data.secret_hash import hash_of
from data.stored_screens import Screen
from domain.campaign import Campaign
from domain.clock import Clock
from domain.permissions import within
from domain.places import Place, PlaceTree
from domain.screens import Contact
from telemetry import under_way

log = logging.getLogger(__name__)

COOKIE = "screen"
"""Holds the secret by which a screen is known."""

KNOWN_SECONDS = 0.5
"""How long a worker trusts what it knows of screens: a command comes so late at most, and the screen's own second."""

WRITE_SECONDS = 2.0
"""How often what screens said is written down."""

KEPT_PICTURES = 64
"""Scenes of frozen versions that a worker holds, the latest asked for."""


@dataclass(frozen=True, slots=True)
class Device:
    """One screen that asks, inside its campaign."""

    screen: Screen
    campaign: Campaign
    tree: PlaceTree
    place: Place

    def shown(self, code: str) -> Place:
        """The place it is to show: its own, or one below. Raises `Problem` 403 and 404."""
        place = self.tree.by_code.get(code)
        if place is None:
            raise Problem(404, "not_found", "unknown_place", place=code)
        if not within(self.place, place):
            raise Problem(403, "forbidden", "forbidden_place", place=code)
        return place


class Wall:
    """The screens of one worker: who they are, and what they said lately."""

    def __init__(self, database: Database, clock: Clock, ticks: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._ticks = ticks
        self._known: dict[str, Device] = {}
        self._read: float | None = None
        self._state: stored_screens.State | None = None
        self._reading = Lock()
        self._said: dict[int, tuple[str, int | None, Contact]] = {}
        self._written = ticks()
        self._lock = Lock()
        self._writing = Lock()
        self._pictures: OrderedDict[tuple[int, str, str, str], bytes] = OrderedDict()

    def device(self) -> Device:
        """Who asks. Raises `Problem` 401 where it is nobody, or no longer."""
        secret = request.cookies.get(COOKIE)
        device = self._devices().get(hash_of(secret)) if secret else None
        if device is None:
            raise Problem(401, "unauthorized", "screen_unknown")
        under_way.asked_by("screen")
        return device

    def forget(self) -> None:
        """Ask the database from now on: something about screens has changed."""
        self._read = None

    def _devices(self) -> Mapping[str, Device]:
        # While one asks a database that is slow to answer, the others go by what is known.
        if not self._reading.acquire(blocking=self._read is None):
            return self._known
        try:
            if self._read is None or self._ticks() - self._read >= KNOWN_SECONDS:
                try:
                    with self._database.read() as session:
                        state = stored_screens.state(session)
                        if state != self._state:
                            self._known, self._state = _devices(session), state
                except AWAY:
                    # The database is away: a screen that is known stays known.
                    if self._state is None:
                        raise
                self._read = self._ticks()
            return self._known
        finally:
            self._reading.release()

    # -- what they say

    def heard(self, device: Device, contact: Contact) -> None:
        """Remember what a screen says; written down with the others, not now."""
        with self._lock:
            self._said[device.screen.number] = (device.screen.campaign_id, device.screen.district_id, contact)
            due = self._ticks() - self._written >= WRITE_SECONDS
            if due:
                self._written = self._ticks()
        if due:
            # A screen does not wait for a database in which an import writes for half a minute.
            Thread(target=self._write_quietly, daemon=True).start()

    def _write_quietly(self) -> None:
        try:
            self.write()
        except SQLAlchemyError as problem:
            log.warning("what screens said was not written down: %s", problem)

    def write(self) -> None:
        """Write down what screens have said."""
        with self._writing:
            with self._lock:
                said, self._said = self._said, {}
            if said:
                with self._database.write() as session:
                    ingest.write_contacts(session, said)

    # -- what was kept for meetings

    def kept(self, freeze: int, place: str, spoken: str, scene: str) -> bytes:
        """A scene of a kept version. Raises `Problem` 404."""
        key = (freeze, place, spoken, scene)
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        with self._database.read() as session:
            body = stored_screens.picture(session, *key)
        if body is None:
            raise Problem(404, "not_found", "unknown_path")
        with self._lock:
            self._pictures[key] = body
            while len(self._pictures) > KEPT_PICTURES:
                self._pictures.popitem(last=False)
        return body


def _devices(session: Session) -> dict[str, Device]:
    found = {}
    trees: dict[str, PlaceTree] = {}
    for screen in stored_screens.joined(session):
        tree = trees.get(screen.campaign_id)
        if tree is None:
            tree = campaigns.tree_of(session, campaigns.find(session, screen.campaign_id))
            trees[screen.campaign_id] = tree
        place = tree.by_code.get(screen.settings.place)
        if place is not None and screen.token_hash is not None:
            found[screen.token_hash] = Device(screen, tree.campaign, tree, place)
    return found

"""Who asks, and for which place: every request passes through here before it reads or writes.

A caller is the holder of a token (`Authorization: Bearer …`) or the account signed in with the browser's session.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread
from typing import Any

import sqlalchemy as sa
from flask import request
from flask import session as browser
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.problems import Problem
from data import campaigns, sign_ins, tokens
from data.database import Database
from data.ingest.batch import Sender
from data.models import CampaignRow, LabRow
from data.patience import AWAY
from data.queries.moment import Moment
from domain import permissions
from domain.accounts import SEEN_EVERY
from domain.clock import Clock, system_clock
from domain.permissions import PAGES, Action, Caller, Role
from domain.places import Place, PlaceTree
from telemetry import under_way

SESSION_KEY = "sign_in"
"""Where the browser's signed cookie holds the secret of its session."""

REMEMBERED_SECONDS = 5.0
"""How long a worker trusts what it knows of a caller before it asks the database again: an open page asks every
second. Writes and everything below `/api/v1` always ask."""

TRUSTED_SECONDS = 3600.0
"""How long, while the database does not answer: then nothing can be taken back there either. It is only about what is
looked at; whatever writes asks the database."""

AGAIN_SECONDS = 1.0
"""How soon a database that did not answer is asked again about what is remembered."""

REMEMBERED = 20_000
"""Answers a worker remembers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One caller inside one campaign: the campaign's row, its places, the caller's own place, the time there."""

    caller: Caller
    row: CampaignRow
    tree: PlaceTree
    home: Place | None
    """The caller's own place, the topmost one for who may see everything; None for a laboratory, which has none."""
    now: datetime

    def scope(self, code: str | None) -> Place:
        """The place asked about: the caller's own, or one below it. Raises `Problem` 403 and 404."""
        if code is None:
            if self.home is None:
                raise Problem(403, "forbidden", "forbidden_place", place=self.caller.place)
            return self.home
        place = self.tree.by_code.get(code)
        if place is None:
            raise Problem(404, "not_found", "unknown_place", place=code)
        if not reaches(self.caller, self.tree, place):
            raise Problem(403, "forbidden", "forbidden_place", place=code)
        return place

    @property
    def whole(self) -> bool:
        """Whether the caller's place is all of the campaign: then also what belongs to no place is the caller's."""
        return not self.caller.place or [self.home] == self.tree.roots

    def moment(self, place: Place) -> Moment:
        return Moment(self.tree, place, self.row.revision, self.now)

    def sender(self) -> Sender:
        """The caller as who sends a batch."""
        return Sender(self.caller.name, self.caller.place or None)


def reaches(caller: Caller, tree: PlaceTree, place: Place) -> bool:
    """Whether `place` is the caller's own or lies below it; without a place of one's own, all are."""
    if caller.role is Role.LAB:
        return False
    home = tree.by_code.get(caller.place)
    return permissions.within(home, place) if caller.place else True


def home_of(caller: Caller, tree: PlaceTree) -> Place | None:
    """The caller's own place in `tree`; for who may see everything the topmost one."""
    if caller.role is Role.LAB:
        return None
    if caller.place:
        return tree.by_code.get(caller.place)
    return tree.roots[0] if tree.roots else None


def has_token() -> bool:
    """Whether the request speaks for a token: then the browser's session does not count, and no other site can have
    made the browser send it."""
    return "Authorization" in request.headers


def caller(session: Session) -> Caller:
    """Who asks. Raises `Problem` 401, and 403 before a one-time password is replaced."""
    found = None
    if has_token():
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secret.strip():
            found = tokens.find(session, secret.strip())
    elif browser.get(SESSION_KEY):
        found = sign_ins.caller(session, browser[SESSION_KEY], system_clock())
    if found is None:
        raise Problem(401, "unauthorized", "unauthorized_detail", headers={"WWW-Authenticate": "Bearer"})
    under_way.asked_by(found.role)
    if found.must_change:
        raise Problem(403, "forbidden", "password_first")
    return found


def knows(session: Session, row: CampaignRow, caller: Caller) -> bool:
    """Whether the campaign has the caller's place, or for a laboratory whether it is one of its laboratories."""
    if caller.campaign_id not in (None, row.id):
        return False
    if not caller.place:
        return True
    if caller.role is not Role.LAB:
        return caller.place in campaigns.tree_of(session, row).by_code
    known = sa.select(LabRow.id).where(LabRow.campaign_id == row.id, LabRow.code == caller.place)
    return session.scalar(known) is not None


def enter(session: Session, campaign_id: str, action: Action, clock: Clock) -> Entry:
    """Let the caller into a campaign for `action`. Raises `Problem` 401, 403 and 404."""
    return _let_in(session, caller(session), campaign_id, action, clock)


def _let_in(session: Session, who: Caller, campaign_id: str, action: Action, clock: Clock) -> Entry:
    try:
        row = campaigns.find(session, campaign_id)
    except campaigns.UnknownCampaign:
        raise Problem(404, "not_found", "unknown_campaign", campaign=campaign_id) from None
    if who.campaign_id not in (None, campaign_id):
        raise Problem(403, "forbidden", "forbidden_campaign", campaign=campaign_id)
    if not who.may(action):
        raise Problem(403, "forbidden", "forbidden_role", role=who.role)
    if not knows(session, row, who):
        raise Problem(403, "forbidden", "forbidden_campaign", campaign=campaign_id)
    tree = campaigns.tree_of(session, row)
    return Entry(who, row, tree, home_of(who, tree), campaigns.now_for(row, clock()))


class Door:
    """The same questions for pages, which ask them every second: answers are remembered for a few seconds."""

    def __init__(self, database: Database, clock: Clock, ticks: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._ticks = ticks
        self._known: OrderedDict[tuple[Any, ...], tuple[float, Any]] = OrderedDict()
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._failed = -AGAIN_SECONDS
        self._lock = Lock()

    def signed_in(self) -> Caller | None:
        """The account signed in with this browser; also one whose password is still a one-time one."""
        return self.account_of(browser.get(SESSION_KEY))

    def account_of(self, secret: str | None) -> Caller | None:
        """The account whose browser holds this session."""
        if not secret:
            return None
        found: Caller | None = self._remember(
            ("caller", secret), lambda session: sign_ins.caller(session, secret, system_clock())
        )
        if found is not None:
            under_way.asked_by(found.role)
        return found

    def check(self, campaign_id: str, page: str | None = None, place: str | None = None) -> Caller:
        """Whether the signed-in account may see `page` of `place` in a campaign. Raises `Problem` 401, 403, 404."""
        return self.admit(browser.get(SESSION_KEY), campaign_id, page, place)

    def admit(
        self, secret: str | None, campaign_id: str, page: str | None = None, place: str | None = None
    ) -> Caller:
        """The same for the browser that holds this session."""
        who = self.account_of(secret)
        if who is None:
            raise Problem(401, "unauthorized", "sign_in_first")
        if who.must_change:
            raise Problem(403, "forbidden", "password_first")
        if page is not None and page not in PAGES:
            raise Problem(404, "not_found", "unknown_path")
        action = PAGES[page] if page is not None else Action.READ

        def ask(session: Session) -> Problem | None:
            try:
                entry = _let_in(session, who, campaign_id, action, self._clock)
                if place is not None:
                    entry.scope(place)
            except Problem as problem:
                return problem
            return None

        refused = self._remember((who, campaign_id, action, place), ask)
        if refused is not None:
            raise refused
        return who

    def seen(self) -> None:
        """Put on record that the person at this browser is there, not oftener than anybody needs to know it."""
        secret = browser.get(SESSION_KEY)
        if not secret:
            return
        ticks = self._ticks()
        with self._lock:
            last = self._seen.get(secret)
            if last is not None and ticks - last < SEEN_EVERY.total_seconds():
                return
            self._seen[secret] = ticks
            self._seen.move_to_end(secret)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        if last is not None:
            # The first time a worker meets a session the sign-in itself has just put it down, as a rule. Who only
            # looks does not wait for a database in which somebody else writes.
            Thread(target=self._put_down, args=(secret,), name="seen", daemon=True).start()

    def _put_down(self, secret: str) -> None:
        with suppress(SQLAlchemyError), self._database.write() as session:
            sign_ins.seen(session, secret, system_clock())

    def forget(self) -> None:
        """Ask anew from now on: somebody has come or gone."""
        with self._lock:
            self._known.clear()

    def last(self, key: tuple[Any, ...], ask: Callable[[Session], Any]) -> Any:
        """What `ask` finds; while the database does not answer, what it found for `key` when it last did."""
        return self._remember(key, ask, seconds=0.0)

    def _remember(self, key: tuple[Any, ...], ask: Callable[[Session], Any], seconds: float | None = None) -> Any:
        seconds = REMEMBERED_SECONDS if seconds is None else seconds
        ticks = self._ticks()
        with self._lock:
            known = self._known.get(key)
        if known is not None and (ticks - known[0] < seconds or ticks - self._failed < AGAIN_SECONDS):
            return known[1]
        try:
            with self._database.read() as session:
                answer = ask(session)
        except AWAY:
            if known is None or ticks - known[0] >= TRUSTED_SECONDS:
                raise
            self._failed = self._ticks()
            return known[1]
        with self._lock:
            self._known[key] = (ticks, answer)
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return answer

"""The process that fetches: takes what is due, a few at a time, and never waits for one that hangs."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from data.database import Database
from data.pull import trial
from data.pull.asking import Failed, Surroundings
from data.pull.folder import Looks
from data.pull.pulling import Tally, pull, write_down
from data.pull.turns import LEASE, LostLease, Turn, renew, take, take_trial
from domain.clock import Clock

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Sources pulled at the same time."""

STEP_SECONDS = 1.0
"""How often it looks what has come due."""

RENEW_SECONDS = LEASE.total_seconds() / 3

TAKING_IN = timedelta(minutes=3)
"""Time for taking rows in, beyond the time a source has to answer. Who needs longer hangs."""

FAREWELL_SECONDS = 10.0
"""How long it waits for what it is doing when it is told to stop. What is then still under way is left, as when the
power goes: the next process finds out how far it came."""


@dataclass(slots=True)
class _Running:
    turn: Turn
    thread: threading.Thread
    began: float
    renewed: float

    @property
    def most_seconds(self) -> float:
        return self.turn.definition.timeout_seconds + TAKING_IN.total_seconds()


class Worker:
    """Pulls the sources of one database until told to stop. Several may run: a source is only ever in one's hands."""

    def __init__(self, database: Database, around: Surroundings, clock: Clock) -> None:
        self._database = database
        self._around = around
        self._clock = clock
        self._looks = Looks()
        self._running: list[_Running] = []
        self._trials: list[threading.Thread] = []
        self.stop = threading.Event()

    def run(self) -> None:
        """Work until `stop` is set."""
        # They write addresses and headers, secrets included, into the log.
        for name in ("httpx", "httpcore", "sqlalchemy.engine", "sqlalchemy.pool"):
            logging.getLogger(name).setLevel(logging.WARNING)
        while not self.stop.is_set():
            try:
                self.step()
            except SQLAlchemyError as error:
                # A database that is away for a moment loses nothing: what is due stays due.
                log.warning("waiting for the database (%s)", type(error).__name__)
                self.stop.wait(5)
            self.stop.wait(STEP_SECONDS)
        ends = time.monotonic() + FAREWELL_SECONDS
        for thread in self.at_work:
            thread.join(max(0.0, ends - time.monotonic()))

    @property
    def at_work(self) -> list[threading.Thread]:
        """What is under way."""
        return [*(running.thread for running in self._running), *self._trials]

    def step(self) -> None:
        """See to what is under way, then take what is due."""
        self._running = [running for running in self._running if self._sees_to(running)]
        self._trials = [thread for thread in self._trials if thread.is_alive()]
        while len(self._trials) < AT_ONCE and (tried := take_trial(self._database, self._clock)) is not None:
            self._trials.append(self._begin(self._try, tried))
        while len(self._running) < AT_ONCE and (turn := take(self._database, self._clock)) is not None:
            thread = self._begin(self._pull, turn)
            now = time.monotonic()
            self._running.append(_Running(turn, thread, now, now))

    def _begin(self, work: object, *arguments: object) -> threading.Thread:
        # Daemons: one that hangs must not keep the process from ending.
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    def _try(self, trial_id: int) -> None:
        try:
            trial.run(self._database, trial_id, self._around, self._clock)
        except SQLAlchemyError as error:
            log.warning("trial %s: the database is away (%s)", trial_id, type(error).__name__)

    def _pull(self, turn: Turn) -> None:
        try:
            pull(self._database, turn, self._around, self._clock, self._looks)
        except SQLAlchemyError as error:
            # The lease ends by itself, and whoever takes the source then finds what was done.
            log.warning("source %s: the database is away (%s)", turn.source_id, type(error).__name__)

    def _sees_to(self, running: _Running) -> bool:
        """Whether a pull is still under way. Its lease is kept up as long as it may take."""
        now = time.monotonic()
        if not running.thread.is_alive():
            return False
        if now - running.began > running.most_seconds:
            log.warning("source %s hangs and is given up", running.turn.source_id)
            self._give_up(running)
            return False
        if now - running.renewed > RENEW_SECONDS:
            renew(self._database, running.turn, self._clock)
            running.renewed = now
        return True

    def _give_up(self, running: _Running) -> None:
        """Write a pull down as failed. Its thread may wake up one day: without the lease it can land nothing."""
        failure = Failed("timeout", seconds=f"{running.most_seconds:g}", passing=True)
        try:
            write_down(self._database, running.turn, self._clock, Tally(failure=failure))
        except LostLease:
            log.info("source %s is in other hands", running.turn.source_id)

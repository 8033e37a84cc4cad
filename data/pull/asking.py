"""What asking any source has in common: what the environment allows, what comes back, how it fails."""

import ipaddress
import logging
import secrets
import socket
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from data.ingest.tables import MAX_BYTES, Table
from domain.variables import scrub

log = logging.getLogger(__name__)

MAX_DETAIL = 300
"""Characters of what another system says of a failure."""


class Failed(Exception):
    """A source that could not be pulled. `code` names the sentence in `locales` (`source_problem.<code>`).

    `passing` failures may be gone in half a minute; the others need a person, and wait for the next turn.
    """

    def __init__(self, code: str, *, passing: bool = False, wait: timedelta = timedelta(0), **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.passing = passing
        self.wait = wait
        self.params = params


def unexpected(error: Exception, whose: str) -> Failed:
    """An error nobody thought of, as a failure with a number that finds it in the log.

    Only what kind it is and where it happened is logged: its own words may hold what an address holds.
    """
    number = secrets.token_hex(3).upper()
    where = traceback.extract_tb(error.__traceback__)[-1]
    log.error("%s failed, code %s: %s in %s:%s", whose, number, type(error).__name__, where.filename, where.lineno)
    return Failed("internal", number=number)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the environment allows and knows: folders below which files may lie, the only hosts to ask (empty: all but
    this machine itself), and what secrets' names stand for."""

    folders: Sequence[Path] = ()
    hosts: Sequence[str] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def detail(self, error: object) -> str:
        """What another system or a driver said, in one short line without any secret."""
        said = scrub(" ".join(str(error).split()), self.secrets)
        return said[:MAX_DETAIL]

    def below(self, address: str) -> Path:
        """The path that `address` names, which lies below one of the folders, links followed. Raises `Failed`."""
        if not self.folders:
            raise Failed("no_folders")
        roots = [folder.resolve() for folder in self.folders]
        inside = [path for root in roots if (path := (root / address).resolve()).is_relative_to(root)]
        if not inside:
            raise Failed("outside_folders", folder=address)
        return next((path for path in inside if path.exists()), inside[0])

    def reachable(self, host: str, port: int) -> str:
        """The internet address to connect to for `host`. Raises `Failed` for one that may not be asked.

        The address that was checked is the one to use: a name could mean another one a moment later.
        """
        if self.hosts and not {host, f"{host}:{port}"} & set(self.hosts):
            raise Failed("host_refused", host=host)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Failed("unknown_host", host=host, passing=True) from None
        addresses = [str(entry[4][0]) for entry in found]
        if not self.hosts and any(map(_is_ours, addresses)):
            raise Failed("host_refused", host=host)
        return addresses[0]


def _is_ours(address: str) -> bool:
    """Whether an address is this machine's own, or one that clouds tell their secrets on."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast


class Deadline:
    """How long asking may take altogether."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return self._ends - time.monotonic()

    @property
    def over(self) -> bool:
        return self.left <= 0

    def check(self) -> None:
        """Raise `Failed` when the time is up."""
        if self.over:
            raise self.failure()

    def failure(self) -> Failed:
        return Failed("timeout", seconds=f"{self.seconds:g}", passing=True)


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a pull: an answer, or a file. A file has the hash of its content; `done` is called once its rows
    are on record. One that could not be read has a `failure` in place of its table."""

    name: str
    table: Table | None = None
    failure: Failed | None = None
    hash: str = ""
    bytes: int = 0
    done: Callable[[], None] = lambda: None


def limit_mb() -> int:
    return MAX_BYTES // 2**20

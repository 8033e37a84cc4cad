"""The only reader of the environment. A missing or senseless value stops the start with one clear line."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

HERE = Path(__file__).resolve().parent
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class BadSetting(ValueError):
    """A setting that makes no sense; the message is the one line the operator sees."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. `demo_speed` is campaign minutes per minute."""

    host: str
    port: int
    database_url: str
    demo: bool
    demo_speed: float
    secret_key: str
    web_workers: int
    log_level: str
    database_seconds: float = 20
    """How long the web server lets the database take over one statement."""
    log_format: str = "JSON"
    log_requests: str = "ALL"
    """`ALL`: a line for every request. `NOTABLE`: for those that failed or took a second."""
    drain_seconds: float = 0
    """How long a worker that is told to stop still serves and says at `/readyz` that it leaves, so that whoever
    stands before it looks elsewhere first."""
    metrics_from: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK
    """Who may read `/metrics` without a token."""
    metrics_token: str = field(default="", repr=False)
    rehearsal_password: str = field(default="", repr=False)
    rehearsal_token: str = field(default="", repr=False)
    """What `manage.py rehearse play` comes in with."""
    https: bool = False
    """People come over https, by a proxy before us: cookies then never travel in the clear."""
    source_folders: tuple[Path, ...] = ()
    """Below these, watched folders and SQLite files of sources may lie; nowhere else."""
    source_hosts: tuple[str, ...] = ()
    """The only hosts sources may ask; empty for every host but this machine itself."""
    source_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What sources name as `${SOURCE_…}`."""
    map_tiles: str = ""
    """Address of map tiles to lay under the map, with `{z}`, `{x}` and `{y}`; empty for none."""
    map_tiles_credit: str = ""
    """Whose tiles they are, as their owner wants it said."""
    reminders: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Addresses reminders go to, their secrets (`…_SECRET`) and a proxy, by the name the campaign's record has for
    them: `REMINDER_…`."""


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environment`. Raises `BadSetting`."""
    demo = _one_of(environment, "DEMO", "1", ("0", "1")) == "1"
    secret_key = environment.get("SECRET_KEY", "").strip()
    if not demo and not secret_key:
        raise BadSetting("SECRET_KEY is required when DEMO=0: set it to a long random text")
    return Settings(
        host=_host(environment.get("HOST") or "127.0.0.1"),
        port=_whole(environment, "PORT", 8050, 1, 65535),
        database_url=_database_url(environment.get("DATABASE_URL") or f"sqlite:///{HERE / 'var' / 'campaign.db'}"),
        demo=demo,
        demo_speed=_number(environment, "DEMO_SPEED", 60, 0.1, 3600),
        secret_key=secret_key or secrets.token_hex(32),
        web_workers=_whole(environment, "WEB_WORKERS", 2, 1, 64),
        log_level=_one_of(environment, "LOG_LEVEL", "INFO", LOG_LEVELS),
        database_seconds=_number(environment, "DATABASE_SECONDS", 20, 1, 600),
        log_format=_one_of(environment, "LOG_FORMAT", "TEXT" if demo else "JSON", ("JSON", "TEXT")),
        log_requests=_one_of(environment, "LOG_REQUESTS", "NOTABLE" if demo else "ALL", ("ALL", "NOTABLE")),
        drain_seconds=_number(environment, "DRAIN_SECONDS", 0, 0, 300),
        metrics_from=_networks(environment.get("METRICS_FROM", "")),
        metrics_token=_token(environment.get("METRICS_TOKEN", "").strip()),
        rehearsal_password=environment.get("REHEARSAL_PASSWORD", "").strip(),
        rehearsal_token=environment.get("REHEARSAL_TOKEN", "").strip(),
        https=_one_of(environment, "HTTPS", "0", ("0", "1")) == "1",
        source_folders=_folders(environment, HERE / "var" / "sources" if demo else None),
        source_hosts=tuple(part.strip() for part in environment.get("SOURCE_HOSTS", "").split(",") if part.strip()),
        source_secrets={
            name: value
            for name, value in environment.items()
            if name.startswith("SOURCE_") and name not in ("SOURCE_FOLDERS", "SOURCE_HOSTS")
        },
        map_tiles=_tiles(environment.get("MAP_TILES", "").strip()),
        map_tiles_credit=environment.get("MAP_TILES_CREDIT", "").strip(),
        reminders=_reminders(environment),
    )


def _networks(stated: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in stated.split(",") if part.strip()) or LOOPBACK
    except ValueError as problem:
        raise BadSetting(
            f"METRICS_FROM: {problem}: use addresses or networks, such as 10.0.0.7,10.1.0.0/16"
        ) from None


def _token(token: str) -> str:
    if token and len(token) < 16:
        # The value is not told: it is a secret, if a bad one.
        raise BadSetting("METRICS_TOKEN is shorter than 16 characters: use a long random text")
    return token


def _host(host: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]+", host) or "://" in host:
        raise BadSetting(f"HOST={host} is neither an address nor a name: use 127.0.0.1 or 0.0.0.0")
    return host


def _folders(environment: Mapping[str, str], default: Path | None) -> tuple[Path, ...]:
    stated = environment.get("SOURCE_FOLDERS")
    if not stated:
        return (default,) if default else ()
    folders = tuple(Path(part) for part in stated.split(os.pathsep) if part)
    for folder in folders:
        if not folder.is_absolute():
            raise BadSetting(f"SOURCE_FOLDERS: {folder} is not an absolute path")
    return folders


def _tiles(address: str) -> str:
    # Its host goes into the security headers: nothing may stand in it that ends a rule there.
    if address and not re.fullmatch(r"https?://[A-Za-z0-9.:-]+/[A-Za-z0-9{}/._~?&=%:@+-]*", address):
        raise BadSetting(f"MAP_TILES={address} is not an address: use https://host/path/{{z}}/{{x}}/{{y}}.png")
    missing = [part for part in ("{z}", "{x}", "{y}") if address.count(part) != 1]
    if address and missing:
        raise BadSetting(f"MAP_TILES={address} names no {', '.join(missing)}")
    return address


def _reminders(environment: Mapping[str, str]) -> dict[str, str]:
    found = {name: value.strip() for name, value in environment.items() if name.startswith("REMINDER_") and value}
    for name, value in found.items():
        if not name.endswith("_SECRET") and not re.fullmatch(r"https?://[^\s/]+\S*", value):
            # The value is not told: it may be most of a secret.
            raise BadSetting(f"{name} is not an address: use https://…")
    return found


def _database_url(url: str) -> str:
    try:
        backend = make_url(url).drivername
    except (ArgumentError, ValueError):
        raise BadSetting("DATABASE_URL is not an address: use postgresql+psycopg://… or sqlite:///…") from None
    if backend not in ("sqlite", "postgresql+psycopg"):
        raise BadSetting(f"DATABASE_URL begins with {backend}: use postgresql+psycopg://… or sqlite:///…")
    return url


def _one_of(environment: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = (environment.get(name) or default).upper()
    if value not in allowed:
        raise BadSetting(f"{name}={environment[name]} is none of {', '.join(allowed)}")
    return value


def _number(environment: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    text = environment.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        raise BadSetting(f"{name}={text} is not a number") from None
    if not least <= value <= most:
        raise BadSetting(f"{name}={text} is not between {least:g} and {most:g}")
    return value


def _whole(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = _number(environment, name, default, least, most)
    if not value.is_integer():
        raise BadSetting(f"{name}={environment[name]} is not a whole number")
    return int(value)

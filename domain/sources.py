"""A source (来源): another system whose rows are fetched instead of being typed again. What one may be defined as.

Whoever defines a source decides what this server asks and whose rows it takes, so most of what stands here says what
is not allowed: secrets in plain text, other schemes, queries that are more than one question.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain import variables
from domain.errors import Code, Refused
from domain.values import read_text

MAX_NAME = 80
MAX_ADDRESS = 500
MAX_QUERY = 10_000
MAX_MAPPING = 20_000
MAX_HEADERS = 10
DEFAULT_EVERY = 60
DEFAULT_OFFSET = 5
"""Minutes past the hour: the other system has its hour together, and reports are not late before ten past."""


class Kind(StrEnum):
    """What a source is asked through."""

    SQL = "sql"
    HTTP = "http"
    FOLDER = "folder"


class Format(StrEnum):
    """What an HTTP endpoint answers."""

    JSON = "json"
    CSV = "csv"


class Paging(StrEnum):
    """How an HTTP endpoint hands out more than one page."""

    NONE = "none"
    PAGE = "page"
    """A parameter that counts pages."""
    OFFSET = "offset"
    """A parameter that counts the rows before the page."""
    NEXT = "next"
    """The answer says where the next page is: an address, or a value for the parameter."""
    LINK = "link"
    """The header `Link` says so (RFC 8288)."""


class After(StrEnum):
    """What becomes of a file that was taken."""

    KEEP = "keep"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a source is. `address` is a SQLAlchemy address, a URL or a folder; `mapping` the TOML of a mapping file;
    `zone` says in which zone times without an offset are meant, empty that they are refused. `rows` and `next_path`
    are dotted paths into a JSON answer. Fields that belong to another kind hold their defaults."""

    name: str
    kind: Kind
    what: str
    place: str
    address: str
    mapping: str = ""
    every_minutes: int = DEFAULT_EVERY
    offset_minutes: int = DEFAULT_OFFSET
    timeout_seconds: int = 30
    row_limit: int = 50_000
    zone: str = ""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    format: Format = Format.JSON
    rows: str = ""
    paging: Paging = Paging.NONE
    page_param: str = ""
    page_start: int = 1
    next_path: str = ""
    pattern: str = "*.csv"
    after: After = After.KEEP

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return asdict(self)

    def secrets(self) -> tuple[str, ...]:
        """The variables that have to be set where it is fetched."""
        return variables.names_in(" ".join((self.address, *self.headers.values())))


NUMBERS = {
    "every_minutes": (1, 1440, DEFAULT_EVERY),
    "offset_minutes": (0, 1439, DEFAULT_OFFSET),
    "timeout_seconds": (1, 300, 30),
    "row_limit": (1, 200_000, 50_000),
    "page_start": (0, 1, 1),
}
"""Least, most and default of every number of a definition."""

OWN_FIELDS = {
    Kind.SQL: ("query",),
    Kind.HTTP: ("headers", "format", "rows", "paging", "page_param", "page_start", "next_path"),
    Kind.FOLDER: ("pattern", "after"),
}
"""What only one kind has."""

_NAMES = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_TELLTALE = re.compile(
    r"authorization|cookie|token|secret|passw|pwd|credential|signature|api[-_]?key|^key$|^sig$|^auth$", re.IGNORECASE
)
"""Names of headers and parameters whose values are secrets."""

_FRAMING = ("host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "expect")
"""Headers that say how a request is sent; a definition that set them could smuggle a second one in."""

_SQL_PARAMETERS = ("sslmode", "charset", "service_name", "encrypt", "trustservercertificate", "driver", "host")
"""What the address of a database may say besides where it is: others load files or run commands here.
`host` is a socket's folder, which `SOURCE_HOSTS` has to name."""

_SQL_VALUE = re.compile(r"[\w .+{}-]*")
Choice = TypeVar("Choice", bound=StrEnum)

_QUESTION = re.compile(r"\s*(select|with|values|table)\b", re.IGNORECASE)


def read_definition(fields: Mapping[str, object], whats: Collection[str]) -> Definition:
    """The definition that `fields` state, for the kinds of rows `whats`. Raises `Refused` with the first fault."""
    kind = _choice(Kind, "kind", fields.get("kind"))
    stated = {name: value for name, value in fields.items() if name not in _foreign(kind)}
    what = _text("what", stated, 40)
    if what not in whats:
        raise Refused("what", Code.BAD_VALUE, what, detail="choice", choices=", ".join(whats))
    made = Definition(
        name=_required("name", stated, MAX_NAME),
        kind=kind,
        what=what,
        place=_required("place", stated, 200),
        address=_address(kind, _required("address", stated, MAX_ADDRESS)),
        mapping=_text("mapping", stated, MAX_MAPPING),
        zone=_zone(_text("zone", stated, 64)),
        query=_query(_required("query", stated, MAX_QUERY)) if kind is Kind.SQL else "",
        headers=_headers(stated.get("headers")),
        format=_choice(Format, "format", stated.get("format") or Format.JSON),
        rows=_path("rows", stated),
        paging=_choice(Paging, "paging", stated.get("paging") or Paging.NONE),
        page_param=_path("page_param", stated),
        next_path=_path("next_path", stated),
        pattern=_pattern(_text("pattern", stated, 80) or "*.csv"),
        after=_choice(After, "after", stated.get("after") or After.KEEP),
        **{name: _number(name, stated.get(name)) for name in NUMBERS},
    )
    if made.paging in (Paging.PAGE, Paging.OFFSET) and not made.page_param:
        raise Refused("page_param", Code.MISSING_FIELD)
    if made.paging is Paging.NEXT and not made.next_path:
        raise Refused("next_path", Code.MISSING_FIELD)
    if made.offset_minutes >= made.every_minutes:
        # A source asked every five minutes has no use for the hour's default of five past.
        if "offset_minutes" in fields and made.offset_minutes != DEFAULT_OFFSET:
            raise Refused("offset_minutes", Code.TOO_LARGE, made.offset_minutes, limit=made.every_minutes - 1)
        made = Definition(**{**made.to_json(), "offset_minutes": 0})
    return made


def _foreign(kind: Kind) -> set[str]:
    return {name for other, names in OWN_FIELDS.items() if other is not kind for name in names}


def _text(name: str, fields: Mapping[str, object], limit: int) -> str:
    return read_text(name, fields.get(name), limit)


def _required(name: str, fields: Mapping[str, object], limit: int) -> str:
    text = _text(name, fields, limit)
    if not text:
        raise Refused(name, Code.MISSING_FIELD)
    return text


def _choice(choices: type[Choice], name: str, value: object) -> Choice:
    try:
        return choices(str(value))
    except ValueError:
        raise Refused(name, Code.BAD_VALUE, value, detail="choice", choices=", ".join(choices)) from None


def _number(name: str, value: object) -> int:
    least, most, default = NUMBERS[name]
    if value in (None, ""):
        return default
    try:
        number = int(str(value))
    except ValueError:
        raise Refused(name, Code.NOT_WHOLE, value) from None
    if not least <= number <= most:
        raise Refused(name, Code.BAD_VALUE, number, detail="between", least=least, most=most)
    return number


def _zone(name: str) -> str:
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Refused("zone", Code.BAD_VALUE, name, detail="zone") from None
    return name


def _path(name: str, fields: Mapping[str, object]) -> str:
    path = _text(name, fields, 100)
    if path and not _NAMES.fullmatch(path):
        raise Refused(name, Code.BAD_VALUE, path, detail="path")
    return path


def _pattern(pattern: str) -> str:
    if "/" in pattern or "\\" in pattern or pattern.startswith("."):
        raise Refused("pattern", Code.BAD_VALUE, pattern, detail="pattern")
    return pattern


def _query(query: str) -> str:
    """One question that changes nothing. The account it is asked with has to see to that too."""
    query = query.rstrip("; \n\t")
    if ";" in query or not _QUESTION.match(query):
        raise Refused("query", Code.BAD_VALUE, query, detail="query")
    return query


def _headers(value: object) -> dict[str, str]:
    """Headers from a mapping, or from text with `Name: value` lines."""
    if isinstance(value, str):
        lines = [line.partition(":") for line in value.splitlines() if line.strip()]
        value = {name.strip(): text.strip() for name, _, text in lines}
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MAX_HEADERS:
        raise Refused("headers", Code.BAD_VALUE, value, detail="headers")
    found: dict[str, str] = {}
    for name, text in value.items():
        name, text = str(name), read_text("headers", text, MAX_ADDRESS)
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _FRAMING or not text or not text.isprintable():
            raise Refused("headers", Code.BAD_VALUE, name, detail="headers")
        _no_secret("headers", name, text)
        found[name] = text
    return found


def _no_secret(field_: str, name: str, text: str) -> None:
    """Refuse a secret in plain text: it would stand in the database, on the page and in the audit."""
    wrong = variables.malformed(text)
    if wrong is not None:
        raise Refused(field_, Code.BAD_VALUE, wrong, detail="variable")
    if _TELLTALE.search(name) and not variables.names_in(text):
        # The value is not repeated: it is the secret.
        raise Refused(field_, Code.BAD_VALUE, name, detail="plain_secret")


def _address(kind: Kind, address: str) -> str:
    wrong = variables.malformed(address)
    if wrong is not None:
        raise Refused("address", Code.BAD_VALUE, wrong, detail="variable")
    if kind is Kind.FOLDER:
        if variables.names_in(address) or "://" in address:
            raise Refused("address", Code.BAD_VALUE, "", detail="folder")
        return address
    try:
        parts = urlsplit(address)
        _ = parts.hostname, parts.port
    except ValueError:
        raise Refused("address", Code.BAD_VALUE, "", detail=f"{kind}_address") from None
    if "$" in parts.scheme + parts.netloc.rpartition("@")[2]:
        # Where to ask is for everybody to see, and checked before anything is sent there.
        raise Refused("address", Code.BAD_VALUE, "", detail="variable_host")
    (_check_database if kind is Kind.SQL else _check_endpoint)(parts)
    return address


def _check_endpoint(parts: SplitResult) -> None:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("address", Code.BAD_VALUE, parts.scheme, detail="http_address")
    if parts.username is not None or parts.password is not None:
        raise Refused("address", Code.BAD_VALUE, "", detail="user_in_address")
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        _no_secret("address", name, text)


def _check_database(parts: SplitResult) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(\+[a-z0-9_]+)?", parts.scheme):
        raise Refused("address", Code.BAD_VALUE, parts.scheme, detail="sql_address")
    if parts.password and not variables.is_variable(parts.password):
        raise Refused("address", Code.BAD_VALUE, "", detail="plain_secret")
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        plain = name == "host" or _SQL_VALUE.fullmatch(text)
        if name.lower() not in _SQL_PARAMETERS or not plain:
            raise Refused("address", Code.BAD_VALUE, name, detail="sql_parameter")

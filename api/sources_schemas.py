"""The shapes of sources: as defined, as they go, as tried."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from api.schemas import Time

Secret = "Secrets only as `${SOURCE_…}`, the name of a variable where sources are fetched."


class SourceDefinition(Struct, kw_only=True):
    """What a source is. Fields that belong to another kind are ignored; what is absent has its default."""

    name: str
    kind: Annotated[str, Meta(description="sql, http or folder")]
    what: Annotated[str, Meta(description="What the rows are: reports, upper-figures")]
    place: Annotated[str, Meta(description="Rows land in this place and below, nowhere else")]
    address: Annotated[str, Meta(description=f"SQLAlchemy address, URL or folder. {Secret}")]
    mapping: Annotated[str, Meta(description="TOML of a mapping file, as for imports")] = ""
    every_minutes: int = 60
    offset_minutes: Annotated[int, Meta(description="Minutes past the hour")] = 5
    timeout_seconds: int = 30
    row_limit: int = 50_000
    zone: Annotated[str, Meta(description="Zone of times without an offset; empty refuses them")] = ""
    query: str = ""
    headers: Annotated[dict[str, str], Meta(description=Secret)] = msgspec.field(default_factory=dict)
    format: Annotated[str, Meta(description="json or csv")] = "json"
    rows: Annotated[str, Meta(description="Dotted path to the rows in JSON")] = ""
    paging: Annotated[str, Meta(description="none, page, offset, next or link")] = "none"
    page_param: str = ""
    page_start: int = 1
    next_path: str = ""
    pattern: str = "*.csv"
    after: Annotated[str, Meta(description="keep or move")] = "keep"


class SourceIn(SourceDefinition, kw_only=True):
    """A source to be made. `key` is the caller's own: sent again, the same definition makes no second source."""

    key: str


class SourceChangeIn(SourceDefinition, kw_only=True):
    """A source's other definition. `version` is the one that was read: a change in between is a conflict."""

    version: int


class SourceTrialIn(SourceDefinition, kw_only=True):
    """A definition to be tried; `source` is the number of the one it would change."""

    source: int | None = None


class SourceProblemOut(Struct):
    code: str
    message: str


class SourceOut(Struct):
    id: int
    version: int
    definition: SourceDefinition
    state: Annotated[
        str,
        Meta(description="paused, rests, new, failing, overdue, retrying, refused, quiet or ok"),
    ]
    severity: Annotated[str | None, Meta(description="ok, warn, crit")]
    failures: int
    problem: SourceProblemOut | None
    last_success_at: Time | None
    newest_at: Annotated[str | None, Meta(description="How far its data reach")]
    next_at: Time | None
    rows: int | None
    accepted: int | None
    corrected: int | None
    unchanged: int | None
    refused: int | None
    refused_run: Annotated[int | None, Meta(description="The pull whose refused rows can be read")]


class SourceDoneOut(Struct):
    unchanged: bool
    revision: int
    source: SourceOut | None


class SourceTrialAskedOut(Struct):
    trial: int


class SourceTrialOut(Struct):
    """A trial: `waiting` for the process that fetches, `running`, or `done` with what was found."""

    trial: int
    state: str
    result: dict[str, Any] | None


class NothingIn(Struct):
    """An empty object."""

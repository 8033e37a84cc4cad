"""Log lines: JSON for machines, words for the terminal; our own and those of libraries alike.

A line holds no person, no token and no query string: whatever looks like a secret is struck out before it is written,
since libraries do not know what is one.
"""

import logging
import re
from datetime import UTC, datetime
from typing import Any

import orjson

from telemetry.under_way import request_id

FORMATS = ("JSON", "TEXT")

TALKATIVE = ("httpx", "httpcore", "sqlalchemy.engine", "sqlalchemy.pool", "alembic", "urllib3")
"""They write addresses and headers, secrets included, or a line for each thing they do."""

_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',]+"), r"\1 …"),
    (re.compile(r"(?i)([?&](?:code|token|secret|password|key|sign|access_token|next)=)[^&\s\"']+"), r"\1…"),
    (re.compile(r"(://[^/\s:@]*):[^@\s/]+@"), r"\1:…@"),
    (re.compile(r"(?i)\b((?:set-)?cookie|x-csrftoken|authorization)\s*[:=]\s*[^\r\n]+"), r"\1: …"),
)


def scrubbed(said: str) -> str:
    """The text without what looks like a secret."""
    for pattern, instead in _SECRETS:
        said = pattern.sub(instead, said)
    return said


class JsonLines(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `message`, `request_id` inside a request, `exception`
    where there was one, and the record's own `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
        }
        if (current := request_id()) != "":
            line["request_id"] = current
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = scrubbed(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


class Words(logging.Formatter):
    """The same for a person at a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        said = scrubbed(super().format(record))
        current = request_id()
        return f"{said} [{current}]" if current else said


def settings(level: str, form: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything in one form to the error output, gunicorn's own words too."""
    formatter = "telemetry.log.JsonLines" if form == "JSON" else "telemetry.log.Words"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"line": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "root": {"level": level, "handlers": ["line"]},
        "loggers": {
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            **{name: {"level": "WARNING"} for name in TALKATIVE},
        },
    }

"""Lines of the audit as a table for a file."""

import json
from collections.abc import Mapping, Sequence

from components.audit_words import Words
from domain.audit import Line
from domain.places import PlaceTree
from locales import text

COLUMNS = (
    "number",
    "received",
    "revision",
    "who",
    "login",
    "position",
    "action",
    "object",
    "before",
    "now",
    "reason",
    "way",
    "details",
)


def table(
    tree: PlaceTree, labs: Mapping[str, str], lines: Sequence[Line], language: str
) -> tuple[list[str], list[list[str | int | float | None]]]:
    """Head and rows of the file."""
    words = Words(tree, labs, language)
    rows: list[list[str | int | float | None]] = []
    for line in lines:
        before, now = words.change(line) or (None, None)
        rows.append(
            [
                line.id,
                tree.campaign.local(line.recorded_at).isoformat(timespec="seconds"),
                line.revision,
                words.who(line),
                line.actor.written,
                words.position(line),
                words.action(line.action),
                words.about(line),
                before,
                now,
                words.reason(line),
                words.way(line),
                json.dumps(line.details, ensure_ascii=False, sort_keys=True),
            ]
        )
    return [text(language, f"audit.column.{name}") for name in COLUMNS], rows


def sheet(language: str) -> str:
    return text(language, "audit.sheet")

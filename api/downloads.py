"""Files that leave: how they are sent, and the line that each leaves on the audit."""

from urllib.parse import quote

from flask import Response

from api.access import Entry
from data.database import Database
from data.models import Audit

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""By the ending of a file's name, what it is."""

TABLES = ("csv", "xlsx")
DOCUMENTS = ("xlsx", "docx")


def note_export(database: Database, entry: Entry, action: str, **details: object) -> None:
    """Put on the audit that the caller takes something away; done before the file is sent."""
    with database.write() as session:
        session.add(
            Audit(campaign_id=entry.row.id, revision=entry.row.revision, recorded_at=entry.now,
                  actor=entry.caller.name, action=action, details=details)
        )  # fmt: skip


def download(body: bytes, name: str, suffix: str) -> Response:
    """`body` as a file; `name` is what it is called with its ending, in any writing, `suffix` a key of `TYPES`. No
    cache keeps it."""
    return Response(
        body,
        content_type=TYPES[suffix],
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"},
    )

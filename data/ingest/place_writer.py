"""Places by code or by name, found or made, within one write transaction."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.ingest.planning_gate import Gate, Override
from data.models import CampaignRow, PlaceRow, RefusedClaim
from domain.errors import Code, Refused
from domain.places import LEVELS, Kind, Level, Place, PlaceTree
from domain.values import read_text

MAX_CODE = 120

Step = tuple[Level, str, str, str]
"""One level of a path: the level, a code or a name, and the names to give a new place (may be empty)."""

Path = Sequence[Step]


def read_path(row: Mapping[str, object], levels: Sequence[Level]) -> list[Step]:
    """The places a row names, from the top down; `levels` are those the file has columns for.

    Raises `Refused` (`missing_field`) where one of them is empty.
    """
    path: list[Step] = []
    for level in levels:
        code = read_text(level.value, row.get(level.value), MAX_CODE)
        name = read_text(f"{level}_name", row.get(f"{level}_name"), 200)
        name_en = read_text(f"{level}_name_en", row.get(f"{level}_name_en"), 200)
        if not code and not name:
            raise Refused(level.value, Code.MISSING_FIELD, detail="place")
        path.append((level, code or name, name, name_en))
    return path


def derived_code(parent: str, level: Level, name: str) -> str:
    """A stable code for a place known by name only: a readable part, and a hash of its name and its parent's code.

    The same names give the same code in every import.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-")
    digest = hashlib.sha256(f"{parent}\0{level}\0{name}".encode()).hexdigest()[:10]
    return f"{slug}-{digest}" if slug else digest


@dataclass(slots=True)
class Resolved:
    """Where a path leads: the code of its last place, and the steps that do not exist yet, each with its code."""

    code: str
    missing: list[tuple[Step, str, str | None]]
    """(step, its code, its parent's code), from the top down."""


class Resolver:
    """Finds places of a tree by code or name."""

    def __init__(self, tree: PlaceTree, create: bool) -> None:
        self._tree = tree
        self._create = create
        self._named: dict[tuple[int | None, Level, str], list[Place]] = {}
        self._by_level: dict[tuple[Level, str], list[Place]] = {}
        for place in tree.each():
            for name in {place.name, place.name_en} - {""}:
                self._named.setdefault((place.parent_id, place.level, name), []).append(place)
                self._by_level.setdefault((place.level, name), []).append(place)

    def resolve(self, path: Path, by_code: bool = False) -> Resolved:
        """Follow `path`. With `by_code` a new place keeps what the file says as its code. Raises `Refused`."""
        parent: Place | None = None
        parent_code: str | None = None
        missing: list[tuple[Step, str, str | None]] = []
        for step in path:
            level, wanted = step[0], step[1]
            found = None if missing else self._find(level, wanted, parent)
            if found is None and not missing:
                known = self._tree.by_code.get(wanted)
                if known is not None and known.level is not level:
                    raise Refused(level.value, Code.BAD_VALUE, wanted, detail="level")
            if found is not None:
                if parent is not None and found.parent_id != parent.id:
                    above = self._tree.by_id[found.parent_id].name if found.parent_id is not None else "—"
                    raise Refused(level.value, Code.WRONG_PARENT, wanted, parent=above)
                parent, parent_code = found, found.code
                continue
            if not self._create:
                code = Code.UNKNOWN_SITE if level is Level.SITE else Code.UNKNOWN_PLACE
                raise Refused(level.value, code, wanted)
            if by_code and ("/" in wanted or "\\" in wanted):
                # Codes stand in addresses.
                raise Refused(level.value, Code.BAD_VALUE, wanted, detail="code")
            code_ = wanted if by_code else derived_code(parent_code or "", level, wanted)
            if code_ in self._tree.by_code and missing:
                known = self._tree.by_code[code_]
                above = self._tree.by_id[known.parent_id].name if known.parent_id is not None else "—"
                raise Refused(level.value, Code.WRONG_PARENT, wanted, parent=above)
            missing.append((step, code_, parent_code))
            parent_code = code_
        assert parent_code is not None
        return Resolved(parent_code, missing)

    def _find(self, level: Level, wanted: str, parent: Place | None) -> Place | None:
        by_code = self._tree.by_code.get(wanted)
        if by_code is not None and by_code.level is level:
            return by_code
        if parent is not None:
            named = self._named.get((parent.id, level, wanted), [])
        else:
            named = self._by_level.get((level, wanted), [])
        if len(named) > 1:
            raise Refused(level.value, Code.AMBIGUOUS_PLACE, wanted)
        return named[0] if named else None


class PlaceWriter:
    """Makes the places that are missing, each once, and keeps their ids."""

    def __init__(self, session: Session, row: CampaignRow, tree: PlaceTree, now: datetime) -> None:
        self._session = session
        self._row = row
        self._now = now
        self.rows: dict[str, PlaceRow] = {}
        """The places made, by code, in the order of their making."""
        self._made_as: dict[str, tuple[Level, str | None]] = {}
        self._ids = {code: place.id for code, place in tree.by_code.items()}
        self._gate = Gate(session, row, tree, now)

    def make(self, resolved: Resolved, override: Override | None = None) -> None:
        """Make every missing step of a path. Raises `Refused` where an earlier row made it as another place, and for
        a site the campaign's planning list does not let in, unless it is given in spite of it (`override`)."""
        for (level, wanted, _, _), code, parent_code in resolved.missing:
            made_as = self._made_as.get(code, (level, parent_code))
            if made_as[0] is not level:
                raise Refused(level.value, Code.BAD_VALUE, wanted, detail="level")
            if made_as[1] != parent_code:
                raise Refused(level.value, Code.WRONG_PARENT, wanted, parent=made_as[1] or "—")
            if level is Level.SITE and code not in self._ids:
                self._gate.check(code, parent_code, override)
        for (level, wanted, name, name_en), code, parent_code in resolved.missing:
            if code in self._ids:
                continue
            if level is Level.SITE:
                self._gate.record(code, name or wanted, name_en, parent_code, override)
            self._made_as[code] = level, parent_code
            row = PlaceRow(
                campaign_id=self._row.id,
                code=code,
                name=name or wanted,
                name_en=name_en,
                level=level.value,
                parent_id=self._ids[parent_code] if parent_code is not None else None,
                kind=Kind.FIXED.value if level is Level.SITE else None,
                recorded_at=self._now,
            )
            self._session.add(row)
            self._session.flush()
            self._ids[code] = row.id
            self.rows[code] = row

    def keep_only(self, used: Iterable[Resolved]) -> None:
        """Take back what was made for rows that were refused in the end."""
        needed = {code for resolved in used for _, code, _ in resolved.missing}
        for code in reversed([code for code in self.rows if code not in needed]):
            row = self.rows.pop(code)
            self._session.execute(sa.delete(RefusedClaim).where(RefusedClaim.site_id == row.id))
            self._session.delete(row)
            self._session.flush()


def levels_in(fields: Mapping[str, object]) -> list[Level]:
    """The levels a file says something about, from the top down."""
    return [level for level in LEVELS if fields.get(level.value) or fields.get(f"{level}_name")]

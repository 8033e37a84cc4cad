"""A watched folder as a source: every file taken once, by its content, and none that is still being written."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from data.ingest.tables import MAX_BYTES, read_table
from data.pull.asking import Failed, Part, Surroundings, limit_mb
from domain.errors import Unreadable
from domain.sources import After, Definition

SETTLED_SECONDS = 5.0
"""A file nobody has written to for so long is whole."""

MOST_FILES = 200
"""Files of one pull; what is left comes with the next."""

TAKEN = "taken"
"""Where files go that are moved away."""

_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp")


@dataclass(slots=True)
class Looks:
    """What earlier looks at folders saw: size and time of each file, and when they were first so."""

    seen: dict[Path, tuple[int, int, float]] = field(default_factory=dict)

    def settled(self, path: Path, status: os.stat_result) -> bool:
        """Whether nobody has written to the file for a while: by its own time, or, where another machine's clock
        wrote that, by what we saw ourselves."""
        size, written, since = self.seen.get(path, (-1, -1, 0.0))
        now = time.time()
        if (size, written) != (status.st_size, status.st_mtime_ns):
            since = now
            self.seen[path] = (status.st_size, status.st_mtime_ns, now)
        return now - status.st_mtime >= SETTLED_SECONDS or now - since >= SETTLED_SECONDS


@dataclass(slots=True)
class Folder:
    """One look at one folder. `waiting` counts the files that were left for the next one."""

    source: Definition
    around: Surroundings
    looks: Looks
    is_known: Callable[[str], bool]
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    keep: bool = False
    """Nothing is moved: a trial."""
    waiting: int = 0

    def parts(self) -> Iterator[Part]:
        """The files not taken before, the oldest first. Raises `Failed` for a folder that cannot be read."""
        folder = self.around.below(self.source.address)
        try:
            found = sorted(self._files(folder), key=lambda entry: (entry[1].st_mtime_ns, entry[0].name))
        except FileNotFoundError:
            raise Failed("no_folder", folder=self.source.address) from None
        except OSError as error:
            raise Failed("folder_error", detail=self.around.detail(error.strerror or error), passing=True) from None
        taken = 0
        for path, status in found:
            if not self.looks.settled(path, status) or taken == MOST_FILES:
                self.waiting += 1
                continue
            part = self._part(path, status)
            if part is not None:
                taken += 1
                yield part

    def _files(self, folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
        for path in folder.iterdir():
            name = path.name
            unfinished = name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)
            if unfinished or not fnmatchcase(name, self.source.pattern) or not path.is_file():
                continue
            # A link may lead out of the folders that are allowed.
            if path.resolve().parent == folder:
                yield path, path.stat()

    def _part(self, path: Path, status: os.stat_result) -> Part | None:
        """The file's table; None for one that was taken before or is being written after all."""
        name = path.name
        if status.st_size > MAX_BYTES:
            identity = hashlib.sha256(f"{name}/{status.st_size}/{status.st_mtime_ns}".encode()).hexdigest()
            if self.is_known(identity):
                return None
            return Part(name, failure=Failed("too_large", limit_mb=limit_mb()), hash=identity, bytes=status.st_size)
        try:
            data = path.read_bytes()
            after = path.stat()
        except OSError:
            self.waiting += 1
            return None
        if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns) or len(data) != after.st_size:
            self.waiting += 1
            return None
        digest = hashlib.sha256(data).hexdigest()

        def done() -> None:
            if self.source.after is After.MOVE and not self.keep:
                _move(path, digest)

        if self.is_known(digest):
            done()  # it was taken, and the move that should have followed did not happen
            return None
        try:
            table = read_table(data, name, encoding=self.encoding, delimiter=self.delimiter, sheet=self.sheet)
            if len(table.lines) > self.source.row_limit:
                raise Unreadable("too_many_rows", limit=self.source.row_limit)
        except Unreadable as problem:
            return Part(name, failure=unreadable(problem), hash=digest, bytes=len(data), done=done)
        return Part(name, table, hash=digest, bytes=len(data), done=done)


def unreadable(problem: Unreadable) -> Failed:
    """What cannot be read as a table, as a failure of its source."""
    failed = Failed("unreadable", problem=problem.problem)
    failed.params |= problem.params
    return failed


def _move(path: Path, digest: str) -> None:
    """Put a taken file away. One that cannot be moved stays: it is remembered by its content."""
    target = path.parent / TAKEN
    try:
        target.mkdir(exist_ok=True)
        path.replace(target / f"{path.stem}.{digest[:8]}{path.suffix}")
    except OSError:
        return

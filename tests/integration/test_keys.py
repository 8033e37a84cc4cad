"""The keys the record could be spread by stand in every statement of the paths that are walked often
(docs/scale.md, docs/decisions/0034)."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
import sqlglot
from kit import DISTRICT, TOWN, Api, World, row
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope
from tube_kit import code, event, set_labs, tell

from app import PAGES
from data.database import Database
from data.models import Base
from data.queries.tube_life import find_tubes
from views.snapshots import Snapshots

REFERENCE = {
    "campaign",
    "account",
    "token",
    "sign_in",
    "sign_in_try",
    "schema_floor",
    "tube_archive",
    "screen_pairing",
}
"""Small, asked for by everybody, changed seldom: a copy on every machine."""

KEY = {"audit_seal": "chain"}
"""What the campaign is called where it is not `campaign_id`."""

BY_DISTRICT = {"report", "current_report", "tube", "tube_event"}
"""What grows with every hour and every tube, and would be split once more by its district."""

OF_ONE_DISTRICT = {
    "district_id",
    "site_id",
    "home_lab_id",
    "report_id",
    "id",
    "key",
    "barcode",
    "event_id",
    "correction_of",
}
"""What names a district, or something that lies in one: a statement that states one of these asks for no more."""


FEW = re.compile(r"tube\.waiting|tube\.findings <> (0|'p')")
"""Asked once for all places of a campaign, by an index that holds those tubes alone."""

NEWEST = re.compile(r"^SELECT MAX\(report\.id\) ")
"""Asked once by a worker, of the end of an index: what it keeps of sites is of then (`data.queries.followed`)."""


@contextmanager
def recorded(database: Database) -> Iterator[list[exp.Expression]]:
    """The statements sent while this lasts, parsed."""
    statements: list[str] = []

    def note(_connection, _cursor, statement: str, *_: object) -> None:
        statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    parsed: list[exp.Expression] = []
    try:
        yield parsed
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
        dialect = "sqlite" if database.is_sqlite else "postgres"
        parsed += [parse(statement, dialect) for statement in statements]


def parse(statement: str, dialect: str = "postgres") -> exp.Expression:
    return sqlglot.parse_one(re.sub(r"%\([^)]+\)s|%s|\?", "'p'", statement), dialect=dialect)


def asked(parsed: exp.Expression) -> Iterator[tuple[str, set[str]]]:
    """The tables a statement names, each with the columns it states a value for: by `=` or `IN`, by way of another
    table that states one for what must be equal, or as a column of the row put in."""
    if isinstance(parsed, exp.Insert):
        yield parsed.this.this.name, {column.name for column in parsed.this.expressions}
    elif isinstance(parsed, exp.Update | exp.Delete):
        table = parsed.this.name
        yield table, {name for names in stated([parsed.args.get("where")], {table}) for _, name in names}
    for scope in traverse_scope(parsed):
        tables = {alias: source.name for alias, source in scope.sources.items() if isinstance(source, exp.Table)}
        joins = scope.expression.args.get("joins") or ()
        conditions = [scope.expression.args.get("where"), *(join.args.get("on") for join in joins)]
        # A row that is narrowed by one of its names is by all of them: what is joined by another is, too.
        names = [{(alias, name) for name in OF_ONE_DISTRICT} for alias in tables]
        known = reached([*stated(conditions, set(tables)), *names])
        for alias, table in tables.items():
            yield table, {name for of, name in known if of == alias}


Column = tuple[str, str]
"""The alias of a table, a name."""


def stated(conditions: Sequence[exp.Expression | None], aliases: set[str]) -> list[set[Column]]:
    """For each condition that must hold, the columns it makes equal; to a value where `VALUE` is among them."""
    only = next(iter(aliases)) if len(aliases) == 1 else ""
    found = []
    for one in (part for condition in conditions for part in conjuncts(condition)):
        sides: list[exp.Expression | None] = []
        if isinstance(one, exp.EQ):
            sides = [one.left, one.right]
        elif isinstance(one, exp.In):
            sides = [one.this, None]
        columns = {
            (side.table or only, side.name) for side in sides
            if isinstance(side, exp.Column) and (side.table or only) in aliases
        }  # fmt: skip
        if columns:
            found.append(columns | ({VALUE} if len(columns) < len(sides) else set()))
    return found


VALUE: Column = ("", "")


def reached(equal: list[set[Column]]) -> set[Column]:
    """What has a value, directly or by way of others."""
    known = {VALUE}
    while more := {column for columns in equal if columns & known for column in columns} - known:
        known |= more
    return known


def conjuncts(condition: exp.Expression | None) -> Iterator[exp.Expression]:
    inner = condition.this if isinstance(condition, exp.Where) else condition
    if isinstance(inner, exp.And):
        yield from (part.unnest() for part in inner.flatten())
    elif inner is not None:
        yield inner.unnest()


def hold_keys(parsed: list[exp.Expression]) -> None:
    """Every statement says of which campaign it asks."""
    for statement in parsed:
        for table, columns in asked(statement):
            if table in Base.metadata.tables and table not in REFERENCE:
                assert KEY.get(table, "campaign_id") in columns, f"{table}: {statement.sql()}"


def hold_district(parsed: list[exp.Expression]) -> None:
    """And of which district, where the reader's place lies in one."""
    whole = []
    for statement in parsed:
        for table, columns in asked(statement):
            if table in BY_DISTRICT:
                few = table == "tube" and FEW.search(statement.sql())
                if not (columns & OF_ONE_DISTRICT or few or NEWEST.match(statement.sql())):
                    whole.append(f"{table}: {statement.sql()}")
    assert whole == []


@pytest.fixture
def busy(world: World) -> World:
    """A campaign in which something has happened."""
    set_labs(world)
    world.send(row("S1", 8, 50, tubes=5, third_copies=5), row("S4", 8, 20), row("S2", 8, 30))
    world.verify("S4/8")
    steps = (("sampled", 8), ("collected", 9), ("received", 9), ("result", 10))
    tell(world, *(event(code(n), kind, hour) for n in range(5) for kind, hour in steps))
    return world


def test_every_table_is_spread_by_its_campaign_or_named_as_one_that_is_not():
    for name, table in Base.metadata.tables.items():
        assert name in REFERENCE or KEY.get(name, "campaign_id") in table.columns, name


def test_taking_in_reports_names_the_campaign_in_every_statement(busy: World):
    with recorded(busy.database) as statements:
        busy.send(row("S1", 9, 40, tubes=4), row("S1", 8, 50, tubes=5, third_copies=5), row("S1", 8, 1))
        busy.send(row("S1", 8, 60, key="again", correction_of="S1/8", note="miscounted"))
        busy.verify("again")
        busy.send_back("S1/9")
    hold_keys([s for s in statements if not numbering(s)])
    hold_district([s for s in statements if not numbering(s)])


def numbering(statement: exp.Expression) -> bool:
    """Whether it only asks SQLite for the next number of a row."""
    return re.fullmatch(r"SELECT MAX\(\w+\.id\) AS max_1 FROM \w+", statement.sql()) is not None


def test_taking_in_tubes_names_the_campaign_in_every_statement(busy: World):
    with recorded(busy.database) as statements:
        first = tell(busy, event(code(9), "sampled", 8), event(code(1), "void", 9, reason="broken", site="S1"))
        again = tell(busy, event(code(9), "sampled", 8), event(code(9), "sampled", 9, lane="2"))
        positive = tell(busy, event(code(9), "result", 10, result="positive"))
    assert (first.accepted, again.unchanged, len(again.rejected), positive.accepted) == (2, 1, 1, 1)
    hold_keys(statements)
    hold_district(statements)


def test_every_page_names_the_keys_in_every_statement(busy: World):
    snapshots = Snapshots(busy.database, PAGES, busy.clock)
    number = snapshots.version(busy.id).number
    for slug in PAGES:
        for place in (DISTRICT, TOWN, "S1"):
            with recorded(busy.database) as statements:
                snapshots.get(busy.id, slug, place, "zh", number)
            hold_keys(statements)
            hold_district(statements)


def test_reading_over_the_api_names_the_keys_in_every_statement(api: Api, busy: World):
    api.secret("town")
    for path in ("summary", "reports", "backlog", "ledger", f"tubes/{code(1)}", "problems"):
        with recorded(busy.database) as statements:
            assert api.get(path, "town").status_code == 200
        hold_keys(statements)
        hold_district(statements)


def test_a_barcode_is_looked_for_in_its_own_campaign(busy: World):
    with recorded(busy.database) as statements, busy.reading() as (session, tree):
        found = find_tubes(session, tree, busy.id, code(1)[-4:], place=tree.by_code[DISTRICT], lab_id=None)
    assert [hit.barcode for hit in found.tubes] == [code(1)]
    if not busy.database.is_sqlite:
        hold_keys(statements)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("SELECT 1 FROM tube WHERE campaign_id = 'a'", True),
        ("SELECT 1 FROM tube WHERE campaign_id = 'a' OR site_id = 1", False),
        ("SELECT 1 FROM tube WHERE campaign_id <> 'a'", False),
        ("SELECT 1 FROM tube t JOIN report r ON r.campaign_id = t.campaign_id WHERE r.campaign_id = 'a'", True),
        ("SELECT 1 FROM tube t JOIN report r ON r.site_id = t.site_id WHERE r.campaign_id = 'a'", False),
        ("SELECT 1 FROM tube t JOIN report r ON r.campaign_id = t.campaign_id", False),
        ("SELECT 1 FROM rollup WHERE campaign_id = 'a' AND EXISTS (SELECT 1 FROM tube WHERE site_id = 2)", False),
        ("UPDATE tube SET stage = 1 WHERE barcode = 'x'", False),
        ("DELETE FROM tube WHERE campaign_id = 'a' AND barcode = 'x'", True),
        ("INSERT INTO tube (campaign_id, barcode) VALUES ('a', 'b')", True),
        ("INSERT INTO tube (barcode) VALUES ('b')", False),
    ],
)
def test_what_counts_as_naming_the_campaign(statement: str, named: bool):
    parsed = [parse(statement)]
    if named:
        hold_keys(parsed)
    else:
        with pytest.raises(AssertionError, match=r"tube|report"):
            hold_keys(parsed)

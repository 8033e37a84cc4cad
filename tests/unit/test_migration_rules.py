"""Migrations that people at work do not notice: expand, migrate, contract (docs/production-database.md)."""

import ast
from pathlib import Path

import pytest

import data

VERSIONS = Path(data.__file__).parent / "migrations" / "versions"
MARKED = "0017"
"""The rule holds for what comes after this one."""

ADDING = {"create_table", "add_column", "create_index", "f", "batch_alter_table"}
MARKERS = {"CONTRACTS", "MIGRATES"}


def offences(source: str) -> list[str]:
    """What in a migration may disturb the code that is at work while it runs, unless it says why it may."""
    tree = ast.parse(source)
    said = {
        target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant) and str(node.value.value).strip()
    }  # fmt: skip
    if said & MARKERS:
        return []
    made = {str(ast.literal_eval(call.args[0])) for call in calls(tree, "create_table")}
    found = []
    for call in calls(tree):
        name = call.func.attr  # type: ignore[attr-defined]
        if name not in ADDING:
            found.append(f"op.{name}")
        elif name == "add_column":
            if not free(call.args[-1]):
                found.append("op.add_column: neither nullable nor with a server_default")
        elif name == "create_index" and str(ast.literal_eval(call.args[1])) not in made:
            found.append("op.create_index: on a table in use, see data/migrations/online.py")
    return found


def calls(tree: ast.AST, name: str = "") -> list[ast.Call]:
    return [
        node for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name) and node.func.value.id == "op" and name in ("", node.func.attr)
    ]  # fmt: skip


def free(column: ast.expr) -> bool:
    """Whether a row that older code writes can do without the column."""
    stated = {k.arg: k.value for k in getattr(column, "keywords", [])}
    nullable = stated.get("nullable")
    return "server_default" in stated or nullable is None or ast.literal_eval(nullable) is True


def later() -> list[Path]:
    return [path for path in sorted(VERSIONS.glob("*.py")) if path.name[:4] > MARKED]


def test_every_later_migration_only_adds_or_says_why_not():
    assert {path.name: offences(path.read_text(encoding="utf-8")) for path in later()} == {
        path.name: [] for path in later()
    }


def test_numbers_follow_each_other_and_compare_as_texts():
    numbers = [path.name[:4] for path in sorted(VERSIONS.glob("*.py"))]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]


@pytest.mark.parametrize(
    ("lines", "disturbs"),
    [
        ('op.add_column("tube", sa.Column("a", sa.Integer(), nullable=True))', False),
        ('op.add_column("tube", sa.Column("a", sa.Integer(), nullable=False))', True),
        ('op.add_column("tube", sa.Column("a", sa.Integer(), nullable=False, server_default="0"))', False),
        ('op.create_table("new", sa.Column("a"))\nop.create_index("ix", "new", ["a"])', False),
        ('op.create_index("ix", "tube", ["a"])', True),
        ('create_index("ix", "tube", "a")', False),
        ('op.drop_column("tube", "a")', True),
        ('op.alter_column("tube", "a", new_column_name="b")', True),
        ('op.execute("UPDATE tube SET a = 1")', True),
        ('MIGRATES = "a few hundred rows"\nop.execute("UPDATE lab SET a = 1")', False),
        ('CONTRACTS = "nothing asks for it since 0018"\nop.drop_column("tube", "a")', False),
        ('CONTRACTS = ""\nop.drop_column("tube", "a")', True),
    ],
)
def test_what_disturbs_people_at_work(lines: str, disturbs: bool):
    assert bool(offences(lines)) is disturbs

"""What the product is built from: named, pinned, installed as pinned, and consistent. No network is needed."""

import ast
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[A-Za-z0-9.]+( +# .+)?")


def lines(name: str) -> list[str]:
    written = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in written if line and not line.startswith(("#", "-r "))]


def requirements(name: str) -> list[Requirement]:
    return [Requirement(line.partition("#")[0].strip()) for line in lines(name)]


EVERY = [*requirements("requirements.txt"), *requirements("requirements-dev.txt")]


def test_every_direct_dependency_is_pinned_to_one_version():
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert [line for line in lines(name) if not PINNED.fullmatch(line)] == [], name


def test_every_dependency_of_the_product_says_why_it_is_there():
    assert [line for line in lines("requirements.txt") if "  # " not in line] == []


@pytest.mark.parametrize("wanted", EVERY, ids=lambda wanted: wanted.name)
def test_what_is_installed_is_what_is_pinned(wanted: Requirement):
    assert wanted.specifier.contains(distribution(wanted.name).version)


def test_what_the_dependencies_need_is_there_in_a_version_they_take():
    todo, seen, missing = [(one.name, tuple(one.extras)) for one in EVERY], set(), []
    while todo:
        name, extras = todo.pop()
        if (name.lower(), extras) in seen:
            continue
        seen.add((name.lower(), extras))
        for line in distribution(name).requires or ():
            needed = Requirement(line)
            if needed.marker and not any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                continue
            try:
                found = distribution(needed.name).version
            except PackageNotFoundError:
                found = None
            if found is None or not needed.specifier.contains(found, prereleases=True):
                missing.append(f"{name} needs {line}: {found}")
            else:
                todo.append((needed.name, tuple(needed.extras)))
    assert missing == []


def test_the_product_imports_only_what_it_names_or_what_comes_with_that():
    """A package that another one happens to bring may go with its next version."""
    ours = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = {re.sub(r"[-_.]+", "-", one.name).lower() for one in requirements("requirements.txt")}
    brought = {"flask", "werkzeug", "markupsafe", "itsdangerous", "limits", "packaging"}
    of = packages_distributions()
    found = set()
    for folder in ("api", "callbacks", "commands", "components", "data", "domain", "figures", "locales", "pages",
                   "telemetry", "views"):  # fmt: skip
        for path in (ROOT / folder).rglob("*.py"):
            found |= imported(path)
    strange = {
        name
        for name in found - ours - set(sys.stdlib_module_names) - {"_typeshed"}
        if not {re.sub(r"[-_.]+", "-", maker).lower() for maker in of.get(name, [name])} & (named | brought)
    }
    assert strange == set()


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names

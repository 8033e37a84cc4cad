"""What the form says about figures before it sends them is what the server says afterwards, case by case."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

import config
from domain.errors import Refused
from domain.reports import Claim, check_possible

SCRIPTS = Path(config.HERE) / "assets" / "clerk"

AMOUNTS = (None, 0, 1, 39, 40, 41, 580, 618, 620, 621, 688)
TUBES = (None, 0, 1, 58, 62, 65)


@pytest.fixture(scope="module")
def rules(chromium: Browser) -> Iterator[Page]:
    """A page with nothing but the form's arithmetic and its reader of messages."""
    page = chromium.new_page()
    for name in ("rules", "paste"):
        page.add_script_tag(content=(SCRIPTS / f"{name}.js").read_text(encoding="utf-8"))
    yield page
    page.close()


def cases() -> list[dict[str, Any]]:
    """Rows and sites: figures of the hour and totals, lanes known or stated or neither, every pool size."""
    singles = itertools.product(AMOUNTS, TUBES, (None, 0, 1, 4), (None, 2, 6), (10, 1), (None, 5))
    found = [
        {"persons": p, "tubes": t, "lanes": lanes, "lanes_open": opened, "pool_size": pool, "stated_pool": stated}
        for p, t, lanes, opened, pool, stated in singles
    ]
    found += [
        {"persons": 10, "tubes": 1, "persons_total": p, "tubes_total": t, "lanes": 2, "pool_size": 10}
        for p, t in itertools.product(AMOUNTS, TUBES)
    ]
    return found


def servers_word(case: dict[str, Any]) -> dict[str, int] | None:
    """What `check_possible` refuses the case with."""
    figures = {name: case.get(name) for name in ("persons", "tubes", "persons_total", "tubes_total", "lanes_open")}
    claim = Claim("k", "S", 0, 0, pool_size=case.get("stated_pool"), **figures)
    try:
        check_possible(claim, case["lanes"], case["pool_size"])
    except Refused as refusal:
        said = refusal.params
        return {
            "persons": int(refusal.value), "tubes": said["tubes"], "lanes": said["lanes"], "pool": said["pool_size"],
            "most": said["most"], "least": said["least_tubes"],
        }  # fmt: skip
    return None


def test_the_form_and_the_server_refuse_the_same_with_the_same_numbers(rules: Page):
    table = cases()
    assert len(table) > 3000
    said = rules.evaluate(
        """(table) => table.map(({ lanes, pool_size, stated_pool, ...row }) =>
             clerk.rules.impossible({ ...row, pool_size: stated_pool }, { lanes, pool_size }))""",
        table,
    )
    differing = [(case, form) for case, form in zip(table, said, strict=True) if form != servers_word(case)]
    assert differing == []
    refused = [one for one in said if one]
    assert 0 < len(refused) < len(table)


def test_the_smallest_number_of_tubes_it_names_is_taken_and_one_less_is_not(rules: Page):
    for case in cases():
        word = servers_word(case)
        if word is None or case.get("persons_total") is not None:
            continue
        assert servers_word({**case, "tubes": word["least"]}) is None
        if word["least"]:
            assert servers_word({**case, "tubes": word["least"] - 1}) is not None


@pytest.mark.parametrize(
    ("figures", "total", "before", "kinds"),
    [
        ({"persons": 618, "tubes": 65, "copies": 65}, False, (0, 0, 0), (None, "ok", "ok")),
        ({"persons": 618, "tubes": 58, "copies": 57}, False, (0, 0, 0), (None, "warn", "warn")),
        ({"persons": 700, "tubes": 58, "copies": 59}, False, (0, 0, 0), (None, "crit", "warn")),
        ({"persons": 618, "tubes": None, "copies": 65}, False, (0, 0, 0), (None, None, None)),
        ({"persons": None, "tubes": 3, "copies": 3}, False, (0, 0, 0), (None, None, "ok")),
        ({"persons": 1618, "tubes": 165, "copies": 165}, True, (1000, 100, 100), ("ok", "ok", "ok")),
        ({"persons": 900, "tubes": 165, "copies": 165}, True, (1000, 100, 100), ("warn", None, "ok")),
        ({"persons": 1618, "tubes": 90, "copies": 90}, True, (1000, 100, 100), ("ok", "crit", "crit")),
        ({"persons": 1010, "tubes": 99, "copies": 100}, True, (1000, 100, 100), ("ok", "warn", "warn")),
        ({"persons": 1618, "tubes": 165, "copies": 65}, True, (1000, 100, None), ("ok", "ok", "ok")),
        ({"persons": 1618, "tubes": 165, "copies": 65}, True, (1000, None, None), ("ok", None, None)),
    ],
)
def test_what_stands_under_the_fields(rules: Page, figures: dict[str, int], total: bool, before: tuple, kinds: tuple):
    told = {"total": total, "before": dict(zip(("persons", "tubes", "third_copies"), before, strict=True)),
            "site": {"lanes": 4, "pool_size": 10}}  # fmt: skip
    said = rules.evaluate("([figures, told]) => clerk.rules.check(figures, told)", [figures, told])
    assert tuple(one and one["kind"] for one in said.values()) == kinds


@pytest.mark.parametrize(
    ("typed", "number"),
    [("", None), ("  ", None), ("0", 0), ("007", 7), ("1,234", 1234), ("１２３", 123), ("1 234", 1234),
     ("1，234", 1234),
     ("12.5", "NaN"), ("-1", "NaN"), ("abc", "NaN"), ("1e3", "NaN"), ("12人", "NaN"), ("9999999999", "NaN")],
)  # fmt: skip
def test_digits_as_people_type_them(rules: Page, typed: str, number: int | str | None):
    assert json.loads(rules.evaluate("(t) => JSON.stringify(clerk.rules.read(t) ?? null)", typed)) == (
        None if number == "NaN" else number
    )
    is_nan = rules.evaluate("(t) => Number.isNaN(clerk.rules.read(t))", typed)
    assert is_nan == (number == "NaN")

"""Every action written down anywhere in the product has a word and a group; a seal covers everything a line holds."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import locales
from domain import audit, bulletin, positives, problems
from domain.audit import Group, group_of
from domain.reports import Status
from locales import LANGUAGES, text, texts

ROOT = Path(locales.__file__).parent.parent
WRITTEN = ("change", "audited", "_audit", "_tried", "_row", "_write_down", "_downloaded", "Audit", "record")
"""What puts a line on the audit."""

CHOICES = {
    "status": [s.value for s in Status],
    "step": [s.value for s in (*bulletin.Step, *problems.Step, *positives.Step)],
}
"""What an action ends in where its name is made up."""


def actions() -> set[str]:
    """Every action named in the code; one that ends in a choice as all of them."""
    found: set[str] = set()
    for folder in ("api", "data", "domain"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node) in WRITTEN:
                    stated = [*node.args, *(k.value for k in node.keywords if k.arg == "action")]
                    for argument in stated:
                        found |= set(_literals(argument))
    return {
        action
        for action in found
        if re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", action) and group_of(action) is not Group.OTHER
    }


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _literals(node: ast.expr):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.JoinedStr) and len(node.values) == 2 and isinstance(node.values[0], ast.Constant):
        begin = str(node.values[0].value)
        chosen = ast.unparse(node.values[1]).strip("{}f'\"").rpartition(".")[2]
        for end in CHOICES.get(chosen, ()):
            if (begin, end) in ALLOWED or begin == "reports.":
                yield f"{begin}{end}"


ALLOWED = {
    (begin, step.value)
    for begin, steps in (("bulletin.", bulletin.Step), ("problem.", problems.Step), ("positive.", positives.Step))
    for step in steps
}


def test_the_actions_of_the_product_are_found_in_its_code():
    known = {"reports", "reports.corrected", "reports.verified", "account.create", "token.revoke", "sign_in.failed"}
    assert known | {"campaign.close_access", "problem.solved", "bulletin.sign", "contacts", "modes.set"} <= actions()


def test_every_action_has_a_word_in_both_languages():
    missing = [
        a
        for a in sorted(actions() - {"reports.submitted"})
        if f"audit.action.{a.replace('.', '_')}" not in texts("zh")
    ]
    assert missing == []


def test_every_constant_action_has_a_word():
    for action in (audit.VIEW, audit.VERIFY, audit.EXPORT, *audit.FAILED):
        assert f"audit.action.{action.replace('.', '_')}" in texts("en")


def test_every_group_has_a_word():
    for language in LANGUAGES:
        assert all(text(language, f"audit.group.{group}") for group in Group)


@pytest.mark.parametrize(
    ("action", "group"),
    [("reports", Group.REPORTS), ("reports.corrected", Group.CORRECTIONS), ("reports.verified", Group.DECISIONS),
     ("campaign.create", Group.RECORD), ("campaign.close_access", Group.ACCOUNTS), ("sign_in.failed", Group.SIGN_IN),
     ("sign_out.everywhere", Group.SIGN_IN), ("problem.passed_up", Group.PROBLEMS), ("reportsx", Group.OTHER),
     ("never.heard.of", Group.OTHER), ("", Group.OTHER), ("source.pull", Group.SOURCES), ("export", Group.READS),
     ("audit.view", Group.READS), ("bulletin.export", Group.READS), ("source.export", Group.READS)],
)  # fmt: skip
def test_an_action_belongs_to_the_group_of_its_longest_beginning(action: str, group: Group):
    assert group_of(action) is group


NOW = datetime(2026, 11, 22, 9, 30, 1, 5, tzinfo=UTC)
LINE = {"before": audit.NO_SEAL, "line_id": 7, "campaign_id": "r1", "revision": 3, "recorded_at": NOW,
        "actor": "a (site S1)", "action": "reports", "details": {"accepted": 1, "site": "点"}, "place": "S1",
        "about": None}  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [{"before": "1" * 64}, {"line_id": 8}, {"campaign_id": None}, {"revision": None},
     {"recorded_at": NOW + timedelta(microseconds=1)}, {"actor": "b (site S1)"}, {"action": "export"},
     {"details": {"accepted": "1", "site": "点"}}, {"place": None}, {"about": "S1"}],
)  # fmt: skip
def test_a_seal_covers_everything_a_line_holds(other):
    assert audit.seal(**{**LINE, **other}) != audit.seal(**LINE)


def test_a_seal_is_the_same_however_the_line_is_spelled():
    elsewhere = NOW.astimezone(datetime.now().astimezone().tzinfo)
    swapped = {"site": "点", "accepted": 1}
    assert audit.seal(**{**LINE, "recorded_at": elsewhere, "details": swapped}) == audit.seal(**LINE)


@given(st.text(), st.text())
def test_no_two_lines_run_into_each_other(actor: str, action: str):
    one = audit.seal(**{**LINE, "actor": actor, "action": action})
    assert (audit.seal(**{**LINE, "actor": actor + action, "action": ""}) == one) == (action == "")

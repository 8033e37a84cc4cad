import ast
import re
import string
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import locales
from domain.errors import Code, Rejection, Unreadable
from domain.places import Level
from domain.reports import Flag, Status
from locales import LANGUAGES, messages, negotiate, text, texts

ROOT = Path(locales.__file__).parent.parent
HOUSE = ("api", "callbacks", "commands", "components", "data", "domain", "figures", "locales", "pages", "views")


def sources() -> Iterator[tuple[str, ast.AST]]:
    paths = [*ROOT.glob("*.py"), *(path for folder in HOUSE for path in (ROOT / folder).rglob("*.py"))]
    for path in paths:
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


@cache
def calls_by_name() -> dict[str, list[tuple[str, ast.Call]]]:
    found: dict[str, list[tuple[str, ast.Call]]] = defaultdict(list)
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
                found[name].append((f"{path}:{node.lineno}", node))
    return found


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    for name in names:
        yield from calls_by_name().get(name, ())


def literal(node: ast.expr) -> Iterator[str]:
    """The texts an expression may be: itself, or either branch of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literal(node.body)
        yield from literal(node.orelse)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_hold_the_same_keys():
    assert set(texts("zh")) == set(texts("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_in_two_files(language):
    files = sorted((ROOT / "locales" / language).glob("*.toml"))
    held = [{key for key, _ in locales._flat(tomllib.loads(f.read_text(encoding="utf-8")), "")} for f in files]
    for i, one in enumerate(held):
        for j, other in enumerate(held[:i]):
            assert not one & other, (files[i].name, files[j].name)


def test_both_languages_fill_the_same_placeholders():
    zh, en = texts("zh"), texts("en")
    keys = [key for key in zh if not key.startswith("format.")]
    assert [key for key in keys if placeholders(zh[key]) != placeholders(en[key])] == []


def test_chinese_texts_are_chinese_and_english_ones_are_not():
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert [k for k, said in texts("en").items() if chinese.search(said)] == []
    sentences = [k for k in texts("zh") if k.startswith(("refused.", "unreadable.", "problem.", "campaign."))]
    assert [k for k in sentences if not chinese.search(texts("zh")[k])] == []


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_sentence(code):
    for language in LANGUAGES:
        assert f"refused.{code}" in texts(language)


@pytest.mark.parametrize("flag", list(Flag))
def test_every_flag_has_a_word(flag):
    for language in LANGUAGES:
        assert f"flag.{flag.name.lower()}" in texts(language)


def test_every_status_and_level_has_a_word():
    for language in LANGUAGES:
        assert all(f"status.{s}" in texts(language) for s in Status)
        assert all(f"level.{level}" in texts(language) for level in Level)


def test_every_key_written_in_the_code_exists():
    missing = []
    for where, call in calls("text"):
        if len(call.args) > 1:
            missing += [f"{where} {key}" for key in literal(call.args[1]) if key not in texts("en")]
            if isinstance(call.args[1], ast.JoinedStr) and isinstance(call.args[1].values[0], ast.Constant):
                prefix = str(call.args[1].values[0].value)
                if not any(key.startswith(prefix) for key in texts("en")):
                    missing.append(f"{where} {prefix}…")
    assert missing == []


def test_every_title_of_a_page_or_view_exists():
    missing = []
    for where, call in calls("View", "Page"):
        missing += [f"{where} {key}" for key in literal(call.args[1]) if key not in texts("en")]
    assert missing == []


def test_every_problem_raised_has_its_texts():
    missing = []
    for where, call in calls("Problem"):
        for argument in call.args[1:3]:
            missing += [f"{where} {n}" for n in literal(argument) if n and f"problem.{n}" not in texts("en")]
    assert missing == []


def test_every_unreadable_file_and_bad_campaign_has_its_sentence():
    missing = []
    for section, name in (("unreadable", "Unreadable"), ("campaign", "BadCampaign")):
        for where, call in calls(name):
            if call.args:
                missing += [f"{where} {n}" for n in literal(call.args[0]) if f"{section}.{n}" not in texts("en")]
    assert missing == []


def test_every_line_of_the_command_line_exists():
    missing = []
    for where, call in calls("say"):
        if call.args:
            missing += [f"{where} {n}" for n in literal(call.args[0]) if f"cli.{n}" not in texts("en")]
    assert missing == []


def refusals_in_the_code() -> list[tuple[str, str, str, set[str]]]:
    """(where, code, detail, names of parameters) of every refusal written in the code."""
    found = []
    for where, call in calls("Refused", "Contradiction"):
        contradiction = getattr(call.func, "id", "") == "Contradiction"
        at = 2 if contradiction else 1
        if len(call.args) <= at or not isinstance(call.args[at], ast.Attribute):
            continue
        code = call.args[at].attr.lower()
        details = [""]
        if contradiction and len(call.args) > 4:
            details = list(literal(call.args[4]))
        for keyword in call.keywords:
            if keyword.arg == "detail":
                details = list(literal(keyword.value)) or [""]
        names = {k.arg for k in call.keywords if k.arg} - {"detail"} | ({"other"} if contradiction else set())
        found += [(where, code, detail, names) for detail in details]
    return found


def test_every_refusal_fills_its_sentence():
    found = refusals_in_the_code()
    assert len(found) > 40
    broken = []
    for where, code, detail, names in found:
        rejection = Rejection(0, "persons", Code(code), "x", detail, dict.fromkeys(names, 1))
        for language in LANGUAGES:
            try:
                assert messages.refusal(language, rejection)
            except (KeyError, IndexError) as error:
                broken.append(f"{where} {code}.{detail} {error}")
            if detail and f"refused.{code}.{detail}" not in texts(language):
                broken.append(f"{where} has no {code}.{detail}")
    assert broken == []


def test_every_field_that_can_be_refused_has_a_name_in_both_languages():
    fields = set()
    for _, call in calls("Refused"):
        if call.args:
            fields |= set(literal(call.args[0]))
    for _, call in calls("read_count", "read_text", "read_time", "read_degrees"):
        if call.args:
            fields |= set(literal(call.args[0]))
    fields |= {f"{level}{rest}" for level in Level for rest in ("", "_name", "_name_en")} - {"city_name_en"}
    # Parameters of an address or a request, not fields of a row.
    fields -= {"as_of", "go_on"}
    assert sorted(field for field in fields if f"field.{field}" not in texts("zh")) == []


def test_a_value_with_braces_is_only_text():
    rejection = Rejection(0, "persons", Code.NOT_A_NUMBER, "{value} {0} {field!r}")
    for language in LANGUAGES:
        assert "{value} {0} {field!r}" in messages.refusal(language, rejection)


def test_an_unreadable_file_is_told_in_both_languages():
    problem = Unreadable("too_large", limit_mb=64)
    assert messages.unreadable("zh", problem) != messages.unreadable("en", problem)


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "zh"), ("", "zh"), ("*", "zh"), ("fr", "zh"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("zh-CN", "zh"),
        ("en;q=0.4, zh;q=0.6", "zh"), ("zh;q=0.4, en;q=0.6", "en"), ("en;q=0", "zh"), ("EN-us", "en"),
        ("en;q=x", "zh"), ("fr, en;q=0.5", "en"), (";;;,,,", "zh"),
    ],
)  # fmt: skip
def test_the_language_follows_the_header(accept, language):
    assert negotiate(accept) == language


def test_an_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        text("en", "no.such.key")


@pytest.mark.parametrize(
    ("number", "word"), [(1, "tube"), ("1", "tube"), (0, "tubes"), (21, "tubes"), ("1,001", "tubes")]
)
def test_english_says_one_tube_and_two_tubes(monkeypatch, number, word):
    monkeypatch.setitem(texts("en"), "said", "{n} {n:?tube|tubes}")
    assert text("en", "said", n=number) == f"{number} {word}"

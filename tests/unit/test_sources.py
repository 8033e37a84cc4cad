import ast
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import locales
from domain import variables
from domain.campaign import Campaign
from domain.errors import Refused
from domain.pulling import (
    AFTERWARDS,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Course,
    Version,
    Word,
    next_key,
    next_word,
    retry_pause,
    slot_after,
    state_of,
)
from domain.reports import Claim
from domain.sources import DEFAULT_EVERY, After, Definition, Format, Kind, Paging, read_definition
from domain.status import Severity
from domain.values import MAX_KEY
from locales import LANGUAGES, texts
from locales.messages import source_problem

ROOT = Path(locales.__file__).parent.parent
WHATS = ("reports", "upper-figures")
START = datetime(2021, 6, 5, 22, tzinfo=UTC)
CAMPAIGN = Campaign("c", "c", "", START, START + timedelta(hours=16), "Asia/Shanghai")

SQL = {"kind": "sql", "address": "postgresql+psycopg://reader:${SOURCE_PW}@db.gov/hours", "query": "SELECT 1 AS site"}
HTTP = {"kind": "http", "address": "https://api.gov/hours?page=1"}
FOLDER = {"kind": "folder", "address": "drop"}


def define(base, **more):
    return read_definition({"name": "n", "what": "reports", "place": "440607", **base, **more}, WHATS)


def test_a_definition_has_defaults_and_comes_back_as_it_was_kept():
    for base, kind in ((SQL, Kind.SQL), (HTTP, Kind.HTTP), (FOLDER, Kind.FOLDER)):
        made = define(base)
        assert made.kind is kind
        assert made.every_minutes == DEFAULT_EVERY
        assert read_definition(made.to_json(), WHATS) == made
    assert define(HTTP).format is Format.JSON
    assert define(HTTP).paging is Paging.NONE
    assert define(FOLDER).after is After.KEEP


def test_what_belongs_to_another_kind_is_left_out():
    made = define(FOLDER, query="DROP TABLE x", headers="Host: x", paging="page")
    assert (made.query, made.headers, made.paging) == ("", {}, Paging.NONE)


@pytest.mark.parametrize(
    ("base", "more", "field", "detail"),
    [
        (SQL, {"address": "postgresql+psycopg://reader:hunter2@db.gov/hours"}, "address", "plain_secret"),
        (SQL, {"address": "postgresql+psycopg://reader:x${SOURCE_PW}@db.gov/hours"}, "address", "plain_secret"),
        (SQL, {"address": "postgresql+psycopg://u@${SOURCE_HOST}/hours"}, "address", "variable_host"),
        (SQL, {"address": "postgresql+psycopg://u@h/db?options=-c%20x"}, "address", "sql_parameter"),
        (SQL, {"address": "postgresql+psycopg://u@h/db?passfile=/etc/passwd"}, "address", "sql_parameter"),
        (SQL, {"address": "mysql+pymysql://u@h/db?read_default_file=/x"}, "address", "sql_parameter"),
        (SQL, {"address": "mssql+pyodbc://u@h/db?driver=/tmp/evil.so"}, "address", "sql_parameter"),
        (SQL, {"address": "not an address"}, "address", "sql_address"),
        (SQL, {"query": "DELETE FROM hours"}, "query", "query"),
        (SQL, {"query": "SELECT 1; DROP TABLE hours"}, "query", "query"),
        (SQL, {"query": "ATTACH 'x' AS y"}, "query", "query"),
        (SQL, {"query": "PRAGMA writable_schema=1"}, "query", "query"),
        (HTTP, {"address": "file:///etc/passwd"}, "address", "http_address"),
        (HTTP, {"address": "gopher://h/x"}, "address", "http_address"),
        (HTTP, {"address": "https://u:p@h/x"}, "address", "user_in_address"),
        (HTTP, {"address": "https://h/x?token=abc"}, "address", "plain_secret"),
        (HTTP, {"address": "https://h/x?api_key=abc"}, "address", "plain_secret"),
        (HTTP, {"address": "https://h/x?key=${SECRET_KEY}"}, "address", "variable"),
        (HTTP, {"address": "https://h/x?key=${SOURCE_pw}"}, "address", "variable"),
        (HTTP, {"headers": "Authorization: Bearer abc"}, "headers", "plain_secret"),
        (HTTP, {"headers": {"X-Api-Key": "abc"}}, "headers", "plain_secret"),
        (HTTP, {"headers": {"Cookie": "session=abc"}}, "headers", "plain_secret"),
        (HTTP, {"headers": {"Host": "other"}}, "headers", "headers"),
        (HTTP, {"headers": {"A b": "x"}}, "headers", "headers"),
        (HTTP, {"headers": {"X-A": "${DATABASE_URL}"}}, "headers", "variable"),
        (HTTP, {"rows": "data..items"}, "rows", "path"),
        (FOLDER, {"address": "file:///etc"}, "address", "folder"),
        (FOLDER, {"address": "${SOURCE_DIR}"}, "address", "folder"),
        (FOLDER, {"pattern": "../*"}, "pattern", "pattern"),
        (FOLDER, {"zone": "Mars/Olympus"}, "zone", "zone"),
        (FOLDER, {"every_minutes": 0}, "every_minutes", "between"),
        (FOLDER, {"row_limit": 10**9}, "row_limit", "between"),
        (FOLDER, {"kind": "ftp"}, "kind", "choice"),
        (FOLDER, {"what": "places"}, "what", "choice"),
    ],
)  # fmt: skip
def test_what_may_not_be_defined(base, more, field, detail):
    with pytest.raises(Refused) as refused:
        define(base, **more)
    assert (refused.value.field, refused.value.detail) == (field, detail)
    for secret in ("hunter2", "abc"):
        assert secret not in refused.value.value, "a refusal repeats the secret"


@pytest.mark.parametrize("missing", ["name", "place", "address", "query"])
def test_what_must_be_said(missing):
    with pytest.raises(Refused) as refused:
        define(SQL, **{missing: " "})
    assert refused.value.field == missing


def test_paging_needs_to_know_where():
    for paging in ("page", "offset"):
        with pytest.raises(Refused, match="page_param"):
            define(HTTP, paging=paging)
    with pytest.raises(Refused, match="next_path"):
        define(HTTP, paging="next")


def test_a_source_asked_often_has_no_minutes_past_the_hour():
    assert define(FOLDER, every_minutes=5).offset_minutes == 0
    with pytest.raises(Refused, match="offset_minutes"):
        define(FOLDER, every_minutes=5, offset_minutes=7)


# -- secrets


def test_a_secret_is_filled_in_where_it_is_named():
    filled = variables.fill("a${SOURCE_X}b${SOURCE_X}", {"SOURCE_X": "p@ss/word"}, variables.in_address)
    assert filled == "ap%40ss%2Fwordbp%40ss%2Fword"
    with pytest.raises(variables.MissingSecret, match="SOURCE_Y"):
        variables.fill("${SOURCE_Y}", {"SOURCE_X": "1"})


def test_what_stands_for_a_secret_is_not_filled_in_again():
    assert variables.fill("${SOURCE_X}", {"SOURCE_X": "${SOURCE_Y}", "SOURCE_Y": "no"}) == "${SOURCE_Y}"


SECRET = st.text(alphabet="abcdefgh0123456789@:/?#%&= '\"\\", min_size=4, max_size=20)


@given(SECRET, st.text(max_size=30), st.text(max_size=30), st.sampled_from([str, variables.in_address, repr]))
def test_no_secret_is_left_in_what_was_scrubbed(secret, before, after, write):
    written = write(secret)
    scrubbed = variables.scrub(before + written + after, {"SOURCE_A": secret, "SOURCE_B": ""})
    assert secret not in scrubbed
    assert variables.in_address(secret) not in scrubbed


# -- when


def test_turns_come_at_the_same_minute_of_every_hour():
    assert slot_after(START, CAMPAIGN, 60, 5) == START + timedelta(minutes=5)
    assert slot_after(START + timedelta(minutes=5), CAMPAIGN, 60, 5) == START + timedelta(minutes=65)
    assert slot_after(START + timedelta(minutes=12), CAMPAIGN, 10, 0) == START + timedelta(minutes=20)


@given(st.integers(0, 10_000), st.integers(1, 1440), st.data())
def test_the_next_turn_is_the_first_one_after_now(seconds, every, data):
    offset = data.draw(st.integers(0, every - 1))
    now = START + timedelta(seconds=seconds)
    slot = slot_after(now, CAMPAIGN, every, offset)
    assert now < slot <= now + timedelta(minutes=every)
    assert (slot - CAMPAIGN.anchor - timedelta(minutes=offset)) % timedelta(minutes=every) == timedelta(0)


@given(st.integers(1, 1000), st.integers(1, 1440), st.floats(0, 1))
def test_pauses_grow_are_spread_and_never_outlast_the_schedule(failures, every, share):
    pause = retry_pause(failures, every, share)
    assert timedelta(0) < pause <= min(LONGEST_PAUSE, timedelta(minutes=every))
    assert pause >= min(FIRST_PAUSE, timedelta(minutes=every)) / 2


def test_who_asks_to_be_left_alone_is_left_alone_until_the_next_turn_at_most():
    assert retry_pause(1, 60, 1, timedelta(minutes=10)) == timedelta(minutes=10)
    assert retry_pause(1, 60, 1, timedelta(days=3)) == timedelta(minutes=60)


# -- in which state


def course(**more):
    given_ = {
        "every_minutes": 60, "created_at": START, "paused": False, "failures": 0,
        "last_success_at": START + timedelta(hours=4, minutes=5), "newest_at": START + timedelta(hours=4),
        "refused": 0,
    }  # fmt: skip
    return Course(**{**given_, **more})


@pytest.mark.parametrize(
    ("hours", "more", "severity", "word"),
    [
        (4.5, {}, Severity.OK, Word.OK),
        (4.5, {"refused": 3}, Severity.WARN, Word.REFUSED),
        (4.5, {"failures": 1}, Severity.WARN, Word.RETRYING),
        (4.5, {"failures": 3}, Severity.CRIT, Word.FAILING),
        (6.5, {"failures": 1}, Severity.CRIT, Word.FAILING),
        (5.8, {}, Severity.WARN, Word.OVERDUE),
        (6.5, {}, Severity.CRIT, Word.OVERDUE),
        (4.5, {"newest_at": START}, Severity.WARN, Word.QUIET),
        (4.5, {"newest_at": None}, Severity.WARN, Word.QUIET),
        (0.5, {"last_success_at": None}, None, Word.NEW),
        (2.5, {"last_success_at": None}, Severity.CRIT, Word.OVERDUE),
        (4.5, {"paused": True, "failures": 9}, None, Word.PAUSED),
        (-1, {"last_success_at": None}, None, Word.RESTS),
        (16 + 30, {"failures": 9}, None, Word.RESTS),
    ],
)  # fmt: skip
def test_the_state_of_a_source_follows_from_how_it_went(hours, more, severity, word):
    now = START + timedelta(hours=hours)
    assert state_of(course(**more), CAMPAIGN, now) == (severity, word)


def test_sources_are_asked_for_a_day_after_the_end():
    late = CAMPAIGN.deadline + AFTERWARDS
    assert state_of(course(last_success_at=late), CAMPAIGN, late)[1] is not Word.RESTS


# -- what its word counts for


def claim(persons, key="k", **more):
    return Claim(key, "S1", 2, 2, persons=persons, **more)


def versions(*said):
    """The chain of (persons, own), the oldest first, as the rule wants it."""
    chain = []
    for number, (persons, own) in enumerate(said, start=1):
        chain.insert(0, Version(claim(persons, "k" if number == 1 else f"k|{number}"), own))
    return chain


def test_what_is_not_on_record_is_sent_as_it_is():
    assert next_word(claim(5), [], "n") == claim(5)


@pytest.mark.parametrize(
    ("said", "chain", "sent"),
    [
        (5, [(5, True)], None),
        (5, [(5, False)], None),
        (6, [(5, True)], ("k|2", "k")),
        (5, [(5, True), (6, True)], ("k|3", "k|2")),
        (6, [(5, False)], ("k", None)),
        (5, [(5, True), (7, False)], None),
        (7, [(5, True), (7, False)], None),
        (6, [(5, True), (7, False)], ("k", None)),
        (6, [(5, True), (6, True), (7, False)], None),
        (5, [(5, True), (6, True), (7, False)], ("k", None)),
        (8, [(5, False), (6, True)], ("k|3", "k|2")),
    ],
)  # fmt: skip
def test_a_source_takes_back_its_own_word_only(said, chain, sent):
    word = next_word(claim(said), versions(*chain), "why")
    assert (word and (word.key, word.correction_of)) == sent
    if sent and sent[1]:
        assert word.note == "why"


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.booleans())
def test_pulling_again_and_again_ends_with_what_the_source_says_and_nothing_twice(said, twice):
    chain: list[Version] = []
    for persons in said:
        for _ in range(2 if twice else 1):
            word = next_word(claim(persons), chain, "n")
            if word is not None:
                assert word.key not in {version.claim.key for version in chain}
                chain.insert(0, Version(word, True))
        assert chain[0].claim.persons == persons
    changes = sum(1 for before, after in zip([None, *said], said, strict=False) if before != after)
    assert len(chain) == changes


@given(st.text(min_size=1, max_size=MAX_KEY), st.text(min_size=1, max_size=MAX_KEY), st.integers(2, 999))
def test_keys_of_versions_fit_and_differ(one, other, number):
    assert len(next_key(one, number)) <= MAX_KEY
    assert next_key(one, number) != next_key(one, number + 1)
    if one != other and "|" not in one + other:
        assert next_key(one, number) != next_key(other, number)


# -- told in both languages


def codes_in_the_code() -> set[str]:
    """Every reason a pull can fail for, as written in the code."""
    found = set()
    for path in (ROOT / "data" / "pull").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Failed":
                found.add(ast.literal_eval(node.args[0]))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_source_is_told(language):
    known = texts(language)
    assert len(codes_in_the_code()) > 20
    wanted = {f"source_problem.{code}" for code in codes_in_the_code() - {"unreadable"}}
    wanted |= {f"source_state.{word}" for word in Word} | {f"source_kind.{kind}" for kind in Kind}
    wanted |= {f"source_what.{what}" for what in WHATS}
    wanted |= {f"source_choice.{choice}" for choices in (Format, Paging, After) for choice in choices}
    wanted |= {f"field.{field.name}" for field in fields(Definition)}
    assert wanted <= set(known), wanted - set(known)
    assert {key for key in known if key.startswith("source_problem.")} <= wanted


def test_a_failure_inside_a_failure_is_one_sentence():
    inner = {"code": "unreadable", "params": {"problem": "too_large", "limit_mb": 64}}
    said = source_problem("en", {"code": "file_failed", "params": {"name": "a.csv", "failure": inner}})
    assert said.startswith("File a.csv: ")
    assert "64" in said

"""Ids of requests, log lines, and what must never stand in one."""

import json
import logging
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import log, under_way


def record(message: str, *arguments: object, fields: dict[str, object] | None = None) -> logging.LogRecord:
    made = logging.LogRecord("somebody", logging.INFO, __file__, 1, message, arguments or None, None)
    if fields:
        made.fields = fields
    return made


@pytest.fixture(autouse=True)
def _outside():
    yield
    under_way.end()


@given(st.text(max_size=80))
def test_an_id_is_never_anything_a_log_or_a_header_could_be_hurt_by(stated: str):
    known = under_way.begin(stated).id
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", known)
    assert under_way.request_id() == known


@pytest.mark.parametrize("stated", ["abcd1234", "a.b-c_d.1", "f" * 64, "01890a5d-ac96-774b-bcce-b302099a8057"])
def test_a_well_formed_id_is_kept(stated: str):
    assert under_way.begin(stated).id == stated


@pytest.mark.parametrize("stated", [None, "", "short", "f" * 65, "-abcdefgh", "abcdefgh.", "a b c d e f", "é" * 9])
def test_any_other_is_replaced(stated: str | None):
    first, second = under_way.begin(stated).id, under_way.begin(stated).id
    assert first != stated != second
    assert first != second


@given(st.text(max_size=200), st.text(max_size=40))
def test_a_line_is_one_object_whatever_is_said(said: str, route: str):
    line = log.JsonLines().format(record(said.replace("%", "%%"), fields={"route": route}))
    assert "\n" not in line
    assert json.loads(line)["route"] == route


def test_a_line_carries_the_id_and_the_exception():
    under_way.begin("request-42")
    try:
        raise ValueError("postgresql://me:hush@host/db")
    except ValueError:
        made = record("failed")
        made.exc_info = sys.exc_info()
    line = json.loads(log.JsonLines().format(made))
    assert line["request_id"] == "request-42"
    assert "ValueError" in line["exception"]
    assert "hush" not in line["exception"]
    assert "[request-42]" in log.Words().format(record("x"))


SECRETS = [
    "GET https://host/path?code=hush&x=1", "GET /x?x=1&token=hush", "Authorization: Bearer hush",
    "postgresql+psycopg://user:hush@host/db", "Cookie: session=hush; screen=hush", "asked with 'Bearer hush'",
    "https://host/robot/send?access_token=hush", "Set-Cookie: session=hush; Path=/", "/password?secret=hush",
]  # fmt: skip


@pytest.mark.parametrize("said", SECRETS)
def test_what_looks_like_a_secret_is_struck_out(said: str):
    for form in (log.JsonLines(), log.Words()):
        assert "hush" not in form.format(record("%s", said))
    assert "hush" not in log.scrubbed(said)


def test_the_talkative_are_quiet_and_gunicorn_says_it_our_way():
    made = log.settings("INFO", "JSON")
    assert {made["loggers"][name]["level"] for name in log.TALKATIVE} == {"WARNING"}
    assert made["loggers"]["gunicorn.error"]["propagate"]

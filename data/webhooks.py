"""Posting one reminder to the address of a group: our own documented form, or that of a WeCom or DingTalk robot.

Bounded in every way: a few seconds to connect and to answer, few attempts, no redirects, a limited answer. What was
perhaps delivered is not sent again: a robot would say it twice.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

import httpx
import orjson

from domain.board import Target
from domain.reminders import DINGTALK_BYTES, SECRET_SUFFIX, WECOM_BYTES, Preset, Result, messages

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 4.0
WHOLE_SECONDS = 7.0
"""No further attempt begins after this; with the last one's own limits a sending ends within 14 seconds."""

PAUSES = (0.5, 1.0)
"""Seconds before the second and the third attempt."""

TRY_AGAIN = (429, 502, 503, 504)
"""Answers that say: not now. Nothing was delivered."""

BUSY = -1
"""What both robots answer when their system is busy."""

MAX_ANSWER = 64 * 1024
DETAIL = 200
"""Characters of a robot's own words that are kept."""

PROXY = "REMINDER_PROXY"
"""The setting that names a proxy for all reminders, where the network has no other way out."""


@dataclass(frozen=True, slots=True)
class Message:
    """One reminder as it goes out. `body` is the documented form; robots get its `text` only."""

    key: str
    text: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of it. `reason` names its sentence in `locales` (`reminder.reason.<reason>`)."""

    result: Result
    reason: str = ""
    detail: str = ""
    attempts: int = 0


class _NotNow(Exception):
    """Nothing was delivered; it may be tried again."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class _Failed(_NotNow):
    """It makes no sense, or is not safe, to try again."""


def deliver(
    target: Target,
    message: Message,
    variables: Mapping[str, str],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Delivery:
    """Post `message` to where `target` says. Never raises for what a network or a receiver can do."""
    address = variables.get(target.variable)
    if not address:
        return Delivery(Result.FAILED, "no_variable", target.variable)
    secret = variables.get(target.variable + SECRET_SUFFIX, "")
    began, attempts = time.monotonic(), 0
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    with httpx.Client(timeout=timeout, trust_env=False, proxy=variables.get(PROXY) or None) as client:
        bodies = _bodies(target.preset, message)
        for number, body in enumerate(bodies):
            for pause in (*PAUSES, None):
                attempts += 1
                try:
                    _post(client, target.preset, address, secret, message.key, body)
                    break
                except _NotNow as problem:
                    over = pause is None or time.monotonic() - began + pause > WHOLE_SECONDS
                    if isinstance(problem, _Failed) or pause is None or over:
                        # Of a long text in several messages the first ones may have gone.
                        part = f" ({number}/{len(bodies)})" if number else ""
                        return Delivery(Result.FAILED, problem.reason, problem.detail + part, attempts)
                    sleep(pause)
    return Delivery(Result.SENT, attempts=attempts)


def _bodies(preset: Preset, message: Message) -> list[bytes]:
    if preset is Preset.WECOM:
        # "<@…>" in a text calls members of the group by name; nobody is called by the name of a site.
        parts = messages(message.text.replace("<@", "＜@"), WECOM_BYTES)
        return [orjson.dumps({"msgtype": "text", "text": {"content": part}}) for part in parts]
    if preset is Preset.DINGTALK:
        # The form around the text counts towards the robot's limit.
        parts = messages(message.text, DINGTALK_BYTES - 1000)
        return [orjson.dumps({"msgtype": "text", "text": {"content": part}}) for part in parts]
    return [orjson.dumps(message.body)]


def signature(secret: str, milliseconds: int) -> str:
    """DingTalk's signature: HMAC-SHA256 with the secret over time, line feed and secret, in Base64, not yet escaped.

    Source: its documentation of custom robots, "加签"."""
    signed = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(signed).decode()


def _post(client: httpx.Client, preset: Preset, address: str, secret: str, key: str, body: bytes) -> None:
    """One attempt. Raises `_NotNow`, `_Failed` among them."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if preset is Preset.DINGTALK and secret:
        now = int(time.time() * 1000)
        joint = "&" if "?" in address else "?"
        address = f"{address}{joint}timestamp={now}&sign={quote_plus(signature(secret, now))}"
    if preset is Preset.GENERIC:
        headers["Idempotency-Key"] = quote_plus(key)
        if secret:
            headers["X-Signature-256"] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    try:
        with client.stream("POST", address, content=body, headers=headers) as answer:
            status, said = answer.status_code, _read(answer)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise _NotNow("no_connection") from None
    except httpx.TimeoutException:
        raise _Failed("no_answer") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as problem:
        # Its own words may hold the address, which is a secret.
        raise _Failed("broken", type(problem).__name__) from None
    if status in TRY_AGAIN:
        raise _NotNow("status", str(status))
    if not 200 <= status < 300:
        raise _Failed("status", str(status))
    if preset is not Preset.GENERIC:
        _check_robot(said)


def _read(answer: httpx.Response) -> bytes:
    """The beginning of the answer, as much as comes in time."""
    until = time.monotonic() + ANSWER_SECONDS
    said = b""
    for chunk in answer.iter_bytes():
        said += chunk
        if len(said) > MAX_ANSWER or time.monotonic() > until:
            break
    return said


def _check_robot(said: bytes) -> None:
    """Robots answer 200 to everything and say in the body what is wrong."""
    try:
        answer = orjson.loads(said)
        code = answer["errcode"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise _Failed("unreadable") from None
    if code == BUSY:
        raise _NotNow("robot", f"{code}")
    if code != 0:
        raise _Failed("robot", f"{code} {answer.get('errmsg', '')}"[:DETAIL])

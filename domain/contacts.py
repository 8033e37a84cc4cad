"""Who is on duty where, and how to reach them. Duty posts only: no one who is sampled is ever in here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Code, Refused
from domain.values import read_text

MAX_NAME = 60
MAX_POST = 40
MAX_PHONE = 32

_PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{3,30}[0-9]")


class Post(StrEnum):
    """The posts a reminder looks for, the first to ring first (domain, section 1). A file may name others; they are
    kept as they are and rung last."""

    DUTY = "duty"
    DATA = "data"
    INFORMATION = "information"
    LEAD = "lead"


POST_WORDS = {
    "值班": Post.DUTY, "值班员": Post.DUTY, "值班人员": Post.DUTY, "值班电话": Post.DUTY,
    "数据员": Post.DATA, "数据管理员": Post.DATA, "数据组": Post.DATA, "数据专员": Post.DATA,
    "信息员": Post.INFORMATION, "信息管理员": Post.INFORMATION, "信息专员": Post.INFORMATION,
    "负责人": Post.LEAD, "点长": Post.LEAD, "站长": Post.LEAD, "主任": Post.LEAD,
}  # fmt: skip
"""What lists of duty call these posts."""

_RANK = {post.value: rank for rank, post in enumerate(Post)}


@dataclass(frozen=True, slots=True)
class Contact:
    """One person on duty at one place. `post` is a `Post` or the list's own word."""

    name: str
    phone: str
    post: str


def read_post(value: object) -> str:
    """The post that `value` names; the duty post where it names none. Raises `Refused`."""
    word = read_text("post", value, MAX_POST)
    return str(POST_WORDS.get(word, word.lower() if word.lower() in _RANK else word)) or Post.DUTY.value


def read_phone(value: object) -> str:
    """The number that `value` states, as it is written; "" for none. Raises `Refused`."""
    # Spreadsheets hold a number of eleven digits as a number.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    phone = read_text("phone", value, MAX_PHONE)
    if phone and not _PHONE.fullmatch(phone):
        raise Refused("phone", Code.BAD_VALUE, phone, detail="phone")
    return phone


def in_order(contacts: Iterable[Contact]) -> list[Contact]:
    """The contacts of one place, the first to ring first: by post, of equal posts by name."""
    return sorted(contacts, key=lambda c: (_RANK.get(c.post, len(_RANK)), c.post, c.name))


def masked(phone: str) -> str:
    """A number by which people recognise a phone they know, and nobody else can ring it: `138****2210`."""
    if len(phone) < 8:
        return "*" * max(0, len(phone) - 2) + phone[-2:] if phone else ""
    return f"{phone[:3]}****{phone[-4:]}"

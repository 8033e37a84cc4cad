"""No secret stands in what is committed; the demonstration's password, which is told to everybody, is none."""

import math
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.demo.people import PASSWORD

ROOT = Path(__file__).parents[2]
LEFT_OUT = {".git", ".venv", "var", "vendor", "node_modules", "__pycache__", "test-results"}
LEFT_OUT |= {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
TEXTS = {
    ".py",
    ".toml",
    ".md",
    ".txt",
    ".sh",
    ".js",
    ".css",
    ".html",
    ".yml",
    ".yaml",
    ".conf",
    ".service",
    ".ini",
    "",
}

KNOWN = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{32}"),
    "token of ours": re.compile(r"\bscc_[A-Za-z0-9_-]{43}\b"),
    "key of a cloud": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abp]-[\w-]{20,}"),
    "password hash": re.compile(r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{16,}\$[A-Za-z0-9+/]{32,}"),
    "signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
}  # fmt: skip

ASSIGNED = re.compile(
    r"""(?i)\b\w*(?:password|passwd|secret|token|api_?key|credential)\w*["']?\s*[:=]\s*["']([^"'\s]{16,})["']"""
)
RANDOM_BITS = 3.6
"""Bits a character of a random text holds at least; words hold less."""


def files() -> Iterator[Path]:
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in LEFT_OUT]
        for name in names:
            path = Path(folder) / name
            if path.suffix in TEXTS and path.stat().st_size < 2_000_000:
                yield path


def bits(text: str) -> float:
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def secrets_in(text: str) -> list[str]:
    found = [f"{kind}: {match[0][:12]}…" for kind, pattern in KNOWN.items() for match in pattern.finditer(text)]
    return found + [
        f"looks random: {match[1][:6]}…"
        for match in ASSIGNED.finditer(text)
        if match[1] != PASSWORD
        and bits(match[1]) >= RANDOM_BITS
        and any(c.isdigit() for c in match[1])
        and re.fullmatch(r"[\w+/=.-]+", match[1])
    ]


def test_nothing_committed_is_a_secret():
    assert [f"{path.relative_to(ROOT)}: {said}" for path in files() for said in secrets_in(_read(path))] == []


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN RSA " + "PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA" * 3, "scc_" + "aB3" * 14 + "x",
     "AKIA" + "ABCDEFGH23456789", 'SECRET_KEY = "' + "9f8Kq2LmZx7Vb4Nt1RwY" + '"'],
)  # fmt: skip
def test_a_secret_would_be_found(text: str):
    assert secrets_in(text)

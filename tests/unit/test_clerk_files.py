"""The form's own files: small enough for a slow phone, with every text they ask for, nothing from elsewhere."""

import re
from pathlib import Path

import pytest

import config
from api.clerk import FONT, SCRIPTS, THEME, WORKER_SCRIPTS, Paper
from components import document
from locales import LANGUAGES, texts

ASSETS = Path(config.HERE) / "assets"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ASSETS / "clerk").glob("*.js"))}
BUDGET = 200_000
"""Bytes of everything the form loads, before compression."""


@pytest.fixture(scope="module")
def paper() -> Paper:
    return Paper(ASSETS)


def test_everything_the_form_loads_is_under_200_kb_even_uncompressed(paper: Paper):
    own = {name: len(paper.files[name][1]) for name in ("form.js", "paste.js", "form.css", "texts/zh.json")}
    others = {name: len((ASSETS.parent / name.lstrip("/")).read_bytes()) for name in (THEME, FONT)}
    templates = Path(config.HERE) / "api" / "templates"
    size = sum(own.values()) + sum(others.values()) + len((templates / "clerk.html").read_bytes()) + len(paper.worker)
    assert size <= BUDGET, (size, own, others)


def test_what_travels_is_half_of_that(paper: Paper):
    assert sum(map(len, paper.packed.values())) + len((ASSETS.parent / FONT.lstrip("/")).read_bytes()) < BUDGET / 2


def test_every_script_is_in_a_bundle_and_every_bundle_has_its_scripts():
    assert set(SOURCES) == {name for names in (*SCRIPTS.values(), WORKER_SCRIPTS) for name in names}


def test_the_version_is_another_when_any_file_is(paper: Paper, tmp_path: Path):
    import shutil

    copy = tmp_path / "assets"
    for part in ("clerk", "1-style"):
        shutil.copytree(ASSETS / part, copy / part)
    assert Paper(copy).version == paper.version
    with (copy / "clerk" / "cause.js").open("a", encoding="utf-8") as script:
        script.write("\n")
    assert Paper(copy).version != paper.version


def test_no_page_of_the_application_loads_the_forms_files():
    assert "clerk" in document.NOT_LOADED


def asked() -> tuple[set[str], set[str]]:
    """Keys the scripts ask for, and beginnings of those they put together."""
    whole, begun = set(), set()
    for source in SOURCES.values():
        for key in re.findall(r'"((?:[a-z_]+\.)+[a-z_]+)"', source):
            whole.add(f"clerk.{key}")
        for key in re.findall(r"`((?:[a-z_]+\.)+)\$\{", source):
            begun.add(f"clerk.{key}")
        for key in re.findall(r"\bt\(`([a-z_.]+)\$\{", source):
            begun.add(f"clerk.{key}")
    return whole, begun


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_the_scripts_ask_for_exists(language: str):
    known = texts(language)
    for source in SOURCES.values():
        for call in re.findall(r'\bt\(\s*"([^"]+)"', source):
            assert f"clerk.{call}" in known, call
        for left, right in re.findall(r'\bt\([^"`()]*\? "([^"]+)" : "([^"]+)"', source):
            assert {f"clerk.{left}", f"clerk.{right}"} <= set(known)


def test_every_text_of_the_form_is_used():
    whole, begun = asked()
    python = (Path(config.HERE) / "api" / "clerk.py").read_text(encoding="utf-8")
    shells = "".join(p.read_text(encoding="utf-8") for p in (Path(config.HERE) / "api" / "templates").glob("clerk*"))
    unused = [
        key for key in texts("zh")
        if key.startswith("clerk.") and key not in whole and not key.startswith(tuple(begun))
        and f'"{key}"' not in python and f"'{key}'" not in shells
    ]  # fmt: skip
    assert unused == []


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_scripts_bring_nothing_from_elsewhere_and_make_no_markup_from_text(name: str):
    source = SOURCES[name]
    assert not re.search(
        r"https?://|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source
    )
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.S)) or name in (
        "paste",
        "text",
    )

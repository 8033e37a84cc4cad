"""The briefing screen's own files: whole, of one version, with every sentence they say, nothing from elsewhere."""

import re
import shutil
from pathlib import Path

import pytest

import config
from api import screen_gate
from api.screen_page import SCRIPTS, STYLES, Paper
from components import document
from locales import LANGUAGES, texts

ASSETS = Path(config.HERE) / "assets"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ASSETS / "wall").glob("*.js"))}


@pytest.fixture(scope="module")
def paper() -> Paper:
    return Paper(ASSETS, "abc")


def test_every_script_and_sheet_is_served():
    assert set(SOURCES) == {*SCRIPTS, "worker"}
    assert {path.name for path in (ASSETS / "3-wall").glob("*.css")} == {
        Path(name).name for name in STYLES if name.startswith("3-wall/")
    }


def test_no_page_of_the_application_loads_them():
    assert {"wall", "3-wall"} <= set(document.NOT_LOADED)


def test_every_sentence_they_say_exists_and_every_one_that_exists_is_said():
    said = {key for source in SOURCES.values() for key in re.findall(r'"(wall\.life\.[a-z_]+)"', source)}
    for language in LANGUAGES:
        assert said == {key for key in texts(language) if key.startswith("wall.life.")}


def test_a_screen_loads_less_than_a_hundred_kilobytes(paper: Paper):
    assert sum(map(len, paper.packed.values())) + len(paper.document) + len(paper.worker) < 100_000


def test_the_document_names_the_version_it_belongs_to_and_nothing_of_another_host(paper: Paper):
    document = paper.document.decode()
    asked = re.findall(r'(?:src|href)="([^"]+)"', document)
    assert [address for address in asked if address.startswith("/screen/")] == [
        "/screen/wall.css?v=abc",
        "/screen/wall.js?v=abc",
    ]
    assert all(re.match(r"/(?!/)", address) for address in asked)
    assert not re.search(r"<script(?![^>]*src)|<style|\son[a-z]+=|\sstyle=", document)


def test_the_worker_keeps_what_the_document_asks_for(paper: Paper):
    told = re.match(r"const KEPT = (.*);\n", paper.worker.decode())
    assert told is not None
    for address in re.findall(r'(?:src|href)="([^"]+)"', paper.document.decode()):
        assert address in told[1]


def test_the_version_is_another_when_any_file_is(tmp_path: Path):
    copy = tmp_path / "assets"
    for part in ("wall", "3-wall", "1-style"):
        shutil.copytree(ASSETS / part, copy / part)
    assert screen_gate.software(copy) == screen_gate.software(ASSETS)
    for name in ("wall/play.js", "wall/screen.html", "3-wall/5-life.css"):
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        assert screen_gate.software(copy) != screen_gate.software(ASSETS)
        shutil.copyfile(ASSETS / name, copy / name)

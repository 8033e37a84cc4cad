"""Watched folders: every file once, by its content; none that is half written; nothing outside what is allowed."""

import os
import time
from pathlib import Path

import openpyxl
import pytest
from kit import World, at, iso
from pull_kit import Sources

from data.models import SourceFile
from data.pull.folder import SETTLED_SECONDS

LONG_AGO = 60.0


@pytest.fixture
def sources(world: World, tmp_path: Path) -> Sources:
    return Sources(world, tmp_path / "sources")


def write(
    folder: Path, name: str, *rows: tuple[str, int, object], encoding: str = "utf-8", age: float = LONG_AGO
) -> Path:
    """A file of hourly reports that nobody has written to for `age` seconds."""
    lines = ["site,hour,persons", *(f"{site},{iso(hour)},{persons}" for site, hour, persons in rows)]
    path = folder / name
    path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
    aged(path, age)
    return path


def aged(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_files_are_taken_once(world: World, sources: Sources):
    write(sources.folder, "08.csv", ("S1", 8, 40), ("S4", 8, 50))
    write(sources.folder, "09.csv", ("S1", 9, 41))
    source = sources.files()
    run = sources.pull(source)
    assert (run.parts, run.rows, run.accepted) == (2, 3, 3)
    again = sources.pull(source)
    assert (again.succeeded, again.parts, again.rows) == (True, 0, 0)
    assert world.persons() == 131
    assert world.count(SourceFile) == 2
    assert sources.row(source).rows == 3, "what was delivered last is still shown"


def test_the_same_content_under_another_name_is_the_same_file(world: World, sources: Sources):
    source = sources.files()
    first = write(sources.folder, "a.csv", ("S1", 8, 40))
    sources.pull(source)
    (sources.folder / "b.csv").write_bytes(first.read_bytes())
    aged(sources.folder / "b.csv", LONG_AGO)
    assert sources.pull(source).parts == 0


def test_a_file_that_changed_is_taken_again_and_corrects(world: World, sources: Sources):
    source = sources.files()
    write(sources.folder, "day.csv", ("S1", 8, 40))
    sources.pull(source)
    write(sources.folder, "day.csv", ("S1", 8, 44), ("S1", 9, 30), age=LONG_AGO / 2)
    run = sources.pull(source)
    assert (run.accepted, run.corrected, run.refused) == (2, 1, 0)
    assert world.by_hour() == {8: 44, 9: 30}
    world.check()


def test_the_later_file_has_the_last_word_whatever_they_are_called(world: World, sources: Sources):
    write(sources.folder, "z.csv", ("S1", 8, 40), age=100)
    write(sources.folder, "a.csv", ("S1", 8, 45), age=50)
    run = sources.pull(sources.files())
    assert (run.parts, run.corrected) == (2, 1)
    assert world.persons() == 45


@pytest.mark.parametrize("age", [0.0, SETTLED_SECONDS / 2, -3600.0])
def test_a_file_that_may_still_be_written_is_left_and_looked_at_again_soon(
    world: World, sources: Sources, monkeypatch: pytest.MonkeyPatch, age: float
):
    """Also one whose time another machine's clock put into the future."""
    source = sources.files()
    with monkeypatch.context() as standing:
        # However long this machine takes, the file is as old as said when it is looked at.
        now = time.time()
        standing.setattr("data.pull.folder.time.time", lambda: now)
        path = write(sources.folder, "half.csv", ("S1", 8, 4), age=age)
        run = sources.pull(source)
    assert (run.succeeded, run.parts) == (True, 0)
    assert sources.row(source).next_at == world.clock.advance(seconds=SETTLED_SECONDS)
    path.write_text(path.read_text().rstrip().removesuffix("4") + "42\n")
    aged(path, LONG_AGO)
    assert sources.pull(source).accepted == 1
    assert world.persons() == 42


def test_a_file_with_a_time_to_come_is_taken_when_we_have_seen_it_rest(
    world: World, sources: Sources, monkeypatch: pytest.MonkeyPatch
):
    write(sources.folder, "x.csv", ("S1", 8, 4), age=-3600)
    source = sources.files()
    sources.pull(source)
    now = time.time()
    monkeypatch.setattr("data.pull.folder.time.time", lambda: now + SETTLED_SECONDS + 1)
    assert sources.pull(source).accepted == 1


@pytest.mark.parametrize(
    "name", [".08.csv", "~$08.csv", "08.csv.part", "08.csv.tmp", "08.csv.filepart", "08.txt", "08.csv.swp"]
)
def test_what_other_programs_leave_lying_about_is_not_taken(sources: Sources, name: str):
    write(sources.folder, name, ("S1", 8, 4))
    assert sources.pull(sources.files()).parts == 0


def test_a_file_that_cannot_be_read_is_told_and_does_not_hold_up_the_others(world: World, sources: Sources):
    (sources.folder / "a.csv").write_bytes(b"site,hour,persons\nS1,2021,\xff\xfe\x00\x01")
    aged(sources.folder / "a.csv", LONG_AGO)
    write(sources.folder, "b.csv", ("S1", 8, 40))
    source = sources.files()
    run = sources.pull(source)
    assert (run.succeeded, run.parts, run.accepted, run.refused) == (False, 2, 1, 1)
    assert run.problem["code"] == "file_failed"
    assert world.persons() == 40
    again = sources.pull(source)
    assert (again.succeeded, again.parts) == (True, 0)
    assert sources.row(source).refused == 1, "until another file comes the page says that one was refused"
    (sources.folder / "a.csv").write_bytes((sources.folder / "b.csv").read_bytes().replace(b",40", b",41"))
    aged(sources.folder / "a.csv", LONG_AGO / 2)
    mended = sources.pull(source)
    assert (mended.succeeded, mended.corrected) == (True, 1)
    assert sources.row(source).refused == 0


def test_columns_that_are_not_there_are_one_files_fault(world: World, sources: Sources):
    mapping = '[columns]\nsite = "point"\nhour = "hour"\npersons = "persons"'
    write(sources.folder, "b.csv", ("S1", 8, 40))
    (sources.folder / "c.csv").write_text(f"point,hour,persons\nS1,{iso(9)},41\n")
    aged(sources.folder / "c.csv", LONG_AGO / 2)
    run = sources.pull(sources.files(mapping=mapping))
    assert (run.parts, run.accepted, run.refused) == (2, 1, 1)
    assert world.by_hour() == {9: 41}


def test_chinese_files_in_their_own_encoding_are_read(world: World, sources: Sources):
    text = f"采样点编码,时段,采样人数\nS1,{iso(8)},40\n"
    (sources.folder / "中文.csv").write_bytes(text.encode("gb18030"))
    aged(sources.folder / "中文.csv", LONG_AGO)
    assert sources.pull(sources.files()).accepted == 1


def test_an_encoding_that_the_mapping_names_wrongly_is_told(world: World, sources: Sources):
    (sources.folder / "x.csv").write_bytes(f"采样点编码,时段,采样人数\nS1,{iso(8)},40\n".encode("gb18030"))
    aged(sources.folder / "x.csv", LONG_AGO)
    run = sources.pull(sources.files(mapping='[options]\nencoding = "utf-8"'))
    assert run.problem["params"]["failure"]["params"]["problem"] == "bad_encoding"
    assert world.persons() == 0


def test_a_workbook_is_a_file_like_any_other(world: World, sources: Sources):
    book = openpyxl.Workbook()
    for line in (["site", "hour", "persons"], ["S1", at(8).replace(tzinfo=None), 40]):
        book.active.append(line)
    book.save(sources.folder / "x.xlsx")
    aged(sources.folder / "x.xlsx", LONG_AGO)
    run = sources.pull(sources.files(pattern="*.xlsx", zone="Asia/Shanghai"))
    assert run.accepted == 1
    assert world.by_hour() == {8: 40}


def test_taken_files_are_moved_where_that_is_wanted(world: World, sources: Sources):
    write(sources.folder, "a.csv", ("S1", 8, 40))
    source = sources.files(after="move")
    sources.pull(source)
    assert [path.name.split(".")[0] for path in (sources.folder / "taken").iterdir()] == ["a"]
    assert not (sources.folder / "a.csv").exists()
    write(sources.folder, "a.csv", ("S1", 8, 40))
    assert sources.pull(source).parts == 0
    assert not (sources.folder / "a.csv").exists(), "taken before: only the move is made up for"


def test_a_file_that_cannot_be_moved_is_remembered(world: World, sources: Sources):
    write(sources.folder, "a.csv", ("S1", 8, 40))
    (sources.folder / "taken").write_text("in the way")
    source = sources.files(after="move")
    assert sources.pull(source).accepted == 1
    assert sources.pull(source).parts == 0
    assert world.persons() == 40


@pytest.mark.parametrize("address", ["..", "../other", "/etc", "sub/../../other"])
def test_nothing_outside_the_folders_is_looked_at(sources: Sources, address: str):
    run = sources.pull(sources.files(address=address))
    assert run.problem["code"] == "outside_folders"


def test_links_lead_nowhere_outside(world: World, sources: Sources, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = write(outside, "secret.csv", ("S1", 8, 40))
    (sources.folder / "link").symlink_to(outside)
    (sources.folder / "linked.csv").symlink_to(secret)
    assert sources.pull(sources.files(address="link")).problem["code"] == "outside_folders"
    assert sources.pull(sources.files()).parts == 0
    (sources.folder / "db").symlink_to(outside / "feed.db")
    run = sources.pull(sources.define(kind="sql", address="sqlite:///db", query="SELECT 1 AS site"))
    assert run.problem["code"] == "outside_folders"


def test_without_folders_nothing_is_read(world: World, sources: Sources, tmp_path: Path):
    sources.around = type(sources.around)()
    for source in (
        sources.files(),
        sources.define(kind="sql", address="sqlite:////etc/passwd", query="SELECT 1 AS a"),
    ):
        assert sources.pull(source).problem["code"] == "no_folders"


def test_a_folder_that_is_not_there_is_told(sources: Sources):
    assert sources.pull(sources.files(address="nowhere")).problem["code"] == "no_folder"

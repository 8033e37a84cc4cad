"""Files of tube events: full event files, a site's third copies, a laboratory's receipts, and what can be wrong."""

import gzip
import io
from datetime import datetime

import openpyxl
import orjson
import pytest
from kit import TOWN, World, at, iso

from data.ingest import tube_files
from data.ingest.file_import import FileResult
from data.ingest.files import What
from data.ingest.rejects import rejected_bytes
from data.models import TubeEvent, TubeRow
from domain.errors import Unreadable

LABS = f"lab,name,towns\nLAB-1,中心实验室,{TOWN}\nLAB-2,二号实验室,440607002\n"
ZONE = '[options]\ntimezone = "Asia/Shanghai"\n'


@pytest.fixture
def world(world: World) -> World:
    world.clock.to(at(12))
    assert not world.file(What.LABS, LABS).refused
    return world


def send(world: World, content: str | bytes, **options: object) -> FileResult:
    return world.file(What.TUBES, content, **options)


def refusals(result: FileResult) -> list[tuple[int, str, str, str]]:
    return [(line, r.field, r.code.value, r.detail) for line, r in result.refused]


def tube(world: World, barcode: str) -> TubeRow | None:
    with world.database.read() as session:
        return session.get(TubeRow, (world.id, barcode))


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


EVENTS = (
    "条码,事件,时间,采样点编码,台码,箱码,送检单号,实验室,人数,混采比,结果,原因\n"
    f"44060001,采样,{iso(8)},S1,1,B1,M1,,10,10,,\n"
    f"44060001,第三联,{iso(8)},S1,1,,,,,,,\n"
    f"44060001,转运,{iso(9)},S1,,B1,M1,,,,,\n"
    f"44060001,签收,{iso(10)},,,B1,M1,LAB-1,,,,\n"
    f"44060001,上机,{iso(11)},,,,,LAB-1,,,,\n"
    f"44060001,结果,{iso(11, 30)},,,,,LAB-1,,,阴性,\n"
    f"44060002,作废,{iso(9)},S1,,,,,,,,破损\n"
)


def test_a_full_event_file_with_the_usual_chinese_headers_goes_in(world: World):
    done = send(world, EVENTS)
    assert (done.batch.accepted, done.refused) == (7, [])
    found = tube(world, "44060001")
    assert found is not None
    assert (found.stage, found.result, found.box, found.persons) == (5, 1, "B1", 10)
    assert world.audits()[-1].details["file"] == "sent.csv"


def test_the_same_file_twice_changes_nothing(world: World):
    send(world, EVENTS)
    revision = world.revision()
    again = send(world, EVENTS)
    assert (again.batch.accepted, again.batch.unchanged, again.refused) == (0, 7, [])
    assert world.revision() == revision


def test_the_same_moment_written_otherwise_is_the_same_event(world: World):
    send(world, f"barcode,type,at,site\nAB-0001,sampled,{iso(8)},S1\n")
    utc = "2021-06-06T00:00:00+00:00"
    assert send(world, f"barcode,type,at,site\nAB-0001,sampled,{utc},S1\n").batch.unchanged == 1


def test_a_dry_run_says_the_same_and_keeps_nothing(world: World):
    tried = send(world, EVENTS, dry_run=True)
    assert tried.batch.accepted == 7
    assert world.count(TubeEvent) == 0


def test_a_site_sends_its_list_of_third_copies_with_what_all_rows_share_in_the_constants(world: World):
    mapping = '[constants]\ntype = "third_copy"\nsite = "S1"\n' + ZONE
    done = send(world, "第三联条码,登记时间,台码\n44060001,2021/6/6 8:05,2\n44060002,2021-06-06 08:06:30,2\n",
                mapping_toml=mapping)  # fmt: skip
    assert (done.batch.accepted, done.refused) == (2, [])
    found = tube(world, "44060002")
    assert found is not None
    assert found.third_at == at(8, 6, 30).timestamp()
    assert found.sampled_at is None


def test_a_laboratory_sends_its_list_of_receipts_as_a_workbook(world: World):
    mapping = '[constants]\ntype = "received"\nlab = "LAB-1"\n' + ZONE
    data = workbook(
        [["条码", "收样时间", "箱码", "送检单号"], [440600001234, datetime(2021, 6, 6, 10, 5), 7, "M1"]]  # noqa: DTZ001
    )
    done = send(world, data, name="receipts.xlsx", mapping_toml=mapping)
    assert (done.batch.accepted, done.refused) == (1, [])
    found = tube(world, "440600001234")
    assert found is not None
    assert (found.received_at, found.received_box) == (at(10, 5).timestamp(), "7")


@pytest.mark.parametrize(
    ("cell", "detail"),
    [
        (4406070000123456789, "digits_lost"),
        (44060700.5, "number"),
        ("4.40607E+11", "number"),
        ("4,40607e+11", "number"),
    ],
)
def test_a_barcode_that_a_spreadsheet_has_spoiled_is_refused_with_the_remedy(world: World, cell: object, detail: str):
    rows = [["barcode", "type", "at", "site"], [cell, "sampled", iso(8), "S1"]]
    done = send(world, workbook(rows), name="spoiled.xlsx")
    assert refusals(done) == [(2, "barcode", "bad_barcode", detail)]


def test_fifteen_digits_of_a_number_and_letters_that_look_like_one_are_taken_as_they_are(world: World):
    rows = [["barcode", "type", "at", "site"]]
    rows += [[code, "sampled", iso(8), "S1"] for code in (440607000012345, "44060E12", "0044060001")]
    done = send(world, workbook(rows), name="exact.xlsx")
    assert done.batch.accepted == 3
    assert all(tube(world, code) for code in ("440607000012345", "44060E12", "0044060001"))


def test_blanks_around_a_barcode_and_full_width_digits_are_put_right(world: World):
    done = send(world, f"barcode,type,at,site\n\u3000４４０６-０００１ ,sampled,{iso(8)},S1\n")
    assert done.refused == []
    assert tube(world, "4406-0001") is not None


def test_letters_and_digits_that_look_alike_stay_different_tubes(world: World):
    codes = ("44O60001", "44060001", "4406000l", "4406000I")
    lines = "".join(f"{code},sampled,{iso(8)},S1\n" for code in codes)
    assert send(world, f"barcode,type,at,site\n{lines}").batch.accepted == 4
    assert all(tube(world, code) for code in codes)


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("", "missing_field"), ("44060", "bad_barcode"), ("4" * 33, "bad_barcode"), ("4406 0001", "bad_barcode"),
        ("44060\ufffd01", "bad_barcode"), ("条码44060001", "bad_barcode"), ("44060001;DROP", "bad_barcode"),
        ("=44060001", "bad_barcode"),
    ],
)  # fmt: skip
def test_a_garbled_empty_or_over_long_barcode_is_refused_by_name_and_the_rest_goes_in(
    world: World, code: str, refusal: str
):
    done = send(world, f"barcode,type,at,site\n{code},sampled,{iso(8)},S1\n44060001,sampled,{iso(8)},S1\n")
    assert refusals(done) == [(2, "barcode", refusal, "")]
    assert done.batch.accepted == 1


def test_a_time_without_a_zone_is_refused_until_somebody_says_which(world: World):
    text = "barcode,type,at,site\n44060001,sampled,2021-06-06 08:00,S1\n"
    assert refusals(send(world, text)) == [(2, "at", "bad_time", "no_zone")]
    assert send(world, text, mapping_toml=ZONE).batch.accepted == 1


def test_an_hour_that_clocks_show_twice_is_refused(world: World):
    zone = '[options]\ntimezone = "Europe/Bratislava"\n'
    done = send(world, "barcode,type,at,site\n44060001,sampled,2021-10-31 02:30,S1\n", mapping_toml=zone)
    assert refusals(done) == [(2, "at", "bad_time", "clock_change")]


@pytest.mark.parametrize(
    ("time", "refusal"),
    [
        ("2021-06-06T12:30:00+08:00", ("time_in_future", "event")),
        ("2020-06-06T12:30:00+08:00", ("bad_time", "other_campaign")),
        ("yesterday", ("bad_time", "")), ("2021-13-45 08:00", ("bad_time", "")), ("", ("missing_field", "")),
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_is_refused(world: World, time: str, refusal: tuple[str, str]):
    done = send(world, f"barcode,type,at,site\n44060001,sampled,{time},S1\n", mapping_toml=ZONE)
    assert [(r.field, r.code.value, r.detail) for _, r in done.refused] == [("at", *refusal)]


def test_a_receipt_before_its_sampling_and_one_tube_at_two_sites_are_taken_and_flagged(world: World):
    done = send(
        world,
        "barcode,type,at,site,lab\n"
        f"44060001,received,{iso(8)},,LAB-1\n44060001,sampled,{iso(9)},S1,\n"
        f"44060002,sampled,{iso(8)},S1,\n44060002,sampled,{iso(8, 5)},S4,\n",
    )
    assert (done.batch.accepted, done.refused) == (4, [])
    early, twice = tube(world, "44060001"), tube(world, "44060002")
    assert early is not None
    assert twice is not None
    assert early.findings & 16
    assert twice.findings & 2


def test_two_rows_of_one_file_that_say_the_same_are_both_refused(world: World):
    row = f"44060001,sampled,{iso(8)},S1\n"
    done = send(world, f"barcode,type,at,site\n{row}{row}44060002,sampled,{iso(8)},S1\n")
    assert refusals(done) == [(line, "key", "duplicate_in_file", "tube") for line in (2, 3)]
    assert done.batch.accepted == 1
    with_ids = f"event_id,barcode,type,at,site\ne1,{row}e1,{row}"
    assert send(world, with_ids).batch.accepted == 1


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ("44060001,teleported,{at},S1,", ("type", "unknown_type")),
        ("44060001,收样,{at},S1,", ("type", "unknown_type")),
        ("44060001,sampled,{at},S9,", ("site", "unknown_site")),
        ("44060001,received,{at},,LAB-9", ("lab", "unknown_lab")),
        ("44060001,sampled,{at},,", ("site", "missing_field")),
        ("44060001,received,{at},,", ("lab", "missing_field")),
    ],
)
def test_what_one_row_shows_by_itself_is_refused(world: World, fields: str, refusal: tuple[str, str]):
    done = send(world, f"barcode,type,at,site,lab\n{fields.format(at=iso(8))}\n")
    assert [(r.field, r.code.value) for _, r in done.refused] == [refusal]


def lines(*rows: dict[str, object]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def sampled(barcode: str, **more: object) -> dict[str, object]:
    return {"event_id": f"e-{barcode}", "barcode": barcode, "type": "sampled", "at": iso(8), "site": "S1"} | more


@pytest.mark.parametrize("packed", [False, True])
def test_half_a_line_at_the_end_of_a_stream_is_refused_and_can_be_mended(world: World, packed: bool):
    whole = lines(sampled("44060001"), sampled("44060002", persons=10), sampled("44060003"))
    cut = whole[:-30]
    done = send(world, gzip.compress(cut) if packed else cut, name="events.ndjson")
    assert done.batch.accepted == 2
    assert refusals(done) == [(3, "row", "bad_value", "json")]
    said = [(line, r.field, r.code.value, "…") for line, r in done.refused]
    back = rejected_bytes(done.table, said).decode("utf-8-sig")
    missing = whole.splitlines()[2][len(cut.splitlines()[2]) :].decode().replace('"', '""')
    fragment = cut.splitlines()[2].decode().replace('"', '""')
    mended = back.replace(fragment, fragment + missing)
    assert send(world, mended).batch.accepted == 1
    assert tube(world, "44060003") is not None


def test_a_json_list_and_lines_that_are_no_objects(world: World):
    assert send(world, orjson.dumps([sampled("44060001"), sampled("44060002")])).batch.accepted == 2
    done = send(world, lines(sampled("44060003")) + b'[1, 2]\n"text"\n\n')
    assert done.batch.accepted == 1
    assert [line for line, *_ in refusals(done)] == [2, 3]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty_file"),
        (b"[{]", "bad_json"),
        (gzip.compress(b"barcode,type\n", mtime=0)[:-6], "gzip_cut_off"),
        (b"\x1f\x8b nonsense", "not_a_table"),
        (b"44060001,2021-06-06T08:00:00+08:00\n44060002,2021-06-06T08:00:00+08:00\n", "no_barcode_column"),
        (b"PK\x03\x04 broken", "not_a_table"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(world: World, content: bytes, problem: str):
    with pytest.raises(Unreadable) as refused:
        send(world, content)
    assert refused.value.problem == problem


def test_a_compressed_file_is_unpacked_no_further_than_the_limit(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tube_files, "MAX_UNPACKED", 1 << 20)
    with pytest.raises(Unreadable) as refused:
        send(world, gzip.compress(b"0" * (64 << 20)))
    assert refused.value.problem == "too_large"

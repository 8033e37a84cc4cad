"""Publishing through the interface: who may do what, files and templates."""

import base64
import io
from urllib.parse import unquote

import openpyxl
import pytest
from docx import Document
from issue_kit import LIANG, House, caller
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, assert_problem, at, iso, make_world, row

from data import bulletins
from data.database import Database
from data.models import Audit


@pytest.fixture
def desk(api: Api) -> Api:
    api.world.clock.to(at(9, 20))
    House(api.world)
    return api


def frozen_by(api: Api, who: str = "district", **more) -> dict:
    body = {"key": "k1", "hour": iso(8), **more}
    answer = api.post("bulletins", body, who)
    assert answer.status_code == 200, answer.json
    return answer.json["bulletin"]


def test_from_freeze_to_signature_through_the_interface(desk: Api):
    draft = frozen_by(desk)
    assert (draft["issue"], draft["state"], draft["hour"]) == ("3", "draft", iso(8))
    reviewer, leader = desk.signed_in("district"), desk.signed_in("leader")
    base = f"/api/v1/campaigns/{desk.world.id}/bulletins"
    assert_problem(desk.post("bulletins/review", {"id": draft["id"]}), 409)
    assert reviewer.post(f"{base}/review", {"id": draft["id"]}).json["bulletin"]["state"] == "reviewed"
    assert_problem(reviewer.post(f"{base}/sign", {"id": draft["id"]}), 403)
    done = leader.post(f"{base}/sign", {"id": draft["id"]}).json
    assert (done["changed"], done["bulletin"]["state"]) == (True, "published")
    assert leader.post(f"{base}/sign", {"id": draft["id"]}).json["changed"] is False
    listed = desk.get("bulletins").json
    assert [(b["issue"], b["total"]["persons"]) for b in listed] == [("3", 320)]
    assert desk.get("bulletins?hour=" + iso(7).replace("+", "%2B")).json == []


@pytest.mark.parametrize("who", ["site", "town", "reader", "gateway"])
def test_who_may_not_prepare(desk: Api, who: str):
    draft = frozen_by(desk)
    for path, body in (
        ("bulletins", {"key": "x", "hour": iso(7)}), ("bulletins/review", {"id": draft["id"]}),
        ("bulletins/remark", {"id": draft["id"], "remark": "x"}), ("bulletins/withdraw", {"id": draft["id"]}),
        ("bulletins/sign", {"id": draft["id"]}), ("bulletins/templates", {"key": "t", "name": "a", "content": ""}),
        ("bulletins/templates/delete", {"id": 1}),
    ):  # fmt: skip
        assert_problem(desk.post(path, body, who), 403)


def test_a_town_reads_no_bulletin_of_its_district(desk: Api):
    draft = frozen_by(desk)
    assert desk.get("bulletins", "town").json == []
    assert_problem(desk.get(f"bulletins?scope={DISTRICT}", "town"), 403)
    assert_problem(desk.get(f"bulletins/file?id={draft['id']}&format=xlsx", "town"), 403)


def test_a_bulletin_of_another_campaign_is_unknown(desk: Api, database: Database):
    other = House(make_world(database, desk.world.clock)).publish(8)
    assert_problem(desk.post("bulletins/review", {"id": other.id}), 404)
    assert_problem(desk.get(f"bulletins/file?id={other.id}&format=xlsx"), 404)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": "", "hour": iso(8)}, 400), ({"hour": iso(8)}, 400), ({"key": "k", "hour": "8"}, 400),
        ({"key": "k", "hour": iso(8, 30)}, 400), ({"key": "k", "hour": iso(9)}, 409),
        ({"key": "k", "hour": iso(8), "scope": "nowhere"}, 404), ({"key": "k", "hour": iso(8), "scope": TOWN}, 400),
        ({"key": "k", "hour": iso(8), "remark": "x" * 700}, 400), ({"key": "k", "hour": 8}, 400), ([], 400),
        ({"key": "k", "hour": iso(8), "remark": "a\u0000b"}, 400),
    ],
)  # fmt: skip
def test_what_the_interface_refuses_to_freeze(desk: Api, body, status):
    said = assert_problem(desk.post("bulletins", body), status)
    assert said["detail"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refusal_says_why_in_the_callers_language(desk: Api, language: str):
    frozen_by(desk)
    body = desk.post("bulletins", {"key": "k2", "hour": iso(8)}, language=language).json
    assert body["errors"][0]["code"] == "conflict"
    assert {"zh": "已有草稿", "en": "has a draft already"}[language] in body["detail"]


def test_the_remark_is_added_and_the_numbers_stay(desk: Api):
    draft = frozen_by(desk)
    done = desk.post("bulletins/remark", {"id": draft["id"], "remark": "下午有雨。"}).json["bulletin"]
    assert (done["remark"], done["lead"], done["total"]) == ("下午有雨。", draft["lead"], draft["total"])
    bulletins.review(desk.world.database, desk.world.id, draft["id"], caller(LIANG), desk.world.clock)
    assert_problem(desk.post("bulletins/remark", {"id": draft["id"], "remark": "x"}), 409)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_files_say_what_the_page_says_and_bear_issue_and_revision(desk: Api, language: str):
    draft = frozen_by(desk)
    for suffix in ("xlsx", "docx"):
        answer = desk.get(f"bulletins/file?id={draft['id']}&format={suffix}&sites=1&lang={language}")
        assert answer.status_code == 200
        name = unquote(answer.headers["Content-Disposition"])
        assert f"-3-r{draft['revision']}-{language}.{suffix}" in name
    book = openpyxl.load_workbook(io.BytesIO(
        desk.get(f"bulletins/file?id={draft['id']}&format=xlsx&sites=1&lang={language}").data))  # fmt: skip
    assert draft["total"]["persons"] in [c.value for ws in book for line in ws.iter_rows() for c in line]
    written = Document(io.BytesIO(desk.get(f"bulletins/file?id={draft['id']}&format=docx&lang={language}").data))
    lead = desk.get("bulletins", language=language).json[0]["lead"]
    assert lead in [p.text for p in written.paragraphs]


def test_a_download_is_an_audit_row(desk: Api):
    draft = frozen_by(desk)
    before = desk.world.count(Audit, action="bulletin.export")
    desk.get(f"bulletins/file?id={draft['id']}&format=docx")
    rows = [r for r in desk.world.audits() if r.action == "bulletin.export"]
    assert len(rows) == before + 1
    assert rows[-1].details["issue"] == "3"
    assert rows[-1].details["format"] == "docx"


def test_files_come_from_the_snapshot_and_not_from_the_record(desk: Api):
    draft = frozen_by(desk)
    path = f"bulletins/file?id={draft['id']}&format=xlsx&sites=1&lang=zh"
    before = _values(desk.get(path).data)
    desk.world.send(row("S1", 8, 400, key="c", correction_of="S1/8", note="x", tubes=50))
    assert _values(desk.get(path).data) == before


def _values(data: bytes) -> list:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [(ws.title, c.coordinate, c.value) for ws in book for line in ws.iter_rows() for c in line]


def _form(**cells: str) -> str:
    book = openpyxl.Workbook()
    for where, value in cells.items():
        book.active[where] = value
    out = io.BytesIO()
    book.save(out)
    return base64.b64encode(out.getvalue()).decode()


def test_a_template_is_taken_in_filled_listed_and_deleted(desk: Api):
    draft = frozen_by(desk)
    sent = {"key": "t1", "name": "快报.xlsx", "content": _form(A1="{{ persons }}", A2="{{ sites.name }}")}
    first, again = desk.post("bulletins/templates", sent).json, desk.post("bulletins/templates", sent).json
    assert (first["changed"], again["changed"], again["id"]) == (True, False, first["id"])
    assert first["fields"] == ["persons", "sites.name"]
    assert_problem(desk.post("bulletins/templates", {**sent, "name": "other.xlsx"}), 409)
    assert [t["name"] for t in desk.get("bulletins/templates").json] == ["快报.xlsx"]
    filled = desk.get(f"bulletins/file?id={draft['id']}&template={first['id']}")
    sheet = openpyxl.load_workbook(io.BytesIO(filled.data)).active
    assert [sheet[f"A{n}"].value for n in range(1, 7)] == [320, "S1", "S2", "S3", "S4", "S5"]
    assert desk.post("bulletins/templates/delete", {"id": first["id"]}).json["changed"] is True
    assert desk.post("bulletins/templates/delete", {"id": first["id"]}).json["changed"] is False
    assert desk.get("bulletins/templates").json == []
    assert_problem(desk.get(f"bulletins/file?id={draft['id']}&template={first['id']}"), 404)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", _form(A1="{{ nobody }}"), "nobody"), ("a.xlsx", "!!", "base64"), ("a.pdf", _form(), "a.pdf"),
        ("a.xlsm", _form(A1="{{ persons }}"), "宏"), ("", _form(A1="{{ persons }}"), "缺少"),
    ],
)  # fmt: skip
def test_a_bad_template_is_refused_with_its_reason(desk: Api, name: str, content: str, said: str):
    problem = assert_problem(desk.post("bulletins/templates", {"key": "t", "name": name, "content": content}), 400)
    assert said in problem["detail"]


def test_a_template_that_is_too_large_is_refused(desk: Api):
    large = base64.b64encode(b"P" * (2 * 1024 * 1024 + 9)).decode()
    assert_problem(desk.post("bulletins/templates", {"key": "t", "name": "a.xlsx", "content": large}), 413)


def test_the_fields_and_examples_are_there_for_whoever_makes_a_template(desk: Api):
    fields = {field["name"]: field for field in desk.get("bulletins/fields", language="en").json}
    assert fields["persons"]["meaning"] == "People sampled"
    assert "gap" in fields["towns"]["row"]
    for suffix in ("xlsx", "docx"):
        made = desk.get(f"bulletins/templates/example?format={suffix}&lang=en")
        sent = {"key": suffix, "name": f"example.{suffix}", "content": base64.b64encode(made.data).decode()}
        assert desk.post("bulletins/templates", sent).json["changed"] is True


def test_names_that_are_programs_stay_names_on_every_way_out(desk: Api):
    odd = "=cmd|'/C calc'!A0 <script>alert(1)</script> {{7*7}}"
    desk.world.set_places({"site": "S5", "town": OTHER_TOWN, "site_name": odd})
    draft = frozen_by(desk)
    assert odd in desk.get("bulletins").json[0]["lead"]
    book = openpyxl.load_workbook(
        io.BytesIO(desk.get(f"bulletins/file?id={draft['id']}&format=xlsx&sites=1").data))  # fmt: skip
    cells = [c for ws in book for line in ws.iter_rows() for c in line]
    assert [c.data_type for c in cells if c.value == odd] == ["s", "s"]
    assert "f" not in {c.data_type for c in cells}

"""What the pages read of tubes: at a glance, by town, by site, box by box; on both databases."""

import gzip

import orjson
import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, World, at
from tube_kit import code, event, set_labs, tell

from data.models import LabReport
from data.queries.backlog import backlogs
from data.queries.late_tubes import late_tube_findings
from data.queries.moment import Moment
from data.queries.site_tubes import site_panel, site_tubes
from data.queries.town import town_picture
from data.queries.tube_glance import glance, loaded
from data.queries.tube_page import tubes_picture
from domain.lab_load import loads
from domain.places import Level
from domain.status import Severity
from domain.tubes import BACKLOG, Stage

STEPS = ("sampled", "collected", "received", "testing", "result")


@pytest.fixture
def tubes(world: World) -> World:
    """Five tubes of S1, each a step further; one of the other town. It is 12:00."""
    set_labs(world)
    world.clock.to(at(12))
    rows = [
        event(code(n), kind, 9 + k // 2, 30 * (k % 2), **({"box": "B1"} if k == 1 else {}))
        for n in range(5)
        for k, kind in enumerate(STEPS[: n + 1])
    ]
    rows.append(event(code(9), "sampled", 11, 30, site="S4"))
    assert not tell(world, *rows).rejected
    return world


def ask(world: World, query, place: str = DISTRICT, lab: str = "", until: int | None = None):
    with world.reading() as (session, tree):
        return query(session, Moment(tree, tree.by_code[place], world.revision(), world.clock(), until, lab=lab))


@pytest.mark.parametrize("lab", ["", "LAB-A"])
@pytest.mark.parametrize("hour", [(9, 50), (10, 31), (11, 1), (12, 0)])
def test_laboratories_among_others_carry_the_same_load(tubes: World, lab, hour):
    tubes.clock.to(at(*hour))
    short, whole = ask(tubes, loaded, DISTRICT, lab), ask(tubes, backlogs, DISTRICT, lab)
    limits = whole.backlog.campaign.limits
    assert loads(short.labs, limits) == loads(whole.labs, limits)
    assert short.backlog == whole.backlog
    chosen = [row for row in short.labs if row.lab.code == lab]
    assert chosen == [row for row in whole.labs if row.lab.code == lab]


@pytest.mark.parametrize("place", [DISTRICT, TOWN, OTHER_TOWN])
def test_a_glance_says_the_same_as_the_whole_backlog(tubes: World, place):
    glanced, whole = ask(tubes, glance, place), ask(tubes, backlogs, place)
    for stage in BACKLOG:
        one, other = glanced.backlog.stage(stage), whole.backlog.stage(stage)
        assert (one.tubes, one.waiting.oldest_minutes, one.waiting.severity) == (
            other.tubes, other.waiting.oldest_minutes, other.waiting.severity,
        )  # fmt: skip
    since = glanced.backlog.since_use
    assert (since.tubes, since.oldest_minutes) == (
        whole.backlog.since_use.tubes, whole.backlog.since_use.oldest_minutes,
    )  # fmt: skip
    assert (glanced.backlog.at_labs, glanced.backlog.reported) == (whole.backlog.at_labs, whole.backlog.reported)
    by_lab = {row.lab.code: row.backlog.at_labs for row in whole.labs}
    assert all(by_lab[row.lab.code] == row.backlog.at_labs for row in glanced.labs)


def test_a_place_sees_the_laboratories_its_towns_are_bound_to(tubes: World):
    assert [row.lab.code for row in ask(tubes, glance).labs] == ["LAB-A", "LAB-B"]
    assert [row.lab.code for row in ask(tubes, glance, OTHER_TOWN).labs] == ["LAB-B"]
    assert [row.lab.code for row in ask(tubes, glance, "S1").labs] == ["LAB-A"]


def test_the_address_narrows_the_page_to_a_laboratory_of_the_place(tubes: World):
    assert ask(tubes, tubes_picture, lab="LAB-A").backlog.reported == 1
    assert ask(tubes, tubes_picture, lab="LAB-B").backlog.stage(Stage.ON_SITE).tubes == 1
    assert ask(tubes, tubes_picture, OTHER_TOWN, lab="LAB-A").chosen is None
    assert ask(tubes, tubes_picture, lab="no such").chosen is None


def test_a_district_is_predicted_and_a_town_is_not(tubes: World):
    assert ask(tubes, tubes_picture).path
    assert ask(tubes, tubes_picture, TOWN).path == ()


def test_looking_back_counts_stand_without_ages_and_without_a_forecast(tubes: World):
    past = ask(tubes, tubes_picture, until=3)
    assert (past.path, past.by_count) == ((), False)
    assert [past.backlog.stage(stage).tubes for stage in BACKLOG] == [1, 1, 3, 0]
    assert ask(tubes, glance, until=3).backlog.stage(Stage.ON_SITE).waiting.oldest_minutes is None


def test_without_any_tube_there_is_nothing(world: World):
    set_labs(world)
    assert not ask(world, glance).backlog.any
    assert ask(world, late_tube_findings) == []
    assert not ask(world, tubes_picture).backlog.any
    assert ask(world, site_panel, "S1").boxes == ()


def test_a_tube_over_its_limit_is_a_finding_of_its_town_until_it_is_missing(tubes: World):
    def found(place: str = DISTRICT):
        return {(f.kind, f.place, f.params["tubes"], f.severity) for f in ask(tubes, late_tube_findings, place)}

    # Used at 9:00, collected at 9:30: at 12:00 one waits for three hours on its site.
    assert found() == {("tubes_over_on_site", TOWN, 1, Severity.CRIT)}
    assert found("S1") == set()
    tubes.clock.to(at(13, 1))
    assert found() == {
        ("tubes_missing", TOWN, 2, Severity.CRIT),
        ("tubes_near_on_site", DISTRICT, 1, Severity.WARN),
    }
    assert found(OTHER_TOWN) == {("tubes_near_on_site", OTHER_TOWN, 1, Severity.WARN)}
    tubes.clock.to(at(15, 31))
    assert ("tubes_near_at_lab", DISTRICT, 1, Severity.WARN) in found()


def test_the_overview_counts_findings_about_tubes(tubes: World):
    assert "tubes_over_on_site" in {finding.kind for finding in tubes.look().findings}


def test_what_a_laboratory_only_counts_is_not_late(world: World):
    set_labs(world)
    world.clock.to(at(12))
    assert not tell(world, *(event(code(n), "sampled", 8, site="S4") for n in range(5))).rejected
    with world.database.write() as session:
        session.add(LabReport(campaign_id=world.id, key="r", lab_id=lab_id(world, "LAB-B"), starts_at=at(10),
                              ends_at=at(11), received=3, tested=3, reported=1, actor="x", recorded_at=at(11),
                              revision=1))  # fmt: skip
    (over,) = ask(world, late_tube_findings)
    assert (over.kind, over.params["tubes"]) == ("tubes_over_on_site", 2)
    counted = ask(world, glance)
    assert counted.backlog.at_labs == 2
    assert [row.by_count for row in counted.labs] == [False, True]
    assert ask(world, tubes_picture).by_count


def lab_id(world: World, lab: str) -> int:
    return next(row.lab.id for row in ask(world, glance).labs if row.lab.code == lab)


def test_a_site_stands_beside_what_laboratories_received(tubes: World):
    with tubes.reading() as (session, tree):
        sites = tree.sites(tree.by_code[DISTRICT])
        found = {tree.by_id[id_].code: row for id_, row in site_tubes(session, tree.campaign, sites, at(12)).items()}
    assert set(found) == {"S1", "S4"}
    assert (found["S1"].used, found["S1"].third_copies, found["S1"].received, found["S1"].gap) == (5, 0, 3, -2)
    assert (found["S1"].missing, found["S4"].gap) == (0, -1)


def test_the_boxes_of_a_site_say_where_they_are(tubes: World):
    panel = ask(tubes, site_panel, "S1")
    loose, box = sorted(panel.boxes, key=lambda one: one.name)
    assert (loose.name, loose.tubes, loose.stage, loose.waits_minutes) == ("", 1, Stage.ON_SITE, 180)
    assert (box.name, box.tubes, box.stage, box.waits_minutes) == ("B1", 4, Stage.IN_TRANSIT, 150)
    assert (box.collected_at, box.received_at) == (at(9, 30), at(10))
    # Its box arrived one short; the tube in no box is missed when its four hours are over.
    assert (panel.odd, panel.missing) == (1, 1)
    tubes.clock.to(at(13, 1))
    assert ask(tubes, site_panel, "S1").missing == 2


def test_the_town_page_has_the_tubes_of_each_site(tubes: World):
    picture = ask(tubes, town_picture, TOWN)
    assert picture.tubes is not None
    assert (picture.tubes.used, picture.tubes.received) == (5, 3)
    assert {row.site.code for row in picture.sites if row.tubes is not None} == {"S1"}
    assert picture.seen.place.level is Level.TOWN


def test_the_laboratory_of_the_address_reaches_the_snapshot_of_this_page_alone(tubes: World, api: Api):
    district = api.signed_in("district")

    def panels(page: str, more: str = ""):
        head = district.get(f"/live/{tubes.id}").json
        path = f"/snapshots/{tubes.id}/{page}/{DISTRICT}/zh/{head['revision']}-{head['minute']}"
        answer = district.get(f"{path}?epoch={head['epoch']}{more}", follow_redirects=True)
        return orjson.loads(gzip.decompress(answer.data))["panels"]

    assert panels("tubes") != panels("tubes", "&lab=LAB-A")
    assert panels("overview") == panels("overview", "&lab=LAB-A")
    assert panels("tubes", "&lab=nobody") == panels("tubes")

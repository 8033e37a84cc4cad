import gzip
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from kit import DISTRICT, SITES, TOWN, World, at, row
from tube_kit import event, set_labs, tell

from data.ingest.files import What
from domain.permissions import PAGES, Action
from domain.screens import SCENES as SLUGS
from domain.screens import UPRIGHT
from views import wall
from views.snapshots import Snapshots

LANGUAGES = ("zh", "en")

SCENES = {page.slug: page for page in wall.SCENES}


@pytest.fixture
def scenes(world: World) -> Snapshots:
    return Snapshots(world.database, SCENES, world.clock)


def shown(scenes: Snapshots, world: World, slug: str, place: str = DISTRICT, language: str = "zh") -> dict[str, Any]:
    found = scenes.get(world.id, f"wall-{slug}", place, language, scenes.version(world.id).number)
    assert isinstance(found, bytes)
    return orjson.loads(gzip.decompress(found))


def parts(part: Any) -> Iterator[dict[str, Any]]:
    """Every element of a tree."""
    if isinstance(part, list):
        for one in part:
            yield from parts(one)
    elif isinstance(part, dict):
        yield part
        yield from parts(part["props"].get("children"))


def words(part: Any) -> str:
    """What a tree says, without its marks."""
    if isinstance(part, list):
        return "".join(map(words, part))
    if isinstance(part, dict):
        return words(part["props"].get("children")) + " "
    return "" if part is None else str(part)


def sentence(scene: dict[str, Any], which: str = "headline") -> str:
    return "".join(clause["text"] + clause["after"] for clause in scene[which])


def busy(world: World) -> None:
    """A morning with something to say in every scene: sites that owe, a total that falls, tubes over their limit."""
    set_labs(world)
    for hour in (8, 9):
        world.send(*(row(site, hour, 40 + 10 * i) for i, site in enumerate(("S1", "S2", "S4"))))
    world.send(row("S1", 10, persons_total=60), row("S4", 10, 50))
    tell(world, *(event(f"4406070001{n:02}", "sampled", 8, n, site="S1") for n in range(20)))
    world.clock.to(at(11, 20))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("moment", [at(6), at(8, 5), at(11, 20), at(23)], ids=["before", "begun", "busy", "over"])
def test_every_scene_is_drawn_of_every_place_at_any_time(
    world: World, scenes: Snapshots, moment: object, language: str
):
    if moment == at(11, 20):
        busy(world)
    world.clock.to(moment)  # type: ignore[arg-type]
    for slug in SCENES:
        for place in (DISTRICT, TOWN, SITES[0]):
            scene = shown(scenes, world, slug.removeprefix("wall-"), place, language)
            drawn = [
                *parts(list(scene["panels"].values())),
                *parts([c["panels"] for c in scene.get("cases", [])][:0]),
            ]
            assert not [p for p in drawn if "panel-error" in str(p["props"].get("className"))], (slug, place)
            assert {p["namespace"] for p in drawn} <= {"dash_html_components", "svg"}
            assert scene["headline"][-1]["after"] == ""
            assert sentence(scene)
            assert sentence(scene, "headline_stale")


def test_only_scenes_with_a_form_for_it_are_shown_on_an_upright_screen(world: World, scenes: Snapshots):
    # The small campaign has no coordinates: its map scene says so and is skipped.
    forms = {slug: set(shown(scenes, world, slug.removeprefix("wall-"))["panels"]) - {"stamp"} for slug in SCENES}
    assert tuple(forms) == SLUGS
    assert tuple(slug for slug, known in forms.items() if "tall" in known) == UPRIGHT
    assert all("wide" in known for known in forms.values())


def test_a_quiet_day_shows_the_progress_alone_and_every_other_scene_says_the_best_true_thing(
    world: World, scenes: Snapshots
):
    world.clock.to(at(6, 30))
    told = {slug: shown(scenes, world, slug.removeprefix("wall-")) for slug in SCENES}
    assert {slug for slug, scene in told.items() if not scene["skip"]} == {"wall-progress"}
    assert sentence(told["wall-flow"]) == "还没有样本"
    assert sentence(told["wall-alerts"]) == "没有未处理的告警"


def test_a_busy_day_says_in_each_scene_what_is_the_matter(world: World, scenes: Snapshots):
    busy(world)
    progress, flow, chain, alerts = (shown(scenes, world, slug) for slug in ("progress", "flow", "chain", "alerts"))
    assert sentence(progress).startswith("已采 ")
    assert not flow["skip"]
    assert "20 管超 2小时未收样" in sentence(flow)
    assert not chain["skip"]
    assert any(clause["state"] == "miss" for clause in chain["headline"])
    assert not alerts["skip"]
    assert alerts["headline"][0]["state"] == "crit"
    assert words(alerts["panels"]["wide"]).count("何处") == 1


def test_severe_findings_are_named_in_every_scene_and_told_in_full_in_that_of_alerts(world: World, scenes: Snapshots):
    busy(world)
    alerts = shown(scenes, world, "alerts")
    marks = [case["mark"] for case in alerts["cases"]]
    assert marks
    assert set(marks) <= set(alerts["severe"])
    assert shown(scenes, world, "chain")["severe"] == alerts["severe"]
    for case in alerts["cases"]:
        assert set(case["panels"]) == {"wide", "tall"}
        assert case["headline"][0]["text"] in sentence(case)
    world.clock.advance(minutes=3)
    assert set(marks) <= set(shown(scenes, world, "alerts")["severe"]), "the same findings keep their marks"


def test_a_missing_report_is_said_by_name_with_who_reports_there(world: World, scenes: Snapshots):
    busy(world)
    world.file(What.CONTACTS, "site,name,phone,post\nS2,李敏,13800002210,值班\n")
    chain = shown(scenes, world, "chain")
    said = words(chain["panels"]["wide"])
    assert "李敏" in said
    assert "还没催" in said
    assert "138" not in said, "no telephone number on a wall"


def test_the_same_numbers_stand_on_the_wall_and_in_its_stamp(world: World, scenes: Snapshots):
    busy(world)
    seen = world.look()
    scene = shown(scenes, world, "progress")
    assert f"{seen.sites_reported}/{seen.sites_expected}" in words(scene["panels"]["stamp"])
    assert str(seen.sites_expected - seen.sites_reported) in words(scene["panels"]["wide"])
    assert scene["zone"] == "Asia/Shanghai"
    assert scene["name"]


def test_what_is_stale_makes_no_forecast(world: World, scenes: Snapshots):
    busy(world)
    world.clock.to(at(14, 40))
    scene = shown(scenes, world, "progress")
    assert "数据过时，不预测" in words(scene["panels"]["wide"])
    assert "数据未到" in sentence(scene, "headline_stale")


def test_whoever_may_see_the_desk_may_look_at_a_scene():
    assert all(PAGES[slug] is Action.DESK for slug in SCENES)

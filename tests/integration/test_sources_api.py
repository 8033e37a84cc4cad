"""Sources through the interface: who may, what comes back, that a page's form and a trial say the same."""

import os
from pathlib import Path

import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, World, assert_problem, at, iso
from pull_kit import HOURS, Feed, Sources

from data.pull import worker
from data.pull.turns import LEASE
from data.pull.worker import Worker
from data.queries.moment import Moment
from data.queries.sources import sources_picture

FOLDER = {"name": "Feed", "kind": "folder", "what": "reports", "place": DISTRICT, "address": "."}


@pytest.fixture
def sources(world: World, tmp_path: Path) -> Sources:
    return Sources(world, tmp_path / "sources", secrets={"SOURCE_PW": "s3cret"})


@pytest.fixture
def feed(sources: Sources) -> Feed:
    return Feed(sources.folder / "feed.db")


def fetched(world: World, sources: Sources) -> None:
    """Let the process that fetches do what there is to do."""
    worker = Worker(world.database, sources.around, world.clock)
    worker.step()
    for thread in worker.at_work:
        thread.join()


def test_a_source_is_made_pulled_shown_and_ended(world: World, api: Api, sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    feed.hour("S9", 8, 1, 1)
    sql = {**FOLDER, "kind": "sql", "address": "sqlite:///feed.db", "query": HOURS, "key": "one"}
    made = api.post("sources", sql).json["source"]
    assert (made["state"], made["rows"]) == ("new", None)
    fetched(world, sources)
    (shown,) = api.get("sources").json
    assert (shown["state"], shown["rows"], shown["accepted"], shown["refused"]) == ("refused", 2, 1, 1)
    assert shown["next_at"] == iso(11, 5)
    again = api.post(f"sources/{made['id']}/run", {}).json
    assert not again["unchanged"]
    assert api.post(f"sources/{made['id']}/run", {}).json["unchanged"]
    fetched(world, sources)
    assert api.get("sources").json[0]["accepted"] == 0
    assert api.post(f"sources/{made['id']}/pause", {}).json["source"]["state"] == "paused"
    assert api.post(f"sources/{made['id']}/resume", {}).json["source"]["state"] == "refused"
    assert api.post(f"sources/{made['id']}/remove", {}).json["source"] is None
    assert api.get("sources").json == []
    assert_problem(api.post(f"sources/{made['id']}/run", {}), 404)
    actions = [audit.action for audit in world.audits() if audit.action.startswith("source.")]
    assert actions == ["source.create", "source.pull", "source.run", "source.pull", "source.pause", "source.resume",
                       "source.remove"]  # fmt: skip


def test_the_same_key_makes_no_second_source(api: Api):
    first = api.post("sources", {**FOLDER, "key": "one"}).json
    again = api.post("sources", {**FOLDER, "key": "one"}).json
    assert (first["unchanged"], again["unchanged"]) == (False, True)
    assert first["source"]["id"] == again["source"]["id"]
    other = assert_problem(api.post("sources", {**FOLDER, "key": "one", "name": "Other"}), 409)
    assert other["errors"][0]["field"] == "key"


def test_two_people_changing_one_source_do_not_undo_each_other(api: Api):
    number = api.post("sources", {**FOLDER, "key": "one"}).json["source"]["id"]
    changed = api.post(f"sources/{number}", {**FOLDER, "name": "A", "version": 1}).json["source"]
    assert (changed["definition"]["name"], changed["version"]) == ("A", 2)
    assert_problem(api.post(f"sources/{number}", {**FOLDER, "name": "B", "version": 1}), 409)
    assert api.post(f"sources/{number}", {**FOLDER, "name": "A", "version": 1}).json["unchanged"]


def test_a_change_is_on_the_audit_with_what_was_before(world: World, api: Api):
    number = api.post("sources", {**FOLDER, "key": "one"}).json["source"]["id"]
    api.post(f"sources/{number}", {**FOLDER, "place": TOWN, "every_minutes": 30, "version": 1})
    said = world.audits()[-1]
    assert (said.action, said.about) == ("source.change", TOWN)
    assert said.details["changed"] == {"place": [DISTRICT, TOWN], "every_minutes": [60, 30]}


def test_a_wrong_definition_is_told_by_field_in_both_languages(api: Api):
    bad = {**FOLDER, "kind": "sql", "address": "postgresql://u:geheim@h/db", "query": "SELECT 1", "key": "x"}
    zh = assert_problem(api.post("sources", bad, language="zh"), 400)
    en = assert_problem(api.post("sources", bad, language="en"), 400)
    assert zh["errors"][0]["field"] == en["errors"][0]["field"] == "address"
    assert zh["errors"][0]["message"] != en["errors"][0]["message"]
    assert "geheim" not in str(zh)
    mapping = assert_problem(api.post("sources", {**FOLDER, "mapping": "[nonsense]", "key": "x"}), 400)
    assert mapping["errors"][0]["field"] == "mapping"
    for body in ("[]", "3", "{", b"\xff"):
        assert_problem(api.post("sources", body), 400)


@pytest.mark.parametrize("who", ["reader", "site", "town", "gateway", None])
def test_only_the_district_runs_sources(api: Api, who: str | None):
    number = api.post("sources", {**FOLDER, "key": "one"}).json["source"]["id"]
    status = 401 if who is None else 403
    assert_problem(api.get("sources", who), status)
    assert_problem(api.post("sources", {**FOLDER, "key": "two"}, who), status)
    for path in (
        f"sources/{number}",
        "sources/trials",
        *(f"sources/{number}/{w}" for w in ("run", "pause", "remove")),
    ):
        assert_problem(api.post(path, {**FOLDER, "version": 1}, who), status)
    for path in (f"sources/{number}/runs/1/rejected.csv", "sources/trials/1"):
        assert_problem(api.get(path, who), status)


def test_a_district_of_one_town_sees_and_makes_its_own_sources_only(api: Api):
    """A token's place bounds what it may define, see and touch."""
    mine = f"district:{TOWN}"
    other = api.post("sources", {**FOLDER, "place": OTHER_TOWN, "key": "o"}).json["source"]["id"]
    whole = api.post("sources", {**FOLDER, "key": "w"}).json["source"]["id"]
    own = api.post("sources", {**FOLDER, "place": TOWN, "key": "m"}, mine).json["source"]["id"]
    assert [row["id"] for row in api.get("sources", mine).json] == [own]
    for number in (other, whole):
        assert_problem(api.post(f"sources/{number}/run", {}, mine), 403)
        assert_problem(api.post(f"sources/{number}", {**FOLDER, "place": TOWN, "version": 1}, mine), 403)
    assert_problem(api.post("sources", {**FOLDER, "key": "x"}, mine), 403)
    assert_problem(api.post(f"sources/{own}", {**FOLDER, "version": 1}, mine), 403)


def test_a_trial_shows_rows_and_refusals_and_keeps_nothing(world: World, api: Api, sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    feed.hour("S9", 8, 1, 1)
    sql = {**FOLDER, "kind": "sql", "address": "sqlite:///feed.db",
           "query": "SELECT site, hour, persons, tubes, 'Zhang San' AS name FROM hours ORDER BY site"}  # fmt: skip
    number = api.post("sources/trials", sql).json["trial"]
    assert api.get(f"sources/trials/{number}").json["state"] == "waiting"
    fetched(world, sources)
    done = api.get(f"sources/trials/{number}", language="en").json
    assert done["state"] == "done"
    result = done["result"]
    assert (result["rows"], result["accepted"], result["refused"]) == (2, 1, 1)
    assert result["fields"] == ["site", "hour", "persons", "tubes"]
    assert result["first"][0] == [1, "S1", iso(8), 40, 4]
    assert "S9" in result["refused_rows"][0]["message"]
    assert "Zhang San" not in str(result), "what the mapping does not use is nobody's to see"
    assert world.persons() == 0
    assert world.audits()[-1].action != "reports"
    page = api.signed_in("district").get(f"/sources/{world.id}/trials/{number}?lang=en")
    assert "S9" in page.text
    assert "<script" not in page.text


def test_a_trial_of_an_edited_source_knows_what_the_source_said(world: World, api: Api, sources: Sources, feed: Feed):
    feed.hour("S1", 8, 40, 4)
    source = sources.sql(feed)
    sources.pull(source)
    feed.hour("S1", 8, 44, 5)
    stated = {**FOLDER, "kind": "sql", "address": "sqlite:///feed.db", "query": HOURS, "source": source}
    number = api.post("sources/trials", stated).json["trial"]
    fetched(world, sources)
    result = api.get(f"sources/trials/{number}").json["result"]
    assert (result["accepted"], result["corrected"], result["refused"]) == (1, 1, 0)
    assert world.persons() == 40


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"address": "nowhere"}, "no_folder"),
        ({"address": "../.."}, "outside_folders"),
        ({"kind": "http", "address": "http://127.0.0.1:1/?key=${SOURCE_NOBODY}"}, "missing_secret"),
        ({"kind": "http", "address": "http://127.0.0.1:1/"}, "host_refused"),
    ],
)
def test_a_trial_that_fails_says_why(world: World, api: Api, sources: Sources, more: dict, code: str):
    number = api.post("sources/trials", {**FOLDER, **more}).json["trial"]
    fetched(world, sources)
    problem = api.get(f"sources/trials/{number}", language="en").json["result"]["problem"]
    assert problem["code"] == code
    assert problem["message"]


def test_a_trial_nobody_waits_for_is_not_done(world: World, api: Api, sources: Sources):
    number = api.post("sources/trials", FOLDER).json["trial"]
    world.clock.advance(minutes=5)
    fetched(world, sources)
    assert api.get(f"sources/trials/{number}").json["state"] == "waiting"
    world.clock.advance(hours=1)
    later = api.post("sources/trials", FOLDER).json["trial"]
    assert_problem(api.get(f"sources/trials/{number}"), 404)
    assert later != number


def test_refused_rows_come_as_a_file_that_can_be_mended_and_sent(
    world: World, api: Api, sources: Sources, feed: Feed
):
    feed.hour("S1", 8, 40, 4)
    feed.hour("S9", 8, "=1+1", 1)
    source = sources.sql(feed, query="SELECT site, hour, persons, tubes, 'x' AS private FROM hours ORDER BY site")
    run = sources.pull(source)
    answer = api.get(f"sources/{source}/runs/{run.id}/rejected.csv?lang=en")
    assert answer.mimetype == "text/csv"
    text = answer.data.decode("utf-8-sig")
    assert (
        text.splitlines()[0] == "site,hour,persons,tubes,rejected_line,rejected_field,rejected_code,rejected_message"
    )
    assert "private" not in text
    mended = text.replace("S9", "S4").replace("=1+1", "7")
    assert world.file("reports", mended).batch.accepted == 1
    assert world.persons() == 47
    assert "source.export" in [audit.action for audit in world.audits()]
    assert_problem(api.get(f"sources/{source}/runs/{run.id + 99}/rejected.csv"), 404)


def test_refused_rows_of_several_files_say_which_file(world: World, api: Api, sources: Sources):
    for name in ("a.csv", "b.csv"):
        (sources.folder / name).write_text(f"site,hour,persons\n{name},{iso(8)},40\n")
        os.utime(sources.folder / name, (0, 0))
    source = sources.files()
    run = sources.pull(source)
    text = api.get(f"sources/{source}/runs/{run.id}/rejected.csv").data.decode("utf-8-sig")
    assert {line.split(",")[0] for line in text.splitlines()} == {"rejected_file", "a.csv:2", "b.csv:2"}


def test_a_source_that_keeps_failing_is_a_finding_until_it_succeeds(world: World, api: Api, sources: Sources):
    source = sources.files(address="later", place=TOWN)
    for _ in range(3):
        assert not [f for f in world.look().findings if f.kind.startswith("source_")]
        sources.pull(source)
        world.clock.advance(minutes=1)
    (found,) = [f for f in world.look().findings if f.kind == "source_failing"]
    assert (found.severity, found.place) == ("crit", TOWN)
    assert not [f for f in world.look(OTHER_TOWN).findings if f.kind == "source_failing"]
    (sources.folder / "later").mkdir()
    sources.pull(source)
    assert not [f for f in world.look().findings if f.kind == "source_failing"]


def test_a_source_nobody_fetches_is_a_finding(world: World, sources: Sources):
    sources.files()
    world.clock.to(at(13))
    (found,) = [f for f in world.look().findings if f.kind == "source_overdue"]
    assert found.params["minutes"] == 150
    with world.reading() as (session, tree):
        (row,) = sources_picture(session, Moment(tree, tree.by_code[DISTRICT], 0, world.clock())).sources
    assert (row.word, row.unattended) == ("overdue", True)


def test_what_comes_from_outside_is_only_text_on_the_form(world: World, api: Api, sources: Sources):
    evil = '"><img src=x onerror=alert(1)>{{7*7}}'
    number = sources.files(name=evil, mapping='[constants]\nnote = "</textarea><script>"')
    page = api.signed_in("district").get(f"/sources/{world.id}/form?source={number}").text
    assert "<img" not in page
    assert "<script" not in page
    assert page.count("</textarea>") == 3
    assert "{{7*7}}" in page


def test_a_lease_lasts_longer_than_what_renews_it():
    assert LEASE.total_seconds() > 2 * worker.RENEW_SECONDS

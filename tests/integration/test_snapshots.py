import gzip
from dataclasses import replace
from itertools import pairwise

import orjson
import pytest
import sqlalchemy as sa
from kit import DISTRICT, OTHER_TOWN, SITES, TOWN, Api, World, at, make_world, row

from app import PAGES
from data.models import Audit, Base
from data.queries.overview import overview
from views import Page, View
from views.snapshots import KEPT, REACH, Moved, Snapshots, UnknownSnapshot

HTML = pytest.importorskip("dash").html


class Ticks:
    """A monotonic clock in seconds that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def snapshots(world: World, ticks: Ticks) -> Snapshots:
    return Snapshots(world.database, PAGES, world.clock, ticks)


def read(found: bytes | Moved) -> dict:
    assert isinstance(found, bytes)
    return orjson.loads(gzip.decompress(found))


def get(snapshots: Snapshots, world: World, number: tuple[int, int] | None = None, page: str = "overview",
        place: str = DISTRICT) -> bytes | Moved:  # fmt: skip
    return snapshots.get(world.id, page, place, "zh", number or snapshots.version(world.id).number)


def test_a_version_is_the_pair_of_revision_and_minute(world: World, snapshots: Snapshots, ticks: Ticks):
    first = snapshots.version(world.id)
    assert first.number == (world.revision(), int(at(10, 30).timestamp()) // 60)
    assert first.now == at(10, 30)
    world.clock.advance(minutes=1)
    ticks.pass_(60)
    assert snapshots.version(world.id).number == (first.revision, first.minute + 1)
    world.send(row("S1", 8, 5))
    ticks.pass_(60)
    assert snapshots.version(world.id).number == (first.revision + 1, first.minute + 1)


def test_versions_only_rise_and_are_published_once_a_second_at_most(world: World, snapshots: Snapshots, ticks: Ticks):
    seen = [snapshots.version(world.id).number]
    published = [ticks.now]
    for i in range(60):
        world.send(row("S1", 6 + i % 4, i, key=f"k{i}"), row("S4", 6 + i % 4, i, key=f"l{i}"))
        ticks.pass_(0.17)
        world.clock.advance(seconds=7)
        number = snapshots.version(world.id).number
        assert number >= seen[-1]
        if number != seen[-1]:
            seen.append(number)
            published.append(ticks.now)
    assert len(seen) > 5
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(published))


def test_a_write_is_published_within_a_second_and_a_tenth(world: World, snapshots: Snapshots, ticks: Ticks):
    before = snapshots.version(world.id)
    ticks.pass_(1.0)
    world.send(row("S1", 8, 5))
    ticks.pass_(0.11)
    assert snapshots.version(world.id).revision == before.revision + 1


def test_the_same_version_is_the_same_bytes_in_every_worker(world: World, snapshots: Snapshots, ticks: Ticks):
    world.send(row("S1", 8, 5, tubes=1), row("S4", 9, 7))
    one, other = get(snapshots, world), get(Snapshots(world.database, PAGES, world.clock, ticks), world)
    assert one == other == get(snapshots, world)
    assert read(one)["version"] == "{}-{}".format(*snapshots.version(world.id).number)


def test_a_snapshot_once_built_stays_as_it_is(world: World, snapshots: Snapshots, ticks: Ticks):
    number = snapshots.version(world.id).number
    before = get(snapshots, world, number)
    world.send(row("S1", 8, 5))
    ticks.pass_(5)
    assert get(snapshots, world, number) == before
    assert get(snapshots, world) != before


def test_a_version_that_is_gone_leads_to_the_current_one(world: World, snapshots: Snapshots, ticks: Ticks):
    number = snapshots.version(world.id).number
    world.send(row("S1", 8, 5))
    ticks.pass_(5)
    moved = get(snapshots, world, number)
    assert isinstance(moved, Moved)
    assert moved.version.number == snapshots.version(world.id).number


def test_a_version_still_to_come_or_long_past_leads_to_the_current_one(world: World, snapshots: Snapshots):
    revision, minute = snapshots.version(world.id).number
    past = (revision, minute - REACH - 1)
    for number in ((revision + 1, minute), (revision, minute + 1), (revision + 9, minute + 9), past):
        moved = get(snapshots, world, number)
        assert isinstance(moved, Moved)
        assert moved.version.number == (revision, minute)


def test_a_flood_of_writes_does_not_build_every_view_for_every_batch(world: World, ticks: Ticks):
    """Viewers ask for the published version and follow where it has moved: one picture a second at most."""
    drawn: list[int] = []

    def draw(rows, _language):
        drawn.append(rows.revision)
        return HTML.Div(str(rows.figures.persons))

    page = Page("overview", "overview.title", (View("kpis", "kpi.title", overview, draw),))
    snapshots = Snapshots(world.database, {"overview": page}, world.clock, ticks)
    snapshots.version(world.id)
    for i in range(18):
        world.send(row("S1", 8, i, key=f"k{i}"))
        for _ in range(3):
            found = get(snapshots, world)
            if isinstance(found, Moved):
                found = get(snapshots, world, found.version.number)
            assert isinstance(found, bytes)
        ticks.pass_(0.05)
    assert len(drawn) <= 2


@pytest.mark.parametrize("page", list(PAGES))
def test_every_page_is_drawn_in_both_languages_without_an_error(world: World, snapshots: Snapshots, page, caplog):
    world.send(row("S1", 8, 500, tubes=52), row("S2", 8, 0), row("S4", 7, persons_total=9, hours=2), row("S1", 8, 7))
    located = ({"site": s, "town": TOWN if s < "S4" else OTHER_TOWN, "lon": 112.9, "lat": 23.2} for s in SITES)
    assert not world.set_places(*located).rejected
    for place in (DISTRICT, TOWN, "S1"):
        for language in ("zh", "en"):
            number = snapshots.version(world.id).number
            body = read(snapshots.get(world.id, page, place, language, number))
            assert set(body["panels"]) == {view.slug for view in PAGES[page].views}
            assert body["language"] == language
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


def test_every_page_of_an_empty_campaign_is_drawn(database, clock, ticks, caplog):
    world = make_world(database, clock, rows=({"district": DISTRICT},))
    snapshots = Snapshots(database, PAGES, clock, ticks)
    for page in PAGES:
        assert read(get(snapshots, world, page=page))["data_until"] is None
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


def test_what_does_not_exist_is_unknown(world: World, snapshots: Snapshots):
    number = snapshots.version(world.id).number
    for campaign, page, place in (
        ("nothing", "overview", DISTRICT), (world.id, "nothing", DISTRICT), (world.id, "overview", "nothing"),
    ):  # fmt: skip
        with pytest.raises(UnknownSnapshot):
            snapshots.get(campaign, page, place, "zh", number)
    with pytest.raises(UnknownSnapshot):
        snapshots.version("nothing")


def test_a_view_that_fails_is_drawn_as_its_error_and_the_others_live(world: World, ticks: Ticks, caplog):
    def broken(_rows, _language):
        raise ZeroDivisionError("secret")

    views = PAGES["overview"].views
    page = replace(PAGES["overview"], views=(replace(views[0], draw=broken), *views[1:]))
    snapshots = Snapshots(world.database, {"overview": page}, world.clock, ticks)
    panels = read(get(snapshots, world))["panels"]
    sound = read(get(Snapshots(world.database, PAGES, world.clock, ticks), world))["panels"]
    assert {slug: panels[slug] for slug in panels if slug != views[0].slug} == {
        slug: sound[slug] for slug in sound if slug != views[0].slug
    }
    drawn = orjson.dumps(panels[views[0].slug]).decode()
    assert "secret" not in drawn
    (logged,) = [r for r in caplog.records if r.levelname == "ERROR"]
    code = logged.getMessage().rpartition(" ")[2]
    assert code in drawn


def test_a_query_that_fails_hurts_only_the_views_that_ask_it(world: World, ticks: Ticks, caplog):
    def broken(_session, _moment):
        raise KeyError("secret")

    views = PAGES["overview"].views
    page = replace(PAGES["overview"], views=(replace(views[1], query=broken), *views[2:]))
    snapshots = Snapshots(world.database, {"overview": page}, world.clock, ticks)
    sound = read(get(Snapshots(world.database, PAGES, world.clock, ticks), world))["panels"]
    panels = read(get(snapshots, world))["panels"]
    assert {slug for slug in panels if panels[slug] != sound[slug]} == {views[1].slug}
    assert len([r for r in caplog.records if r.levelname == "ERROR"]) == 1


def test_a_database_that_fails_gives_no_picture_at_all(world: World, ticks: Ticks):
    def broken(_session, _moment):
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    view = replace(PAGES["overview"].views[0], query=broken)
    snapshots = Snapshots(
        world.database, {"overview": Page("overview", "overview.title", (view,))}, world.clock, ticks
    )
    with pytest.raises(sa.exc.OperationalError):
        get(snapshots, world)
    # The lock of the picture that failed is free again.
    with pytest.raises(sa.exc.OperationalError):
        get(snapshots, world)


def test_a_campaign_begun_anew_is_another_epoch_at_once(world: World, snapshots: Snapshots, ticks: Ticks):
    world.send(row("S1", 8, 5))
    before, picture = snapshots.version(world.id), get(snapshots, world)
    with world.database.write() as session:
        # The audit stays whatever happens: the database itself refuses to forget it.
        for table in reversed(Base.metadata.sorted_tables):
            if table is not Audit.__table__:
                session.execute(sa.delete(table))
    anew = make_world(world.database, world.clock, id=world.id)
    ticks.pass_(0.2)
    after = snapshots.version(world.id)
    assert after.epoch != before.epoch
    assert after.revision == anew.revision() < before.revision
    # The same revision again is another picture.
    anew.send(row("S4", 8, 5))
    ticks.pass_(2)
    assert snapshots.version(world.id).number == before.number
    assert get(snapshots, world) != picture


def test_a_worker_keeps_a_bounded_number_of_pictures(world: World, ticks: Ticks):
    page = Page(
        "overview", "overview.title", (View("x", "kpi.title", lambda _s, _m: None, lambda _r, _l: HTML.Div()),)
    )
    snapshots = Snapshots(world.database, {"overview": page}, world.clock, ticks)
    revision, minute = snapshots.version(world.id).number
    for back in range(KEPT + 20):
        snapshots.get(world.id, "overview", SITES[back % 5], "zh", (revision, minute - back // 5))
    assert len(snapshots._kept) == KEPT
    assert snapshots._building == {}


# -- over HTTP


def test_an_open_page_asks_for_the_version_and_fetches_its_picture(api: Api):
    desk = api.signed_in("district")
    live = desk.get(f"/live/{api.world.id}")
    assert live.headers["Cache-Control"] == "no-store"
    address = f"/snapshots/{api.world.id}/overview/{DISTRICT}/zh/{live.json['revision']}-{live.json['minute']}"
    picture = desk.get(address)
    assert picture.status_code == 200
    assert "immutable" in picture.headers["Cache-Control"]
    assert "private" in picture.headers["Cache-Control"]
    body = read(picture.get_data())
    assert (body["epoch"], body["revision"]) == (live.json["epoch"], live.json["revision"])


def test_a_gone_version_is_a_307_to_the_current_one(api: Api):
    desk = api.signed_in("district")
    live = desk.get(f"/live/{api.world.id}").json
    base = f"/snapshots/{api.world.id}/overview/{DISTRICT}/zh"
    for gone in (f"1-{live['minute']}", f"{live['revision']}-{live['minute'] + 99}", "999-1"):
        moved = desk.get(f"{base}/{gone}")
        assert moved.status_code == 307
        assert moved.headers["Location"] == f"{base}/{live['revision']}-{live['minute']}"
        assert "max-age" not in moved.headers.get("Cache-Control", "")


def test_what_does_not_exist_is_404(api: Api):
    desk = api.signed_in("district")
    live = desk.get(f"/live/{api.world.id}").json
    number = f"{live['revision']}-{live['minute']}"
    for path in (
        "/live/nothing", f"/snapshots/nothing/overview/{DISTRICT}/zh/{number}",
        f"/snapshots/{api.world.id}/nothing/{DISTRICT}/zh/{number}",
        f"/snapshots/{api.world.id}/overview/nothing/zh/{number}",
        f"/snapshots/{api.world.id}/overview/{DISTRICT}/fr/{number}",
    ):  # fmt: skip
        assert desk.get(path).status_code == 404, path


def test_an_absurd_minute_is_no_internal_error(api: Api):
    desk = api.signed_in("district")
    live = desk.get(f"/live/{api.world.id}").json
    for number in (f"{live['revision']}-0", f"{live['revision']}-{'9' * 30}", f"{'9' * 30}-{live['minute']}"):
        answer = desk.get(f"/snapshots/{api.world.id}/overview/{DISTRICT}/zh/{number}")
        assert answer.status_code in (200, 307, 404), number


def test_the_time_told_to_a_page_is_the_present_one(world: World, snapshots: Snapshots, ticks: Ticks):
    """Nothing was written and the minute is the same, but the clock has moved on."""
    snapshots.version(world.id)
    world.clock.advance(seconds=29)
    ticks.pass_(29)
    assert snapshots.version(world.id).now == at(10, 30, 29)

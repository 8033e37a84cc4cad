"""The passport of a figure: the same number as the page, and everything that explains it adds up."""

import gzip
import shutil

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import DISTRICT, OPERATOR, OTHER_TOWN, SITES, TOWN, Api, SetClock, World, at, iso, make_world, row

from data.database import Database
from data.ingest.upper_figures import ingest_upper_figures
from data.queries.moment import Moment
from data.queries.overview import overview
from data.queries.passport import passport_of
from domain.duty import State
from domain.passport import Figure, Kind, Passport, Source
from domain.reports import Status
from views.passport import PAGES, slug
from views.snapshots import Snapshots

PLACES = (DISTRICT, TOWN, OTHER_TOWN, *SITES)


def ask(
    world: World, figure: Figure | str = "persons", place: str = DISTRICT, *, hour: int | None = None,
    until: int | None = None,
) -> Passport:  # fmt: skip
    """The passport: of the local hour that begins at `hour` alone, or of all up to the one that begins at `until`."""
    begin = hour if hour is not None else until
    with world.reading() as (session, tree):
        period = tree.campaign.period_of(at(begin)) if begin is not None else None
        moment = Moment(tree, tree.by_code[place], world.revision(), world.clock(), period)
        return passport_of(Figure(figure), hour is not None)(session, moment)


def source(passport: Passport, kind: Kind) -> Source:
    return next(each for each in passport.sources if each.kind is kind)


def hold(passport: Passport) -> None:
    """What must be true of every passport."""
    if passport.counted is None:
        assert all(each.value is None for each in passport.sources)
        return
    assert sum(part.amount for part in passport.parts) == passport.counted
    assert sum(part.reports for part in passport.parts) == passport.reports
    for each in passport.sources:
        if each.value is not None:
            assert each.value - (each.difference or 0) == passport.counted
            assert sum(reason.amount for reason in each.reasons) == each.difference
    assert passport.first_total == passport.counted - sum(change.delta for change in passport.changes)
    if passport.below:
        assert sum(each.amount or 0 for each in passport.below) == passport.counted
        assert sum(each.reports for each in passport.below) == passport.reports
        assert sum(each.verified for each in passport.below) == passport.verified
    if passport.lines:
        assert sum(line.amount or 0 for line in passport.lines) == passport.counted
    if passport.where is not None:
        upper = source(passport, Kind.UPPER)
        differs = sum(each.difference for each in passport.where.apart) + passport.where.unexplained
        if upper.value is not None:
            assert differs == sum(r.amount for r in upper.reasons if r.kind == "upper_then")


def hold_all(world: World) -> None:
    """Every figure of every place says what the page says."""
    with world.reading() as (session, tree):
        for place in PLACES:
            for until in (None, tree.campaign.period_of(at(8))):
                moment = Moment(tree, tree.by_code[place], 1, world.clock(), until)
                seen = moment.ask(session, overview)
                shown = {
                    Figure.PERSONS: seen.figures.persons if seen.figures.reports else None,
                    Figure.TUBES: seen.figures.tubes if seen.figures.reports else None,
                    Figure.THIRD_COPIES: seen.figures.third_copies if seen.figures.reports else None,
                    Figure.SPECIAL_CASES: seen.figures.special_cases if seen.figures.reports else None,
                    Figure.POSITIVES: seen.figures.positives if seen.figures.reports else None,
                    Figure.COMPLETION: seen.completion if seen.figures.reports else None,
                    Figure.VERIFIED_SHARE: seen.figures.verified_share if seen.figures.reports else None,
                    Figure.REPORTED: seen.sites_reported if seen.last_period is not None else None,
                }
                for figure in Figure:
                    passport = passport_of(figure, False)(session, moment)
                    hold(passport)
                    assert passport.value == shown[figure], (place, figure)
                    hourly = passport_of(figure, True)(session, moment)
                    hold(hourly)
                    if hourly.hour is not None and figure in (Figure.PERSONS, Figure.TUBES):
                        sums = seen.hours[hourly.hour].figures
                        expected = getattr(sums, figure.value) if sums.reports else None
                        assert hourly.value == expected, (place, figure)


@pytest.fixture
def day(world: World) -> World:
    """A morning with everything in it: totals, a catch-up, corrections, a return, a contradiction, a missing site."""
    world.send(
        row("S1", 7, 100, tubes=10, third_copies=10), row("S1", 8, 120, tubes=12, third_copies=12, positives=1),
        row("S2", 7, persons_total=50, tubes_total=5), row("S2", 8, persons_total=90, tubes_total=9),
        row("S2", 9, persons_total=150, tubes_total=15), row("S4", 7, 80, hours=2, tubes=8), row("S5", 8, 9),
        row("S1", 9, 130, tubes=13, third_copies=12),
    )  # fmt: skip
    world.verify("S1/7", "S2/7", "S4/7")
    world.clock.to(at(10, 15))
    world.send(
        row("S2", 8, persons_total=80, tubes_total=8, key="S2/8/c1", correction_of="S2/8", note="抄错一行"),
        row("S1", 9, 118, tubes=12, third_copies=12, key="S1/9/c1", correction_of="S1/9", note="多报 12"),
        row("S5", 8, 14),
    )
    world.verify("S1/9/c1")
    world.send_back("S1/8")
    world.clock.to(at(10, 31))
    return world


def test_every_figure_of_every_place_adds_up_and_is_the_pages_own(day: World):
    hold_all(day)


def test_an_empty_campaign_has_a_passport_that_knows_nothing(world: World):
    for figure in Figure:
        for place in (DISTRICT, "S1"):
            passport = ask(world, figure, place)
            assert (passport.value, passport.counted) == (None, None)


def test_the_value_is_verified_waiting_and_carried(day: World):
    passport = ask(day)
    assert passport.value == 100 + 120 + 118 + 150 + 80 + 9
    assert [(p.status, p.amount, p.reports) for p in passport.parts] == [
        (Status.VERIFIED, 100 + 50 + 80 + 118, 4), (Status.SUBMITTED, 30 + 70 + 9, 3), (Status.RETURNED, 120, 1),
    ]  # fmt: skip


def test_what_a_site_said_besides_and_was_refused_is_what_it_claims(day: World):
    claimed = source(ask(day), Kind.CLAIMED)
    (reason,) = claimed.reasons
    assert (claimed.difference, reason.kind, reason.first, reason.second) == (5, "conflict", 9, 14)
    assert reason.place is not None
    assert reason.place.code == "S5"


def test_what_is_missing_stands_there_by_name(day: World):
    missing = ask(day).missing
    # S3 is open 08:30 to 11:30 and silent; S4 and S5 owe the last hour; S1 was sent back its 8 o'clock one.
    assert [(m.site.code, m.state) for m in missing] == [
        ("S3", State.MISSING), ("S4", State.MISSING), ("S5", State.MISSING),
    ]  # fmt: skip
    assert (missing[1].so_far, missing[1].estimate) == (80, 40.0)
    alone = ask(day, place="S1").missing
    assert [(m.site.code, m.state, m.standing) for m in alone] == [
        ("S1", State.MISSING, None),
        ("S1", State.RETURNED, 120),
    ]


def test_a_returned_report_of_the_hour_still_counts_and_says_so(day: World):
    (returned,) = [m for m in ask(day, hour=8).missing if m.state is State.RETURNED]
    assert (returned.site.code, returned.standing) == ("S1", 120)


def test_changes_tell_who_when_why_and_by_how_much_and_add_up(day: World):
    passport = ask(day)
    first, last = passport.changes
    assert {first.site.code, last.site.code} == {"S1", "S2"}
    by_site = {change.site.code: change for change in passport.changes}
    one, two = by_site["S1"], by_site["S2"]
    assert (one.old, one.new, one.delta, one.reason, one.version) == (130, 118, -12, "多报 12", 2)
    assert (one.by, one.verified_by) == ("operator", "operator")
    # A total that was copied wrong moves two hours, and the day not at all.
    assert (two.old, two.new, two.delta, two.verified_by) == (90, 80, 0, "")
    assert (passport.first_total, passport.counted) == (589, 577)
    assert [c.delta for c in ask(day, hour=8).changes] == [-10]
    assert [c.delta for c in ask(day, hour=9).changes if c.site.code == "S2"] == [10]


def test_a_change_is_the_same_in_whatever_order_the_versions_came(world: World):
    world.send(row("S1", 8, 30, key="c2", correction_of="c1", note="again"))
    world.send(row("S1", 8, 20, key="c1", correction_of="S1/8", note="once"))
    world.send(row("S1", 8, 10))
    passport = ask(world)
    hold(passport)
    assert (passport.first_total, passport.counted) == (10, 30)
    assert sum(change.delta for change in passport.changes) == 20


def test_down_to_the_reports_every_level_has_the_part_it_adds(day: World):
    district = ask(day)
    assert [(b.place.code, b.amount) for b in district.below] == [(TOWN, 488), (OTHER_TOWN, 89)]
    assert sum(line.amount or 0 for line in ask(day, place="S2").lines) == 150
    assert [(line.version, line.amount) for line in ask(day, place="S1").lines] == [(2, 118), (1, 120), (1, 100)]


def test_looking_back_knows_nothing_later(day: World):
    passport = ask(day, until=8)
    hold(passport)
    assert passport.counted == 100 + 120 + 80 + 80 + 9
    assert [c.delta for c in passport.changes] == [-10]


def test_the_upper_systems_figure_is_explained_by_then_since_and_where(day: World):
    rows = [
        {"key": "u1", "place": DISTRICT, "at": iso(9), "persons": 390, "source": "省平台"},
        {"key": "u2", "place": TOWN, "at": iso(9), "persons": 301, "source": "省平台"},
        {"key": "u3", "place": OTHER_TOWN, "at": iso(9), "persons": 89, "source": "省平台"},
    ]
    assert ingest_upper_figures(day.database, day.id, rows, OPERATOR, day.clock).accepted == 3
    passport = ask(day)
    hold(passport)
    upper = source(passport, Kind.UPPER)
    assert (upper.value, upper.name) == (390, "省平台")
    assert [(r.kind, r.amount) for r in upper.reasons] == [("upper_then", 1), ("upper_since", 389 - 577)]
    assert passport.where is not None
    assert [(a.place.code, a.difference) for a in passport.where.apart] == [(TOWN, 1)]
    assert (passport.where.agree, passport.where.unknown, passport.where.unexplained) == (1, 0, 0)
    # What another system said, or of another moment, explains nothing.
    other = {"key": "u4", "place": DISTRICT, "at": iso(10), "persons": 580, "source": "市平台"}
    ingest_upper_figures(day.database, day.id, [other], OPERATOR, day.clock)
    assert (source(ask(day), Kind.UPPER).name, ask(day).where) == ("市平台", None)
    # Only what it knew by then.
    assert source(ask(day, until=7), Kind.UPPER).value is None
    assert source(ask(day, hour=8), Kind.UPPER).value is None


def test_where_the_upper_system_differs_is_found_in_the_nearest_places_it_knows(day: World):
    rows = [
        {"key": place, "place": place, "at": iso(10), "persons": persons}
        for place, persons in ((DISTRICT, 590), ("S1", 340), ("S2", 150), (OTHER_TOWN, 99))
    ]
    ingest_upper_figures(day.database, day.id, rows, OPERATOR, day.clock)
    found = ask(day).where
    assert found is not None
    assert [(a.place.code, a.difference) for a in found.apart] == [(OTHER_TOWN, 10), ("S1", 2)]
    assert (found.agree, found.unknown, found.unexplained) == (1, 1, 1)


def test_a_corrected_figure_names_nobody_below_another_place(day: World):
    assert [c.site.code for c in ask(day, place=OTHER_TOWN).changes] == []


reports = st.lists(
    st.tuples(
        st.sampled_from(["S1", "S2", "S4"]), st.integers(7, 9), st.booleans(), st.integers(0, 40),
        st.sampled_from(["new", "correct", "verify", "return"]),
    ),
    max_size=14,
)  # fmt: skip


@given(reports)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_it_adds_up(migrated_file, tmp_path_factory, given_):
    copy = tmp_path_factory.mktemp("passport") / "campaign.db"
    shutil.copy(migrated_file, copy)
    database = Database(f"sqlite:///{copy}")
    world = make_world(database, SetClock(at(10, 30)))
    heads: dict[tuple[str, int], str] = {}
    for n, (site, hour, total, persons, what) in enumerate(given_):
        cell = site, hour
        figures = {"persons_total": persons} if total else {"persons": persons}
        if what in ("new", "correct") and cell not in heads:
            heads[cell] = f"k{n}"
            world.send(row(site, hour, key=f"k{n}", tubes=9, **figures))
        elif what == "correct":
            sent = row(site, hour, key=f"k{n}", correction_of=heads[cell], note="x", **figures)
            if world.send(sent).accepted:
                heads[cell] = f"k{n}"
        elif cell in heads:
            world.verify(heads[cell]) if what == "verify" else world.send_back(heads[cell])
    hold_all(world)
    database.engine.dispose()


# -- drawn


@pytest.fixture
def snapshots(day: World) -> Snapshots:
    return Snapshots(day.database, PAGES, day.clock)


def drawn(found: object) -> str:
    assert isinstance(found, bytes)
    return gzip.decompress(found).decode()


def test_every_passport_is_drawn_in_both_languages_without_an_error(day: World, snapshots: Snapshots, caplog):
    number = snapshots.version(day.id).number
    for figure in Figure:
        for hourly in (False, True):
            for place in (DISTRICT, TOWN, "S1", "S3"):
                for language in ("zh", "en"):
                    hour = at(8) if hourly else None
                    body = orjson.loads(
                        drawn(snapshots.get(day.id, slug(figure, hourly), place, language, number, hour))
                    )
                    assert set(body["panels"]) == {"passport"}
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


def test_the_same_version_is_drawn_once_for_everybody(day: World, snapshots: Snapshots):
    number = snapshots.version(day.id).number
    once = snapshots.get(day.id, slug(Figure.PERSONS, False), DISTRICT, "zh", number)
    assert snapshots.get(day.id, slug(Figure.PERSONS, False), DISTRICT, "zh", number) is once


def test_words_of_others_stay_words(database, clock):
    evil = '<img src=x onerror="alert(1)">=cmd|x'
    world = make_world(database, clock, rows=({"site": "S1", "town": TOWN, "site_name": evil, "lanes": 9},))
    world.send(row("S1", 8, 5), row("S1", 8, 6, key="c", correction_of="S1/8", note=evil))
    ingest_upper_figures(
        world.database, world.id, [{"key": "u", "place": "S1", "at": iso(9), "persons": 5, "source": evil}],
        OPERATOR, clock,
    )  # fmt: skip
    snapshots = Snapshots(database, PAGES, clock)
    body = drawn(snapshots.get(world.id, slug(Figure.PERSONS, False), "S1", "zh", snapshots.version(world.id).number))
    # As a text of the tree, never as markup: React writes it letter by letter.
    assert orjson.dumps(evil).decode()[1:-1] in body
    assert "dangerously" not in body
    assert '"Markdown"' not in body


# -- over HTTP, scoped


@pytest.mark.parametrize("figure", list(Figure))
def test_a_passport_is_for_who_may_see_the_place(api: Api, figure: Figure):
    campaign = api.world.id

    def status(client, place: str) -> int:
        head = client.get(f"/live/{campaign}").json
        version = f"{head['revision']}-{head['minute']}"
        return client.get(f"/passports/{campaign}/{figure}/{place}/zh/{version}?hour={iso(8)}&only=1").status_code

    assert status(api.signed_in("district"), DISTRICT) == 200
    assert status(api.signed_in("town"), TOWN) == 200
    assert status(api.signed_in("town"), DISTRICT) == 403
    assert status(api.signed_in("site"), "S1") == 200
    assert status(api.signed_in("site"), "S2") == 403
    assert api.client.get(f"/passports/{campaign}/{figure}/{DISTRICT}/zh/1-1").status_code == 401


def test_what_has_no_passport_is_unknown(api: Api):
    client = api.signed_in("district")
    head = client.get(f"/live/{api.world.id}").json
    version = f"{head['revision']}-{head['minute']}"
    base = f"/passports/{api.world.id}"
    for path in (f"nothing/{DISTRICT}/zh", "persons/nowhere/zh", f"persons/{DISTRICT}/fr"):
        assert client.get(f"{base}/{path}/{version}").status_code == 404, path
    gone = client.get(f"{base}/persons/{DISTRICT}/zh/1-1?hour={iso(8)}&only=1")
    assert gone.status_code == 307
    assert gone.headers["Location"].startswith(f"{base}/persons/{DISTRICT}/zh/{version}?")
    assert "only=1" in gone.headers["Location"]

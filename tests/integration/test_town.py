"""The town's work in one hour: what is in which group, with which words and numbers."""

import gzip
from collections import Counter
from datetime import timedelta
from itertools import count

import orjson
import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, SetClock, World, at, iso, make_world, row

from data import campaigns
from data.ingest.batch import Sender
from data.queries.moment import Moment
from data.queries.town import WINDOW, town_picture
from domain.duty import State
from domain.reports import Channel
from domain.status import Severity
from domain.town import Group, SiteWork, TownPicture
from locales import LANGUAGES
from views import draw_all
from views.site import PAGE as SITE
from views.snapshots import Moved, Snapshots
from views.town import PAGE

EIGHT = 2
"""The period that starts at 08:00 in a campaign from 06:00."""


def look(world: World, place: str = TOWN, period: int | None = EIGHT) -> TownPicture:
    with world.reading() as (session, tree):
        revision = campaigns.find(session, world.id).revision
        return town_picture(session, Moment(tree, tree.by_code[place], revision, world.clock(), period=period))


def site(world: World, code: str = "S1", period: int = EIGHT) -> SiteWork:
    return next(found for found in look(world, period=period).sites if found.site.code == code)


def groups(picture: TownPicture) -> dict[str, str]:
    return {found.site.code: found.group.value for found in picture.sites}


def kinds(found: SiteWork) -> list[str]:
    return [doubt.kind for doubt in found.doubts]


@pytest.fixture
def early(world: World) -> World:
    """At 09:05, before the reports of 08:00–09:00 are due at 09:10."""
    world.clock.to(at(9, 5))
    return world


def test_the_hour_shown_is_the_last_one_due_unless_another_is_chosen(world: World):
    assert look(world, period=None).period == 3  # 09:00-10:00 was due at 10:10, and it is 10:30
    world.clock.to(at(10, 5))
    assert look(world, period=None).period == 2
    world.clock.to(at(6, 20))
    assert look(world, period=None).period == 0


def test_sites_are_grouped_by_what_is_to_be_done(early: World):
    early.send(row("S1", 8, 60, tubes=6, third_copies=5), row("S2", 8, 40, tubes=4), row("S3", 8, 20, tubes=2))
    early.verify("S3/8")
    assert groups(look(early)) == {"S1": "attention", "S2": "clean", "S3": "verified"}
    early.send_back("S2/8")
    assert groups(look(early)) == {"S1": "attention", "S2": "returned", "S3": "verified"}
    assert [found.group for found in look(early).sites] == [Group.ATTENTION, Group.RETURNED, Group.VERIFIED]


def test_who_owes_a_report_is_attended_to_once_it_is_due(early: World):
    assert groups(look(early)) == dict.fromkeys(("S1", "S2", "S3"), "waiting")
    early.clock.to(at(9, 10))
    picture = look(early)
    assert groups(picture) == dict.fromkeys(("S1", "S2", "S3"), "attention")
    assert {found.severity for found in picture.sites} == {Severity.MISS}
    assert (picture.reported, picture.expected, picture.closed) == (0, 3, 0)


def test_a_closed_site_is_left_out_unless_it_reports(world: World):
    picture = look(world, period=0)
    assert (groups(picture).keys(), picture.closed) == ({"S1"}, 2)
    world.send(row("S3", 6, 20, tubes=2))
    picture = look(world, period=0)
    assert kinds(next(found for found in picture.sites if found.site.code == "S3")) == ["outside_opening", "late"]


def test_every_doubt_carries_the_numbers_it_compares_and_names_the_figure(early: World):
    early.send(row("S1", 7, persons_total=500, tubes_total=50), row("S1", 8, persons_total=480, tubes_total=48))
    found = site(early)
    assert (kinds(found)[0], found.severity) == ("total_falls", Severity.CRIT)
    assert {"by": 20, "total": 480, "so_far": 500}.items() <= found.doubts[0].params.items()
    assert found.colour("total") is found.colour("persons") is Severity.CRIT
    assert found.colour("third_copies") is None
    early.send(row("S2", 8, 45, tubes=4, third_copies=3))
    other = site(early, "S2")
    assert set(kinds(other)) == {"persons_over_tubes", "third_copies_differ"}
    assert (other.colour("tubes"), other.colour("third_copies")) == (Severity.WARN, Severity.WARN)
    assert (other.reasons[0], other.reasons[1]) == ("persons_over_tubes", "third_copies_differ")


def test_late_says_by_how_much_and_is_no_doubt(early: World):
    early.clock.to(at(9, 22))
    early.send(row("S1", 8, 60, tubes=6))
    found = site(early)
    assert (found.group, found.severity, found.state) == (Group.CLEAN, None, State.LATE)
    assert found.doubts[0].params == {"late_by": timedelta(minutes=12)}
    assert found.sent is not None
    assert found.sent.late_by == timedelta(minutes=12)


def test_a_catch_up_stands_in_every_hour_it_covers(early: World):
    early.send(row("S1", 6, 90, key="all", hours=3, tubes=9))
    for period in (0, 1, 2):
        doubt = site(early, period=period).doubts[-1]
        assert (doubt.kind, doubt.params) == ("catch_up", {"first": 0, "last": 2})
    assert [site(early, period=p).total for p in (0, 1, 2)] == [None, None, 90]


def test_a_change_after_verification_drops_that_report_alone_and_shows_old_against_new(early: World):
    early.send(row("S1", 8, 60, tubes=6), row("S2", 8, 40, tubes=4))
    early.verify("S1/8", "S2/8")
    assert look(early).figures.verified_share == 1
    early.send(row("S1", 8, 66, key="c", tubes=7, correction_of="S1/8", note="复点"))
    picture = look(early)
    assert groups(picture) == {"S1": "attention", "S2": "verified", "S3": "waiting"}
    found = site(early)
    assert kinds(found) == ["reopened"]
    assert found.sent is not None
    assert {(c.field, c.old, c.new) for c in found.sent.changes} == {("persons", 60, 66), ("tubes", 6, 7)}
    assert (found.sent.reopened, found.sent.note) == (True, "复点")
    assert picture.figures.verified_share == pytest.approx(40 / 106)


def test_a_correction_of_a_returned_report_is_clean_again(early: World):
    early.send(row("S1", 8, 60, tubes=6, third_copies=5))
    early.send_back("S1/8")
    early.send(row("S1", 8, 60, key="c", tubes=6, third_copies=6, correction_of="S1/8", note="漏一张"))
    found = site(early)
    assert (found.group, found.decided) == (Group.CLEAN, None)
    assert found.sent is not None
    assert [(c.field, c.old, c.new) for c in found.sent.changes] == [("third_copies", 5, 6)]


def test_a_refused_claim_stands_beside_the_one_on_record_until_one_is_chosen(early: World):
    early.send(row("S1", 8, 60, tubes=6))
    early.send(row("S1", 8, 66, key="other", tubes=7, note="复点"), sender=Sender("phone 2", "S1"))
    found = site(early)
    assert (found.group, kinds(found), found.reasons[0]) == (Group.ATTENTION, ["conflict"], "conflict")
    (rival,) = found.rivals
    assert (rival.key, rival.by, rival.note) == ("other", "phone 2", "复点")
    assert {(d.field, d.old, d.new) for d in rival.differences} == {("persons", 60, 66), ("tubes", 6, 7)}
    early.verify("S1/8")
    assert site(early).group is Group.VERIFIED


def test_what_was_entered_by_telephone_says_so(early: World):
    early.account("town-data", "town", TOWN, name="黄秋月")
    town = Sender("town-data (town 440607001)", TOWN)
    early.send(row("S1", 8, 60, tubes=6, channel="phone", note="王医生来电"), sender=town)
    found = site(early)
    assert found.sent is not None
    assert (found.sent.channel, found.sent.by, found.group) == (Channel.PHONE, "黄秋月", Group.CLEAN)


def test_the_clerk_of_a_site_is_who_has_its_account(early: World):
    early.account("clerk-1", "site", "S1", name="卢嘉欣", phone="13800000001")
    assert next((f.site.code, f.clerk, f.phone) for f in look(early).sites) == ("S1", "卢嘉欣", "13800000001")


def test_a_returned_report_says_why_when_and_by_whom(early: World):
    early.send(row("S1", 8, 60, tubes=6))
    early.send_back("S1/8", reason="incomplete")
    found = site(early)
    assert found.decided is not None
    assert (found.decided.reason, found.decided.at, found.decided_by) == ("incomplete", at(9, 5), "operator")


def test_the_district_counts_the_same_towns_the_towns_list(world: World):
    world.send(row("S1", 8, 60, tubes=6, third_copies=5), row("S2", 8, 40, tubes=4), row("S4", 8, 40, tubes=4))
    world.send(row("S5", 8, 30, tubes=3))
    world.verify("S4/8", "S5/8")
    world.send(row("S5", 8, 31, key="c", tubes=4, correction_of="S5/8", note="recounted"))
    whole = look(world, DISTRICT)
    assert whole.sites == ()
    for line in whole.places:
        own = look(world, line.place.code)
        assert line.groups == Counter(own.groups)
        assert (line.expected, line.reported, line.figures) == (own.expected, own.reported, own.figures)
    assert [line.place.code for line in whole.places] == [TOWN, OTHER_TOWN]  # the most to look at first
    assert Counter(whole.groups) == sum((Counter(line.groups) for line in whole.places), Counter())


def test_the_hours_to_choose_from_say_how_many_have_reported(world: World):
    world.send(row("S1", 8, 60, tubes=6))
    hours = look(world).hours
    assert [(h.period, h.reported, h.expected, h.open) for h in hours] == [
        (0, 0, 1, True), (1, 0, 2, True), (2, 1, 3, True), (3, 0, 3, True), (4, 0, 3, False),
    ]  # fmt: skip
    assert look(world, DISTRICT).hours[2].expected == 5


def test_a_long_campaign_offers_the_hours_around_the_chosen_one(database, clock: SetClock):
    world = make_world(database, clock, starts_at=at(-72), deadline=at(22))
    for chosen in (0, 3, 40, None):
        hours = look(world, period=chosen).hours
        assert len(hours) <= WINDOW
        assert chosen in {None, *(h.period for h in hours)}


@pytest.mark.parametrize("place", [TOWN, DISTRICT, "S1"])
def test_the_page_is_drawn_whatever_there_is(early: World, place: str):
    early.send(
        row("S1", 7, persons_total=500, tubes_total=50), row("S1", 8, persons_total=480, tubes_total=48),
        row("S2", 8, 0, tubes=0, third_copies=1), row("S3", 8, 900, key="S3/8", persons_total=20, tubes=90),
    )  # fmt: skip
    early.send(row("S2", 8, 1, key="other", tubes=1))
    early.clock.to(at(9, 40))
    for language in LANGUAGES:
        with early.reading() as (session, tree):
            for period in (None, 0, 2, 9):
                moment = Moment(tree, tree.by_code[place], 1, early.clock(), period=period)
                drawn = draw_all(PAGE, session, moment, language)
                body = orjson.dumps(drawn, default=lambda part: part.to_plotly_json()).decode()
                assert "data-retry" not in body, (place, language, period)


def test_totals_that_fall_in_tubes_alone_say_so(early: World):
    early.send(row("S1", 7, persons_total=500, tubes_total=50), row("S1", 8, persons_total=520, tubes_total=48))
    params = site(early).doubts[0].params
    assert (params["by"], params["tubes_total"], params["tubes_so_far"]) == (0, 48, 50)
    with early.reading() as (session, tree):
        moment = Moment(tree, tree.by_code[TOWN], 1, early.clock(), period=EIGHT)
        body = orjson.dumps(draw_all(PAGE, session, moment, "zh"), default=lambda p: p.to_plotly_json()).decode()
    assert "累计用管 48 ＜ 此前 50，少 2" in body


def test_an_hour_in_the_address_lists_that_hour_with_what_is_known_now(world: World):
    world.send(row("S1", 8, 60, tubes=6), row("S1", 9, 70, tubes=7))
    leaps = count(step=10)
    snapshots = Snapshots(world.database, {"town": PAGE}, world.clock, ticks=lambda: float(next(leaps)))
    version = snapshots.version(world.id)
    found = {}
    for hour in (None, at(8), at(9)):
        body = snapshots.get(world.id, "town", TOWN, "zh", version.number, hour)
        assert not isinstance(body, Moved)

        found[hour] = gzip.decompress(body).decode()
    assert f'"data-hour-start":"{iso(8)}"' in found[at(8)]
    assert found[None] == found[at(9)]
    # Present knowledge: the sum so far holds the later hour too, and nothing says that one looks back.
    assert '"data-value":"130"' in found[at(8)]
    assert "回到现在" not in found[at(8)]


def test_names_are_those_of_accounts_and_others_stand_as_they_are(early: World):
    early.send(row("S1", 8, 60, tubes=6), sender=Sender("token 7 (gateway 440607)"))
    sent = site(early).sent
    assert sent is not None
    assert sent.by == "token 7 (gateway 440607)"


def test_the_sites_own_page_says_that_a_version_was_entered_by_telephone(early: World):
    early.send(row("S1", 8, 60, tubes=6, channel="phone", note="王医生来电"), sender=Sender("town", TOWN))
    with early.reading() as (session, tree):
        moment = Moment(tree, tree.by_code["S1"], 1, early.clock())
        body = orjson.dumps(draw_all(SITE, session, moment, "zh"), default=lambda p: p.to_plotly_json()).decode()
    assert "电话代录" in body

"""Briefing screens by rule: codes, settings, what commands come to, when one needs somebody, what fits on it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Code, Refused
from domain.screen_driving import (
    FROZEN_FOR,
    IDLE,
    Do,
    Drive,
    Mode,
    Wish,
    obey,
    read_wish,
    scene_on,
    standing,
    stored_drive,
    write_drive,
)
from domain.screens import ALPHABET, SCENES, Contact, Trouble, layout, new_code, read_code, read_settings, troubles
from domain.status import Severity
from locales import LANGUAGES

NOW = datetime(2021, 6, 6, 2, 30, tzinfo=UTC)
STAY = 15


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


_keys = iter(range(1_000_000))


def told(drive: Drive, do: Do, at: datetime = NOW, by: str = "chen", shown: str = "", **more) -> Drive:
    """The drive after a command that nobody sent before."""
    wish = Wish(do, f"key {next(_keys)}", **more)
    return obey(drive, wish, at, by, by.title(), SCENES, STAY, shown)


# -- joining


def test_a_code_has_nothing_that_reads_as_something_else():
    for code in (new_code() for _ in range(200)):
        assert len(code) == 6
        assert set(code) <= set(ALPHABET)
    assert not set("01OI") & set(ALPHABET)


@given(st.text(alphabet=ALPHABET, min_size=6, max_size=6))
def test_a_code_is_understood_however_it_is_typed(code: str):
    for typed in (code, code.lower(), f" {code[:3]}-{code[3:]} ", f"{code[:3]} {code[3:]}"):
        assert read_code(typed) == code


@pytest.mark.parametrize("typed", ["", "ABC23", "ABC2345", "ABC230", "ABC23I", "ÄBC234", None, 7, [], "AB C2 3"])
def test_what_is_no_code_is_refused(typed: object):
    with pytest.raises(Refused):
        read_code(typed)


# -- what an administrator sets


def test_a_screen_needs_only_a_name():
    asked = read_settings({"name": "会商室"}, LANGUAGES)
    assert (asked.scenes, asked.seconds, asked.language, asked.bezel_px) == (SCENES, 15, "zh", 0)


def test_scenes_keep_their_order_however_they_are_named():
    asked = read_settings({"name": "x", "scenes": ["wall-alerts", "wall-map", "wall-alerts"]}, LANGUAGES)
    assert asked.scenes == ("wall-map", "wall-alerts")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 61), ("scenes", []), ("scenes", ["wall-x"]), ("scenes", "wall-map"),
     ("scenes", [["wall-map"]]), ("seconds", 4), ("seconds", 301), ("seconds", True), ("seconds", "15"),
     ("language", "fr"), ("bezel_px", -1), ("bezel_px", 401), ("location", "x" * 101)],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(field: str, value: object):
    with pytest.raises(Refused):
        read_settings({"name": "x", field: value}, LANGUAGES)


@pytest.mark.parametrize(
    "body",
    [{}, {"key": "k"}, {"key": "k", "do": "dance"}, {"do": "next"}, {"key": "k", "do": "jump"},
     {"key": "k", "do": "jump", "scene": "overview"}, {"key": "k", "do": "replay", "pace": 1}],
)  # fmt: skip
def test_a_command_that_says_nothing_is_refused(body: dict[str, object]):
    with pytest.raises(Refused):
        read_wish(body)


# -- driving


def test_a_screen_that_was_never_told_anything_rotates():
    held = standing(Drive(), NOW, STAY)
    assert (held.mode, held.scene, held.driver) == (Mode.ROTATE, "", "")


@pytest.mark.parametrize(
    ("do", "shown", "expected"),
    [(Do.NEXT, "wall-map", "wall-flow"), (Do.BACK, "wall-map", "wall-progress"),
     (Do.NEXT, "wall-alerts", "wall-progress"), (Do.BACK, "wall-progress", "wall-alerts"),
     (Do.NEXT, "", "wall-map"), (Do.NEXT, "not a scene", "wall-map")],
)  # fmt: skip
def test_turning_over_starts_from_what_is_on_the_screen(do: Do, shown: str, expected: str):
    assert standing(told(Drive(), do, shown=shown), NOW, STAY).scene == expected


def test_two_quick_presses_are_two_scenes_although_the_screen_has_not_answered_yet():
    drive = told(Drive(), Do.NEXT, shown="wall-progress")
    drive = told(drive, Do.NEXT, after(0.4), shown="wall-progress")
    assert standing(drive, after(0.5), STAY).scene == "wall-flow"
    assert drive.order == 2


def test_a_scene_asked_for_in_rotation_has_one_turn():
    drive = told(Drive(), Do.JUMP, scene="wall-labs")
    assert standing(drive, after(STAY - 1), STAY).scene == "wall-labs"
    assert standing(drive, after(STAY), STAY).scene == ""
    assert standing(drive, after(STAY), STAY).mode is Mode.ROTATE


def test_a_held_scene_stays_until_nobody_has_driven_for_five_minutes():
    drive = told(Drive(), Do.HOLD, shown="wall-flow")
    last = standing(drive, after(299), STAY)
    assert (last.mode, last.scene, last.driven_by) == (Mode.HOLD, "wall-flow", "Chen")
    assert standing(drive, NOW + IDLE, STAY).mode is Mode.ROTATE
    going_on = told(drive, Do.NEXT, after(290))
    assert standing(going_on, after(500), STAY).scene == "wall-labs"


def test_frozen_stays_frozen_while_turned_over_and_lifts_itself():
    drive = told(Drive(), Do.FREEZE, shown="wall-map", freeze=7)
    drive = told(drive, Do.NEXT, after(60))
    held = standing(drive, after(3600), STAY)
    assert (held.mode, held.scene, held.freeze) == (Mode.FROZEN, "wall-flow", 7)
    assert standing(drive, NOW + FROZEN_FOR - timedelta(seconds=1), STAY).mode is Mode.FROZEN
    assert standing(drive, NOW + FROZEN_FOR, STAY).mode is Mode.ROTATE


def test_no_town_is_chosen_on_a_frozen_picture():
    drive = told(Drive(), Do.FREEZE, freeze=7)
    with pytest.raises(Refused) as refusal:
        told(drive, Do.TOWN, place="440607001")
    assert refusal.value.code is Code.CONFLICT


def test_a_town_stays_while_turned_over_and_goes_back_when_handed_back():
    drive = told(Drive(), Do.TOWN, place="440607001", shown="wall-map")
    assert standing(drive, NOW, STAY).place == "440607001"
    turned = told(drive, Do.NEXT, after(30))
    assert standing(turned, after(31), STAY).place == "440607001"
    assert standing(told(turned, Do.RELEASE, after(40)), after(41), STAY).place == ""
    assert standing(turned, after(31) + IDLE, STAY).place == ""


def test_a_replay_goes_through_the_periods_and_ends_by_itself():
    drive = told(Drive(), Do.REPLAY, shown="wall-map", first=0, last=3, pace=5)
    seen = [standing(drive, after(second), STAY).period for second in (0, 4.9, 5, 14, 19.9, 20)]
    assert seen == [0, 0, 1, 2, 3, None]
    assert standing(drive, after(20), STAY).mode is Mode.ROTATE
    assert standing(drive, after(3), STAY).scene == "wall-map"


def test_another_drives_only_when_he_takes_over_or_nobody_has_driven_for_five_minutes():
    drive = told(Drive(), Do.HOLD, by="chen")
    with pytest.raises(Refused) as refusal:
        told(drive, Do.NEXT, after(10), by="liang")
    assert (refusal.value.code, refusal.value.value) == (Code.CONFLICT, "Chen")
    assert standing(told(drive, Do.NEXT, after(10), by="liang", take=True), after(11), STAY).driver == "liang"
    assert standing(told(drive, Do.NEXT, NOW + IDLE, by="liang"), NOW + IDLE, STAY).driver == "liang"


def test_the_same_command_twice_is_one():
    wish = Wish(Do.NEXT, "same")
    once = obey(Drive(), wish, NOW, "chen", "Chen", SCENES, STAY)
    assert obey(once, wish, after(1), "chen", "Chen", SCENES, STAY) is once


def test_a_scene_that_is_not_on_the_screen_is_refused():
    with pytest.raises(Refused):
        obey(Drive(), Wish(Do.JUMP, "k", scene="wall-map"), NOW, "chen", "Chen", ("wall-labs",), STAY)


@given(st.lists(st.tuples(st.sampled_from(Do), st.integers(0, 400)), max_size=12))
def test_whatever_is_pressed_a_screen_stands_on_one_of_its_scenes_and_comes_back_by_itself(presses):
    drive, moment = Drive(), NOW
    for do, pause in presses:
        moment += timedelta(seconds=pause)
        try:
            drive = told(drive, do, moment, scene="wall-map" if do is Do.JUMP else "", freeze=1, last=5)
        except Refused:
            assert do is Do.TOWN
        held = standing(drive, moment, STAY)
        assert held.scene in ("", *SCENES)
        assert scene_on(drive, moment, SCENES, "") in SCENES
        assert stored_drive(write_drive(drive)) == drive
    assert standing(drive, moment + FROZEN_FOR, STAY).mode is Mode.ROTATE
    assert standing(drive, moment + FROZEN_FOR, STAY).place == ""


# -- how it goes with one


def wrong(**said) -> list[tuple[Trouble, Severity]]:
    contact = Contact(**{"at": NOW, "minute": 1000, "software": "a1", "skew": 0.0} | said)
    return troubles(contact, NOW, "a1", (1000, 1.0))


@pytest.mark.parametrize(
    ("said", "expected"),
    [({}, []),
     ({"at": after(-15)}, []),
     ({"at": after(-16)}, [(Trouble.LATE, Severity.WARN)]),
     ({"at": after(-60)}, [(Trouble.LATE, Severity.WARN)]),
     ({"at": after(-61)}, [(Trouble.LOST, Severity.CRIT)]),
     ({"skew": 60.0}, []),
     ({"skew": 61.0}, [(Trouble.CLOCK, Severity.WARN)]),
     ({"skew": -61.0}, [(Trouble.CLOCK, Severity.WARN)]),
     ({"skew": None}, []),
     ({"software": "a0"}, [(Trouble.OLD_SOFTWARE, Severity.WARN)]),
     ({"software": ""}, []),
     ({"minute": 998}, []),
     ({"minute": 997}, [(Trouble.OLD_DATA, Severity.WARN)]),
     ({"minute": None}, []),
     ({"minute": 990, "at": after(-600)}, [(Trouble.LOST, Severity.CRIT)]),
     ({"at": after(-61), "skew": 99.0, "software": "a0"},
      [(Trouble.LOST, Severity.CRIT), (Trouble.CLOCK, Severity.WARN), (Trouble.OLD_SOFTWARE, Severity.WARN)])],
)  # fmt: skip
def test_what_is_wrong_with_a_screen(said, expected):
    assert wrong(**said) == expected


def test_a_day_that_runs_faster_does_not_make_pictures_old():
    contact = Contact(at=NOW, minute=1000)
    assert troubles(contact, NOW, "", (1060, 60.0)) == []
    assert troubles(contact, NOW, "", (1200, 60.0)) == [(Trouble.OLD_DATA, Severity.WARN)]
    assert troubles(contact, NOW, "", None) == []


# -- what fits on one


@pytest.mark.parametrize(
    ("size", "halves", "upright", "beside", "least_text"),
    [((1920, 1080), 1, False, 0, 28), ((3840, 2160), 1, False, 0, 56), ((6656, 1792), 2, False, 89, 46),
     ((1080, 1920), 1, True, 0, 28), ((1024, 1366), 1, True, 128, 20), ((1366, 768), 1, False, 0, 20),
     ((1280, 720), 1, False, 0, 19), ((2560, 1080), 1, False, 320, 28)],
)  # fmt: skip
def test_how_scenes_stand_on_a_screen(size, halves, upright, beside, least_text):
    fits = layout(*size, SCENES)
    assert (fits.halves, fits.upright, fits.beside, fits.least_text) == (halves, upright, beside, least_text)


def test_a_wall_is_not_left_half_empty_and_no_scene_is_stood_upright_that_has_no_such_form():
    assert layout(6656, 1792, SCENES[:1]).halves == 1
    assert layout(1080, 1920, ("wall-map", "wall-flow")).upright is False


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_nothing_is_ever_cropped(width: int, height: int):
    fits = layout(width, height, SCENES)
    assert 0 <= fits.beside <= width / 2 + 1
    assert 0 <= fits.above <= height / 2 + 1

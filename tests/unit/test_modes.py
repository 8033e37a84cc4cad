"""Registration modes: what is refused, which cell a site is in, entrances, how many people it touches."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Code, Refused
from domain.modes import Mode, ModeChange, SiteMode, read_mode, summarise
from domain.overview import PlaceRef
from domain.places import Level

START = datetime(2021, 6, 5, 22, tzinfo=UTC)
NOW = START + timedelta(hours=8)
ROW = {"key": "k", "site": "S1", "mode": "province"}


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("S1", "row", Code.BAD_VALUE),
        (ROW | {"key": ""}, "key", Code.MISSING_FIELD),
        (ROW | {"site": None}, "site", Code.MISSING_FIELD),
        (ROW | {"mode": "paper"}, "mode", Code.BAD_VALUE),
        (ROW | {"entrance": 5}, "entrance", Code.BAD_VALUE),
        (ROW | {"entrance": True}, "entrance", Code.BAD_VALUE),
        (ROW | {"mode": "offline_app", "entrance": 1}, "entrance", Code.BAD_VALUE),
        (ROW | {"since": "2021-06-06"}, "since", Code.BAD_TIME),
        (ROW | {"since": (NOW + timedelta(minutes=3)).isoformat()}, "since", Code.BAD_TIME),
        (ROW | {"since": (START - timedelta(days=2)).isoformat()}, "since", Code.BAD_TIME),
        (ROW | {"seen": "1"}, "seen", Code.NOT_A_NUMBER),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row, field, code):
    with pytest.raises(Refused) as refusal:
        read_mode(row, START, NOW)
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_what_is_left_out_is_unknown():
    claim = read_mode(ROW, START, NOW)
    assert (claim.setting, claim.since, claim.seen) == ((Mode.PROVINCE, None), None, None)


def site(
    code: str,
    mode: Mode | None,
    entrance: int | None = None,
    hours: float = 0,
    target: int | None = 100,
    last_hour: int | None = 10,
) -> SiteMode:
    ref = PlaceRef(code, code, "", Level.SITE)
    since = START + timedelta(hours=hours)
    change = ModeChange(1, ref, mode, entrance, since, "", "", since) if mode else None
    return SiteMode(ref, None, change, target, last_hour)


SITES = (
    site("S1", Mode.PROVINCE, 1, 0),
    site("S2", Mode.PROVINCE, 1, 2),
    site("S3", Mode.PROVINCE, 2, 1, target=None, last_hour=None),
    site("S4", Mode.OFFLINE_APP, None, 5),
    site("S5", None),
)


def test_every_site_is_in_exactly_one_cell_in_the_order_to_fall_back_in():
    modes = summarise(SITES, None, 0)
    assert [cell.mode for cell in modes.cells] == [*Mode, None]
    assert sorted(s.site.code for cell in modes.cells for s in cell.sites) == ["S1", "S2", "S3", "S4", "S5"]
    assert [s.site.code for s in modes.cell(Mode.PROVINCE).sites] == ["S2", "S3", "S1"]
    assert modes.cell(Mode.CITY).sites == ()


def test_a_cell_says_since_when_and_how_many_people_and_unknown_is_not_zero():
    modes = summarise(SITES, None, 0)
    province, city = modes.cell(Mode.PROVINCE), modes.cell(Mode.CITY)
    assert (province.since, province.target, province.last_hour) == (START, 200, 20)
    assert (city.since, city.target, city.last_hour) == (None, None, None)


def test_without_sites_nobody_has_set_there_is_no_cell_for_them():
    assert [cell.mode for cell in summarise(SITES[:4], None, 0).cells] == list(Mode)


def test_entrances_are_those_of_the_provincial_system():
    modes = summarise(SITES, 45, 3)
    assert [(e.number, e.sites) for e in modes.entrances] == [(1, 2), (2, 1), (3, 0), (4, 0)]
    assert modes.entrances[0].since == START
    assert (modes.capacity, modes.switches) == (45, 3)


@pytest.mark.parametrize(("but", "emptiest"), [(None, 3), (3, 4), (1, 3)])
def test_the_entrance_to_change_to_is_the_emptiest_other_one(but, emptiest):
    assert summarise(SITES, None, 0).emptiest(but) == emptiest
    assert summarise(SITES[3:], None, 0).emptiest(but) is None

"""Coordinate systems as files and people state them, the two shifted ones, and telling which a file is in."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from data.geo.frames import frame_of, likely_frames, to_degrees
from data.geo.metres import Metres
from data.geo.recognition import by_homes, by_lines, by_positions, offset_of, turned, way_of
from data.geo.shift import SHIFTS, Shift, to_bd09, to_gcj02, to_wgs84
from domain.area_files import AUTO, Handling, Offset, needs_word
from domain.errors import Unreadable

MIDDLE = (112.9, 23.2)
PLANE = Metres(*MIDDLE)
FORWARD = {"gcj02": to_gcj02, "bd09": to_bd09}

IN_CHINA = (st.floats(75, 132), st.floats(4, 53))


@pytest.mark.parametrize(
    ("stated", "name", "shift", "degrees"),
    [
        ("4547", "EPSG:4547 CGCS2000 / 3-degree Gauss-Kruger CM 114E", "", False),
        ("EPSG:4490", "EPSG:4490 China Geodetic Coordinate System 2000", "", True),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490 China Geodetic Coordinate System 2000", "", True),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "WGS 84 (CRS84)", "", True),
        ("WGS84", "EPSG:4326 WGS 84", "", True),
        ("GCJ-02", "GCJ-02", "gcj02", True),
        ("火星坐标系", "火星坐标系", "gcj02", True),
        ("bd09ll", "bd09ll", "bd09", True),
        ("百度", "百度", "bd09", True),
    ],
)
def test_a_system_is_known_by_what_people_call_it(stated: str, name: str, shift: str, degrees: bool):
    frame = frame_of(stated)
    assert (frame.stated, frame.shift, frame.degrees) == (name, shift, degrees)


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        ("nonsense", "unknown_crs"),
        ("EPSG:999999", "unknown_crs"),
        ("-1", "unknown_crs"),
        ('LOCAL_CS["sketch",UNIT["metre",1]]', "crs_without_place"),
    ],
)
def test_a_system_nobody_knows_is_named(stated: str, problem: str):
    with pytest.raises(Unreadable) as caught:
        frame_of(stated)
    assert caught.value.problem == problem


def test_only_systems_without_published_parameters_are_rough():
    assert frame_of("EPSG:4610").rough  # Xian 1980
    assert not any(frame_of(f"EPSG:{code}").rough for code in (4326, 4490, 4547, 3857, 5514))


def test_coordinates_without_a_system_name_those_they_fit():
    assert likely_frames(373250, 2567250, MIDDLE) == ["EPSG:4547"]
    assert likely_frames(38373250, 2567250, MIDDLE) == ["EPSG:4526"]
    assert likely_frames(5, 5, MIDDLE) == []


def test_a_plane_comes_back_to_its_degrees():
    lon, lat = to_degrees(frame_of("EPSG:4547"), np.array([373250.0]), np.array([2567250.0]))
    assert lon[0] == pytest.approx(112.76192, abs=1e-5)
    assert lat[0] == pytest.approx(23.200215, abs=1e-5)


def test_known_points_of_the_shifted_systems():
    """Tiananmen, as the open implementations give it (eviltransform's own test, coordtransform's example)."""
    lon, lat = to_gcj02(np.array([116.404]), np.array([39.915]))
    assert (lon[0], lat[0]) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)
    lon, lat = to_gcj02(np.array([112.9, 17.1]), np.array([23.2, 48.1]))
    assert abs(lon[0] - 112.9) > 0.004
    assert (lon[1], lat[1]) == (17.1, 48.1)


@given(*IN_CHINA, st.sampled_from(SHIFTS))
def test_a_shift_is_turned_back_to_better_than_a_centimetre(lon: float, lat: float, shift: Shift):
    x, y = FORWARD[shift](np.array([lon]), np.array([lat]))
    back = to_wgs84(shift, x, y)
    assert (back[0][0], back[1][0]) == pytest.approx((lon, lat), abs=1e-7)


@given(*IN_CHINA)
def test_the_shifts_are_of_the_size_the_recognition_expects(lon: float, lat: float):
    x, y = to_gcj02(np.array([lon]), np.array([lat]))
    east = (x[0] - lon) * 111_195 * np.cos(np.radians(lat))
    assert 20 < np.hypot(east, (y[0] - lat) * 111_195) < 1_500


SQUARE = shapely.box(112.8, 23.1, 113.0, 23.3)
GRID = np.array([(x, y) for x in np.linspace(112.81, 112.99, 9) for y in np.linspace(23.11, 23.29, 9)])


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("shift", ["", *SHIFTS])
def test_a_shift_and_exchanged_axes_are_found_against_known_positions(shift: str, swapped: bool):
    lon, lat = FORWARD[shift](*GRID.T) if shift else GRID.T
    stands = (lat, lon) if swapped else (lon, lat)
    found = offset_of(*stands, by_positions(*stands, *GRID.T, PLANE), MIDDLE)
    if not shift and not swapped:
        assert found is None
    else:
        assert found is not None
        assert (found.shift, found.swapped) == (shift, swapped)
        assert found.after < 1


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_shift_is_found_against_a_known_outline(shift: Shift):
    corners = shapely.get_coordinates(shapely.segmentize(SQUARE, 0.005))
    lon, lat = FORWARD[shift](*corners.T)
    found = offset_of(lon, lat, by_lines(lon, lat, [SQUARE], PLANE), MIDDLE)
    assert found is not None
    assert found.shift == shift
    assert found.before > 100


def test_points_that_lie_where_they_belong_are_not_doubted():
    homes = by_homes(*GRID.T, [7] * len(GRID), {7: SQUARE}, 0.0, PLANE)
    assert offset_of(*GRID.T, homes, MIDDLE) is None


def test_a_file_that_fits_in_no_way_is_not_called_shifted():
    rng = np.random.default_rng(1)
    lon, lat = GRID.T + rng.normal(0, 0.02, GRID.T.shape)
    assert offset_of(lon, lat, by_positions(lon, lat, *GRID.T, PLANE), MIDDLE) is None


def test_latitudes_that_no_place_has_show_exchanged_axes_without_any_knowledge():
    found = offset_of(GRID[:, 1], GRID[:, 0], None, None)
    assert found is not None
    assert found.swapped


def test_reading_a_shape_in_its_way_is_undone_by_the_shift():
    shifted = turned(SQUARE, lambda lon, lat: to_gcj02(lon, lat))
    assert shapely.equals_exact(turned(shifted, way_of("gcj02", False)), SQUARE, tolerance=1e-9)


GCJ, AXES, BOTH = (Offset(*made, 500.0, 1.0, False) for made in (("gcj02", False), ("", True), ("gcj02", True)))


@pytest.mark.parametrize(
    ("offset", "handling", "waits"),
    [
        (None, Handling(), False),
        (GCJ, Handling(), True),
        (GCJ, Handling(shift="gcj02"), False),
        (GCJ, Handling(shift=""), False),
        (GCJ, Handling(shift="bd09"), False),
        (AXES, Handling(), True),
        (AXES, Handling(shift=""), True),
        (AXES, Handling(swapped=True), False),
        (BOTH, Handling(shift="gcj02"), True),
        (BOTH, Handling(shift=AUTO, swapped=True), True),
        (BOTH, Handling(shift="gcj02", swapped=True), False),
    ],
)
def test_nothing_is_converted_without_a_persons_word(offset: Offset | None, handling: Handling, waits: bool):
    assert needs_word(offset, handling) is waits

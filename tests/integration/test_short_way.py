"""The short way to versions and kept pictures says what the long way says, and to nobody else."""

import pytest
from flask.testing import FlaskClient
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SignedIn, assert_problem

from api.short_way import ShortWay
from telemetry.under_way import HEADER


class Counted:
    """The long way, with its requests counted."""

    def __init__(self, short: ShortWay) -> None:
        self._long = short._long
        self.requests = 0
        short._long = self

    def __call__(self, environ, start):
        self.requests += 1
        return self._long(environ, start)


@pytest.fixture
def long_way(api: Api) -> Counted:
    layer = api.client.application.wsgi_app
    while not isinstance(layer, ShortWay):
        layer = layer._app
    return Counted(layer)


def picture(api: Api, client: FlaskClient | SignedIn, place: str = DISTRICT, page: str = "overview") -> str:
    head = client.get(f"/live/{api.world.id}").json
    return f"/snapshots/{api.world.id}/{page}/{place}/zh/{head['revision']}-{head['minute']}?epoch={head['epoch']}"


def plain(headers) -> dict[str, str]:
    return {name: value for name, value in headers if name != HEADER}


def test_both_ways_say_the_same(api: Api, long_way: Counted):
    desk = api.signed_in("district")
    for path in (f"/live/{api.world.id}", picture(api, desk)):
        long_way.requests = 0
        by_short = [desk.get(path) for _ in range(3)][-1]
        short = long_way.requests
        # Open pages do not ask so.
        by_long = desk.get(f"{path}{'&' if '?' in path else '?'}lab=")
        assert (short <= 1, long_way.requests) == (True, short + 1)
        assert (by_short.status_code, plain(by_short.headers)) == (200, plain(by_long.headers))
        assert by_short.get_data() == by_long.get_data()


def test_a_picture_nobody_has_asked_for_is_drawn_by_the_long_way_once(api: Api, long_way: Counted):
    desk = api.signed_in("district")
    desk.get(picture(api, desk))
    path = picture(api, desk, page="town")
    long_way.requests = 0
    assert [desk.get(path).status_code for _ in range(3)] == [200, 200, 200]
    assert long_way.requests == 1


def test_another_places_picture_that_is_kept_is_not_given_away(api: Api, long_way: Counted):
    desk, town = api.signed_in("leader"), api.signed_in("town", TOWN)
    theirs, own = picture(api, desk, OTHER_TOWN), picture(api, town, TOWN)
    assert desk.get(theirs).status_code == desk.get(theirs).status_code == 200
    assert [town.get(own).status_code for _ in range(2)] == [200, 200]
    for _ in range(3):
        assert_problem(town.get(theirs), 403)


def test_a_page_that_is_not_for_a_role_is_refused_by_either_way(api: Api, long_way: Counted):
    desk, site = api.signed_in("district"), api.signed_in("site", "S1")
    path = picture(api, desk, "S1", "overview")
    assert desk.get(path).status_code == 200
    assert site.get(path).status_code == site.get(path).status_code == 403


def test_who_has_gone_sees_nothing_with_the_cookies_he_had(api: Api, long_way: Counted):
    desk = api.signed_in("district")
    path = picture(api, desk)
    assert [desk.get(path).status_code for _ in range(2)] == [200, 200]
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in desk.client._cookies.values())
    assert desk.post("/logout", {}).status_code == 302
    stranger = api.client.application.test_client(use_cookies=False)
    for address in (path, f"/live/{api.world.id}"):
        assert_problem(stranger.get(address, headers={"Cookie": cookies}), 401)
        assert_problem(stranger.get(address), 401)


def test_cookies_somebody_made_up_are_nobodys(api: Api, long_way: Counted):
    desk = api.signed_in("district")
    path = picture(api, desk)
    desk.get(path)
    stranger = api.client.application.test_client(use_cookies=False)
    assert_problem(stranger.get(path, headers={"Cookie": "session=eyJzaWduX2luIjoieCJ9.x.y"}), 401)

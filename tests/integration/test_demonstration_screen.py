"""The demonstration's briefing screen, on both databases."""

from kit import World, at

from data.demo import screen
from data.ingest import screens


def test_the_screen_is_there_once_and_invites_until_a_device_is_it(world: World):
    with world.database.write() as session:
        first = screen.invite(session, at(12), world.id)
        again = screen.invite(session, at(12, 1), world.id)
        assert None not in (first, again)
        assert first != again
        number, secret = screens.type_code(session, again, at(12, 2))
        assert secret
        assert screens.count_joined(session, world.id) == 1
        assert screen.invite(session, at(12, 3), world.id) is None
        assert screens.find(session, world.id, number).place == screen.SETTINGS.place


def test_a_screen_somebody_changed_stays_as_it_is_and_one_he_ended_invites_nobody(world: World):
    with world.database.write() as session:
        screen.invite(session, at(12), world.id)
        row = screens.find(session, world.id, 1)
        row.name = "二楼"
        assert screen.invite(session, at(12, 1), world.id) is not None
        assert row.name == "二楼"
        screens.revoke_all(session, world.id, at(12, 2))
        session.refresh(row)
        assert screen.invite(session, at(12, 3), world.id) is None

"""The town page for tests: what stands on it, and what is on record behind it."""

import itertools
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from look import Look
from playwright.sync_api import Locator, expect
from scenery import PASSWORD
from town_scene import TOWN, Work, everything

from data import accounts
from data.models import Decision, Report
from domain.clock import system_clock
from domain.permissions import Role

Visitor = Callable[..., Look]
_numbers = itertools.count(1)


@pytest.fixture
def made(scene: SimpleNamespace) -> Work:
    """A campaign of this test's own with something of every kind to do."""
    return everything(scene.database)


def go(look: Look, made: Work, place: str = TOWN, **query: str) -> Look:
    look.go("/town", campaign=made.id, place=place, **{"hour": made.hour, **query})
    return look


def row(look: Look, site: str) -> Locator:
    return look.one(f"tr.work[data-site={site}]")


def group(look: Look, site: str) -> str:
    return str(row(look, site).get_attribute("data-group"))


def in_group(look: Look, site: str, wanted: str) -> None:
    expect(row(look, site)).to_have_attribute("data-group", wanted)


def press(look: Look, key: str) -> None:
    look.page.keyboard.press(key)


def current(look: Look) -> str:
    """The site of the row that has the focus."""
    return str(look.page.evaluate("document.activeElement?.closest('tr.work')?.dataset.site ?? ''"))


def moved_on(look: Look, change: Callable[[], object]) -> None:
    """Change something on record and wait until the list on the screen shows it."""
    before = look.one(".town").get_attribute("data-revision")
    change()
    expect(look.one(".town")).not_to_have_attribute("data-revision", str(before))


def decisions(made: Work, key: str) -> list[tuple[str, str, str, int | None]]:
    with made.database.read() as session:
        query = (
            sa.select(Decision.status, Decision.reason, Decision.note, Decision.undoes)
            .join(Report, Report.id == Decision.report_id)
            .where(Report.campaign_id == made.id, Report.key == key)
            .order_by(Decision.id)
        )
        return [tuple(found) for found in session.execute(query)]


def reports(made: Work, site: str) -> list[Report]:
    with made.database.read() as session:
        query = sa.select(Report).where(Report.campaign_id == made.id, Report.key.contains(site)).order_by(Report.id)
        return list(session.scalars(query))


def person(made: Work, role: Role, place: str, name: str) -> str:
    """An account in the campaign; answers its login."""
    login = f"work-{role}-{next(_numbers)}"
    with made.database.write() as session:
        accounts.create(
            session, login=login, role=role, place=place, campaign_id=made.id, now=system_clock(), actor="test",
            password=PASSWORD, name=name,
        )  # fmt: skip
    return login

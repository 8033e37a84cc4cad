"""Capacity matching as people meet it: tried without effect, saved, confirmed, applied by a second person."""

from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from look import PHONE, SCREENS, Look
from playwright.sync_api import Locator, expect
from scenery import OPERATOR, PASSWORD
from test_access import assert_no_violations

from data import accounts
from data.models import LabBinding
from domain.clock import system_clock
from domain.permissions import Role


def tried(page: Look) -> Locator:
    """What the server has drawn for whoever tries."""
    slot = page.one(".mt-slot")
    expect(slot.locator(".mt-labs")).to_be_visible()
    return slot


def bindings(scene: SimpleNamespace) -> list[tuple[object, ...]]:
    b = LabBinding
    with scene.database.read() as session:
        query = sa.select(b.place_id, b.lab_id, b.valid_from, b.valid_to).where(b.campaign_id == "demo")
        return sorted((tuple(row) for row in session.execute(query)), key=str)


def add_move(slot: Locator) -> None:
    """Move the first town's tubes to the laboratory that is offered first."""
    slot.locator("[data-add-move]").click()
    expect(slot.locator(".mt-made li")).to_have_count(1)


def test_a_trial_shows_its_effect_and_changes_nothing(page: Look, scene: SimpleNamespace):
    before = bindings(scene)
    page.go("/matching")
    slot = tried(page)
    expect(slot.locator(".mt-was")).to_have_count(0)
    expect(page.one(".mt-trying")).to_be_hidden()
    add_move(slot)
    expect(slot.locator(".mt-strip .mt-was").first).to_be_visible()
    expect(page.one(".mt-trying")).to_be_visible()
    expect(slot.locator(".mt-apply")).to_contain_text("先存为方案")
    # The address holds what is tried; it is the same when opened again.
    said = slot.locator(".mt-strip").inner_text()
    page.page.reload()
    page.drawn()
    expect(tried(page).locator(".mt-made li")).to_have_count(1)
    assert slot.locator(".mt-strip").inner_text() == said
    slot.locator("[data-reset]").click()
    expect(slot.locator(".mt-made li")).to_have_count(0)
    assert "trial=" not in page.page.url
    assert bindings(scene) == before


def test_a_slider_asks_when_it_is_let_go_and_keeps_the_focus(page: Look):
    page.go("/matching")
    slot = tried(page)
    slider = slot.locator("input[data-overtime]").first
    slider.focus()
    slider.press("ArrowRight")
    expect(slot.locator(".mt-slider b").locator("visible=true").filter(has_text=",")).to_have_count(1)
    focused = page.page.evaluate("document.activeElement.dataset.c")
    assert focused == slider.get_attribute("data-c")
    slot.locator("[data-pool='20']").click()
    expect(slot.locator("[data-pool='20']")).to_have_attribute("aria-pressed", "true")
    expect(slot.locator(".mt-apply")).to_contain_text("混采比 10 → 20")


@pytest.mark.dresses
@pytest.mark.parametrize(("lang", "theme", "size"), [("zh", "light", SCREENS[0]), ("en", "dark", PHONE)])
def test_it_fits_and_axe_finds_nothing(page: Look, lang: str, theme: str, size: tuple[int, int]):
    page.size(*size)
    page.go("/matching", lang=lang, theme=theme)
    slot = tried(page)
    add_move(slot)
    slot.locator(".mt-lab-head ~ details summary, details.mt-row summary").first.click()
    assert page.wider_than_screen() == []
    assert_no_violations(page, f"{lang} {theme} {size}")
    page.shot(f"matching-{lang}-{size[0]}")


def test_a_plan_is_applied_by_the_second_person_and_withdrawn(page: Look, visitor, scene: SimpleNamespace):
    with scene.database.write() as session:
        accounts.create(
            session, login="second", role=Role.DISTRICT, place="", campaign_id=None, now=system_clock(),
            actor=OPERATOR.name, password=PASSWORD, name="第二人",
        )  # fmt: skip
    before = bindings(scene)
    page.go("/matching")
    slot = tried(page)
    add_move(slot)
    slot.locator("[data-save]").click()
    needs = slot.locator(".mt-needs .mt-open")
    expect(needs).to_have_count(3)
    for left in (2, 1, 0):
        form = needs.first
        form.locator("summary").click()
        form.locator("textarea").fill("王主任 电话 14:31")
        form.locator("button").click()
        expect(needs).to_have_count(left)
    # The author has a link to send and no button of the second person's.
    expect(slot.locator("[data-step='reviewed']")).to_be_hidden()
    expect(slot.locator("[data-copy]")).to_be_visible()
    second = visitor(who="second")
    second.page.goto(page.page.url)
    second.drawn()
    other = tried(second)
    expect(other.locator("[data-step='applied']")).to_be_disabled()
    other.locator("[data-step='reviewed']").click()
    expect(other.locator("[data-step='applied']")).to_be_enabled()
    other.locator("[data-step='applied']").click()
    expect(other.locator(".mt-msg")).to_contain_text("已应用")
    assert bindings(scene) != before
    # The author sees it without doing anything, and takes it back.
    expect(slot.locator(".mt-msg")).to_contain_text("已应用")
    slot.locator("[data-step='withdrawn']").click()
    expect(slot.locator(".mt-msg")).to_contain_text("已撤回")
    assert bindings(scene) == before


def test_who_may_only_look_sees_the_present(visitor):
    page = visitor(who="auditor")
    page.go("/matching")
    expect(page.one(".mt-base .mt-labs")).to_be_visible()
    expect(page.one(".mt-base .mt-proposals")).to_contain_text("由求解器计算")
    expect(page.one(".mt-base [data-save]")).to_be_hidden()

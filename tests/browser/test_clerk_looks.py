"""Every state of the clerk's form, for everybody: axe-core, touch targets, no cut text, few bytes."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from clerk_post import Phone, Post
from look import DRESSES, VIOLATIONS
from playwright.sync_api import expect

from domain.reports import Status

LOCALES = {"zh": "zh-CN", "en": "en-GB"}
USUAL = ("zh", "light")
LOOKS = [(LOCALES[lang], theme) for lang, theme in (USUAL, *(dress for dress in DRESSES if dress != USUAL))]

SMALL = """() => [...document.querySelectorAll("button, a, summary, input, textarea, [role=radio]")]
  .filter((node) => node.checkVisibility() && !node.closest(".visually-hidden"))
  .map((node) => {
    // A field's whole box takes the tap.
    const box = (node.closest(".in") ?? node).getBoundingClientRect();
    return [node.textContent.trim() || node.name || node.tagName, Math.round(box.width), Math.round(box.height)];
  })
  .filter(([, width, height]) => width < 24 || height < 44)"""

Make = Callable[..., Phone]


def filled(post: Post) -> None:
    for k in range(post.began - 1):
        post.report("P1", k, 500)


def fresh(post: Post, phones: Make, **how: Any) -> Phone:
    filled(post)
    return phones(post, "p1", **how).open()


def wrong(post: Post, phones: Make, **how: Any) -> Phone:
    phone = fresh(post, phones, **how)
    phone.fill(688, 58, 57)
    expect(phone.page.locator(".in.bad")).to_be_visible()
    return phone


def doubtful(post: Post, phones: Make, **how: Any) -> Phone:
    phone = fresh(post, phones, **how)
    phone.fill(618, 58, 57)
    phone.page.locator(".more summary").click()
    return phone


def zero(post: Post, phones: Make, **how: Any) -> Phone:
    phone = fresh(post, phones, **how)
    phone.fill(0, 0, 0)
    return phone


def totals(post: Post, phones: Make, **how: Any) -> Phone:
    phone = fresh(post, phones, **how)
    phone.page.locator(".sums .link").click()
    phone.fill(1300, 140, 130)
    return phone


def waiting(post: Post, phones: Make, **how: Any) -> Phone:
    phone = fresh(post, phones, **how).kept()
    phone.offline()
    phone.fill(618, 65, 65)
    phone.press()
    expect(phone.page.locator(".strip.ink")).to_be_visible()
    return phone


def list_of_waiting(post: Post, phones: Make, **how: Any) -> Phone:
    phone = waiting(post, phones, **how)
    phone.page.locator(".strip .aside").click()
    expect(phone.page.locator(".rows")).to_be_visible()
    return phone


def standing(post: Post, phones: Make, **how: Any) -> Phone:
    filled(post)
    key = post.report("P1", post.began - 1, 618, tubes=60, note="数漏了")
    post.decide(key, Status.VERIFIED)
    return phones(post, "p1", **how).open()


def returned(post: Post, phones: Make, **how: Any) -> Phone:
    filled(post)
    post.send_back(post.report("P1", post.began - 1, 388, third_copies=29))
    phone = phones(post, "p1", **how).open()
    phone.page.get_by_role("radio").first.click()
    return phone


def catch_up(post: Post, phones: Make, **how: Any) -> Phone:
    phone = phones(post, "p2", **how).open()
    for n, value in enumerate((486, 51, 51, 523, 40)):
        phone.page.locator(".hour input").nth(n).fill(str(value))
    phone.page.locator(".cause [role=radio]").first.click()
    return phone


def ask_for_a_message(post: Post, phones: Make, **how: Any) -> Phone:
    filled(post)
    phone = phones(post, "p1", **how).open("/clerk#paste")
    expect(phone.page.locator("textarea")).to_be_visible()
    return phone


def message(post: Post, phones: Make, **how: Any) -> Phone:
    phone = ask_for_a_message(post, phones, **how)
    phone.page.fill("textarea", "本小时采三百一十八人，用管34，三联33，累计2966，特殊2人，排队20分钟。试管只剩两箱")
    phone.press()
    expect(phone.page.locator("mark").first).to_be_visible()
    return phone


def conflict(post: Post, phones: Make, **how: Any) -> Phone:
    phone = waiting(post, phones, **how)
    post.report("P1", post.began - 1, 600)
    phone.offline(False)
    expect(phone.page.locator(".two")).to_be_visible()
    phone.page.get_by_role("radio").nth(1).click()
    return phone


def hours(post: Post, phones: Make, **how: Any) -> Phone:
    filled(post)
    phone = phones(post, "p1", **how).open("/clerk#hours")
    expect(phone.page.locator(".rows")).to_be_visible()
    return phone


def sites(post: Post, phones: Make, **how: Any) -> Phone:
    phone = phones(post, "town", **how).open()
    expect(phone.page.locator(".rows")).to_be_visible()
    return phone


def stack(post: Post, phones: Make, **how: Any) -> Phone:
    phone = phones(post, "town", **how).open("/clerk#stack")
    phone.page.fill("#stack-site", "P2")
    phone.page.keyboard.press("Enter")
    phone.page.locator("table.stack input").first.fill("400")
    phone.page.locator("table.stack input").nth(1).fill("3")
    return phone


def paper(post: Post, phones: Make, **how: Any) -> Phone:
    phone = phones(post, "town", **how)
    phone.page.goto(f"{phone.address}/clerk/paper?campaign={post.id}")
    expect(phone.page.locator(".sheet").first).to_be_visible()
    return phone


def nobody(post: Post, phones: Make, **how: Any) -> Phone:
    phone = phones(post, None, **how)
    phone.look.allow("401")
    return phone.open()


def no_right(post: Post, phones: Make, **how: Any) -> Phone:
    return phones(post, "leader", **how).open()


STATES = (
    fresh, wrong, doubtful, zero, totals, waiting, list_of_waiting, standing, returned, catch_up, ask_for_a_message,
    message, conflict, hours, sites, stack, paper, nobody, no_right,
)  # fmt: skip


@pytest.mark.dresses
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_every_state_is_for_everybody_in_both_languages_and_themes(post: Post, phones: Make, state: Any):
    phone = state(post, phones)
    for language, theme in LOOKS:
        phone.page.evaluate(
            """([language, theme]) => {
              document.documentElement.dataset.theme = theme;
              return clerk.text.choose(language).then(() => { document.documentElement.dataset.theme = theme; });
            }""",
            [language[:2], theme],
        )
        where = f"{state.__name__} {language} {theme}"
        found = Axe().run(phone.page, options=VIOLATIONS)
        assert found.violations_count == 0, f"{where}: {found.generate_report()}"
        if state is not paper:
            assert phone.look.cut_off() == [], where
        assert phone.look.wider_than_screen() == [], where
        if state not in (paper, stack):
            assert phone.page.evaluate(SMALL) == [], where


# The light one in Chinese is what `test_every_state…` sees first.
@pytest.mark.dresses
@pytest.mark.parametrize(("language", "theme"), LOOKS[1:])
@pytest.mark.parametrize(
    "state", [fresh, wrong, returned, catch_up, message, conflict, hours], ids=lambda s: s.__name__
)
def test_it_is_drawn_in_the_readers_language_and_theme(
    post: Post, phones: Make, state: Any, language: str, theme: str
):
    phone = state(post, phones, locale=language, color_scheme=theme)
    assert phone.page.evaluate("() => document.documentElement.dataset.theme") == theme
    assert phone.page.evaluate("() => document.documentElement.lang") == ("en" if language == "en-GB" else "zh-CN")
    assert phone.look.cut_off() == []
    assert phone.look.wider_than_screen() == []
    assert phone.page.evaluate(SMALL) == []
    found = Axe().run(phone.page, options=VIOLATIONS)
    assert found.violations_count == 0, found.generate_report()
    phone.look.shot(f"clerk-{state.__name__}-{language[:2]}-{theme}")


def test_the_language_is_switched_by_a_visible_button_and_stays(post: Post, phones: Make):
    phone = fresh(post, phones)
    phone.page.get_by_role("button", name="English").click()
    phone.says("Persons this hour")
    phone.open()
    phone.says("Persons this hour")


def test_everything_it_loads_is_under_200_kb_on_the_wire_with_what_is_kept_for_offline(post: Post, phones: Make):
    filled(post)
    phone = phones(post, "p1")
    session = phone.context.new_cdp_session(phone.page)
    session.send("Network.enable")
    sizes: dict[str, float] = {}
    session.on("Network.loadingFinished", lambda e: sizes.__setitem__(e["requestId"], e["encodedDataLength"]))
    phone.open().kept()
    phone.page.wait_for_load_state("networkidle")
    loaded = sum(sizes.values())
    assert 40_000 < loaded < 120_000, loaded
    kept = phone.page.evaluate(
        """() => caches.keys().then((names) => caches.open(names[0])).then((cache) => cache.keys())
          .then((all) => all.map((request) => new URL(request.url).pathname))"""
    )
    assert {"/clerk", "/clerk/paper", "/clerk/form.js", "/clerk/paste.js", "/clerk/form.css"} <= set(kept)


def test_it_can_be_put_among_the_phones_programs(post: Post, phones: Make):
    phone = fresh(post, phones)
    session = phone.context.new_cdp_session(phone.page)
    phone.kept()
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [], [{"errorId": "in-incognito", "errorArguments": []}],
    )  # fmt: skip
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/clerk/manifest.webmanifest")

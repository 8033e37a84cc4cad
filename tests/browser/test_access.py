"""For everybody: axe-core, the keyboard, zoom, less motion, a phone in one hand."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from look import PHONE, SPOKEN, THEMES, Look, dressed
from playwright.sync_api import expect

PAGES = (
    ("/", ""),
    ("/", "440607001"),
    ("/town", ""),
    ("/town", "440607001"),
    ("/sites", ""),
    ("/site", "440607103-S10"),
    ("/findings", ""),
    ("/import", ""),
)
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}, "resultTypes": ["violations"]}
AXE = Axe()


def assert_no_violations(page: Look, where: str) -> None:
    found = AXE.run(page.page, options=RULES)
    said = [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for violation in found.response["violations"]
        for node in violation["nodes"][:3]
    ]
    assert said == [], where


@pytest.mark.dresses
@pytest.mark.parametrize("lang", SPOKEN)
@pytest.mark.parametrize(("path", "place"), PAGES)
def test_axe_finds_nothing_on_any_page_and_on_a_phone(page: Look, path: str, place: str, lang: str):
    page.go(path, place=place, lang=lang)
    for theme, size in dressed(lang):
        page.size(*size)
        page.theme(theme)
        assert_no_violations(page, f"{theme} {size}")


@pytest.mark.parametrize("campaign", ["small", "empty", "bare", "stale"])
def test_axe_finds_nothing_in_states_other_than_the_usual(page: Look, campaign: str):
    page.go(campaign=campaign)
    for theme in THEMES:
        page.theme(theme)
        assert_no_violations(page, theme)


FOCUS = """() => {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  return {
    where: node.closest(".nav") ? "nav" : node.closest(".tms") ? "table" : node.closest(".al") ? "findings" :
      node.closest(".tools") ? "tools" : node.closest(".exports") ? "exports" : node.className,
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0,
    body: node === document.body,
  };
}"""


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(page: Look):
    page.go()
    seen: list[str] = []
    for _ in range(130):
        page.page.keyboard.press("Tab")
        focus = page.page.evaluate(FOCUS)
        if focus["body"]:
            break
        assert focus["seen"], focus
        if not seen or seen[-1] != focus["where"]:
            seen.append(focus["where"])
    assert seen[0] == "skip"
    places = [seen.index(name) for name in ("nav", "tools", "exports", "findings", "table")]
    assert places[:3] == sorted(places[:3])
    assert max(places[:3]) < min(places[3:])


def test_the_skip_link_leads_past_the_bar(page: Look):
    page.go()
    page.page.keyboard.press("Tab")
    skip = page.one(".skip")
    expect(skip).to_be_focused()
    page.page.wait_for_function("() => document.querySelector('.skip').getBoundingClientRect().top >= 0")
    page.page.keyboard.press("Enter")
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.querySelector('#main').contains(document.activeElement)")


def test_enter_on_a_town_opens_it(page: Look):
    page.go()
    page.one(".tm-body [role=rowheader] a").first.focus()
    page.page.keyboard.press("Enter")
    page.reads("/", place="440607001")


def test_a_chart_says_in_words_what_it_shows(page: Look):
    page.go()
    labels = page.page.locator(".chart[role=img]").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label'))"
    )
    assert len(labels) >= 4
    assert all(labels)
    assert any("55" in label or "%" in label for label in labels)


def test_nothing_moves_for_who_asked_for_less_motion(visitor):
    page = visitor(reduced_motion="reduce")
    page.go()
    moving = page.page.evaluate("""() => [...document.querySelectorAll("*")].filter((node) => {
      const style = getComputedStyle(node);
      const long = (time) => time.split(",").some((part) => parseFloat(part) > 0.01);
      return long(style.transitionDuration) && style.transitionProperty !== "none" || long(style.animationDuration);
    }).map((node) => node.className).slice(0, 5)""")
    assert moving == []


@pytest.mark.dresses
@pytest.mark.parametrize("lang", SPOKEN)
def test_at_twice_the_size_everything_can_still_be_read(visitor, lang: str):
    page = visitor(viewport={"width": 720, "height": 450}, device_scale_factor=2)
    for path, place in PAGES:
        page.go(path, place=place, lang=lang)
        assert page.wider_than_screen() == [], f"{path} {place}"
        assert page.cut_off() == [], f"{path} {place}"
        page.shot(f"zoom-{path[1:]}{place}-{lang}", full=True)


# ---- the phone ----


@pytest.fixture
def phone(visitor):
    return visitor(
        viewport={"width": PHONE[0], "height": PHONE[1]}, device_scale_factor=2, has_touch=True, is_mobile=True
    )


def top(page: Look, selector: str) -> float:
    box = page.one(selector).first.bounding_box()
    assert box is not None, selector
    return box["y"]


def test_a_phone_shows_sentence_hero_tiles_findings_towns_in_this_order(phone: Look):
    phone.go()
    order = [
        top(phone, name) for name in (".headline", ".kpi-hero", ".kpi:nth-child(2)", ".at-findings", ".at-matrix")
    ]
    assert order == sorted(order)
    assert "已采" in phone.text(".headline")
    assert "西南街道" in phone.text(".headline")
    tiles = [node.bounding_box() for node in phone.one(".kpi:not(.kpi-hero)").all() if node.is_visible()]
    assert len(tiles) == 4
    assert len({tile["x"] for tile in tiles if tile}) == 2
    assert phone.wider_than_screen() == []
    assert phone.one(".nav").is_hidden()
    phone.shot("phone", full=True)


def test_a_finger_hits_what_it_aims_at(phone: Look):
    phone.go()
    targets = (".tabs a", ".tools a", ".tools button", ".al li", ".tm-body .tm", ".brand .chooser summary")
    for selector in targets:
        nodes = [node for node in phone.one(selector).all() if node.is_visible()]
        assert nodes, selector
        for node in nodes:
            box = node.bounding_box()
            assert box is not None
            assert box["height"] >= 43.5, f"{selector} {box}"


def test_the_tab_bar_leads_to_every_page_of_the_phone(phone: Look):
    phone.go()
    for name, path, behind in (
        ("采样点", "sites", False), ("告警", "findings", False), ("值班", "duty", True), ("问题", "problems", True),
        ("镇街", "town", False), ("总览", "", False),
    ):  # fmt: skip
        if behind:
            phone.one(".tabs .more summary").tap()
        phone.one(".tabs").get_by_role("link", name=name).tap()
        phone.page.wait_for_function("p => location.pathname === '/' + p", arg=path)
        phone.drawn()
        assert phone.wider_than_screen() == [], path
        expect(phone.one(".tabs .more summary" if behind else ".tabs .on > a")).to_contain_text(
            "更多" if behind else name
        )

"""The number passport in the browser: opened from any figure, held by the address, closed by Esc, live."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from look import DRESSES, PHONE, Look, number
from playwright.sync_api import expect
from scenery import DISTRICT, LIVE, TOWN, row
from test_access import assert_no_violations

SITE = "440607103-S10"


def opened(page: Look, **query: str) -> None:
    """Wait until the drawer shows the passport the address names."""
    wanted = {"query": query}
    page.page.wait_for_function(
        """({query}) => document.querySelector(".passport")?.dataset.state === "shown" &&
          !!document.querySelector(".pp-head") && Object.entries(query).every(
            ([name, value]) => new URLSearchParams(location.search).get(name) === value)""",
        arg=wanted,
    )


def closed(page: Look) -> None:
    expect(page.one(".passport")).to_be_hidden()
    assert "figure" not in parse_qs(urlsplit(page.page.url).query)


def value(page: Look) -> str:
    return page.text(".pp-number")


FIGURES = (
    ("/", "", "[data-key=persons]", "persons"),
    ("/", "", "[data-key=completion]", "completion"),
    ("/", "", "[data-key=tubes]", "tubes"),
    ("/site", SITE, "[data-key=third_copies]", "third_copies"),
    ("/", "", "[data-key='share-440607001']", "completion"),
    ("/", "440607001", "[data-key^='share-440607001-']", "completion"),
    ("/", "", ".asof [data-figure]", "reported"),
    ("/site", SITE, "[data-key=persons]", "persons"),
    ("/site", SITE, ".versions-table tbody tr:nth-child(2) [data-figure=tubes]", "tubes"),
    ("/sites", "", ".ag-row [data-figure=persons]", "persons"),
)


@pytest.mark.parametrize(("path", "place", "figure", "kind"), FIGURES)
def test_a_click_on_a_figure_says_where_it_comes_from(page: Look, path: str, place: str, figure: str, kind: str):
    page.go(path, place=place)
    shown = page.page.locator(figure).first
    # The table puts its cells up, and up again, before what is written in them: read when something is.
    written = page.page.wait_for_function(
        """figure => {
          const written = document.querySelector(figure)?.innerText.trim();
          return /\\d/.test(written) && written;
        }""",
        arg=figure,
    ).json_value()
    shown.click()
    opened(page, figure=kind)
    assert value(page) == written.split("/")[0]
    expect(shown).to_have_attribute("data-asked", "")
    page.shot(f"passport{path.replace('/', '-')}-{kind}")
    page.page.keyboard.press("Escape")
    closed(page)
    expect(shown).not_to_have_attribute("data-asked", "")


def test_a_bar_of_an_hour_leads_to_that_hour_alone(page: Look):
    # A campaign without tubes: where there are some, their panels stand in the place of the hours.
    page.go(campaign="live")
    box = page.page.locator(".at-hours .bars .point").nth(1).bounding_box()
    assert box is not None
    centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(*centre)
    expect(page.page.locator(".at-hours .hoverlayer text").first).to_be_visible()
    page.page.mouse.click(*centre)
    opened(page, figure="persons")
    assert "in" in parse_qs(urlsplit(page.page.url).query)
    page.one(".pp-others .fig").first.click()
    page.page.wait_for_function("() => !new URLSearchParams(location.search).get('in')")


def test_the_address_holds_it_so_that_it_can_be_sent_to_somebody(page: Look):
    page.go(figure="tubes", of="440607001")
    opened(page)
    before = value(page)
    assert "用管数" in page.text(".pp-head")
    page.page.reload()
    opened(page, figure="tubes", of="440607001")
    assert value(page) == before


def test_the_page_beside_it_stays_usable_and_another_figure_takes_its_place(page: Look):
    page.go()
    page.one("[data-key=persons]").click()
    opened(page, figure="persons")
    page.one("[data-key=tubes]").click()
    opened(page, figure="tubes")
    page.one("[data-key=tubes]").click()
    closed(page)
    page.one("[data-key=persons]").click()
    opened(page)
    page.one(".tm-body [role=rowheader] a").first.click()
    page.reads("/", place="440607001")
    closed(page)


def test_the_keyboard_opens_reads_and_closes_it_and_comes_back(page: Look):
    page.go()
    page.one("[data-key=persons]").focus()
    page.page.keyboard.press("Enter")
    opened(page, figure="persons")
    assert page.page.evaluate("document.activeElement.id") == "passport"
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.activeElement.hasAttribute('data-passport-copy')")
    page.page.keyboard.press("Escape")
    closed(page)
    assert page.page.evaluate("document.activeElement.dataset.key") == "persons"


def test_the_cells_of_the_table_answer_to_enter(page: Look):
    page.go("/sites")
    page.page.locator(".ag-row [col-id=tubes]").first.click(position={"x": 3, "y": 3})
    page.page.keyboard.press("Enter")
    opened(page, figure="tubes")


def test_it_stands_in_the_order_of_the_design(page: Look):
    page.go(figure="persons", of="440607")
    opened(page)
    headings = page.all(".pp-body h3, .pp-definition b")
    order = [next(n for n, said in enumerate(headings) if said.startswith(word))
             for word in ("四个来源", "缺什么", "谁改了什么", "口径", "一直到报表")]  # fmt: skip
    assert order == sorted(order)
    box = page.one(".passport").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"]) == (1440 - 612, 48, 612)
    assert page.cut_off() == []


def test_its_numbers_add_up_as_they_are_written(page: Look):
    page.go(figure="persons", of="440607")
    opened(page)
    shown = number(value(page))
    parts = [number(part) for part in re.findall(r"(?:已核|待核|沿用) ([\d,−]+)", page.text(".pp-formula"))]
    assert sum(parts) == shown
    for line in page.one(".pp-source").all():
        written, difference = (
            " ".join(cell.inner_text().split()) for cell in line.locator("[role=cell].r, .r").all()
        )
        if written != "—":
            assert number(written) - (0 if "一致" in difference else number(difference)) == shown
    below = [number(text) for text in page.all(".pp-below .pp-row > :nth-child(2)")]
    assert sum(below) == shown
    page.one(".pp-more summary").click()
    deltas = [number(text) for text in page.all(".pp-changes li > .r.b")]
    first, now = re.findall(r"首次合计 ([\d,]+) → ([\d,]+)", page.text(".pp-section:has(.pp-changes) h3"))[0]
    assert number(first) + sum(deltas) == number(now) == shown


def test_down_to_the_reports_one_level_at_a_time(page: Look):
    page.go(figure="persons", of="440607")
    opened(page)
    town = page.one(".pp-below .pp-row").first
    expected = town.locator("span").nth(0).inner_text()
    town.locator(".fig").click()
    opened(page, of="440607001")
    page.page.wait_for_function("v => document.querySelector('.pp-number').textContent === v", arg=expected)
    site = page.one(".pp-below .pp-row").first
    expected = site.locator("span").nth(0).inner_text()
    site.locator(".fig").click()
    page.page.wait_for_function("v => document.querySelector('.pp-number').textContent === v", arg=expected)
    hours = [number(text) for text in page.all(".pp-below .pp-row > :nth-child(2)")]
    assert sum(hours) == number(expected)


def test_the_source_is_copied_as_text(visitor):
    page = visitor(permissions=["clipboard-read", "clipboard-write"])
    page.go(figure="persons", of="440607")
    opened(page)
    # It says so for two seconds: who looks later has missed it.
    page.page.evaluate("""() => {
      const said = document.querySelector("[data-passport-copy] span");
      const look = () => { window.copied ||= said.textContent === "已复制"; };
      new MutationObserver(look).observe(said, { subtree: true, childList: true, characterData: true });
    }""")
    page.one("[data-passport-copy]").click()
    page.page.wait_for_function("() => window.copied")
    text = page.page.evaluate("navigator.clipboard.readText()")
    for said in (value(page), "已采样人数", "三水区", "截至", "修订号 r", "已核"):
        assert said in text
    expect(page.one("[data-passport-copy] span")).to_have_text("复制出处")


def test_it_is_live_and_a_correction_stands_in_it(page: Look, scene, number: int):
    campaign = scene.live
    sent = row(campaign, "L1", 4, 30 + number, key=f"passport-{number}")
    scene.server.report(LIVE, scene.live_token, sent)
    page.go(campaign=LIVE, figure="persons", of="L1")
    opened(page)
    before = value(page)
    fixed = {**sent, "key": f"passport-{number}-c", "persons": 31 + number, "correction_of": sent["key"],
             "note": "<b>多一人</b>"}  # fmt: skip
    scene.server.report(LIVE, scene.live_token, fixed)
    page.page.wait_for_function("v => document.querySelector('.pp-number').textContent !== v", arg=before)
    first = page.one(".pp-changes li").first
    expect(first).to_contain_text("<b>多一人</b>")
    expect(first.locator("> .r.b")).to_have_text("+1")
    expect(first.locator(".pp-what b")).to_have_count(0)


def test_the_district_enters_what_the_upper_system_shows_and_the_difference_is_a_finding(page: Look, number: int):
    page.go(campaign=LIVE, figure="persons", of=DISTRICT)
    opened(page)
    page.page.locator(".pp-section summary", has_text="录入上级数字").click()
    form = page.one(".pp-form")
    form.locator("button").click()
    expect(form.locator("[role=status]")).to_have_text("请填人数或管数。")
    source = f"<i>省{number}</i>"
    form.locator("select").select_option(index=2)
    form.locator("[name=persons]").fill("1，234")
    form.locator("[name=source]").fill(source)
    form.locator("button").click()
    expect(form.locator("[role=status]")).to_have_text("已录入，差额见上。")
    line = page.one(".pp-source").last
    expect(line).to_contain_text(source)
    expect(line).to_contain_text("1,234")
    form.locator("[name=persons]").fill("12x")
    form.locator("button").click()
    expect(form.locator("[role=status]")).to_contain_text("persons")
    page.go("/findings", campaign=LIVE, place=DISTRICT)
    said = page.page.locator(".findings-table .fig", has_text=source)
    expect(said).to_contain_text("1,234")
    said.click()
    opened(page, figure="persons", of=DISTRICT)


def test_who_may_not_enter_upper_figures_is_not_asked_for_them(visitor):
    page = visitor(who="town")
    page.go(campaign=LIVE, place=TOWN, figure="persons", of=TOWN)
    opened(page)
    expect(page.one(".pp-form")).to_be_hidden()
    expect(page.one("[data-needs=write_upper]")).to_be_hidden()


def test_a_place_of_others_is_refused_in_words(visitor):
    page = visitor(who="town")
    page.allow(r"403|/passports/")
    page.go(campaign=LIVE, place=TOWN, figure="persons", of=DISTRICT)
    expect(page.one(".pp-failed")).to_be_visible()
    page.one(".pp-failed [data-passport-close]").click()
    closed(page)


@pytest.mark.dresses
@pytest.mark.parametrize(("lang", "theme"), DRESSES)
def test_axe_finds_nothing_in_it(page: Look, lang: str, theme: str):
    for figure, of in (("persons", "440607"), ("reported", "440607"), ("third_copies", SITE)):
        page.go(figure=figure, of=of, theme=theme, lang=lang)
        opened(page)
        assert_no_violations(page, f"{figure} {of}")
        assert page.wider_than_screen() == []
        page.shot(f"passport-{figure}-{theme}-{lang}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_it_covers_the_page_and_goes_again(visitor, lang: str):
    page = visitor(viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True)
    page.go(lang=lang)
    page.one(".kpi-hero .fig").first.tap()
    opened(page, figure="persons")
    box = page.one(".passport").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, *PHONE)
    assert page.wider_than_screen() == []
    assert page.cut_off() == []
    assert_no_violations(page, "phone")
    for node in page.one(".passport button:visible, .passport a:visible").all():
        target = node.bounding_box()
        assert target is not None
        assert target["height"] >= 44, node.inner_text()
    page.shot(f"passport-phone-{lang}")
    page.one("[data-passport-close]").last.tap()
    closed(page)

"""Finding a number again one level down, by clicks, with everything in the address."""

from look import Look, number
from playwright.sync_api import expect

TOWN, SITE = "440607001", "440607001-S01"


def town_row(page: Look, name: str):
    return page.one(".tm-body .tm").filter(has_text=name)


def test_a_click_on_a_town_shows_the_same_numbers_one_level_down(page: Look):
    page.go()
    row = town_row(page, "西南街道")
    share, gap = row.locator(".share").inner_text(), row.locator(".desk-only").inner_text()
    title = row.locator("[role=cell][title]").first.get_attribute("title") or ""
    row.get_by_role("link", name="西南街道", exact=True).click()
    page.reads("/", campaign="demo", place=TOWN, lang="zh")
    assert page.value("completion") == share
    assert f"{page.value('persons')} {page.text('.kpi-hero small')}" == title
    sites = [number(text) for text in page.all(".tm-body .tm > :nth-child(4) .desk-only")]
    assert len(sites) == 45
    assert abs(sum(sites) - number(gap)) <= len(sites) / 2
    assert page.text(".crumbs .here") == "西南街道"


def test_the_sites_of_a_town_add_up_to_the_town(page: Look):
    page.go(place=TOWN)
    persons = [number(text.split("/")[0]) for text in page.page.locator(".tm-body [role=cell][title]").evaluate_all(
        "nodes => nodes.filter(n => n.querySelector('.bar')).map(n => n.title)")]  # fmt: skip
    assert len(persons) == 45
    assert sum(persons) == page.number("persons")


def test_a_click_on_a_site_shows_every_version_of_its_reports(page: Look):
    page.go(place=TOWN)
    first = page.one(".tm-body [role=rowheader] a").first
    name = first.inner_text()
    first.click()
    page.page.wait_for_url("**/site?**")
    page.drawn()
    assert page.text(".crumbs .here") == name
    rows = page.one(".versions-table tbody tr")
    assert rows.count() >= 8
    current = page.one(".versions-table tbody tr:not(.replaced)")
    persons = [
        number(text)
        for text in current.locator("td:nth-child(4) ins, td:nth-child(4):not(:has(ins))").all_inner_texts()
    ]
    assert sum(persons) == page.number("persons")


def test_a_correction_shows_what_it_changed_and_why(page: Look, scene):
    corrected = next(
        report
        for report in scene.server.get_list("campaigns/demo/reports?limit=1000", scene.demo_token)
        if report.get("correction_of") or report.get("version", 1) > 1
    )
    page.go("/site", place=corrected["site"])
    assert page.one(".versions-table .replaced").count() >= 1
    assert page.one(".versions-table del").count() >= 1
    assert page.one(".versions-table ins").first.is_visible()


def test_a_click_on_an_hour_looks_back_at_it_and_a_link_leads_to_now(page: Look):
    page.go()
    now = page.value("persons")
    cell = town_row(page, "西南街道").locator(".hc").nth(3)
    assert "10时" in (cell.get_attribute("title") or "")
    cell.click()
    page.page.wait_for_function("() => new URLSearchParams(location.search).get('hour')")
    page.reads("/", place=TOWN)
    assert "09:00" in page.page.evaluate("new URLSearchParams(location.search).get('hour')")
    expect(page.one(".chip.looking")).to_be_visible()
    assert page.text(".asof .until") == "数据截至 10:00"
    assert page.one(".stamp .strip").is_hidden()
    page.one(".chip.looking a").click()
    page.reads("/", place=TOWN, hour="")
    expect(page.one(".chip.looking")).to_have_count(0)
    assert page.text(".asof .until") == "数据截至 14:00"
    page.one(".crumbs a").first.click()
    page.reads("/", place="440607")
    assert page.value("persons") == now


def test_an_hour_looked_back_at_has_the_figures_the_data_interface_has(page: Look, scene):
    page.go()
    page.one(".tm-head .hs a").nth(2).click()
    expect(page.one(".chip.looking")).to_be_visible()
    page.reads("/", place="440607")
    hours = scene.server.get("campaigns/demo/hourly?scope=440607", scene.demo_token)["hours"]
    assert page.text(".asof .until") == "数据截至 9:00".replace(" 9", " 09")
    assert page.number("hour") == hours[2]["persons"]


def test_the_hour_looked_back_at_stays_from_page_to_page(page: Look):
    page.go()
    page.one(".tm-head .hs a").nth(3).click()
    expect(page.one(".chip.looking")).to_be_visible()
    page.reads("/", place="440607")
    total = page.value("findings") if page.one("[data-key=findings]").count() else page.text(".kpi:last-child .v")
    page.one("#panel-findings .more").click()
    page.page.wait_for_url("**/findings?**")
    page.drawn()
    assert page.text(".asof .until") == "数据截至 10:00"
    assert page.one(".findings-table tbody tr").count() == number(total)
    page.one(".nav").get_by_role("link", name="采样点").click()
    page.page.wait_for_url("**/sites?**")
    page.drawn()
    assert page.text(".asof .until") == "数据截至 10:00"
    page.one(".tools a[lang=en]").click()
    page.page.wait_for_url("**lang=en**")
    page.drawn()
    assert page.text(".asof .until") == "Data as of 10:00"


def test_the_browsers_own_way_back_leads_back(page: Look):
    page.go()
    page.one(".tm-body [role=rowheader] a").first.click()
    page.reads("/", place=TOWN)
    page.one(".tm-body [role=rowheader] a").first.click()
    page.page.wait_for_url("**/site?**")
    page.drawn()
    page.page.go_back()
    page.reads("/", place=TOWN)
    assert page.text(".crumbs .here") == "西南街道"
    page.page.go_back()
    page.page.wait_for_function("() => !location.search.includes('place=440607001')")
    page.drawn()
    page.page.wait_for_function("() => !document.querySelector('.crumbs')")
    page.page.go_forward()
    page.reads("/", place=TOWN)


def test_an_address_sent_to_a_colleague_shows_the_same(page: Look, visitor):
    page.go(place=TOWN, lang="en", theme="dark")
    page.one(".tm-head .hs a").nth(4).click()
    expect(page.one(".chip.looking")).to_be_visible()
    page.reads("/", place=TOWN)
    other = visitor(locale="zh-CN", color_scheme="light")
    other.page.goto(page.page.url)
    other.drawn()
    assert other.value("persons") == page.value("persons")
    assert other.text(".asof .until") == page.text(".asof .until") == "Data as of 11:00"
    assert other.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_chosen_theme_is_kept_over_a_reload_and_over_pages(visitor):
    page = visitor(color_scheme="light")
    page.go()
    background = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.one("[data-set-theme=dark]").click()
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.page.evaluate("getComputedStyle(document.body).backgroundColor") != background
    page.page.reload()
    page.drawn()
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.one(".nav").get_by_role("link", name="告警").click()
    page.page.wait_for_url("**/findings?**")
    page.drawn()
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.page.goto(f"{page.address}/?campaign=demo")
    page.drawn()
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_language_changes_and_page_and_place_stay(page: Look):
    page.go("/findings", place=TOWN)
    page.one(".tools a[lang=en]").click()
    page.reads("/findings", place=TOWN, lang="en", campaign="demo")
    assert page.page.evaluate("document.documentElement.lang") == "en"
    assert page.text(".ph h2") == "Alerts"
    assert "Alerts" in page.page.title()
    page.one(".tools a[lang='zh-CN']").click()
    page.reads("/findings", place=TOWN, lang="zh")
    assert page.text(".ph h2") == "告警"


def test_a_click_on_a_mark_of_the_map_leads_to_its_site(page: Look):
    page.go()
    page.page.wait_for_selector(".map .scatterlayer .point")
    marks = page.page.locator(".map .scatterlayer .point")
    box = marks.nth(marks.count() - 1).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(x - 1, y)
    page.page.mouse.move(x, y)
    page.page.wait_for_selector(".map .hoverlayer .hovertext")
    named = page.one(".map .hoverlayer .hovertext").first.text_content() or ""
    page.page.mouse.click(x, y)
    page.page.wait_for_url("**/site?**")
    page.drawn()
    assert page.text(".crumbs .here") in named


def test_another_campaign_is_chosen_from_the_list_at_the_top(page: Look):
    page.go()
    page.one(".brand .chooser summary").click()
    page.one(".brand .menu").get_by_role("link", name="小轮次").click()
    page.reads("/", campaign="small", lang="zh")
    expect(page.one(".asof .until")).to_contain_text("数据截至 11月1日")
    assert page.one(".demo").count() == 0

"""On paper: no controls, the demonstration mark and the stamp, few pages."""

import re

import pytest
from look import Look

CONTROLS = (".nav", ".tabs", ".tools", ".exports", ".searchbox")


@pytest.mark.parametrize(
    ("path", "place"), [("/", ""), ("/", "440607001"), ("/site", "440607001-S01"), ("/findings", "")]
)
def test_paper_has_stamp_and_mark_and_no_controls(page: Look, path: str, place: str):
    page.go(path, place=place)
    page.page.emulate_media(media="print")
    for control in CONTROLS:
        assert not any(node.is_visible() for node in page.one(control).all()), control
    assert page.one(".demo").is_visible()
    assert page.one(".asof .until").is_visible()
    assert "14:00" in page.text(".asof .until")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_overview_takes_two_pages_at_most(page: Look, theme: str):
    page.go(theme=theme)
    pdf = page.page.pdf(format="A4", print_background=False)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 2


def test_what_is_printed_from_a_dark_screen_is_white_and_the_screen_stays_dark(page: Look):
    page.go(theme="dark")
    page.page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert page.page.evaluate("document.documentElement.dataset.theme") == "light"
    page.page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"

"""What a wall's script decides for itself the server says of it too: both go by one rule."""

import json
from itertools import combinations, product

from playwright.sync_api import Browser

from config import HERE
from domain.screens import CONTACT_SECONDS, LATE, SCENES, UPRIGHT, beside, layout

HEIGHTS = (720, 1080, 1366, 1792, 2160)
SHAPES = (
    0.56,
    0.75,
    0.999,
    1,
    4 / 3,
    1.7,
    1.76,
    1.77,
    16 / 9,
    2.37,
    3.53,
    3.54,
    3.56,
    3.714,
    5.3,
    5.32,
    7.07,
    7.09,
    12.4,
)
"""Width to height: both sides of every bound, and the walls of the design."""

SIZES = ((1, 1), *((round(shape * height), height) for shape, height in product(SHAPES, HEIGHTS)))
CHOICES = tuple(chosen for n in range(1, len(SCENES) + 1) for chosen in combinations(SCENES, n))

ASK = """([sizes, choices]) => sizes.map(([width, height]) => choices.map((scenes) => {
  const form = wall.play.shape(width, height, scenes);
  const { pinned, turning } = wall.play.programme(scenes, form);
  return [form.form === "tall", form.halves, pinned, turning];
}))"""


def by_the_rule(width: int, height: int, scenes: tuple[str, ...]) -> list[object]:
    fits = layout(width, height, scenes)
    pinned = beside(scenes, fits.halves)
    on = [scene for scene in scenes if not fits.upright or scene in UPRIGHT]
    return [fits.upright, fits.halves, list(pinned), [scene for scene in on if scene not in pinned]]


def test_the_wall_and_the_server_agree_on_what_stands_where_whatever_its_size_and_scenes(chromium: Browser):
    page = chromium.new_page()
    page.evaluate("window.wall = {}")
    page.add_script_tag(path=HERE / "assets" / "wall" / "play.js")
    answers = page.evaluate(ASK, [SIZES, CHOICES])
    gone = page.evaluate("wall.play.GONE")
    page.close()
    differing = [
        json.dumps([size, scenes, said, ruled])
        for size, row in zip(SIZES, answers, strict=True)
        for scenes, said in zip(CHOICES, row, strict=True)
        if said != (ruled := by_the_rule(*size, scenes))
    ]
    assert differing == []
    # A screen says it has lost us when we say that it is late.
    assert gone == LATE.total_seconds() * 1000 == 3 * CONTACT_SECONDS * 1000

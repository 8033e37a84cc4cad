"""The scenes of a briefing screen on every wall there may be: nothing small, nothing cropped, nothing stretched."""

import pytest
from look import LANGUAGES, Look
from wall_device import FAULTS

from domain.screens import SCENES, UPRIGHT

SHEETS = (
    "1-style/1-tokens",
    "1-style/2-icons",
    "3-wall/1-stage",
    "3-wall/2-parts",
    "3-wall/3-scenes",
    "3-wall/4-states",
)
STAGE = f"""<!doctype html><html lang="zh-CN" data-theme="dark" data-wall><head><meta charset="utf-8">
<title>wall</title>
{"".join(f'<link rel="stylesheet" href="/assets/{sheet}.css">' for sheet in SHEETS)}
<script src="/assets/wall/scene.js"></script></head><body><main class="stage"><div class="wh"></div>
<div class="scenes"></div><div class="wf"></div></main></body></html>"""

WALLS = (
    ("", (1920, 1080), "wide", [[scene] for scene in SCENES]),
    ("", (3840, 2160), "wide", [[scene] for scene in SCENES]),
    ("", (1280, 720), "wide", [[scene] for scene in SCENES]),
    ("duo", (6656, 1792), "wide", [["wall-progress", "wall-map"], ["wall-labs", "wall-alerts"]]),
    ("tall", (1080, 1920), "tall", [[scene] for scene in UPRIGHT]),
    ("tall", (1024, 1366), "tall", [[scene] for scene in UPRIGHT]),
)
"""Shape, pixels (the third is 1920×1080 at 150 %), form, and what stands on the stage at once."""

FETCH = """async ([place, language, slugs]) => {
  const head = await (await fetch("/live/demo")).json();
  const found = {};
  for (const slug of slugs) {
    const address = `/snapshots/demo/${slug}/${place}/${language}/${head.revision}-${head.minute}`;
    found[slug] = await (await fetch(address)).json();
  }
  window.scenes = found;
  await document.fonts.ready;
}"""

SHOW = """async ([shape, form, slugs, state]) => {
  document.documentElement.dataset.wall = shape;
  const stage = document.querySelector(".stage");
  if (state) stage.dataset.state = state; else delete stage.dataset.state;
  const said = state ? `headline_${state}` : "headline";
  stage.querySelector(".scenes").replaceChildren(
    ...slugs.map((slug) => wall.scene(slug, scenes[slug], form, scenes[slug][said] ?? scenes[slug].headline)));
  stage.querySelector(".wf").replaceChildren(wall.build(scenes[slugs[0]].panels.stamp));
  void stage.offsetHeight; // only what is laid out asks for its fonts
  await document.fonts.ready;
  for (const line of stage.querySelectorAll(".msg")) wall.fit(line);
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_scene_fits_every_wall_with_text_to_be_read_from_five_metres(page: Look, language: str):
    inner = page.page
    inner.route("**/stage", lambda route: route.fulfill(body=STAGE, content_type="text/html"))
    inner.goto(f"{page.address}/stage")
    inner.evaluate(FETCH, ["440607", language, list(SCENES)])
    faults = []
    for shape, (width, height), form, stages in WALLS:
        inner.set_viewport_size({"width": width, "height": height})
        for slugs in stages:
            for state in ("", "stale", "frozen") if (width, height) == (1920, 1080) else ("",):
                inner.evaluate(SHOW, [shape, form, slugs, state])
                faults += [[f"{width}×{height}", *slugs, state, *fault] for fault in inner.evaluate(FAULTS)]
    assert faults == []

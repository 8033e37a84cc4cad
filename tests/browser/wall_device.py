"""A briefing screen on a wall: joined by a link, watched, driven by its own keys and from outside."""

import itertools
import json

from look import Look

from data import campaigns
from data.database import Database
from data.ingest import screens as ingest
from data.ingest.screens import Keeper
from domain.clock import system_clock
from domain.screens import SCENES, Settings

KEEPER = Keeper("operator", "测试")
LOST = r"ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|ERR_FAILED|Failed to fetch|status of (50\d|401)"

FAULTS = """() => {
  const found = [];
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const stage = document.querySelector(".stage").getBoundingClientRect();
  const texts = document.createTreeWalker(document.querySelector(".stage"), NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const around = text.parentElement;
    if (!text.textContent.trim() || !around.getClientRects().length) continue;
    const svg = around.closest("svg");
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(around).fontSize) * (svg ? svg.getScreenCTM().a : 1);
    if (size < 1.75 * rem - 0.6) found.push(["small", size / rem * 16, text.textContent]);
    if (box.left < stage.left - 1 || box.right > stage.right + 1 || box.top < stage.top - 1
        || box.bottom > stage.bottom + 1) found.push(["outside", text.textContent]);
  }
  if (!document.querySelector(".scene .g *")) found.push(["empty"]);
  const boxes = ".stage, .scene, .g, .col, .questions, .trs, .lbs, .rows, .others, .msg";
  for (const node of document.querySelectorAll(boxes)) {
    const [wider, higher] = [node.scrollWidth - node.clientWidth, node.scrollHeight - node.clientHeight];
    if (wider > 2) found.push(["too wide", node.className, wider]);
    if (higher > 0.3 * rem) found.push(["too high", node.className, higher]);
  }
  for (const drawing of document.querySelectorAll("svg")) {
    const at = drawing.getScreenCTM();
    if (Math.abs(at.a - at.d) > 0.001) found.push(["stretched", drawing.getAttribute("class")]);
  }
  if (stage.left < -1 || stage.top < -1 || stage.right > innerWidth + 1 || stage.bottom > innerHeight + 1)
    found.push(["cropped"]);
  return found;
}"""

_numbers = itertools.count(1)


class Wall:
    """One screen of a campaign, open in `look`."""

    def __init__(self, look: Look, database: Database, campaign: str, **settings: object) -> None:
        self.look, self.page = look, look.page
        self.campaign = campaign
        with database.write() as session:
            row = campaigns.find(session, campaign)
            tree = campaigns.tree_of(session, row)
            wanted = {
                "name": "主屏", "location": "", "place": tree.roots[0].code, "scenes": SCENES, "seconds": 15,
                "language": "zh", "bezel_px": 0, **settings,
            }  # fmt: skip
            now = system_clock()
            made, _ = ingest.create(session, row, tree, f"wall {next(_numbers)}", Settings(**wanted), KEEPER, now)
            self.number = made.id
            code = ingest.join(session, row, made, None, KEEPER, now)
        self.page.goto(f"{look.address}/screen?code={code}")
        self.page.wait_for_selector(".scene")

    def drive(self, do: str, **more: object) -> None:
        """As from the remote, by who is signed in beside this screen."""
        context = self.page.context
        context.request.get(f"{self.look.address}/api/v1/me")
        token = next(c["value"] for c in context.cookies() if c["name"] == "csrf_token")
        body = {"key": f"press {next(_numbers)}", "do": do, "screens": [self.number], **more}
        answer = context.request.post(
            f"{self.look.address}/api/v1/campaigns/{self.campaign}/screens/drive", data=json.dumps(body),
            headers={"Content-Type": "application/json", "X-CSRFToken": token, "Referer": self.look.address},
        )  # fmt: skip
        assert answer.status == 200, answer.text()

    def shows(self, scene: str) -> None:
        """Wait until this is the scene that has its turn, drawn."""
        self.page.wait_for_selector(f".scene[data-scene={scene}]:last-child")

    def stands(self, state: str) -> None:
        """Wait until the stage is in this state; empty for none."""
        self.page.wait_for_function("s => (document.getElementById('stage').dataset.state ?? '') === s", arg=state)

    def passes(self, seconds: int) -> None:
        """Let so much time pass at once; needs a clock that was installed before."""
        self.page.clock.fast_forward(seconds * 1000)

    @property
    def foot(self) -> str:
        return self.page.inner_text("#foot")

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

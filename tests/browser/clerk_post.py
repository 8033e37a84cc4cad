"""A campaign of its own for one test of the clerk's form: sites with accounts, the phones that are signed in there,
and what the database holds in the end."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import scenery
import sqlalchemy as sa
from look import Look
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from data import accounts, campaigns
from data.ingest.decisions import decide
from data.ingest.reports import ingest_reports
from data.models import Report
from domain.campaign import Campaign
from domain.clock import system_clock
from domain.permissions import Role
from domain.reports import Status

DISTRICT, TOWN = "990001", "990001001"
SITES = ("P1", "P2", "P3")
NAMES = {"P1": "洲边村物流园", "P2": "念德村灯光球场", "P3": "五顶岗村流动采样帐篷"}
LANES, POOL = 4, 10
KEPT_OPEN = 14
"""Hours a site is open in all."""

_numbers = itertools.count(1)

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", "is_mobile": True, "has_touch": True}


@dataclass
class Post:
    """A campaign that began `began` full hours ago, with a token-free way in for other people's writes."""

    scene: Any
    began: int = 3
    id: str = field(default_factory=lambda: f"clerk-{next(_numbers)}")

    def __post_init__(self) -> None:
        begin = system_clock().replace(minute=0, second=0, microsecond=0) - timedelta(hours=self.began)
        self.campaign = Campaign(
            self.id, "第三轮", "Round 3", begin, begin + timedelta(hours=KEPT_OPEN), "Asia/Shanghai", pool_size=POOL
        )
        scenery._create(self.scene.database, self.campaign)
        lines = ["district,district_name,district_name_en,town,town_name,town_name_en,site,site_name,lanes,target"]
        lines += [f"{DISTRICT},虚拟区,Invented,{TOWN},西南街道,Xinan,{s},{NAMES[s]},{LANES},6000" for s in SITES]
        scenery._import(self.scene.database, self.id, scenery.What.PLACES, "\n".join(lines))
        people = [*((s.lower(), Role.SITE, s) for s in SITES), ("p1b", Role.SITE, "P1"), ("town", Role.TOWN, TOWN),
                  ("leader", Role.LEADER, DISTRICT)]  # fmt: skip
        names = {"p1": "麦伟", "p2": "黎志强", "p3": "冯丽", "p1b": "罗芳", "town": "何志文", "leader": "领导"}
        with self.scene.database.write() as session:
            for login, role, place in people:
                accounts.create(
                    session, login=self.login(login), role=role, place=place, campaign_id=self.id,
                    now=system_clock(), actor="test", password=scenery.PASSWORD, name=names[login],
                )  # fmt: skip

    def login(self, who: str) -> str:
        return f"{self.id}.{who}"

    # -- what other people do

    def hour(self, period: int) -> str:
        return self.campaign.local(self.campaign.start_of(period)).isoformat()

    def row(self, site: str, period: int, persons: int, **more: object) -> dict[str, object]:
        return scenery.row(self.campaign, site, period, persons, **more)

    def report(self, site: str, period: int, persons: int, **more: object) -> str:
        """A report that stands already; answers its key. Keys differ between campaigns, sites and periods."""
        row = {**self.row(site, period, persons), "key": f"{self.id}/{site}/{period}", **more}
        self.send(row)
        return str(row["key"])

    def send(self, *rows: Mapping[str, object]) -> None:
        result = ingest_reports(self.scene.database, self.id, rows, scenery.OPERATOR, system_clock)
        assert not result.rejected, result.rejected

    def decide(self, key: str, status: Status, reason: str = "", note: str = "") -> None:
        sender = scenery.Sender(f"{self.login('town')} (town {TOWN})")
        result = decide(self.scene.database, self.id, [key], status, sender, system_clock, reason=reason, note=note)
        assert not result.rejected, result.rejected

    def send_back(
        self, key: str, reason: str = "third_copies_differ", note: str = "少 12 张，请数第三联再报。"
    ) -> None:
        self.decide(key, Status.RETURNED, reason, note)

    # -- what the database holds

    def reports(self, site: str | None = None) -> list[SimpleNamespace]:
        """Every version on record, the oldest first."""
        query = sa.select(Report).where(Report.campaign_id == self.id).order_by(Report.id)
        with self.scene.database.read() as session:
            places = {p.id: p.code for p in campaigns.load_tree(session, campaigns.find(session, self.id)).each()}
            rows = [
                SimpleNamespace(
                    site=places[r.site_id], period=self.campaign.period_of(r.starts_at), persons=r.persons,
                    persons_total=r.persons_total, tubes=r.tubes, tubes_total=r.tubes_total, key=r.key,
                    third_copies=r.third_copies, special_cases=r.special_cases, note=r.note, channel=r.channel,
                    correction_of=r.correction_of, actor=r.actor,
                    hours=(r.ends_at - r.starts_at) / timedelta(hours=1),
                )
                for r in session.scalars(query)
            ]  # fmt: skip
        return [row for row in rows if site in (None, row.site)]


class Phone:
    """The form in one browser profile. `look` watches for what nobody should meet."""

    def __init__(self, browser: Browser, post: Post, who: str | None, **options: Any) -> None:
        self.post = post
        self.context: BrowserContext = browser.new_context(**{**PHONE, **options})
        self.address = post.scene.address
        if who:
            self.sign_in(who)
        self.look = Look(self.context.new_page(), self.address)
        if options.get("service_workers") == "block":
            self.look.allow("Service Worker registration blocked")

    @property
    def page(self) -> Page:
        return self.look.page

    def sign_in(self, who: str) -> None:
        scenery.sign_in(self.context, self.address, self.post.login(who))

    def open(self, path: str = "/clerk", ready: bool = True) -> "Phone":
        """Open the form, in a new tab where the former is closed, and wait until it shows something to do."""
        if self.page.is_closed():
            problems, allowed = self.look.problems, self.look._allowed
            self.look = Look(self.context.new_page(), self.address)
            self.look.problems, self.look._allowed = problems, allowed
        self.page.goto(f"{self.address}{path}")
        if ready:
            expect(self.page.locator("#foot button, #body .rows, #body .note").first).to_be_visible()
        return self

    def turn_to(self, period: int, to: str = "hour") -> "Phone":
        """Another hour, in the page that is open: come back when it is shown. Before, the fields are those of the
        hour that was."""
        begin, end = (int(self.post.hour(k)[11:13]) for k in (period, period + 1))
        self.page.goto(f"{self.address}/clerk#{to}={self.post.hour(period).replace('+', '%2B')}")
        expect(self.page.locator(".hd .big")).to_have_text(f"{begin}–{end or 24}时")
        return self

    def kept(self) -> "Phone":
        """Wait until the service worker holds the form, so that it opens without a network."""
        self.page.wait_for_function(
            "() => navigator.serviceWorker.ready.then((r) => r.active?.state === 'activated')"
        )
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        return self

    def offline(self, off: bool = True) -> None:
        self.look.allow("ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load resource")
        self.context.set_offline(off)

    # -- doing

    def fill(
        self, persons: int | str | None = None, tubes: int | str | None = None, copies: int | str | None = None
    ) -> None:
        for name, value in (("persons", persons), ("tubes", tubes), ("copies", copies)):
            if value is not None:
                self.field(name).fill(str(value))

    def field(self, name: str) -> Locator:
        return self.page.locator(f"#body input[name={name}]").first

    @property
    def button(self) -> Locator:
        return self.page.locator("#foot button")

    def press(self) -> None:
        """Press the one button. One that says what is missing leads there; any other ends in another button."""
        said, blocked = self.button.inner_text(), self.button.get_attribute("aria-disabled")
        # Playwright does not press what is said to be disabled; a finger does.
        self.button.click(force=True)
        if not blocked:
            expect(self.button).not_to_have_text(said)

    def says(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)

    def tile(self, text: str) -> None:
        self.page.get_by_role("radio", name=text, exact=True).click()

    def waiting(self) -> list[dict[str, Any]]:
        """What the phone keeps that the server has not acknowledged."""
        return [entry for entry in self.entries() if entry["state"] != "sent"]

    def entries(self) -> list[dict[str, Any]]:
        return list(json.loads(self.page.evaluate("() => clerk.store.entries().then((all) => JSON.stringify(all))")))

    def until(self, reached: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until what the phone keeps is as said."""
        self.look.until(lambda: reached(self.entries()))

    def settled(self) -> None:
        """Wait until nothing waits any more."""
        self.until(lambda all_: all(entry["state"] == "sent" for entry in all_))

    def close(self) -> None:
        try:
            self.look.close()
        finally:
            self.context.close()

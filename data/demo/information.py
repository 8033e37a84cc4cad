"""The demonstration's information problems and registration modes over its day, the same for the same seed.

Everything is invented: what goes wrong where, how long it takes, who does it. Durations are chosen so that a board
at 14:20 shows some of everything the design's does (picture 14), not measured anywhere. The town whose network fails
is the one whose reports `faults` keeps back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from data.demo.faults import PlantedFault
from data.demo.population import SiteSpec
from domain.campaign import Campaign
from domain.contacts import Post
from domain.modes import Mode
from domain.places import Level
from domain.problem_claims import Opening, StepClaim
from domain.problems import REMEDIES, Effect, Kind, Remedy, Step

OPENED_BY_SITES = 80
OPENED_BY_TOWNS = 5
OPENED_BY_DISTRICT = 4

ENTRANCE_WEIGHTS = (41, 38, 29, 10)
"""Sites per entrance at the start, as the first registrars happened to choose."""

ENTRANCE_CAPACITY = 45
"""Sites one entrance can serve (invented; design, picture 14)."""

OFFLINE_AT, CITY_AT = 5 * 60 + 50, 6 * 60 + 40
"""Minutes after the start (11:50, 12:40) at which some sites fall back."""

NETWORK_FAILS = timedelta(minutes=20)
"""How long after the start of its silent hour the town's network fails: 15:20."""

KINDS = {
    Kind.NETWORK_DOWN: 5, Kind.SYSTEM_DOWN: 2, Kind.SLOW_ENTRANCE: 6, Kind.GARBLED_CODE: 8, Kind.MISSING_CODE: 4,
    Kind.DUPLICATE_CODE: 5, Kind.WRONG_LAB: 2, Kind.ACCOUNT: 5, Kind.OTHER: 5,
}  # fmt: skip
"""How often each kind is drawn at a site."""

NOTES = {
    Kind.NETWORK_DOWN: ("公众 Wi-Fi 断，只剩工作网", "4G 信号弱", ""),
    Kind.SYSTEM_DOWN: ("登录页打不开", ""),
    Kind.SLOW_ENTRANCE: ("提交要等十几秒", "响应超 3 秒", ""),
    Kind.GARBLED_CODE: ("2 号台扫码乱码", "扫出来是问号", ""),
    Kind.MISSING_CODE: ("标签打印机卡纸，改用备机", "一卷标签少两张", ""),
    Kind.DUPLICATE_CODE: ("同一条码出现两次", "人员码冲突", ""),
    Kind.WRONG_LAB: ("登记时选了另一家机构", ""),
    Kind.ACCOUNT: ("登记员账号被锁", "志愿者登记权限不足", ""),
    Kind.OTHER: ("扫码枪充不上电", "健康码红屏，走特殊登记", "身份证读不出"),
}

TOWN_PROBLEMS = (
    (Kind.DUPLICATE_CODE, Effect.SLOWER, "同一小区重复建点，人员码冲突"),
    (Kind.OTHER, Effect.NONE, "特殊人群名册缺一页"),
    (Kind.ACCOUNT, Effect.SLOWER, "新到志愿者没有账号"),
    (Kind.SLOW_ENTRANCE, Effect.SLOWER, "几个点都反映入口慢"),
    (Kind.WRONG_LAB, Effect.NONE, "两个点绑定的机构不一致"),
)

DISTRICT_PROBLEMS = (
    (60, Kind.SLOW_ENTRANCE, Effect.SLOWER, "省系统入口 1 响应超 3 秒，峰值丢单", "省系统厂家", "P-3107", 320),
    (200, Kind.OTHER, Effect.NONE, "检测结果回传缺批次号", "LIS 厂家", "L-221", 120),
    (330, Kind.SYSTEM_DOWN, Effect.SLOWER, "离线App 同步队列卡住", "App 厂家", "A-0988", 190),
    (430, Kind.OTHER, Effect.NONE, "市系统回传延迟 18 分", "市系统厂家", "", 150),
)
"""Minutes after the start, what it is, vendor and ticket, minutes until it is solved."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does something in the simulation: at which level, of which place."""

    level: Level
    place: str


@dataclass(frozen=True, slots=True)
class ProblemOpened:
    """A problem is opened. `story` ties its later steps to it."""

    at: datetime
    story: str
    hand: Hand
    opening: Opening


@dataclass(frozen=True, slots=True)
class ProblemStep:
    """Something is done to the problem of a story."""

    at: datetime
    story: str
    hand: Hand
    claim: StepClaim


@dataclass(frozen=True, slots=True)
class ModesSet:
    """Sites change their registration mode."""

    at: datetime
    hand: Hand
    rows: tuple[dict[str, object], ...]


Happening = ProblemOpened | ProblemStep | ModesSet

PEOPLE_OF = {Level.SITE: Post.DUTY, Level.TOWN: Post.INFORMATION, Level.DISTRICT: Post.DATA}
"""Which post on duty acts for a level."""


def happenings(
    campaign: Campaign,
    sites: Sequence[SiteSpec],
    faults: Sequence[PlantedFault],
    district: str,
    seed: int,
    prefix: str = "",
) -> tuple[Happening, ...]:
    """The day's problems and modes in order of time. `prefix` keeps the keys of several districts apart."""
    story = _Story(campaign, sites, district, seed, prefix)
    story.first_modes()
    story.fall_back()
    story.site_problems()
    story.town_problems()
    story.district_problems()
    story.network_failure([fault for fault in faults if fault.kind == "outage"])
    return tuple(sorted(story.made, key=lambda happening: happening.at))


class _Story:
    """One day being made up."""

    def __init__(self, campaign: Campaign, sites: Sequence[SiteSpec], district: str, seed: int, prefix: str) -> None:
        self.campaign = campaign
        self.prefix = prefix
        self.sites = sorted(sites, key=lambda site: site.code)
        self.town_of: Mapping[str, str] = {site.code: site.town for site in sites}
        self.district = Hand(Level.DISTRICT, district)
        self.rng = Random(f"{seed}/information")
        self.made: list[Happening] = []
        self.entrance: dict[str, int] = {}
        self.elsewhere: set[str] = set()
        """Sites that have left the provincial system."""

    def at(self, minutes: float) -> datetime:
        return self.campaign.starts_at + timedelta(minutes=minutes, seconds=self.rng.randint(0, 40))

    def step(self, story: str, at: datetime, hand: Hand, step: Step, **said: object) -> None:
        number = sum(isinstance(h, ProblemStep) and h.story == story for h in self.made)
        claim = StepClaim(f"{story}/{number}", step, **said)  # type: ignore[arg-type]
        self.made.append(ProblemStep(at, story, hand, claim))

    # -- modes

    def set_mode(
        self, at: datetime, hand: Hand, codes: Sequence[str], mode: Mode, entrance: int | None, note: str
    ) -> None:
        rows: tuple[dict[str, object], ...] = tuple(
            {"key": f"mode/{code}/{at:%H%M%S}", "site": code, "mode": mode.value, "entrance": entrance, "note": note}
            for code in codes
        )
        self.made.append(ModesSet(at, hand, rows))
        for code in codes:
            self.elsewhere.discard(code)
            if mode is not Mode.PROVINCE:
                self.elsewhere.add(code)
            elif entrance is not None:
                self.entrance[code] = entrance

    def first_modes(self) -> None:
        """Every site begins in the provincial system, at an entrance of its own choice."""
        for site in self.sites:
            self.entrance[site.code] = self.rng.choices((1, 2, 3, 4), ENTRANCE_WEIGHTS)[0]
        at = self.campaign.starts_at + timedelta(seconds=1)
        for entrance in (1, 2, 3, 4):
            codes = [code for code, chosen in self.entrance.items() if chosen == entrance]
            self.set_mode(at, self.district, codes, Mode.PROVINCE, entrance, "")

    def fall_back(self) -> None:
        """Towards noon some sites of one town go offline, later a few of another to the city's system."""
        towns = sorted({site.town for site in self.sites})
        first, second = self.rng.sample(towns, 2)
        for town, minutes, mode, count in (
            (first, OFFLINE_AT, Mode.OFFLINE_APP, 3), (first, OFFLINE_AT + 75, Mode.OFFLINE_APP, 3),
            (second, CITY_AT, Mode.CITY, 3),
        ):  # fmt: skip
            free = [s.code for s in self.sites if s.town == town and s.code not in self.elsewhere]
            codes = self.rng.sample(free, min(count, len(free)))
            entrance = 1 if mode is Mode.CITY else None
            self.set_mode(self.at(minutes), Hand(Level.TOWN, town), codes, mode, entrance, "入口拥堵")
        back = [s.code for s in self.sites if s.town == first and s.code in self.elsewhere][:2]
        again = self.at(OFFLINE_AT + 190)
        self.set_mode(again, Hand(Level.TOWN, first), back, Mode.PROVINCE, 4, "网络恢复")

    # -- problems

    def site_problems(self) -> None:
        for number in range(OPENED_BY_SITES):
            site = self.rng.choice(self.sites)
            kind = self.rng.choices(list(KINDS), list(KINDS.values()))[0]
            effect = self.rng.choices(list(Effect), (1, 5, 4))[0]
            opened = self.at(self.rng.triangular(20, 15 * 60, 8 * 60))
            keep = self.rng.random() < 0.62
            note = self.rng.choice(NOTES[kind])
            story = f"{self.prefix}site/{number}"
            hand = Hand(Level.SITE, site.code)
            latency = self.rng.choice((None, 240, 900, 1800, 3400))
            self.made.append(
                ProblemOpened(opened, story, hand,
                              Opening(f"{story}/open", site.code, kind, effect, note, keep, latency_ms=latency))
            )  # fmt: skip
            at = opened
            if keep:
                at += timedelta(minutes=self.rng.triangular(4, 60, 18))
                if self.rng.random() < 0.6:
                    self._solved_by(story, at, hand, site.code, kind)
                    continue
                self.step(story, at, hand, Step.PASSED_UP, note="试过，没有解决")
            self._in_town(story, at, site.code, kind, remains=True)

    def town_problems(self) -> None:
        towns = sorted({site.town for site in self.sites})
        for number, (kind, effect, note) in enumerate(TOWN_PROBLEMS[:OPENED_BY_TOWNS]):
            town = Hand(Level.TOWN, self.rng.choice(towns))
            opened = self.at(self.rng.uniform(90, 11 * 60))
            story = f"{self.prefix}town/{number}"
            self.made.append(
                ProblemOpened(opened, story, town, Opening(f"{story}/open", town.place, kind, effect, note))
            )
            self._in_town(story, opened, town.place, kind, remains=self.rng.random() < 0.5)

    def district_problems(self) -> None:
        for number, (minutes, kind, effect, note, vendor, ticket, lasts) in enumerate(
            DISTRICT_PROBLEMS[:OPENED_BY_DISTRICT]
        ):
            opened = self.at(minutes)
            story = f"{self.prefix}district/{number}"
            opening = Opening(f"{story}/open", self.district.place, kind, effect, note)
            self.made.append(ProblemOpened(opened, story, self.district, opening))
            self._with_vendor(story, opened, kind, vendor, ticket, timedelta(minutes=lasts))

    def network_failure(self, silent: Sequence[PlantedFault]) -> None:
        """A town's network fails: its sites go offline and say so, the town hands it up, the district calls the
        operator; when it is mended, they come back."""
        if not silent:
            return
        town = self.town_of[silent[0].site]
        fails = self.campaign.start_of(silent[0].period) + NETWORK_FAILS
        codes = sorted({fault.site for fault in silent} - self.elsewhere)
        hand = Hand(Level.TOWN, town)
        for number, code in enumerate(codes[:3]):
            story = f"{self.prefix}outage/{number}"
            opening = Opening(
                f"{story}/open", code, Kind.NETWORK_DOWN, Effect.STOPPED, "" if number else "全镇网络中断"
            )
            opened = fails + timedelta(minutes=2 + number, seconds=self.rng.randint(0, 40))
            self.made.append(ProblemOpened(opened, story, Hand(Level.SITE, code), opening))
            self.step(story, opened + timedelta(minutes=3), hand, Step.ACCEPTED)
            solved = fails + timedelta(minutes=78 + number)
            if number == 0:
                self.step(story, opened + timedelta(minutes=9), hand, Step.PASSED_UP, note="全镇都断，不是单个点")
                self._with_vendor(story, opened + timedelta(minutes=9), Kind.NETWORK_DOWN, "通信运营商", "N-1520",
                                  timedelta(minutes=65))  # fmt: skip
            else:
                self.step(
                    story, solved, hand, Step.SOLVED, remedy=Remedy.OFFLINE_APP, note="先用离线App，网络恢复后回传"
                )
        self.set_mode(fails + timedelta(minutes=6), hand, codes, Mode.OFFLINE_APP, None, "全镇网络中断")
        back = fails + timedelta(minutes=90)
        for entrance in (1, 2, 3, 4):
            own = [code for code in codes if self.entrance[code] == entrance]
            if own:
                self.set_mode(back, hand, own, Mode.PROVINCE, entrance, "网络恢复")

    def _in_town(self, story: str, at: datetime, place: str, kind: Kind, remains: bool) -> None:
        """A town gets a problem: mostly it accepts within minutes, then solves it or hands it up."""
        town = Hand(Level.TOWN, self.town_of.get(place, place))
        if self.rng.random() < 0.12:
            # Nobody accepts: by rule it is the district's, which sees to it.
            accepted = at + timedelta(minutes=self.rng.uniform(14, 26))
            self.step(story, accepted, self.district, Step.ACCEPTED)
            self._solved_by(
                story, accepted + timedelta(minutes=self.rng.triangular(10, 80, 30)), self.district, place, kind
            )
            return
        accepted = at + timedelta(minutes=self.rng.uniform(1, 8))
        if remains or self.rng.random() < 0.5:
            self.step(story, accepted, town, Step.ACCEPTED)
        later = accepted + timedelta(minutes=self.rng.triangular(8, 110, 38))
        if self.rng.random() < 0.8:
            self._solved_by(story, later, town, place, kind)
            return
        self.step(story, later, town, Step.PASSED_UP, note="镇里解决不了")
        vendor = "App 厂家" if kind in (Kind.SYSTEM_DOWN, Kind.GARBLED_CODE) else "省系统厂家"
        ticket = f"P-{self.rng.randint(3100, 3199)}"
        self._with_vendor(story, later, kind, vendor, ticket, timedelta(minutes=self.rng.triangular(30, 190, 75)))

    def _with_vendor(self, story: str, at: datetime, kind: Kind, vendor: str, ticket: str, lasts: timedelta) -> None:
        """The district accepts, calls the vendor, urges, writes down the answer, and sees it solved."""
        self.step(story, at + timedelta(minutes=self.rng.uniform(2, 7)), self.district, Step.ACCEPTED)
        self.step(story, at + timedelta(minutes=11), self.district, Step.TO_VENDOR, vendor=vendor, ticket=ticket)
        if lasts > timedelta(minutes=60):
            self.step(story, at + lasts * 0.6, self.district, Step.URGED)
            self.step(story, at + lasts * 0.7, self.district, Step.VENDOR_REPLIED, note="已定位，正在处理")
        remedy = next(iter(REMEDIES[kind]), None)
        self.step(story, at + lasts, self.district, Step.SOLVED, remedy=remedy, note="厂家修复，已复测")

    def _solved_by(self, story: str, at: datetime, hand: Hand, place: str, kind: Kind) -> None:
        remedies = REMEDIES[kind]
        remedy = self.rng.choice(remedies) if remedies else None
        self.step(story, at, hand, Step.SOLVED, remedy=remedy, note="" if remedy else "已更换")
        if remedy is Remedy.OTHER_ENTRANCE and place in self.entrance and place not in self.elsewhere:
            following = self.entrance[place] % 4 + 1
            self.set_mode(at, Hand(Level.SITE, place) if hand.level is Level.SITE else hand, [place], Mode.PROVINCE,
                          following, "入口太慢")  # fmt: skip

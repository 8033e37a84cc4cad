"""Campaigns for the town page: one town in one hour, with something of every kind to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from data.ingest.decisions import decide
from data.ingest.files import What, import_file
from data.ingest.reports import ingest_reports
from domain.campaign import Campaign
from domain.clock import system_clock
from domain.reports import Status

DISTRICT, TOWN, OTHER_TOWN = "880001", "880001001", "880001002"
PERIOD = 1
"""The hour worked on: over and due at any minute of the present hour; the campaign began three full hours ago."""

OPERATOR = Sender("operator")
IMG, FORMULA = "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0"

_numbers = count(1)


@dataclass
class Work:
    """One campaign and the ways to put something into it. Times are those of the hour worked on."""

    database: Database
    campaign: Campaign
    sites: Sequence[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.campaign.id

    @property
    def hour(self) -> str:
        return self.campaign.local(self.campaign.start_of(PERIOD)).isoformat(timespec="minutes")

    def at(self, minutes: float) -> Callable[[], datetime]:
        """A clock so many minutes after the hour's end."""
        moment = self.campaign.end_of(PERIOD) + timedelta(minutes=minutes)
        return lambda: min(moment, system_clock())

    def row(self, site: str, persons: int = 400, period: int = PERIOD, **more: object) -> dict[str, object]:
        tubes = -(-persons // 10)
        hour = self.campaign.local(self.campaign.start_of(period)).isoformat()
        made = {"key": f"{site}/{period}", "site": site, "hour": hour, "persons": persons, "tubes": tubes}
        return made | {"third_copies": tubes} | more

    def send(self, *rows: dict[str, object], minutes: float = 4, refused: int = 0, who: str = "operator") -> None:
        done = ingest_reports(self.database, self.id, rows, Sender(who), self.at(minutes))
        assert len(done.rejected) == refused, done.rejected

    def decide(self, status: Status, *keys: str, minutes: float = 9, reason: str = "", note: str = "") -> None:
        done = decide(self.database, self.id, keys, status, OPERATOR, self.at(minutes), reason, note)
        assert not done.rejected, done.rejected


def work(database: Database, names: Sequence[str], other: Sequence[str] = ()) -> Work:
    """A campaign with sites of these names in one town, and others in a second; their codes are W1, W2, …"""
    begin = system_clock().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    campaign = Campaign(
        f"work-{next(_numbers)}", "核酸采样", "Sampling", begin, begin + timedelta(hours=14), "Asia/Shanghai"
    )
    with database.write() as session:
        campaigns.create(session, campaign, actor="operator", now=begin)
    made = Work(database, campaign, [f"W{n + 1}" for n in range(len(names))])
    head = "district,district_name,district_name_en,town,town_name,town_name_en,site,site_name,lanes,target"
    lines = [head]
    for n, name in enumerate([*names, *other]):
        town = f"{TOWN},西南街道,Xinan Subdistrict" if n < len(names) else f"{OTHER_TOWN},乐平镇,Leping Town"
        quoted = name.replace('"', '""')
        lines.append(f'{DISTRICT},虚拟区,Invented District,{town},W{n + 1},"{quoted}",4,6000')
    content = "\n".join(lines).encode()
    done = import_file(database, campaign.id, What.PLACES, content, "sites.csv", OPERATOR, made.at(-60))
    assert not done.refused, done.refused
    return made


ODD = (
    "河口社区旧镇", "金本中学操场", "张边村委会", "云秀社区体育馆", "洲边村物流园", "三水广场", "青岐小学",
    "杨梅村委会", "鲁村文化楼", "南岸村委会", "文塔公园", "北江大堤", IMG, FORMULA,
)  # fmt: skip


def everything(database: Database, clean: int = 4, verified: int = 6) -> Work:
    """Something of every kind: missing, each doubt, a conflict, a change after verification, late, returned, entered
    by telephone; then clean and verified ones."""
    names = [*ODD, *(f"永业社区 {n} 号点" for n in range(1, clean + verified + 1))]
    made = work(database, names, ("乐平广场", "三江村"))
    before = [made.row(site, 380, 0) for site in made.sites]
    made.send(*(row for row in before if row["site"] != "W3"), minutes=-55)
    made.send({**made.row("W3", 0, 0), "persons": None, "persons_total": 420, "tubes": 42, "third_copies": 42},
              minutes=-55)  # fmt: skip
    made.decide(Status.VERIFIED, *(str(row["key"]) for row in before), minutes=-45)
    made.send(
        made.row("W2", 400),
        {**made.row("W3"), "persons": None, "persons_total": 382, "tubes": 38, "third_copies": 38},
        made.row("W4", 612, tubes=59, third_copies=59),
        made.row("W5", 420, third_copies=30),
        made.row("W6", 0, tubes=0, third_copies=0),
        made.row("W7", 388),
        made.row("W9", 398, third_copies=39),
        made.row("W10", 611),
        made.row("W11", 702, note=IMG),
        made.row("W12", 533, note=FORMULA),
        made.row("W13", 500),
        made.row("W14", 500),
        *(made.row(site, 400 + 7 * n) for n, site in enumerate(made.sites[14:])),
    )
    made.send(made.row("W2", 436, key="W2/again"), minutes=6, refused=1, who="phone of W2")
    made.decide(Status.VERIFIED, "W7/1", minutes=7)
    made.send(made.row("W7", 421, key="W7/c1", correction_of="W7/1", note="复点后补 33 人"), minutes=8)
    made.decide(Status.RETURNED, "W9/1", reason="third_copies_differ", note="请核对第三联")
    made.decide(Status.RETURNED, "W10/1", reason="persons_over_tubes")
    made.send(made.row("W8", 455), minutes=22)
    made.send(made.row("W15", 466, key="W15/p", correction_of="W15/1", note="来电改数", channel="phone"), minutes=9)
    made.decide(Status.VERIFIED, *(f"{site}/1" for site in made.sites[14 + clean :]), minutes=12)
    return made

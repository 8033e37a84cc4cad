"""Bulletins for tests: a district that reports, and three people who take an issue from freeze to signature."""

from kit import DISTRICT, World, at, row

from data import bulletins
from data.bulletins import Written
from data.queries.bulletins import Issue, issue_of, issues, picture, sites_of
from data.queries.moment import Moment
from domain.bulletin import Frozen, SiteLine, State
from domain.permissions import Caller, Role

WU, LIANG, CHEN = "wu", "liang", "chen"


def caller(name: str) -> Caller:
    role = Role.LEADER if name == CHEN else Role.DISTRICT
    return Caller(role, DISTRICT, None, name, shown=name.title())


class House:
    """The district at work: a world with two reported hours, and the steps people take."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = 0
        for hour in (7, 8):
            for site, persons in (("S1", 50), ("S2", 30), ("S4", 80)):
                world.send(row(site, hour, persons, tubes=persons // 10, third_copies=persons // 10))

    def freeze(self, hour: int = 8, who: str = WU, reason: str = "", key: str = "", place: str = DISTRICT) -> Issue:
        return self.frozen(hour, who, reason, key, place).issue

    def frozen(self, hour: int, who: str = WU, reason: str = "", key: str = "", place: str = DISTRICT) -> Written:
        self.keys += 1
        period = self.world.tree().campaign.period_of(at(hour))
        return bulletins.freeze(
            self.world.database, self.world.id, place, period, key or f"freeze-{self.keys}", caller(who),
            self.world.clock, reason=reason,
        )  # fmt: skip

    def review(self, issue: Issue, who: str = LIANG) -> Issue:
        return bulletins.review(self.world.database, self.world.id, issue.id, caller(who), self.world.clock).issue

    def sign(self, issue: Issue, who: str = CHEN) -> Issue:
        return bulletins.sign(self.world.database, self.world.id, issue.id, caller(who), self.world.clock).issue

    def withdraw(self, issue: Issue) -> Issue:
        return bulletins.withdraw(
            self.world.database, self.world.id, issue.id, "", caller(WU), self.world.clock
        ).issue

    def publish(self, hour: int = 8, reason: str = "", place: str = DISTRICT) -> Issue:
        return self.sign(self.review(self.freeze(hour, reason=reason, place=place)))

    def stored(self, issue: Issue) -> tuple[Frozen, tuple[SiteLine, ...]]:
        with self.world.database.read() as session:
            found = bulletins.find(session, self.world.id, issue.id)
            return issue_of(found).frozen, sites_of(found)

    def live(self, hour: int = 8) -> tuple[Frozen, tuple[SiteLine, ...]]:
        with self.world.reading() as (session, tree):
            moment = Moment(tree, tree.by_code[DISTRICT], self.world.revision(), self.world.clock())
            found = picture(session, moment, tree.campaign.period_of(at(hour)))
            assert found is not None
            return found

    def listed(self) -> list[tuple[str, State]]:
        with self.world.reading() as (session, tree):
            found = issues(session, self.world.id, tree.by_code[DISTRICT].id)
        return [(issue.label, issue.state) for issue in found]

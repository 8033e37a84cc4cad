"""What the page of tubes (试管与实验室) shows: a place's backlog or one laboratory's, and what is expected of it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from domain.backlog import Backlog, Backlogs, LabBacklog
from domain.flow import STEP
from domain.matching import Outcome
from domain.matching_picture import MatchingPicture
from domain.overview import Interval


@dataclass(frozen=True, slots=True)
class Expected:
    """Tubes expected at the end of a quarter to come: on the sites, on their way, at laboratories without result."""

    at: datetime
    on_site: float
    in_transit: float
    at_labs: float

    @property
    def total(self) -> float:
        return self.on_site + self.in_transit + self.at_labs


@dataclass(frozen=True, slots=True)
class TubesPicture:
    """`chosen` is the laboratory the page is narrowed to. `path` is what the matching expects of the whole place, and
    `clear` when what is shown is cleared; without a prediction there are none."""

    backlogs: Backlogs
    chosen: LabBacklog | None = None
    path: tuple[Expected, ...] = ()
    clear: Interval | None = None

    @property
    def backlog(self) -> Backlog:
        """What is shown: the place's, or the chosen laboratory's."""
        return self.chosen.backlog if self.chosen is not None else self.backlogs.backlog

    @property
    def by_count(self) -> bool:
        """Whether what is shown rests on counts of a laboratory (按数量)."""
        if self.chosen is not None:
            return self.chosen.by_count
        counted = self.backlog.reported_by_count or any(stage.by_count for stage in self.backlog.stages)
        return bool(counted) and any(lab.by_count for lab in self.backlogs.labs)

    @property
    def peak(self) -> Expected | None:
        """The greatest backlog to come; None when the present one is the greatest."""
        highest = max(self.path, key=lambda point: point.total, default=None)
        now = sum(stage.tubes for stage in self.backlog.stages)
        return highest if highest is not None and highest.total > now else None


def expected_path(picture: MatchingPicture, outcome: Outcome) -> tuple[Expected, ...]:
    """The backlog to come, quarter by quarter. What is on the machines counts as at the laboratory."""
    course = outcome.course
    at_labs = [0.0] * course.steps
    for lab in picture.labs:
        flow = course.labs[lab.lab.id]
        on_machines = sum(cohort.tubes for cohort in lab.testing)
        taken, out = list(accumulate(flow.started)), list(accumulate(flow.reported))
        for k in range(course.steps):
            at_labs[k] += flow.queue[k] + max(0.0, on_machines + taken[k] - out[k])
    return tuple(
        Expected(
            at=picture.at((k + 1) * STEP),
            on_site=sum(town.on_site[k] for town in course.towns.values()),
            in_transit=course.in_transit[k],
            at_labs=at_labs[k],
        )
        for k in range(course.steps)
    )

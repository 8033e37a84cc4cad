"""Laboratories as people look at them: what to see to at each, the four quality rates, one with all of its record."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.campaign import Campaign, Limits
from domain.places import Place
from domain.recognition import Mark, assessed_on
from domain.registry import Facts, Version, end_of_half, months_before
from domain.status import RANK, Severity

# -- concerns


class Matter(StrEnum):
    """What somebody should see to."""

    BLACK_LISTED = "black_listed"
    LICENCE_EXPIRED = "licence_expired"
    FILING_EXPIRED = "filing_expired"
    LICENCE_EXPIRING = "licence_expiring"
    FILING_EXPIRING = "filing_expiring"
    NO_ASSESSMENT = "no_assessment"
    NOT_LISTED = "not_listed"
    NOT_CORRECTED = "not_corrected"
    OUT_OF_CONTROL = "out_of_control"
    LICENCE_UNKNOWN = "licence_unknown"
    FILING_UNKNOWN = "filing_unknown"
    NEVER_ASSESSED = "never_assessed"


@dataclass(frozen=True, slots=True)
class Concern:
    """One of them: since or until which day, of which item."""

    matter: Matter
    severity: Severity
    on: date | None = None
    item: str = ""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The days by which a laboratory's standing changes without anybody writing anything; None is not on record."""

    licence_until: date | None = None
    filing_until: date | None = None
    assessed_on: date | None = None
    black_since: date | None = None


def overdue(days: Deadlines, today: date, limits: Limits) -> list[Concern]:
    """What has passed its day or will before long. What is not on record is no finding here: see `concerns`."""
    found = []
    if days.black_since is not None and days.black_since <= today:
        found.append(Concern(Matter.BLACK_LISTED, Severity.CRIT, days.black_since))
    for until, expired, expiring in (
        (days.licence_until, Matter.LICENCE_EXPIRED, Matter.LICENCE_EXPIRING),
        (days.filing_until, Matter.FILING_EXPIRED, Matter.FILING_EXPIRING),
    ):
        if until is not None and until < today:
            found.append(Concern(expired, Severity.CRIT, until))
        elif until is not None and (until - today).days <= limits.lab_expiry_days:
            found.append(Concern(expiring, Severity.WARN, until))
    if days.assessed_on is not None and days.assessed_on < months_before(today, limits.lab_assessed_months):
        found.append(Concern(Matter.NO_ASSESSMENT, Severity.WARN, days.assessed_on))
    return found


def concerns(known: Facts, today: date, limits: Limits) -> tuple[Concern, ...]:
    """Everything to see to at one laboratory, the worst first."""
    black = next((listing.since for listing in known.listings if listing.in_force(today)), None)
    found = overdue(
        Deadlines(
            known.licence.until if known.licence else None,
            known.filing.until if known.filing else None,
            assessed_on(known.rounds),
            black,
        ),
        today,
        limits,
    )
    if known.listed is False:
        found.append(Concern(Matter.NOT_LISTED, Severity.WARN))
    found += [
        Concern(Matter.NOT_CORRECTED, Severity.WARN, round_.on, round_.item)
        for round_ in known.rounds
        if round_.failed and round_.corrected_on is None
    ]
    seen = set()
    for control in known.controls:
        if control.item not in seen and not control.in_control:
            found.append(Concern(Matter.OUT_OF_CONTROL, Severity.WARN, control.on, control.item))
        seen.add(control.item)
    for missing, matter in (
        (known.licence is None or known.licence.until is None, Matter.LICENCE_UNKNOWN),
        (known.filing is None or known.filing.until is None, Matter.FILING_UNKNOWN),
        (assessed_on(known.rounds) is None, Matter.NEVER_ASSESSED),
    ):
        if missing:
            found.append(Concern(matter, Severity.MISS))
    order = list(Matter)
    return tuple(sorted(found, key=lambda concern: (RANK[concern.severity], order.index(concern.matter))))


# -- the four quality rates


class Quality(StrEnum):
    """The rates a laboratory is measured by (source 004)."""

    FORMS = "forms"
    PARTICIPATION = "participation"
    PASS = "passed"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, against its target; of nothing there is no rate."""

    quality: Quality
    done: int
    of: int
    target: float

    @property
    def share(self) -> float | None:
        return self.done / self.of if self.of else None

    @property
    def severity(self) -> Severity | None:
        if self.share is None:
            return None
        return Severity.OK if self.share >= self.target else Severity.WARN


def rates(known: Iterable[Facts], today: date, limits: Limits) -> tuple[Rate, ...]:
    """The four rates of laboratories together, over the last `lab_rate_months` months."""
    since = months_before(today, limits.lab_rate_months)
    done: Counter[Quality] = Counter()
    of: Counter[Quality] = Counter()
    for each in known:
        for forms in each.forms:
            if end_of_half(forms.half) >= since:
                done[Quality.FORMS] += forms.compliant
                of[Quality.FORMS] += forms.checked
        for round_ in each.rounds:
            if round_.on < since:
                continue
            of[Quality.PARTICIPATION] += 1
            done[Quality.PARTICIPATION] += round_.took_part
            of[Quality.PASS] += round_.took_part
            done[Quality.PASS] += round_.good
            of[Quality.CORRECTION] += round_.failed
            done[Quality.CORRECTION] += round_.failed and round_.corrected_on is not None
    targets = {
        Quality.FORMS: limits.lab_forms_share,
        Quality.PARTICIPATION: limits.lab_participation_share,
        Quality.PASS: limits.lab_pass_share,
        Quality.CORRECTION: limits.lab_correction_share,
    }
    return tuple(Rate(quality, done[quality], of[quality], targets[quality]) for quality in Quality)


# -- one laboratory, all of them


@dataclass(frozen=True, slots=True)
class Bound:
    """A town's account bound to the laboratory, from when until when."""

    town: Place
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Laboratory:
    """One laboratory with its record and what follows from it today. `versions` are the newest first."""

    code: str
    name: str
    name_en: str
    home: Place | None
    capacity_per_day: int | None
    bound: tuple[Bound, ...]
    versions: tuple[Version, ...]
    facts: Facts
    marks: tuple[Mark, ...]
    concerns: tuple[Concern, ...]
    rates: tuple[Rate, ...]

    @property
    def severity(self) -> Severity:
        return self.concerns[0].severity if self.concerns else Severity.OK

    def label(self, language: str) -> str:
        return self.name_en or self.name if language == "en" else self.name

    def bound_at(self, moment: datetime) -> tuple[Bound, ...]:
        """The towns whose accounts send to it at a moment."""
        return tuple(b for b in self.bound if b.since <= moment and (b.until is None or b.until > moment))


@dataclass(frozen=True, slots=True)
class Registry:
    """The laboratories that stand in a place or below, or serve a town there; those that need somebody first.
    `places` are the towns and those above them, by code."""

    campaign: Campaign
    place: Place
    now: datetime
    years: tuple[int, ...]
    places: Mapping[str, Place]
    labs: tuple[Laboratory, ...]
    rates: tuple[Rate, ...]

    @property
    def today(self) -> date:
        return self.campaign.local(self.now).date()

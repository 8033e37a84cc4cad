"""All reports one site has ever sent, and which of them count.

Corrections form chains: a report that no other corrects is the head of its chain, and heads count. A correction
may arrive before what it corrects; until then it is *dangling* and sets aside whatever stands in its place, so
that the same set of reports gives the same result in any order of arrival.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from data.rollups import Counted
from domain.campaign import Campaign
from domain.errors import Code, Refused
from domain.reports import Claim, Judged, SiteFacts, Status, judge


@dataclass(slots=True)
class Held:
    """One report on record. `counted` is what it counted for before the batch, None when it did not;
    `counted_status` the status it counted with."""

    report_id: int
    claim: Claim
    recorded_at: datetime
    status: Status = Status.SUBMITTED
    counted: Judged | None = None
    counted_status: Status = Status.SUBMITTED
    is_new: bool = False


class Outcome(Enum):
    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"


class Contradiction(Refused):
    """A refusal because of a report on record; the town is shown both."""

    def __init__(self, held: Held, field_: str, code: Code, value: object, detail: str = "") -> None:
        super().__init__(field_, code, value, detail, other=held.claim.key)
        self.held = held


@dataclass(slots=True)
class SiteRecord:
    """The reports of one site, by key; `heads` are those that count."""

    by_key: dict[str, Held] = field(default_factory=dict)
    corrected_by: dict[str, Held] = field(default_factory=dict)
    aliases: dict[str, Held] = field(default_factory=dict)
    heads: dict[str, Held] = field(default_factory=dict)

    def load(self, held: Held, counts: bool) -> None:
        """Put a report from the database on record."""
        self.by_key[held.claim.key] = held
        if held.claim.correction_of:
            self.corrected_by[held.claim.correction_of] = held
        if counts:
            self.heads[held.claim.key] = held

    def replay(self, stored: Held) -> Held:
        """Take a stored report again, as it was taken when it arrived; returns it as this record holds it."""
        self.take(stored.claim, stored.report_id, stored.recorded_at)
        return self.by_key[stored.claim.key]

    def take(self, claim: Claim, report_id: int, now: datetime) -> Outcome:
        """Put a claim on record as report `report_id`. Raises `Refused`, `Contradiction` among them."""
        known = self.by_key.get(claim.key)
        if known is not None:
            if known.claim == claim:
                return Outcome.UNCHANGED
            raise Contradiction(known, "key", Code.CONFLICT, claim.key)
        alias = self.aliases.get(claim.key)
        if alias is not None:
            if alias.claim.same_figures(claim) and not claim.correction_of:
                return Outcome.UNCHANGED
            raise Contradiction(alias, "key", Code.CONFLICT, claim.key)
        held = Held(report_id, claim, now, is_new=True)
        successor = self.corrected_by.get(claim.key)
        if claim.correction_of:
            self._take_correction(held, successor)
        else:
            if successor is None:
                twin = self._twin(claim)
                if twin is not None:
                    self.aliases[claim.key] = twin
                    return Outcome.UNCHANGED
                rivals = [head for head in self._overlapping(claim) if not self._dangling(head)]
                if rivals:
                    same_span = (rivals[0].claim.first, rivals[0].claim.last) == (claim.first, claim.last)
                    code = Code.NEEDS_CORRECTION if same_span else Code.OVERLAPS
                    raise Contradiction(rivals[0], "hour", code, claim.key)
                if not self._overlapping(claim):
                    self.heads[claim.key] = held
            self.by_key[claim.key] = held
        return Outcome.ACCEPTED

    def _take_correction(self, held: Held, successor: Held | None) -> None:
        claim = held.claim
        assert claim.correction_of is not None
        original_key = claim.correction_of
        if original_key in self.aliases:
            original_key = self.aliases[original_key].claim.key
        rival = self.corrected_by.get(original_key) or self.corrected_by.get(claim.correction_of)
        if rival is not None:
            raise Contradiction(rival, "correction_of", Code.CONFLICT, claim.correction_of, "already_corrected")
        original = self.by_key.get(original_key)
        overlapping = [head for head in self._overlapping(claim) if head is not original and head is not successor]
        if successor is None:
            for head in overlapping:
                if original is not None or self._dangling(head):
                    raise Contradiction(head, "hour", Code.OVERLAPS, claim.key)
            for head in overlapping:
                del self.heads[head.claim.key]
            self.heads[claim.key] = held
        if original is not None:
            self.heads.pop(original_key, None)
        self.by_key[claim.key] = held
        self.corrected_by[original_key] = held

    def _twin(self, claim: Claim) -> Held | None:
        """A report on record that says the same of the same period under another key."""
        return next((h for h in self.by_key.values() if h.claim.same_figures(claim)), None)

    def _overlapping(self, claim: Claim) -> list[Held]:
        return [
            head for head in self.heads.values() if head.claim.first <= claim.last and claim.first <= head.claim.last
        ]

    def _dangling(self, held: Held) -> bool:
        """Whether the chain behind `held` ends in a report that has not arrived."""
        while held.claim.correction_of:
            original = self.by_key.get(held.claim.correction_of) or self.aliases.get(held.claim.correction_of)
            if original is None:
                return True
            held = original
        return False

    def chain(self, held: Held) -> list[Held]:
        """`held` and every version before it, the newest first."""
        versions = [held]
        while versions[-1].claim.correction_of:
            key = versions[-1].claim.correction_of
            original = self.by_key.get(key) or self.aliases.get(key)
            if original is None:
                break
            versions.append(original)
        return versions

    def version(self, held: Held) -> int:
        """1 for an original; an original that has not arrived counts too."""
        chain = self.chain(held)
        return len(chain) + (1 if chain[-1].claim.correction_of else 0)

    def first_recorded_at(self, held: Held) -> datetime:
        """When the site first said anything of this: what decides whether it was late."""
        return min(version.recorded_at for version in self.chain(held))

    def judged(self, site: SiteFacts, campaign: Campaign) -> dict[str, Judged]:
        """What every head counts for, by key."""
        heads = sorted(self.heads.values(), key=lambda h: (h.claim.last, h.claim.key))
        verdicts = judge([(h.claim, self.first_recorded_at(h)) for h in heads], site, campaign)
        return {head.claim.key: verdict for head, verdict in zip(heads, verdicts, strict=True)}


def counted(held: Held, judged: Judged, status: Status | None = None) -> Counted:
    """The report as the rollups see it, with its present status or the given one."""
    return Counted(held.claim, judged, status or held.status)

"""All reports one site has ever sent, and which of them count.

Corrections form chains: the tip of a chain, which no other report corrects, counts. A correction may arrive before
what it corrects; until then it *dangles* and sets aside whatever stands in its place, so that the same set of
reports gives the same result in any order of arrival.
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
    """A refusal because of a report on record, `report_id` with the key `other`; the town is shown both."""

    def __init__(self, report_id: int, other: str, field_: str, code: Code, value: object, detail: str = "") -> None:
        super().__init__(field_, code, value, detail, other=other)
        self.report_id = report_id


@dataclass(slots=True)
class SiteRecord:
    """The reports of one site, by key; `tips` are those no other report corrects, `aliases` other keys under which
    the same was sent."""

    by_key: dict[str, Held] = field(default_factory=dict)
    corrected_by: dict[str, Held] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    tips: dict[str, Held] = field(default_factory=dict)

    def load(self, held: Held) -> None:
        """Put a report from the database on record."""
        self.by_key[held.claim.key] = held
        if held.claim.correction_of:
            original_key = self._own_key(held.claim.correction_of)
            self.corrected_by[original_key] = held
            self.tips.pop(original_key, None)
        if held.claim.key not in self.corrected_by:
            self.tips[held.claim.key] = held

    def find(self, key: str) -> Held | None:
        """The report of that key, or the one it is another key of."""
        return self.by_key.get(self._own_key(key))

    def _own_key(self, key: str) -> str:
        return self.aliases.get(key, key)

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
            raise _against(known, "key", Code.CONFLICT, claim.key)
        same = self.find(claim.key)
        if same is not None:
            if same.claim.same_figures(claim) and not claim.correction_of:
                return Outcome.UNCHANGED
            raise _against(same, "key", Code.CONFLICT, claim.key)
        original_key = self._check_correction(claim) if claim.correction_of else None
        if claim.key not in self.corrected_by:
            twin = self._twin(claim) if original_key is None else None
            if twin is not None:
                self.aliases[claim.key] = twin.claim.key
                return Outcome.UNCHANGED
            self._check_place(claim, original_key)
        held = Held(report_id, claim, now, is_new=True)
        self.by_key[claim.key] = held
        if original_key is not None:
            self.corrected_by[original_key] = held
            self.tips.pop(original_key, None)
        if claim.key not in self.corrected_by:
            self.tips[claim.key] = held
        return Outcome.ACCEPTED

    def _check_correction(self, claim: Claim) -> str:
        """The key of what `claim` corrects, which nothing else may have corrected yet."""
        assert claim.correction_of is not None
        original_key = self._own_key(claim.correction_of)
        rival = self.corrected_by.get(original_key)
        if rival is not None:
            raise _against(rival, "correction_of", Code.CONFLICT, claim.correction_of, "already_corrected")
        return original_key

    def _check_place(self, claim: Claim, original_key: str | None) -> None:
        """Refuse a claim whose period another one holds.

        What dangles holds nothing for sure: it may turn out to be a later version of this very claim. And a claim
        that dangles itself may be a later version of what stands there.
        """
        original = self.by_key.get(original_key) if original_key is not None else None
        if original_key is not None and (original is None or self._dangles(original)):
            return
        for tip in self.tips.values():
            if tip.claim.key == original_key or not _overlap(tip.claim, claim) or self._dangles(tip):
                continue
            same_span = (tip.claim.first, tip.claim.last) == (claim.first, claim.last)
            code = Code.NEEDS_CORRECTION if same_span and original_key is None else Code.OVERLAPS
            raise _against(tip, "hour", code, claim.key)

    def _twin(self, claim: Claim) -> Held | None:
        """A report on record that says the same of the same period under another key. One that dangles may be a
        later version of this one instead."""
        same = (h for h in self.by_key.values() if h.claim.same_figures(claim))
        return next((h for h in same if not self._dangles(h)), None)

    def _dangles(self, held: Held) -> bool:
        """Whether the chain behind `held` ends in a report that has not arrived."""
        return self.chain(held)[-1].claim.correction_of is not None

    @property
    def heads(self) -> dict[str, Held]:
        """The reports that count, by key. Where tips overlap, one that dangles sets the others aside."""
        ranked = sorted(self.tips.values(), key=lambda t: (not self._dangles(t), -self.version(t), t.report_id))
        counting: list[Held] = []
        for tip in ranked:
            if not any(_overlap(tip.claim, other.claim) for other in counting):
                counting.append(tip)
        return {held.claim.key: held for held in counting}

    def chain(self, held: Held) -> list[Held]:
        """`held` and every version before it, the newest first."""
        versions = [held]
        while versions[-1].claim.correction_of:
            original = self.find(versions[-1].claim.correction_of)
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
        """What every report that counts counts for, by key."""
        heads = sorted(self.heads.values(), key=lambda h: (h.claim.last, h.claim.key))
        verdicts = judge([(h.claim, self.first_recorded_at(h)) for h in heads], site, campaign)
        return {head.claim.key: verdict for head, verdict in zip(heads, verdicts, strict=True)}


def _overlap(one: Claim, other: Claim) -> bool:
    return one.first <= other.last and other.first <= one.last


def _against(held: Held, field_: str, code: Code, value: object, detail: str = "") -> Contradiction:
    return Contradiction(held.report_id, held.claim.key, field_, code, value, detail)


def counted(held: Held, judged: Judged, status: Status | None = None) -> Counted:
    """The report as the rollups see it, with its present status or the given one."""
    return Counted(held.claim, judged, status or held.status)

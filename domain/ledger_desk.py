"""What the page of the three-way ledger shows: the sums, the findings people have to close, what is closed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.backlog import LabRef
from domain.campaign import Campaign
from domain.overview import PlaceRef
from domain.tube_findings import Kind, Settled, TubeFinding


@dataclass(frozen=True, slots=True)
class FindingsPicture:
    """The findings of a place. `open` are grouped by kind, the oldest of each first; `settled` the closed ones and
    those whose cause has gone, the latest first."""

    campaign: Campaign
    now: datetime
    place: PlaceRef
    open: tuple[TubeFinding, ...]
    settled: tuple[Settled, ...]

    @property
    def counts(self) -> Mapping[Kind, int]:
        """Tubes (of pairs: pairs, of hours: hours) in open findings by kind."""
        return Counter({kind: sum(map(weight, self.of(kind))) for kind in Kind if self.of(kind)})

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def persons(self) -> int:
        """Persons whose tubes are in an open finding, as far as anybody stated them."""
        return sum(finding.persons or 0 for finding in self.open)

    def of(self, *kinds: Kind) -> tuple[TubeFinding, ...]:
        return tuple(finding for finding in self.open if finding.kind in kinds)

    @property
    def towns(self) -> tuple[PlaceRef, ...]:
        return tuple(sorted({f.town for f in self.open if f.town is not None}, key=lambda town: town.code))

    @property
    def labs(self) -> tuple[LabRef, ...]:
        return tuple(sorted({lab for f in self.open for lab in (f.lab, f.at_lab) if lab}, key=lambda lab: lab.code))

    @property
    def owners(self) -> tuple[tuple[str, str], ...]:
        """Whoever is responsible for something open: place or laboratory, and name."""
        return tuple(sorted({(f.owner_place, f.owner_name) for f in self.open}))

    @property
    def took(self) -> timedelta | None:
        """How long a finding that was closed had been there, on average."""
        spans = [one.took for one in self.settled if one.took is not None]
        return sum(spans, timedelta()) / len(spans) if spans else None


def weight(finding: TubeFinding) -> int:
    """What a finding counts for in the sums above the table: its tubes; a pair, or an hour, for one."""
    return len(finding.barcodes) if finding.pair is None and finding.barcodes else 1

"""What every way in has in common: who sends, what became of each row."""

from dataclasses import dataclass, field

from domain.errors import Rejection
from domain.places import Place, PlaceTree


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a batch. `scope` is the code of the place it may write to, with all below; None is everywhere
    (the operator at the console). `name` goes into the audit and names a role or a token, never a person."""

    name: str
    scope: str | None = None

    def place(self, tree: PlaceTree) -> Place | None:
        """The scope's place in `tree`. Raises `KeyError` where the campaign has no such place."""
        return None if self.scope is None else tree.by_code[self.scope]


@dataclass(slots=True)
class BatchResult:
    """What became of a batch, and the revision that holds it. `skipped` counts rows that say nothing."""

    accepted: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    revision: int = 0

    def add(self, other: "BatchResult") -> None:
        """Take over the counts of a further part of the same batch."""
        self.accepted += other.accepted
        self.unchanged += other.unchanged
        self.skipped += other.skipped
        self.rejected += other.rejected
        self.revision = max(self.revision, other.revision)

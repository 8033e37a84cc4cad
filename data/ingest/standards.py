"""Switching planning standards on and off: settings of the campaign, every change on the audit."""

from dataclasses import dataclass

from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from domain.campaign import Limits
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.standards import Change


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a change: whether the limit was that already, and the revision that holds it."""

    unchanged: bool
    revision: int


def set_standard(database: Database, campaign_id: str, change: Change, sender: Sender, clock: Clock) -> Kept:
    """Give a standard another limit. Raises `Refused` where somebody else has changed what the writer saw, and
    `campaigns.UnknownCampaign`."""
    name = change.standard.key.value
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        before: int = getattr(campaigns.campaign_of(row).limits, name)
        if before == change.limit:
            return Kept(True, row.revision)
        if change.seen is not None and change.seen != before:
            raise Refused("seen", Code.CONFLICT, change.seen, detail="standard_moved", now=before)
        # The whole settings anew: a change inside of them would not be noticed.
        row.settings = {**row.settings, name: change.limit}
        if change.limit == getattr(Limits(), name):
            row.settings = {key: value for key, value in row.settings.items() if key != name}
        revision = campaigns.change(
            session,
            row,
            actor=sender.name,
            action="standards.set",
            details={
                "standard": name,
                "before": before,
                "limit": change.limit,
                "source": change.standard.source(change.limit),
            },
            now=campaigns.now_for(row, clock()),
            structure=True,
        )
        return Kept(False, revision)

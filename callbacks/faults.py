"""The lines of a file that were refused, told to whoever sent it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from data import campaigns
from data.database import Database
from data.ingest.rejects import Fault
from domain.errors import Rejection
from locales import messages


def faults(database: Database, campaign: str, refused: Sequence[tuple[int, Rejection]], language: str) -> list[Fault]:
    """`refused` pairs a line's number with its refusal. Times stand in the campaign's zone. Raises
    `campaigns.UnknownCampaign`."""
    with database.read() as session:
        zone = ZoneInfo(campaigns.find(session, campaign).timezone)
    return [
        (line, rejection.field, rejection.code.value, messages.refusal(language, rejection, zone))
        for line, rejection in refused
    ]

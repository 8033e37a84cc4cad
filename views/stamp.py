"""The as-of bar, first view of every page about a place."""

from sqlalchemy.orm import Session

from components.bulletin.stamp import stamp_with_issue
from data.queries.bulletins import IssueRef, last_published
from data.queries.moment import Moment
from data.queries.overview import overview
from domain.overview import Overview
from views import View


def stamped(session: Session, moment: Moment) -> tuple[Overview, IssueRef | None]:
    """The overview, and the last hour published of the place."""
    return moment.ask(session, overview), last_published(session, moment.tree.campaign.id, moment.place)


STAMP = View("stamp", "stamp.title", stamped, stamp_with_issue)

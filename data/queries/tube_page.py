"""The page of tubes: the backlog with what the matching expects of it."""

from sqlalchemy.orm import Session

from data.queries.matching import matching_picture
from data.queries.moment import Moment
from data.queries.overview import overview
from data.queries.tube_glance import glance, loaded
from domain.backlog import Backlogs
from domain.matching import outcome, window_of
from domain.matching_plan import Plan
from domain.overview import Overview
from domain.places import Level
from domain.tube_page import TubesPicture, expected_path


def tubes_picture(session: Session, moment: Moment) -> TubesPicture:
    """The place's backlog, narrowed to the laboratory the address names if it is one of the place's."""
    found = moment.ask(session, loaded)
    chosen = next((row for row in found.labs if row.lab.code == moment.lab), None)
    # What will become of a city's tubes is worked out district by district, on their pages.
    above = moment.place.level is Level.CITY
    picture = moment.ask(session, matching_picture) if moment.until is None and not above else None
    if picture is None:
        return TubesPicture(found, chosen)
    expected = outcome(picture, Plan(), window_of(picture, Plan()))
    if chosen is None:
        return TubesPicture(found, None, expected_path(picture, expected), expected.clear)
    of_lab = next((one for one in expected.labs if one.lab.id == chosen.lab.id), None)
    return TubesPicture(found, chosen, clear=of_lab.clear if of_lab is not None else None)


def glanced(session: Session, moment: Moment) -> tuple[Overview, Backlogs]:
    """The overview with where the tubes are."""
    return moment.ask(session, overview), moment.ask(session, glance)


def seen_with_tubes(session: Session, moment: Moment) -> tuple[Overview, TubesPicture]:
    """The overview beside it, for the as-of bar."""
    return moment.ask(session, overview), moment.ask(session, tubes_picture)

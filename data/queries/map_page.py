"""Everything the map page draws, in one plane."""

from sqlalchemy.orm import Session

from data.queries.coverage import coverage
from data.queries.map import map_picture, projection_of
from data.queries.map_layers import layers
from data.queries.moment import Moment
from domain.map_page import MapPage


def map_page(session: Session, moment: Moment) -> MapPage:
    """The outlines, the sites in every layer and the coverage of `moment.place`."""
    return MapPage(
        picture=moment.ask(session, map_picture),
        layers=moment.ask(session, layers),
        coverage=moment.ask(session, coverage),
        origin=moment.ask(session, projection_of).origin,
    )

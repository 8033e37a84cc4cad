"""The sites of a place against the planning standards."""

from collections.abc import Mapping

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import PlannedSite
from data.queries.ground import Ground, ground
from data.queries.moment import Moment, ref
from data.stored_planning import inspection_of, wish_of
from domain.places import Place, PlaceTree
from domain.standards import SiteLoad, StandardsPicture, audit


def standards(session: Session, moment: Moment) -> StandardsPicture:
    """Every site of the place against every standard."""
    tree, place = moment.tree, moment.place
    on = moment.ask(session, ground)
    around = _around(on) if on is not None else {}
    channels = _channels(session, tree)
    loads = []
    for site in tree.sites(place):
        nearby, farthest = around.get(site.id, (None, None))
        town = tree.by_id.get(site.parent_id) if site.parent_id is not None else None
        loads.append(
            SiteLoad(
                place=ref(site),
                town=ref(town) if town is not None else None,
                kind=site.kind,
                target=tree.target(site),
                nearby=nearby,
                farthest=farthest,
                lanes=site.lanes,
                days=_days(tree, site),
                green_channels=channels.get(site.code),
            )
        )
    return audit(tree.campaign, ref(place), loads)


def _around(on: Ground) -> Mapping[int, tuple[int, int | None]]:
    """By site the people to whom it is the nearest one of the campaign, whenever it is open, and the way of who lives
    farthest, metres; None where nobody does."""
    if not len(on.sites):
        return {}
    lived_in = np.flatnonzero(on.persons > 0)
    owner, metres = on.nearest(on.xy[lived_in])
    known = owner >= 0
    owner, metres, persons = owner[known], metres[known], on.persons[lived_in][known]
    people = np.bincount(owner, persons, len(on.sites))
    farthest = np.full(len(on.sites), -1.0)
    np.maximum.at(farthest, owner, metres)
    return {
        site.id: (round(float(people[i])), round(float(farthest[i])) if farthest[i] >= 0 else None)
        for i, site in enumerate(on.sites)
    }


def _days(tree: PlaceTree, site: Place) -> int:
    """On how many days of the campaign's zone a site is open."""
    campaign = tree.campaign
    return len({campaign.local(campaign.start_of(period)).date() for period in tree.open_periods(site)})


def _channels(session: Session, tree: PlaceTree) -> Mapping[str, int | None]:
    """Green channels of the sites on the planning list, as found at the inspection, before it as applied for."""
    p = PlannedSite
    query = sa.select(p.code, p.wish, p.inspection).where(p.campaign_id == tree.campaign.id).order_by(p.number)
    found = {}
    for code, wish, inspection in session.execute(query):
        seen = inspection_of(inspection).green_channels if inspection is not None else None
        found[code] = seen if seen is not None else wish_of(wish).green_channels
    return found

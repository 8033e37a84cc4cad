"""When places are expected to finish: the forecast's rules over the sums per place and period."""

from collections.abc import Mapping
from functools import lru_cache

from data.queries.cells import NOTHING, Cells
from domain.campaign import Campaign
from domain.forecast import Forecast, Outlook, Progress, forecast
from domain.places import Level, Place, PlaceTree


def forecast_towns(tree: PlaceTree, place: Place) -> list[Place]:
    """The towns whose sums a forecast for `place` needs: those of every district above or below it."""
    if place.level is Level.SITE:
        return []
    return [
        town
        for town in tree.each(Level.TOWN)
        if place.id in town.ancestors or set(town.ancestors[1:]) & set(place.ancestors[1:])
    ]


def outlooks(tree: PlaceTree, place: Place, cells: Cells, last: int | None) -> Mapping[int, Outlook]:
    """Outlooks by place id: for `place`, and for the places directly below it that are towns or districts.

    Towns lend each other their pace, so each district is forecast as a whole, whichever part is looked at.
    """
    if last is None:
        return {}
    found: dict[int, Outlook] = {}
    towns = forecast_towns(tree, place)
    by_district: dict[int, list[Place]] = {}
    for town in towns:
        by_district.setdefault(town.parent_id or town.id, []).append(town)
    groups = dict(by_district)
    if place.level is Level.CITY:
        groups[place.id] = towns
    for group, members in groups.items():
        whole = _forecast(tree.campaign, tuple(_progress(tree, town, cells, last) for town in members))
        if whole.district is not None:
            found.setdefault(group, whole.district)
        for town, outlook in zip(members, whole.towns, strict=True):
            if outlook is not None:
                found.setdefault(town.id, outlook)
    return found


@lru_cache(maxsize=256)
def _forecast(campaign: Campaign, towns: tuple[Progress, ...]) -> Forecast:
    # A report that comes in changes what is known of one district: the others' outlook is the same as before.
    return forecast(campaign, towns)


def _progress(tree: PlaceTree, town: Place, cells: Cells, last: int) -> Progress:
    own = cells.get(town.id, {})
    expected = tree.expected(town)
    counted = [own.get(k, NOTHING) for k in range(last + 1)]
    return Progress(
        target=tree.target(town) or 0,
        counted=tuple(cell.persons for cell in counted),
        weights=tuple(tree.plan(town) or (0.0,) * tree.campaign.periods),
        reported=tuple(
            (cell.on_time + cell.late) / expected[k] if expected[k] else 1.0 for k, cell in enumerate(counted)
        ),
    )

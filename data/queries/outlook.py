"""When places are expected to finish: the forecast's rules over the sums per place and period."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from weakref import WeakKeyDictionary

from data.queries import minutes
from data.queries.cells import NOTHING, Cell, Cells
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


def outlooks(
    tree: PlaceTree, place: Place, cells: Cells, last: int | None, now: datetime | None
) -> Mapping[int, Outlook]:
    """Outlooks by place id: for `place`, and for the places directly below it that are towns or districts.

    Towns lend each other their pace, so each district is forecast as a whole, whichever part is looked at. With `now`
    a whole city's outlook may be any of that minute's: one site's report moves all its towns by a hair.
    """
    if last is None:
        return {}
    found: dict[int, Outlook] = {}
    towns = forecast_towns(tree, place)
    by_district: dict[int, list[Place]] = {}
    for town in towns:
        by_district.setdefault(town.parent_id or town.id, []).append(town)
    progress = {town.id: _progress(tree, town, cells.get(town.id, {}), last) for town in towns}

    def whole_of(members: Sequence[Place]) -> Forecast:
        return _forecast(tree.campaign, tuple(progress[town.id] for town in members))

    for group, members in by_district.items():
        whole = whole_of(members)
        if whole.district is not None:
            found.setdefault(group, whole.district)
        for town, outlook in zip(members, whole.towns, strict=True):
            if outlook is not None:
                found.setdefault(town.id, outlook)
    if place.level is Level.CITY:
        city = (
            minutes.once(tree, (outlooks, place.id), now, last, lambda: whole_of(towns))
            if now is not None and minutes.is_large(tree)
            else whole_of(towns)
        )
        if city.district is not None:
            found[place.id] = city.district
    return found


@lru_cache(maxsize=256)
def _forecast(campaign: Campaign, towns: tuple[Progress, ...]) -> Forecast:
    # A report that comes in changes what is known of one district: the others' outlook is the same as before.
    return forecast(campaign, towns)


_known: WeakKeyDictionary[PlaceTree, dict[int, tuple[Mapping[int, Cell], int, Progress]]] = WeakKeyDictionary()
"""Of each town the last progress, with the sums it was made of."""


def _progress(tree: PlaceTree, town: Place, own: Mapping[int, Cell], last: int) -> Progress:
    known = _known.setdefault(tree, {})
    kept = known.get(town.id)
    if kept is None or kept[0] is not own or kept[1] != last:
        kept = known[town.id] = (own, last, _make_progress(tree, town, own, last))
    return kept[2]


def _make_progress(tree: PlaceTree, town: Place, own: Mapping[int, Cell], last: int) -> Progress:
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

"""What `…/suggestions` answers. People are whole, metres along the way people walk."""

from typing import Literal

import msgspec


class PickOut(msgspec.Struct):
    """A place suggested. `gained` people are newly within reach of it and of none before it, `within` live within its
    reach. `rough`: the village's position is not exact. `nearest` is the open site nearest to it. One lane needs
    `hours` for the people gained and takes `sampled` of them by the deadline; null where nobody knows."""

    number: int
    name: str
    name_en: str
    direction: Literal["north", "east", "south", "west", "here"]
    rough: bool
    town: str | None
    lon: float
    lat: float
    gained: int
    within: int
    nearest: str | None
    metres: int | None
    lanes: int
    hours: float | None
    sampled: int | None


class TownGainOut(msgspec.Struct):
    """What the places together do for a town."""

    town: str
    people: int
    covered: int
    gained: int


class MoveOut(msgspec.Struct):
    """Crews that would do more elsewhere: `teams` lane crews from `source` to `target`, `metres` as the crow flies.
    `gained` people an hour are taken there; queue and loads (people per lane and hour) before and after."""

    source: str
    target: str
    teams: int
    metres: int
    minutes: int
    gained: int
    queue_minutes: int
    queue_after: int
    source_load: int
    source_load_after: int


class SuggestionsOut(msgspec.Struct):
    """What could be done; nothing of it is in force. `method`: `exact` is proven the best, `stopped` the solver's
    best when its time was up, `greedy` one after another with exchanges; the best gains at most `gap` (a share) more.
    Without a population grid `people`, `covered`, `gained`, `gap` and `method` are null and there are no picks.
    `drawn` is the page's own."""

    scope: str
    revision: int
    as_of: str
    kind: Literal["site", "team"]
    k: int
    candidates: Literal["villages", "cells"] | None
    metres: int | None
    people: int | None
    covered: int | None
    gained: int | None
    method: Literal["exact", "stopped", "greedy"] | None
    gap: float | None
    looked_at: int | None
    picks: list[PickOut]
    towns: list[TownGainOut]
    moves: list[MoveOut]
    drawn: msgspec.Raw | None = None

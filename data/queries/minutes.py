"""What is looked through once a minute instead of at every write: in a city every write is one of many a second, and
what is counted over all its boxes and hours is hardly another a second later (docs/decisions/0038)."""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from domain.places import Level, PlaceTree

MANY_SITES = 1_000
"""A campaign with more is large."""

Found = TypeVar("Found")

_kept: WeakKeyDictionary[PlaceTree, dict[object, tuple[Hashable, Any]]] = WeakKeyDictionary()
"""The last pass of each kind over each large campaign, with the minute and what else it depends on. A tree stands for
its campaign, begun anew or rebuilt it is another."""


def is_large(tree: PlaceTree) -> bool:
    """Whether the campaign is so large that not every look at it can go through everything."""
    return tree.number(Level.SITE) > MANY_SITES


def once(tree: PlaceTree, kind: object, now: datetime, depends: Hashable, find: Callable[[], Found]) -> Found:
    """What `find` found in the minute of `now`, if `depends` was the same then."""
    key = (now.replace(second=0, microsecond=0), depends)
    own = _kept.setdefault(tree, {})
    known = own.get(kind)
    if known is None or known[0] != key:
        known = own[kind] = (key, find())
    found: Found = known[1]
    return found


def forget() -> None:
    """Look through everything anew, as at the beginning of a minute."""
    _kept.clear()

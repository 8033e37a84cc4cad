"""The map page: its layers, how a site stands in each of them, and what a town's label says.

A mark tells its state by its shape, so that a layer can be read without colour (design, sections 3 and 8).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.coverage import CoveragePicture
from domain.duty import State
from domain.map import MapPicture, step
from domain.map_layers import LayerPicture, SiteLayers
from domain.status import Severity


class Layer(StrEnum):
    """What the map can show, in the order of its switch."""

    COVERAGE = "coverage"
    LOAD = "load"
    COMPLETION = "completion"
    REPORTS = "reports"
    QUEUE = "queue"
    TUBES = "tubes"
    PROBLEMS = "problems"


class Form(StrEnum):
    """The shape of a site's mark; each can be told from the others in grey."""

    DOT = "dot"
    FILL = "fill"
    WARN = "warn"
    CRIT = "crit"
    FILL_WARN = "fill-warn"
    FILL_CRIT = "fill-crit"
    MISSING = "missing"
    LATE = "late"
    RETURNED = "returned"
    ZERO = "zero"
    CLOSED = "closed"
    UNKNOWN = "unknown"


OF_STATE = {
    State.CLOSED: Form.CLOSED,
    State.NOT_DUE: Form.UNKNOWN,
    State.MISSING: Form.MISSING,
    State.RETURNED: Form.RETURNED,
    State.ZERO: Form.ZERO,
    State.LATE: Form.LATE,
    State.ON_TIME: Form.DOT,
}
OWES = {State.MISSING: 3.0, State.RETURNED: 2.0, State.LATE: 1.0, State.ZERO: 1.0}
"""Order of what there is to do about a report on the list."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A site in one layer. `step` (1 to 5) is the fill by completion, 0 where the layer has none; `rank` sorts the
    list of the worst, which a site without one is not on."""

    form: Form
    step: int = 0
    rank: float | None = None


@dataclass(frozen=True, slots=True)
class TownFigures:
    """What stands below a town's name. Largest values and sums over its sites; None where no site states any."""

    load: float | None
    missing: int
    queue: int | None
    waiting: int | None
    problems: int


@dataclass(frozen=True, slots=True)
class MapPage:
    """Everything the page draws. `origin` is where the plane's (0, 0) lies: longitude and latitude. `coverage` is
    None where the campaign has no cells."""

    picture: MapPicture
    layers: LayerPicture
    coverage: CoveragePicture | None
    origin: tuple[float, float]


def mark(site: SiteLayers, layer: Layer) -> Mark:
    """How a site stands in a layer. In that of coverage only too much load is marked: the cells are the topic."""
    if layer is Layer.COVERAGE:
        over = site.load_severity is Severity.CRIT
        return Mark(Form.CRIT if over else Form.DOT, rank=site.load)
    if layer is Layer.COMPLETION:
        return _completion(site)
    if layer is Layer.REPORTS:
        return Mark(OF_STATE[site.state], rank=OWES.get(site.state))
    value, severity = _valued(site, layer)
    if value is None:
        return Mark(Form.UNKNOWN)
    # Nothing waiting is good news: it does not belong on a list of the worst.
    ranked = None if value == 0 else (site.oldest_minutes or 0) if layer is Layer.TUBES else value
    return Mark(_alarmed(severity, Form.WARN, Form.CRIT, Form.DOT), rank=ranked)


def _completion(site: SiteLayers) -> Mark:
    if site.missing:
        return Mark(Form.MISSING)
    if site.completion is None:
        return Mark(Form.UNKNOWN)
    form = _alarmed(site.gap_severity, Form.FILL_WARN, Form.FILL_CRIT, Form.FILL)
    return Mark(form, step(site.completion), 1 - site.completion)


def _valued(site: SiteLayers, layer: Layer) -> tuple[float | None, Severity | None]:
    if layer is Layer.LOAD:
        return site.load, site.load_severity
    if layer is Layer.QUEUE:
        return site.queue_minutes, site.queue_severity
    if layer is Layer.TUBES:
        return site.waiting, site.waiting_severity
    return site.problems, site.problem_severity


def _alarmed(severity: Severity | None, warn: Form, crit: Form, otherwise: Form) -> Form:
    return {Severity.WARN: warn, Severity.CRIT: crit}.get(severity, otherwise) if severity else otherwise


def town_figures(sites: Iterable[SiteLayers]) -> TownFigures:
    """The figures of a town's label from its sites."""
    rows = list(sites)
    waiting = [row.waiting for row in rows if row.waiting is not None]
    return TownFigures(
        load=max((row.load for row in rows if row.load is not None), default=None),
        missing=sum(row.missing for row in rows),
        queue=max((row.queue_minutes for row in rows if row.queue_minutes is not None), default=None),
        waiting=sum(waiting) if waiting else None,
        problems=sum(row.problems for row in rows),
    )

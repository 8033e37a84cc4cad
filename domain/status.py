"""One vocabulary of states. The same rule gives the same state on every page (design, section 3)."""

from enum import StrEnum

from domain.campaign import Limits


class Severity(StrEnum):
    """How something stands: in order, to be watched, critical, or nothing was said of it."""

    OK = "ok"
    WARN = "warn"
    CRIT = "crit"
    MISS = "miss"


RANK = {Severity.CRIT: 0, Severity.WARN: 1, Severity.MISS: 2, Severity.OK: 3}
"""Order on a list: what is worst first."""


def of_gap(gap_pp: float | None, limits: Limits) -> Severity | None:
    """State of a gap to plan in percentage points (negative is behind); None where there is no plan."""
    if gap_pp is None:
        return None
    if gap_pp < -limits.gap_crit_pp:
        return Severity.CRIT
    return Severity.WARN if gap_pp < -limits.gap_warn_pp else Severity.OK


def of_site_gap(gap_pp: float | None, limits: Limits) -> Severity | None:
    """The same for one site, whose hour is noisier than a town's."""
    if gap_pp is None:
        return None
    if gap_pp < -limits.site_gap_crit_pp:
        return Severity.CRIT
    return Severity.WARN if gap_pp < -limits.site_gap_warn_pp else Severity.OK


def of_limit(value: float | None, limit: float, limits: Limits) -> Severity:
    """State of a value against its limit: over it is critical, from `warn_share` of it on a warning (design, section
    3)."""
    if value is None or value < limits.warn_share * limit:
        return Severity.OK
    return Severity.CRIT if value > limit else Severity.WARN

"""What the audit is told about a batch of reports, beyond how many there were: which sites and hours, and for every
correction what stood before, what stands now and why."""

from collections.abc import Iterable, Mapping
from typing import Any

from data.site_record import Held, SiteRecord
from domain.campaign import Campaign
from domain.places import Place
from domain.reports import COUNTS

MOST = 50
"""Corrections spelled out in one line of the audit; the rest of a large file is counted, and stands in the record."""


def about(campaign: Campaign, reports: Iterable[tuple[Held, Place]]) -> dict[str, Any]:
    """The one site and hour of the reports; where there are several, how many."""
    sites: set[str] = set()
    hours: set[int] = set()
    for held, site in reports:
        sites.add(site.code)
        hours.add(held.claim.last)
    if not sites:
        return {}
    told: dict[str, Any] = {"site": next(iter(sites))} if len(sites) == 1 else {"sites": len(sites)}
    if len(hours) == 1:
        told["hour"] = campaign.local(campaign.start_of(next(iter(hours)))).isoformat(timespec="minutes")
    return told


def corrections(
    campaign: Campaign, reports: Iterable[tuple[Held, Place]], records: Mapping[int, SiteRecord]
) -> list[dict[str, Any]]:
    """Every correction among the reports: site, hour, key, reason, and the fields that differ as [before, now]. A
    correction that came before its original has nothing before it."""
    found = []
    for held, site in reports:
        claim = held.claim
        if not claim.correction_of:
            continue
        former = records[site.id].find(claim.correction_of)
        before = {name: getattr(former.claim, name) if former else None for name in COUNTS}
        now = {name: getattr(claim, name) for name in COUNTS}
        found.append(
            {
                "site": site.code,
                "hour": campaign.local(campaign.start_of(claim.last)).isoformat(timespec="minutes"),
                "key": claim.key,
                "of": claim.correction_of,
                "reason": claim.note,
                "fields": {name: [before[name], now[name]] for name in COUNTS if before[name] != now[name]},
            }
        )
    return found


def about_corrections(corrected: list[dict[str, Any]]) -> dict[str, Any]:
    """The corrections of a batch as the audit keeps them; nothing where there are none."""
    return {"corrected": len(corrected), "corrections": corrected[:MOST]} if corrected else {}

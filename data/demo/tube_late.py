"""What is sent late on the demonstration day, though it happened in time: nobody may be left accused at its end."""

from collections.abc import Sequence

from data.demo.information import NETWORK_FAILS
from data.demo.simulator import CampaignDay
from data.demo.tube_catalogue import MINUTE
from data.demo.tube_faults import Planting
from data.demo.tube_flow import HOUR, Flow

COLLECTED, RECEIVED, RESULT = 2, 3, 5
"""Steps by their place in `data.demo.tube_flow.STEPS`."""

CATCHING_UP = 400
"""Seconds it takes a town to send what it kept back."""


def plant_late(flow: Flow, planting: Planting, day: CampaignDay) -> None:
    """Send late what the planting has chosen, and what a town without network keeps back."""
    for variant, tubes in planting.late:
        _keep_back(flow, planting, variant, tubes)
    _cut_network(flow, planting, day)


def _keep_back(flow: Flow, planting: Planting, variant: str, tubes: Sequence[int]) -> None:
    """A scanner keeps a box to itself for hours, or until the results are out."""
    step = COLLECTED if variant == "collected" else RECEIVED
    hours = planting.rng.randint(2 * HOUR, 4 * HOUR)
    shows = flow.sent[step][tubes[0]]
    for tube in tubes:
        told = flow.sent[RESULT][tube]
        flow.sent[step][tube] = told + 10 * MINUTE if variant == "result_first" else flow.sent[step][tube] + hours
    gone = max(flow.sent[step][tube] for tube in tubes)
    planting.note("late_scan", map(flow.barcode, tubes), tubes[0], shows, gone, variant)


def _cut_network(flow: Flow, planting: Planting, day: CampaignDay) -> None:
    """A town without network: its sites go on, and send it all when the network is back."""
    cut = {fault.site: fault.period for fault in day.faults if fault.kind == "outage"}
    if not cut:
        return
    begins = flow.start + min(cut.values()) * HOUR + int(NETWORK_FAILS.total_seconds())
    ends = begins + planting.rng.randint(45 * MINUTE, 60 * MINUTE)
    late: dict[int, None] = {}
    for tube, site in enumerate(flow.site):
        if flow.sites[site].code in cut:
            for sent in flow.sent[:RECEIVED]:
                if begins <= sent[tube] < ends:
                    sent[tube] = ends + planting.rng.randint(20, CATCHING_UP)
                    late[tube] = None
    if late:
        planting.note("late_scan", map(flow.barcode, late), min(late), begins, ends + CATCHING_UP, "network")

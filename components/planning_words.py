"""The words of the planning list: states, steps, items, moments; and a planned site as a row of a file."""

from datetime import datetime

from dash import html

from components.format import UNKNOWN, count
from components.icons import icon
from components.kinds import kind_name
from components.panel import Part
from domain.campaign import Campaign
from domain.planning import State, Step
from domain.planning_list import Done, Planned, PlanningList
from domain.planning_needs import Group, Item
from locales import text

ICONS = {
    State.APPLIED: "file", State.INSPECTED: "eye", State.APPROVED: "tick", State.PUBLISHED: "send",
    State.OPENED: "ok", State.CLOSED: "lock", State.REFUSED: "x", State.WITHDRAWN: "ret",
}  # fmt: skip

LAYOUT = (Group.ZONE, Group.PASSAGE)
CREW = (Group.LANE_CREW, Group.SITE_CREW)


def state_chip(state: State, language: str) -> html.Span:
    """The state as its icon and word: an open site is well, the others are on their way or ended."""
    word = text(language, f"planning.state.{state}")
    tone = {State.OPENED: "ok", State.REFUSED: "crit"}.get(state, "out")
    return html.Span([icon(ICONS[state]), word], className=f"chip {tone}")


def step_word(step: Step, language: str) -> str:
    return text(language, f"planning.step.{step}")


def item_word(key: str, language: str) -> str:
    """The item of that name."""
    return text(language, f"planning.item.{key}")


def stamp(moment: datetime | None, campaign: Campaign) -> str:
    """Day and minute: steps lie days before the campaign."""
    return UNKNOWN if moment is None else f"{campaign.local(moment):%m-%d %H:%M}"


def done_words(done: Done | None, campaign: Campaign) -> str:
    """Who did it when; a dash where nobody has."""
    return UNKNOWN if done is None else f"{done.by} {stamp(done.at, campaign)}"


def share_words(site: Planned, *groups: Group) -> str:
    """How many of the items there are: `9/9`; a dash before the inspection, and where none is asked for."""
    there, of = site.share(*groups)
    return f"{there}/{of}" if site.inspection is not None and of else UNKNOWN


def need_words(item: Item, language: str) -> list[Part]:
    """What is there of what is needed, with what is kept in reserve."""
    if item.group in LAYOUT:
        return [text(language, "planning.there" if item.there else "planning.not_there")]
    parts: list[Part] = [html.B(count(item.there)), f" / {count(item.need)}"]
    if item.most is not None:
        parts[1] = f" / {count(item.need)}–{count(item.most)}"
    if item.reserve > item.need:
        parts.append(
            html.Small(text(language, "planning.with_reserve", count=count(item.reserve)), className="faint")
        )
    return parts


# -- as a file

FILE = (
    "number", "code", "name", "town", "kind", "state", "since", "lanes", "capacity", "green_channels", "layout",
    "crew", "kit", "missing", "source", "lon", "lat", "inspected_at", "inspected_by", "approved_at", "approved_by",
    "over", "released_at", "released_by", "released_why", "given",
)  # fmt: skip


def file_columns(rows: PlanningList, language: str) -> list[str]:
    """The heads of the file; the last says what the whole is."""
    note = text(language, "planning.demo" if rows.campaign.demo else "planning.title")
    return [*(text(language, f"planning.column.{name}") for name in FILE), note]


def file_row(site: Planned, language: str) -> list[str | int | float | None]:
    """One planned site; what nobody has said is empty."""
    campaign, wish = site.campaign, site.wish

    def moment(at: datetime | None) -> str | None:
        return f"{campaign.local(at):%Y-%m-%d %H:%M}" if at is not None else None

    def share(*groups: Group) -> str | None:
        words = share_words(site, *groups)
        # A spreadsheet would take 9/9 for a date.
        return None if words == UNKNOWN else words.replace("/", " / ")

    inspected, approved, released = site.inspected, site.approved, site.released
    joint = text(language, "planning.join")
    return [
        site.number, site.code, site.label(language), site.town.label(language), kind_name(wish.kind, language),
        text(language, f"planning.state.{site.state}"), moment(site.since), site.lanes, site.capacity,
        site.green_channels, share(*LAYOUT), share(*CREW), share(Group.KIT),
        joint.join(item_word(item.key, language) for item in site.missing) or None,
        text(language, f"planning.source.{wish.source}"), wish.lon, wish.lat,
        moment(inspected.at if inspected else None), inspected.by if inspected else None,
        moment(approved.at if approved else None), approved.by if approved else None, site.approved_over or None,
        moment(released.at if released else None), released.by if released else None, site.why or None,
        text(language, "planning.yes" if site.given else "planning.no"), None,
    ]  # fmt: skip

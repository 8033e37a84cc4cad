"""The page of the audit: what to look for at the left; activity, lines and one line closely at the right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components import panel
from components import people_controls as controls
from components.audit_line import Opened, detail, short_hash
from components.audit_words import Words
from components.context import PageContext
from components.drawing import Drawing
from components.format import UNKNOWN, clock, count, spans_days, when
from components.icons import icon
from components.states import message
from data.queries.audit import SLOT, Activity, Filter
from domain.audit import FAILED, Group, Line
from domain.places import Level, Place, PlaceTree
from figures import activity as activity_figure
from locales import text

ICONS = {
    "reports": "sub", "reports.corrected": "ret", "reports.verified": "ok", "reports.returned": "ret",
    "reports.undo": "ret", "reminder": "send", "bulletin": "file", "bulletin.sign": "ok", "problem": "warn",
    "problem.solved": "tick", "modes": "edit", "upper_figures": "up", "places": "pin", "labs": "pin",
    "planning": "pin",
    "contacts": "user", "source": "refresh", "sign_in": "user", "sign_out": "x", "sign_in.failed": "warn",
    "sign_in.locked": "lock", "account": "user", "account.password_failed": "warn", "account.disable": "closed",
    "token": "link", "campaign.close_access": "lock", "export": "export", "audit": "eye", "audit.export": "export",
    "source.export": "export", "bulletin.export": "export",
}  # fmt: skip
"""Shapes of actions that have one of their own."""

AFTERWARDS = timedelta(hours=2)
"""How long after a campaign's end its activity is still drawn; what comes later is in the list."""

MOST_HOURS = 96
"""Hours offered as limits of the time looked at."""

COLOURS = {"bulletin.sign": "ok", "reports.verified": "ok", **dict.fromkeys(FAILED, "warn")}
"""Actions that stand out; the others are ink."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows. `older` says that these lines are not the newest, `more` that others follow; `verified` is
    the line that says when the chain was last followed, `due` that it is time to follow it again."""

    tree: PlaceTree
    home: Place | None
    now: datetime
    wanted: Filter
    lines: Sequence[Line]
    older: bool
    more: bool
    activity: Activity
    verified: Line | None
    due: bool
    opened: Opened | None
    labs: Mapping[str, str]


def frame(context: PageContext, who: str) -> list[Component]:
    """The page as it stands before anything is asked: places for what is drawn, and the line to write in, which must
    not be drawn anew while somebody writes. `who` is what the address has in it."""
    language = context.language
    heading = html.Div(
        [
            html.H2(text(language, "audit.filter")),
            html.Span(className="sp"),
            html.Button(text(language, "audit.clear"), type="button", className="clear-link", **{"data-clear": ""}),
        ],
        className="ph",
    )
    person = html.Div(
        [html.H3(text(language, "audit.who")), controls.search(text(language, "audit.who_hint"), "who", who)],
        className="fg",
    )
    filters = [heading, person, Drawing("drawing-audit-filters", [])]
    return [
        controls.root(
            context, "audit", ("group", "place", "who", "since", "until", "show", "open", "before"), verify=""
        ),
        html.Section(filters, className="panel at-audit-filter", **{"aria-label": text(language, "audit.filter")}),
        html.Div(Drawing("drawing-audit", []), className="at-audit"),
    ]


def beside(context: PageContext) -> list[Component]:
    """What stands beside the second level: whether the chain is whole, and the files."""
    language = context.language
    files = [
        html.A(
            [icon("file"), text(language, f"audit.export_{suffix}")],
            href=f"/audit/{context.campaign_id}.{suffix}",
            className="btn",
            **{"data-audit-file": f"/audit/{context.campaign_id}.{suffix}"},
        )
        for suffix in ("csv", "xlsx")
    ]
    return [html.Div(Drawing("drawing-audit-chain", []), className="chain-place"), html.Span(className="sp"), *files]


def page(seen: Seen, language: str) -> dict[str, list[Component]]:
    """What is drawn, by the place it is drawn in."""
    words = Words(seen.tree, seen.labs, language)
    return {
        "audit-chain": _chain(seen, words),
        "audit-filters": _filters(seen, words),
        "audit": [_activity(seen, words), _lines(seen, words)],
    }


# -- the chain


def _chain(seen: Seen, words: Words) -> list[Component]:
    found = seen.verified
    language = words.language
    again = html.Button(
        [icon("refresh"), text(language, "audit.verify")], type="button", className="btn", **{"data-verify": ""}
    )
    if found is None:
        said: list[Component] = [html.Span(text(language, "audit.chain.never"), className="mut")]
    else:
        broken = found.details.get("broken_at") is not None
        state = "crit" if broken else "ok"
        key = "audit.chain.broken" if broken else "audit.chain.whole"
        head = str(found.details.get("head", ""))
        note = text(
            language,
            "audit.chain.note",
            lines=count(found.details.get("lines")),
            at=when(found.recorded_at, seen.tree.campaign, language),
        )
        said = [
            html.B([icon(state, state), text(language, key)], className=state),
            html.Span(note, className="mut"),
            html.Code(short_hash(head), title=head, className="faint"),
        ]
    due = {"data-verify-due": ""} if seen.due else {}
    return [html.Div(said, className="chain", role="status", **due), again]


# -- what to look for


def _filters(seen: Seen, words: Words) -> list[Component]:
    language, found = words.language, seen.activity
    hours = _hours(seen, words)
    any_time = text(language, "audit.any_time")
    pair = [
        controls.select(text(language, "audit.since"), "since", [("", any_time), *hours]),
        html.Span("–", className="faint"),
        controls.select(text(language, "audit.until"), "until", [("", any_time), *hours]),
    ]
    towns = sorted((p for p in seen.tree.each(Level.TOWN) if _within(seen, p)), key=lambda p: p.code)
    places = [("", text(language, "audit.all_places")), *((p.code, p.label(language)) for p in towns)]
    rows = [
        controls.toggle(
            "group",
            group.value,
            group in seen.wanted.groups,
            [html.Span(text(language, f"audit.group.{group}")), html.Span(count(found.groups[group]), className="n")],
        )
        for group in Group
        if found.groups[group] or group in seen.wanted.groups
    ]
    return [
        html.Div([html.H3(text(language, "audit.received")), html.Div(pair, className="from-to")], className="fg"),
        html.Div(
            [html.H3(text(language, "audit.place")), controls.select(text(language, "audit.place"), "place", places)],
            className="fg",
        ),
        html.Div([html.H3(text(language, "audit.actions")), *rows], className="fg"),
    ]


def _within(seen: Seen, place: Place) -> bool:
    return seen.home is None or seen.tree.contains(seen.home, place)


def _hours(seen: Seen, words: Words) -> list[tuple[str, str]]:
    """Full hours to choose from: the campaign's up to now, at most as many as a list can hold."""
    campaign = seen.tree.campaign
    last = min(max(seen.now, campaign.starts_at), campaign.deadline + timedelta(hours=MOST_HOURS))
    at = campaign.local(campaign.starts_at).replace(minute=0, second=0, microsecond=0)
    hours = []
    while at <= last + timedelta(hours=1):
        hours.append((at.isoformat(timespec="minutes"), when(at, campaign, words.language)))
        at += timedelta(hours=1)
    return hours[-MOST_HOURS:]


# -- activity


def _activity(seen: Seen, words: Words) -> Component:
    language, campaign = words.language, seen.tree.campaign
    first, last = campaign.starts_at, min(max(seen.now, campaign.starts_at + SLOT), campaign.deadline + AFTERWARDS)
    slots = {at: n for at, n in seen.activity.slots.items() if first - SLOT <= at <= last}
    total = sum(slots.values())
    figure = activity_figure.bars(
        slots, SLOT, campaign.zone, (first, last), (seen.wanted.since, seen.wanted.until),
        text(language, "audit.lines_unit"),
    )  # fmt: skip
    note = text(
        language,
        "audit.activity_note",
        since=when(first, campaign, language),
        until=when(last, campaign, language),
        lines=count(total),
    )
    sentence = f"{text(language, 'audit.activity')} · {note}"
    return html.Section(
        [panel.head(text(language, "audit.activity"), note), panel.chart(figure, sentence, "activity")],
        className="panel at-activity",
    )


# -- lines


def _lines(seen: Seen, words: Words) -> Component:
    language = words.language
    chosen = seen.wanted
    total = sum(seen.activity.groups[g] for g in chosen.groups) if chosen.groups else seen.activity.total
    show = "failed" if chosen.failed else "mine" if chosen.actor else "all"
    kinds = [("all", count(seen.activity.total)), ("failed", count(seen.activity.failed)), ("mine", "")]
    switch = html.Span(
        [
            controls.pick("show", value, value == show, f"{text(language, f'audit.show.{value}')} {number}".strip())
            for value, number in kinds
        ],
        className="seg",
        role="group",
        **{"aria-label": text(language, "audit.show.label")},
    )
    head = html.Div(
        [
            html.H2(text(language, "audit.title")),
            html.Span(text(language, "audit.newest", lines=count(total)), className="sub"),
            html.Span(className="sp"),
            switch,
        ],
        className="ph",
    )
    if not seen.lines:
        body: Component = message("search", "", text(language, "audit.none"), text(language, "audit.none_next"))
    else:
        names = ("received", "revision", "who", "position", "action", "object", "change", "reason", "way")
        heads = html.Thead(html.Tr([html.Th(text(language, f"audit.column.{n}"), className=f"c-{n}") for n in names]))
        rows: list[Component] = []
        for line in seen.lines:
            is_open = seen.opened is not None and seen.opened.line.id == line.id
            rows.append(_row(line, seen, words, is_open))
            if is_open and seen.opened is not None:
                rows.append(detail(seen.opened, words))
        table = html.Table([heads, html.Tbody(rows)], className="tb audit-lines")
        body = html.Div(
            table, className="scroll", tabIndex="0", role="region", **{"aria-label": text(language, "audit.title")}
        )
    older = (
        html.Button(
            [icon("down"), text(language, "audit.older")],
            type="button",
            className="btn",
            **{"data-before": str(seen.lines[-1].id)},
        )
        if seen.more
        else html.Span()
    )
    newest = (
        html.Button(
            [icon("up"), text(language, "audit.latest")], type="button", className="btn", **{"data-latest": ""}
        )
        if seen.older
        else html.Span()
    )
    foot = html.Div(
        [newest, older, html.Span(className="sp"), html.Span(text(language, "audit.foot"), className="faint")],
        className="people-foot",
    )
    return html.Section([head, body, foot], className="panel at-lines")


def _row(line: Line, seen: Seen, words: Words, is_open: bool) -> Component:
    language, campaign = words.language, seen.tree.campaign
    shape = ICONS.get(line.action) or ICONS.get(line.action.partition(".")[0]) or "dot"
    colour = COLOURS.get(line.action, "mut")
    action = html.Span([icon(shape, colour), words.action(line.action)], className=f"flag {colour}")
    open_ = html.Button(
        clock(line.recorded_at, campaign.zone)
        if not spans_days(campaign)
        else when(line.recorded_at, campaign, language),
        type="button",
        className="open-line",
        title=campaign.local(line.recorded_at).isoformat(timespec="seconds"),
        **{"data-line-open": str(line.id), "aria-expanded": "true" if is_open else "false"},
    )
    login = words.login(line)
    who = [html.B(words.who(line))] + ([html.Small(login, className="faint")] if login != words.who(line) else [])
    reason = words.reason(line)
    return html.Tr(
        [
            html.Td(open_),
            html.Td(UNKNOWN if line.revision is None else str(line.revision), className="faint c-revision"),
            html.Td(who, className="who"),
            html.Td(words.position(line), className="mut c-position", title=words.position(line)),
            html.Td(action),
            html.Td(words.about(line), title=words.about(line)),
            html.Td(_change(words.change(line), words.changed(line))),
            html.Td(reason or UNKNOWN, className="mut c-reason", title=reason),
            html.Td(words.way(line), className="faint c-way"),
        ],
        className="on" if is_open else "",
        **{"data-line": str(line.id)},
    )


def _change(pair: tuple[str, str] | None, of: str) -> Component:
    if pair is None:
        return html.Span(UNKNOWN, className="faint")
    label = [html.Small(of, className="faint"), " "] if of else []
    return html.Span([*label, html.Del(pair[0]), " → ", html.Ins(pair[1])])

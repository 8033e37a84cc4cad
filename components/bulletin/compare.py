"""Published and live side by side, differences first with their cause; the two lead paragraphs; the change log."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.bulletin import words
from components.format import UNKNOWN, clock, signed
from components.icons import icon
from components.links import href, place_href
from data.queries.bulletin_page import BulletinPage
from data.queries.bulletins import Issue
from domain.bulletin import OUT, Correction, Frozen, Name
from domain.bulletin_rules import Comparison, Difference, sentence_diff
from domain.places import Level
from locales import text

NAMED_CAUSES = 3
"""Places a cause names."""

DERIVED = ("completion", "gap")
OF_SITES = ("persons", "hour_persons", "tubes", "third_copies", "special_cases")
"""Figures whose cause are the sites that differ in them."""


def comparison(rows: BulletinPage, language: str) -> list[Component]:
    """Every published figure that is another one now, with its cause; what is unchanged is a number."""
    title = text(language, "bulletin.page.compare")
    base, live, found = rows.base, rows.live, rows.comparison
    if base is None or live is None or found is None:
        hour = words.hour_name(live, language) if live is not None else ""
        why = text(language, "bulletin.page.compare_none", hour=hour) if hour else text(language, "state.no_data")
        note = text(language, "bulletin.page.compare_none_next")
        return [panel.head(title), states.message("file", "", why, note)]
    until = words.at(live, base.data_until, language)
    out = base.state in OUT
    note = text(
        language, "bulletin.page.compare_note" if out else "bulletin.page.compare_draft_note", until=until,
        at=words.at(live, base.signed_at if base.signed_at and not rows.changes else base.known_at, language),
    )  # fmt: skip
    heads = [
        html.Th(text(language, "bulletin.page.item"), scope="col"),
        html.Th(text(language, f"bulletin.page.{'published' if out else 'drafted'}", number=base.label), scope="col",
                className="r"),
        html.Th(text(language, "bulletin.page.live", revision=live.revision), scope="col", className="r now"),
        html.Th(text(language, "bulletin.page.delta"), scope="col", className="r"),
        html.Th(text(language, "bulletin.page.cause"), scope="col"),
    ]  # fmt: skip
    changed, same = found.differences, found.unchanged
    body = _grouped(changed, rows, language)
    unchanged = [
        html.Tr(html.Th(_unchanged(found, live, language), colSpan=5, scope="colgroup"), className="group"),
        *(
            html.Tr([*_cells(d, live, language, named=True), html.Td()], className="same") for d in same
        ),
    ]  # fmt: skip
    choice = html.Span(
        [
            html.Button(text(language, "bulletin.page.only_differences", count=len(changed)), type="button",
                        className="on", **{"data-rows": "differences", "aria-pressed": "true"}),
            html.Button(text(language, "bulletin.page.all", count=len(changed) + len(same)), type="button",
                        **{"data-rows": "all", "aria-pressed": "false"}),
        ],
        className="seg", role="group", **{"aria-label": title},
    )  # fmt: skip
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([*body, *unchanged])], className="tb compare", id="bulletin-compared"
    )
    return [panel.head(title, note, [choice]), html.Div(table, className="scroll", tabIndex="0")]


def _unchanged(found: Comparison, live: Frozen, language: str) -> str:
    whole = [d for d in found.unchanged if d.place.code == live.total.place.code]
    names = text(language, "format.list").join(words.figure_name(d.figure, live, language) for d in whole[:3])
    key = "unchanged_with" if names else "unchanged"
    return text(language, f"bulletin.page.{key}", count=len(found.unchanged), names=names)


def _grouped(changed: Sequence[Difference], rows: BulletinPage, language: str) -> list[Component]:
    found: list[Component] = []
    live = rows.live
    assert live is not None
    place = ""
    for difference in changed:
        if difference.place.code != place:
            place = difference.place.code
            whole = place == live.total.place.code
            said = words.capital(words.whole(live, language)) if whole else _linked(difference.place, rows, language)
            found.append(html.Tr(html.Th(said, colSpan=5, scope="colgroup"), className="group"))
        why = html.Td(cause(difference, rows, language), className="t12 mut why")
        found.append(html.Tr([*_cells(difference, live, language), why]))
    return found


def _cells(d: Difference, live: Frozen, language: str, *, named: bool = False) -> list[Component]:
    name = words.figure_name(d.figure, live, language)
    if named and d.place.code != live.total.place.code:
        name = f"{words.brief_name(d.place, language)} {name}"
    marked = "" if named else " b"
    return [
        html.Td(name),
        html.Td(words.figure_value(d.figure, d.published), className="r mut"),
        html.Td(words.figure_value(d.figure, d.live), className=f"r now{marked}"),
        html.Td(words.figure_value(d.figure, d.delta, delta=True), className=f"r{marked}"),
    ]


def cause(difference: Difference, rows: BulletinPage, language: str) -> str:
    """Why a figure is another one: the sites whose changes made it so, or what it follows from."""
    live = rows.live
    assert live is not None
    below = _changes_below(difference.place, rows)
    figure = difference.figure
    targets = [change for change in below if change.kind == "target"]
    if figure == "target" or (figure in DERIVED and targets and not _moved(below, "persons")):
        return _join([words.cause(change, live, language) for change in targets], language)
    if figure in DERIVED:
        return text(language, "bulletin.cause.derived")
    if figure == "verified":
        decided = [change for change in below if change.kind in ("verified", "returned")]
        if decided:
            said = [f"{words.brief_name(c.place, language)} {words.cause(c, live, language)}" for c in decided]
            return _join(said, language)
        return text(language, "bulletin.cause.derived")
    if figure in OF_SITES:
        moved = _site_differences(difference.place, figure, rows)
    elif figure == "hour_tubes":
        moved = _moved([change for change in below if change.hour_end in (None, live.data_until)], "tubes")
    else:
        came = [c for c in below if c.kind in ("late", "catch_up")]
        return _join(
            [f"{words.brief_name(c.place, language)} {words.cause(c, live, language)}" for c in came], language
        )
    named = [
        text(language, "bulletin.cause.places", place=words.brief_name(place, language), effect=signed(by))
        for place, by in moved
    ]
    return _join(named, language)


def _site_differences(place: Name, figure: str, rows: BulletinPage) -> list[tuple[Name, int]]:
    """The sites below a place whose figure differs from the one frozen, most first."""
    inside = _sites_below(place, rows)
    before = {site.place.code: getattr(site, figure) or 0 for site in rows.base_sites}
    moved = [
        (site.place, (getattr(site, figure) or 0) - before.get(site.place.code, 0))
        for site in rows.live_sites
        if site.place.code in inside
    ]
    return sorted(((name, by) for name, by in moved if by), key=lambda item: -abs(item[1]))


def _join(said: Sequence[str], language: str) -> str:
    if not said:
        return text(language, "bulletin.cause.unknown")
    unique = list(dict.fromkeys(said))
    shown = unique[:NAMED_CAUSES]
    if len(unique) > NAMED_CAUSES:
        shown.append(text(language, "bulletin.cause.more", count=len(unique) - NAMED_CAUSES))
    return text(language, "format.dot").join(shown)


def _moved(changes: Sequence[Correction], unit: str) -> list[tuple[Name, int]]:
    """The places whose changes moved persons or tubes, most first."""
    sums: dict[Name, int] = {}
    for change in changes:
        sums[change.place] = sums.get(change.place, 0) + getattr(change, unit)
    return sorted(((p, by) for p, by in sums.items() if by), key=lambda item: -abs(item[1]))


def _changes_below(place: Name, rows: BulletinPage) -> list[Correction]:
    assert rows.live is not None
    if place.code == rows.live.total.place.code:
        return list(rows.changes)
    inside = _sites_below(place, rows)
    return [change for change in rows.changes if change.place.code in inside | {place.code}]


def _sites_below(place: Name, rows: BulletinPage) -> set[str]:
    whole = rows.live is not None and place.code == rows.live.total.place.code
    return {s.place.code for s in rows.live_sites if whole or place.code in (s.town.code, s.place.code)}


def _linked(place: Name, rows: BulletinPage, language: str) -> Component:
    to = place_href(place.code, place.level is Level.SITE, campaign=rows.campaign.id, language=language)
    return dcc.Link(place.label(language), href=to)


# -- the lead paragraphs


def leads(rows: BulletinPage, language: str) -> list[Component]:
    """The lead paragraph as it was frozen beside the one the present figures would give."""
    title, note = text(language, "bulletin.page.diff"), text(language, "bulletin.page.diff_note")
    if rows.base is None or rows.live is None or not rows.publishes:
        return [
            panel.head(title, note),
            states.message("file", "", text(language, "bulletin.page.compare_none_next")),
        ]
    before = "".join(part for _, part in words.lead(rows.base.frozen, language))
    after = "".join(part for _, part in words.lead(rows.live, language))
    if before == after:
        said = states.message("ok", "ok", text(language, "bulletin.page.diff_same"))
        return [panel.head(title, note), said]
    old, new = sentence_diff(before, after)
    at = words.at(rows.live, rows.base.signed_at or rows.base.known_at, language)
    labels = (
        f"{text(language, 'bulletin.issue', number=rows.base.label)}{text(language, 'format.dot')}{at}",
        text(language, "bulletin.page.now", revision=rows.live.revision),
    )
    halves = [
        html.Div(
            [
                html.Div(label, className="t12 faint"),
                html.P([tag(part) if differs else part for differs, part in parts]),
            ]
        )
        for label, parts, tag in ((labels[0], old, html.Del), (labels[1], new, html.Ins))
    ]
    return [panel.head(title, note), html.Div(halves, className="halves")]


# -- the change log


def change_log(rows: BulletinPage, language: str) -> list[Component]:
    """Every change of the record since the issue was frozen, newest first, and who still owes a report."""
    title = text(language, "bulletin.page.log")
    base, live = rows.base, rows.live
    audit = html.A(
        text(language, "bulletin.page.audit"),
        href=href("audit", campaign=rows.campaign.id, place=None, language=language),
        className="more t12", **{"data-needs": "audit"},
    )  # fmt: skip
    if base is None or live is None:
        return [panel.head(title), states.message("file", "", text(language, "bulletin.page.log_none_next"))]
    earlier = list(base.frozen.corrections)
    if not rows.changes and not earlier and not live.missing:
        note = text(language, "bulletin.page.log_none_next")
        return [panel.head(title), states.message("ok", "ok", text(language, "bulletin.page.log_none"), note)]
    keys = ("at", "place", "effect", "reason", "who", "checked")
    head = html.Tr(
        [
            html.Th(text(language, f"bulletin.column.{'site' if key == 'place' else key}"), scope="col",
                    className="r" if key == "effect" else "")
            for key in keys
        ]
    )  # fmt: skip
    body = [_change(change, live, rows, language) for change in reversed(rows.changes)]
    body += [_owing(place, rows, language) for place in live.missing]
    if earlier:
        label = text(language, "bulletin.issue", number=base.label)
        body.append(html.Tr(html.Th(f"{label} {base.reason}", colSpan=6, scope="colgroup"), className="group"))
        body += [_change(change, base.frozen, rows, language) for change in reversed(earlier)]
    note = text(language, "bulletin.page.log_note", number=base.label, count=len(rows.changes))
    table = html.Table([html.Thead(head), html.Tbody(body)], className="tb log")
    return [panel.head(title, note, [audit]), html.Div(table, className="scroll", tabIndex="0")]


def _change(change: Correction, frozen: Frozen, rows: BulletinPage, language: str) -> html.Tr:
    said = words.cause(change, frozen, language)
    silent = change.kind == "correction"
    why = change.reason or (text(language, "bulletin.page.no_reason") if silent else "")
    zone = rows.campaign.zone
    checked: list[Component | str] = [UNKNOWN]
    if change.verified_at is not None:
        checked = [icon("tick"), " ", clock(change.verified_at, zone)]
    return html.Tr(
        [
            html.Td(words.at(frozen, change.at, language), className="mut nw"),
            html.Td(_linked(change.place, rows, language), className="b"),
            html.Td(words.effect(change, language), className="r b t12 nw"),
            html.Td([html.Span(why), html.Span(said, className="mut")] if why else said, className="t12 why"),
            html.Td(change.who, className="mut t12 who", title=change.who),
            html.Td(checked, className=f"t12 nw {'ok' if change.verified_at else 'faint'}"),
        ]
    )


def _owing(place: Name, rows: BulletinPage, language: str) -> html.Tr:
    missing = [icon("miss"), " ", text(language, "bulletin.cause.missing")]
    return html.Tr(
        [
            html.Td(UNKNOWN, className="faint"),
            html.Td(_linked(place, rows, language), className="b"),
            html.Td(UNKNOWN, className="r faint"),
            html.Td(missing, className="t12 miss"),
            html.Td(UNKNOWN, className="faint"),
            html.Td(UNKNOWN, className="faint"),
        ]
    )


# -- the issues


def issue_list(rows: BulletinPage, language: str) -> list[Component]:
    """Every issue, the newest hour first: who signed it when, and whether it still says what the record says."""
    title, note = text(language, "bulletin.page.issues"), text(language, "bulletin.page.issues_note")
    if not rows.issues:
        if rows.above is not None:
            return [panel.head(title, note), _published_above(rows.above, rows, language)]
        none = text(language, "bulletin.page.no_issues")
        next_ = text(language, "bulletin.page.no_issues_next" if rows.publishes else "bulletin.page.by_district")
        return [panel.head(title, note), states.message("file", "", none, next_)]
    return [panel.head(title, note), html.Ul([_issue(i, rows, language) for i in rows.issues], className="issues")]


def _published_above(issue: Issue, rows: BulletinPage, language: str) -> Component:
    at = words.at(issue.frozen, issue.signed_at, language)
    above = [p for p in rows.overview.parents if p.level in (Level.CITY, Level.DISTRICT)]
    name = above[-1].label(language) if above else ""
    said = text(language, "bulletin.page.district_issue", number=issue.label, place=name)
    return html.Ul(html.Li([html.B(said), html.Span(at, className="mut")]), className="issues")


def _issue(issue: Issue, rows: BulletinPage, language: str) -> html.Li:
    chosen = issue.period == rows.period
    to = href("bulletin", campaign=rows.campaign.id, place=rows.overview.place.code, language=language,
              hour=rows.campaign.start_of(issue.period))  # fmt: skip
    hand = text(language, "bulletin.page.by_at", name=issue.signed_name or issue.drafted_name,
                at=words.at(issue.frozen, issue.signed_at or issue.known_at, language))  # fmt: skip
    return html.Li(
        dcc.Link(
            [
                html.Span(text(language, "bulletin.issue", number=issue.label)),
                html.Span(words.at(issue.frozen, issue.data_until, language), className="mut"),
                html.Span(hand, className="mut ell", title=hand),
                _standing(issue, rows, language),
            ],
            href=to,
        ),
        className=f"{'on' if chosen else ''} {'faint' if issue.ended_at else ''}".strip(),
        **({"aria-current": "true"} if chosen else {}),
    )


def _standing(issue: Issue, rows: BulletinPage, language: str) -> html.Span:
    """What became of it: replaced, waiting, as the record is, or no longer."""
    if issue.ended_at is not None:
        later = next((i.label for i in rows.issues if i.replaces == issue.id), "")
        return html.Span(text(language, "bulletin.page.superseded_by", number=later), className="faint")
    if issue.state not in OUT:
        return html.Span([icon("sub"), " ", text(language, f"bulletin.state.{issue.state}")], className="mut")
    if rows.base is not None and issue.id == rows.base.id and rows.comparison is not None:
        count = len(rows.comparison.differences)
        if count:
            said = text(language, "bulletin.page.changed_count", count=count)
            return html.Span([icon("warn"), " ", said], className="warn")
    elif issue.id in rows.drifted:
        return html.Span([icon("warn"), " ", text(language, "bulletin.page.changed")], className="warn")
    return html.Span([icon("tick"), " ", text(language, "bulletin.page.same")], className="ok")

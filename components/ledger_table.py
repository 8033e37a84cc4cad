"""The findings people have to close, grouped by what closes them.

What their buttons open stands once on the page (`ledger_forms`); `ledger.js` copies it into the row below a finding,
into a cell this side leaves empty, so that a new picture does not wipe what somebody is writing.
"""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components.format import UNKNOWN, count
from components.icons import icon
from components.ledger_forms import forms
from components.ledger_handover import handover_part
from components.ledger_reminders import owner_texts
from components.ledger_settled import settled_table
from components.ledger_words import (
    SUGGESTED,
    age,
    custody,
    hand,
    lab_name,
    marked,
    owner,
    slip_words,
    spaced,
    what,
)
from components.links import href, place_href
from data.queries.ledger_desk import OpenDesk
from domain.handover import Standing
from domain.permissions import Action
from domain.status import Severity
from domain.tube_findings import CAUSES, COUNTED, ORDER, Kind, TubeFinding
from locales import text

GROUPS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("misread", (Kind.MISREAD,)),
    ("missing", (Kind.MISSING,)),
    ("others", (Kind.WRONG_LAB, Kind.DUPLICATE, Kind.UNREGISTERED)),
    ("counts", (Kind.COPY_ONLY, Kind.NO_COPY, Kind.REPORTED)),
)
"""What closes together stands together: a pair by one click, a box by one cause, the rest one by one."""

FILTERS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("missing", (Kind.MISSING,)),
    ("misread", (Kind.MISREAD,)),
    ("unregistered", (Kind.UNREGISTERED,)),
    ("duplicate", (Kind.DUPLICATE,)),
    ("wrong_lab", (Kind.WRONG_LAB,)),
    ("counts", tuple(sorted(COUNTED, key=ORDER.index))),
)

SHOWN = 50
"""Rows that are shown before somebody asks for the rest."""

DRAWN = 200
"""Rows that are on the page at all; the file has every one."""

SHORT_BOX = 5
"""Characters of a box code that has room beside the site's name."""

NEEDS = {"data-needs": Action.SETTLE_TUBES}


def ledger_findings(desk: OpenDesk, language: str) -> Component:
    """The panel of findings, with handover and sign-off behind it."""
    return html.Div(
        [
            _bar(desk, language),
            html.Div(_table(desk, language), className="lg-scroll", tabIndex="0", role="group",
                     **{"aria-label": text(language, "ledger.findings")}),
            settled_table(desk.findings, language),
            html.Div(owner_texts(desk.findings, language), className="lg-remind", hidden=True),
            handover_part(desk.handover, language),
            _foot(desk, language),
            forms(language),
        ],
        key=f"ledger-{desk.findings.place.code}-{language}",
        className="lg",
        **{
            "data-ledger": desk.findings.campaign.id,
            "data-unsent": text(language, "ledger.unsent"),
            "data-copied": text(language, "ledger.copied"),
            "data-kind": "all",
        },
    )  # fmt: skip


def _bar(desk: OpenDesk, language: str) -> html.Div:
    """How many, and which of them to show."""
    found = desk.findings
    summary = text(language, "ledger.summary", count=count(found.total), persons=count(found.persons))
    counts = found.counts
    taps = [_tap("all", found.total, language)]
    taps += [_tap(name, sum(counts.get(kind, 0) for kind in kinds), language) for name, kinds in FILTERS]
    taps.append(_tap("settled", len(found.settled), language))
    towns = [(town.code, town.label(language)) for town in found.towns]
    labs = [(lab.code, lab.label(language)) for lab in found.labs]
    owners = sorted({(f.owner_place, " ".join(owner(f, language))) for f in found.open})
    return html.Div(
        [
            html.H2(text(language, "ledger.findings")),
            html.Span(summary, className="t12 mut ell", title=summary),
            html.Span(className="sp"),
            _choice("town", towns, language),
            _choice("lab", labs, language),
            _choice("owner", owners, language),
            html.Span(taps, className="seg lg-kinds-seg", role="group",
                      **{"aria-label": text(language, "ledger.filter.kind")}),
            html.Label(
                [
                    icon("search"),
                    html.Span(text(language, "ledger.search"), className="visually-hidden"),
                    html.Textarea(placeholder=text(language, "ledger.search"), rows=1, id="ledger-search"),
                ],
                className="lg-search",
            ),
        ],
        className="lg-bar",
    )  # fmt: skip


def _tap(name: str, number: int, language: str) -> html.Button:
    return html.Button(
        f"{text(language, f'ledger.filter.{name}')} {count(number)}",
        type="button",
        **{"data-show-kind": name, "aria-pressed": str(name == "all").lower()},
    )


def _choice(name: str, options: Sequence[tuple[str, str]], language: str) -> html.Select:
    every = text(language, f"ledger.filter.every_{name}", count=count(len(options)))
    return html.Select(
        [html.Option(every, value=""), *(html.Option(said, value=value) for value, said in options)],
        className="lg-select",
        **{"data-show": name, "aria-label": text(language, f"ledger.filter.{name}")},
    )


# -- the table


def _table(desk: OpenDesk, language: str) -> html.Table:
    heads = ("kind", "barcode", "way", "custody", "age", "persons", "cause", "owner", "do")
    right = ("age", "persons", "do")
    head = html.Thead(
        html.Tr(
            [
                html.Th(
                    text(language, f"ledger.column.{name}") if name != "do"
                    else html.Span(text(language, "ledger.column.do"), className="visually-hidden"),
                    scope="col",
                    className=f"c-{name}" + (" r" if name in right else ""),
                )
                for name in heads
            ]
        )
    )  # fmt: skip
    body: list[Component] = []
    drawn = 0
    for name, kinds in GROUPS:
        own = desk.findings.of(*kinds)
        if not own:
            continue
        title = text(language, f"ledger.group.{name}", count=count(len(own)))
        note = html.Span(text(language, f"ledger.group_note.{name}"), className="mut")
        body.append(
            html.Tr(html.Th([title, " ", note], colSpan=9, scope="colgroup"), className="grp", key=f"group-{name}",
                    **{"data-group": name})
        )  # fmt: skip
        for finding in own:
            if drawn == DRAWN:
                break
            body += _rows(finding, desk, language, more=drawn >= SHOWN, group=name)
            drawn += 1
    if not drawn:
        none = [icon("ok", "ok"), " ", text(language, "ledger.none_open")]
        body.append(html.Tr(html.Td(none, colSpan=9, className="lg-none"), key="none"))
    return html.Table([head, html.Tbody(body)], className="tb lg-table")


def _rows(finding: TubeFinding, desk: OpenDesk, language: str, *, more: bool, group: str) -> list[Component]:
    name = text(language, f"ledger.kind.{finding.kind}")
    severity = "crit" if finding.severity is Severity.CRIT else "warn"
    labs = " ".join(sorted({lab.code for lab in (finding.lab, finding.at_lab) if lab is not None}))
    row = html.Tr(
        [
            html.Td(html.Span([icon(severity), name], className=f"lg-flag {severity}"), className="c-kind"),
            html.Td(_barcodes(finding, desk, language), className="c-barcode"),
            html.Td(_way(finding, desk, language), className="c-way two"),
            html.Td(_hands(finding, language), className="c-custody g", title=custody(finding, language)),
            html.Td(age(finding, language), className=f"c-age r {_colour(finding)}".strip()),
            html.Td(_persons(finding, language), className="c-persons r b"),
            html.Td(_cause(finding, language), className="c-cause g"),
            html.Td(_owner(finding, language), className="c-owner two"),
            html.Td(_buttons(finding, language), className="c-do r"),
        ],
        key=finding.id,
        className="lg-row lg-more" if more else "lg-row",
        **{
            "data-finding": finding.id,
            "data-kind": finding.kind.value,
            "data-group": group,
            "data-turns": str(finding.state.turns),
            "data-cause": finding.state.cause.value if finding.state.cause else "",
            "data-town": finding.town.code if finding.town else "",
            "data-labs": labs,
            "data-owner": finding.owner_place,
            "data-tubes": str(abs(finding.tubes)),
            "data-persons": count(finding.persons) if finding.persons is not None else UNKNOWN,
            "data-parties": " ".join(finding.parties),
            "data-search": _searched(finding),
        },
    )
    slot = html.Tr(html.Td(colSpan=9, className="lg-slot"), key=f"slot-{finding.id}", className="lg-slot-row")
    return [row, slot]


def _searched(finding: TubeFinding) -> str:
    """What a search for a barcode or a box looks at."""
    return " ".join((finding.box, *finding.barcodes[:100])).lower()


def _barcodes(finding: TubeFinding, desk: OpenDesk, language: str) -> Component:
    campaign = desk.findings.campaign
    pair = finding.pair
    if pair is None:
        said = what(finding, campaign, language)
        if finding.kind in COUNTED:
            return html.Span(said, className="bc", title=said)
        to = _tube_href(finding.barcodes[0], campaign.id, language)
        codes = ", ".join(spaced(code) for code in finding.barcodes[:20])
        return dcc.Link(said, href=to, className="bc plain", title=codes)
    lines = [
        html.Span(
            [
                html.Span(text(language, f"ledger.side.{side}"), className="mut"),
                " ",
                dcc.Link(marked(code, part), href=_tube_href(code, campaign.id, language), className="plain"),
            ]
        )
        for side, code, part in (
            ("site", pair.lost.barcode, pair.lost_part),
            ("lab", pair.found.barcode, pair.found_part),
        )
    ]
    return html.Span(lines, className="bc lg-pair", title=slip_words(pair, language))


def _tube_href(code: str, campaign: str, language: str) -> str:
    return href("tube", campaign=campaign, place=None, language=language, barcode=code)


def _way(finding: TubeFinding, desk: OpenDesk, language: str) -> list[Component]:
    campaign = desk.findings.campaign.id
    site = finding.site
    first: Component
    if site is not None:
        first = dcc.Link(site.label(language), href=place_href(site.code, True, campaign=campaign, language=language),
                         className="b plain")  # fmt: skip
    else:
        first = html.B(text(language, "ledger.no_site"))
    box = [" ", html.Span(text(language, "ledger.box", box=finding.box), className="mut")] if finding.box else []
    if finding.kind in COUNTED:
        town = finding.town.label(language) if finding.town else ""
        return [html.Div([first], className="ell"), html.Div(town, className="mut ell")]
    name = f"→ {lab_name(finding.lab or finding.at_lab, language)}"
    short = len(finding.box) <= SHORT_BOX
    second = name if short or not finding.box else f"{finding.box} {name}"
    return [
        html.Div([first, *(box if short else [])], className="ell", title=site.label(language) if site else ""),
        html.Div(second, className="mut ell", title=second),
    ]


def _hands(finding: TubeFinding, language: str) -> html.Div:
    """The chain of custody; where there is no room for all of it, the last hand stays."""
    *before, last = (hand(one, finding, language) for one in finding.hands)
    said = "".join(f"{one} → " for one in before)
    return html.Div([html.Span(said, className="ell"), html.B(last)], className="lg-chain")


def _persons(finding: TubeFinding, language: str) -> list[Component | str]:
    """The number; where the column's head is not shown, with its word."""
    word = html.Span(text(language, "ledger.column.persons"), className="lg-unit")
    return [word, count(finding.persons) if finding.persons is not None else UNKNOWN]


def _colour(finding: TubeFinding) -> str:
    return "" if finding.age_severity is Severity.OK else f"{finding.age_severity} b"


def _cause(finding: TubeFinding, language: str) -> list[Component]:
    """The cause to choose; for who may not, the cause that was chosen."""
    pair, chosen = finding.pair, finding.state.cause
    suggested = SUGGESTED[pair.slip] if pair is not None else None
    options = [] if pair is not None else [html.Option(text(language, "ledger.choose"), value="")]
    for cause in CAUSES[finding.kind]:
        said = text(language, f"ledger.cause.{cause}")
        if pair is not None and cause is suggested:
            said = text(language, "ledger.cause_slip", cause=said, slip=slip_words(pair, language))
        options.append(html.Option(said, value=cause.value))
    shown = chosen or suggested
    word = text(language, f"ledger.cause.{shown}") if shown else UNKNOWN
    return [
        html.Span(
            html.Select(
                options,
                className="lg-select",
                **{
                    "data-set-cause": "",
                    "data-value": shown.value if shown else "",
                    "aria-label": text(language, "ledger.cause_of", what=next(iter(finding.barcodes), "")),
                },
            ),
            **NEEDS,
        ),
        html.Span(word, className="lg-word"),
    ]  # fmt: skip


def _owner(finding: TubeFinding, language: str) -> list[Component]:
    name, where = owner(finding, language)
    return [
        html.Div(name, className="ell", title=name),
        html.Div(where, className="mut ell", title=where),
    ]


def _buttons(finding: TubeFinding, language: str) -> html.Span:
    if finding.pair is not None:
        buttons = [
            html.Button(text(language, "ledger.deny"), type="button", className="btn s", **{"data-step": "denied"}),
            html.Button(text(language, "ledger.confirm"), type="button", className="btn s pri",
                        **{"data-step": "confirmed"}),
        ]  # fmt: skip
    else:
        hint = text(language, "ledger.cause_first") if finding.state.cause is None else ""
        buttons = [
            html.Button(text(language, "ledger.assign"), type="button", className="btn s",
                        **{"data-form": "assigned"}),
            html.Button(text(language, "ledger.close"), type="button", className="btn s",
                        disabled=finding.state.cause is None, title=hint or None, **{"data-form": "closed"}),
        ]  # fmt: skip
    return html.Span(buttons, className="lg-do", **NEEDS)


# -- the foot


def _foot(desk: OpenDesk, language: str) -> html.Div:
    found, over = desk.findings, desk.handover
    signed = over.count(Standing.SIGNED)
    hidden = len(found.open) - SHOWN
    address = f"/export/{desk.findings.campaign.id}/{desk.findings.place.code}/ledger.xlsx?lang={language}"
    rest: list[Component] = []
    if hidden > 0:
        rest.append(
            html.Button([icon("down"), text(language, "ledger.expand", count=count(hidden))], type="button",
                        className="btn s plain-btn", **{"data-expand": "", "aria-expanded": "false"})
        )  # fmt: skip
    if len(found.open) > DRAWN:
        rest.append(
            html.Span(text(language, "ledger.in_file", count=count(len(found.open) - DRAWN)), className="mut")
        )
    signing = text(
        language,
        "ledger.signing",
        short=count(len(over.short)),
        signed=count(signed),
        sites=count(len(over.sign_offs)),
    )
    return html.Div(
        [
            *rest,
            html.Button(signing, type="button", className="btn s",
                        **{"data-handover": "", "aria-pressed": "false"}),
            html.Span(className="sp"),
            html.Span(text(language, "ledger.rule"), className="mut ell", title=text(language, "ledger.rule")),
            html.Span(
                html.A([icon("export"), text(language, "ledger.export")], href=address, className="btn s",
                       download=""),
                **{"data-needs": Action.EXPORT},
            ),
            html.Button(text(language, "ledger.remind"), type="button", className="btn s",
                        **{"data-remind-owners": "", "aria-expanded": "false"}),
        ],
        className="lg-foot",
    )  # fmt: skip

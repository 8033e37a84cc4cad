"""One laboratory with everything on record of it, and the buttons by which a record is written or changed."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components.format import UNKNOWN, count
from components.icons import chip, icon
from components.panel import Part
from components.registry_words import (
    concern_word,
    day,
    half_word,
    level_word,
    mark_word,
    moment,
    no_mark,
    range_word,
    recognition,
    result_word,
    version_words,
    yes,
)
from domain.laboratories import Bound, Laboratory, Registry
from domain.permissions import Action
from domain.recognition import EXCEPTIONS, Mark
from domain.registry import BlackListing, Forms, Paper, Round, Subject
from domain.status import Severity
from locales import text

LATEST = 30
"""Versions of the history that are listed; the export has all of them."""


def detail(lab: Laboratory, rows: Registry, language: str) -> html.Section:
    """The laboratory's part of the page."""
    concerns = [
        html.Li([icon(c.severity), concern_word(c, rows.today, language)], className=c.severity.value)
        for c in lab.concerns
    ]
    head = html.Div(
        [
            html.H2(lab.label(language)),
            html.Span(lab.code, className="faint t12"),
            html.Ul(concerns, className="lab-concerns"),
        ],
        className="lab-head",
    )
    return html.Section(
        [
            head,
            html.Div(
                [
                    _papers(lab, rows, language),
                    _marks(lab, rows, language),
                    _towns(lab, rows, language),
                    _rounds(lab, language),
                    _controls(lab, language),
                    _history(lab, rows, language),
                ],
                className="lab-cards",
            ),
        ],
        id=f"lab-{lab.code}",
        key=lab.code,
        className="lab-detail",
        **{"data-lab": lab.code, "aria-label": lab.label(language)},
    )


def _card(
    name: str, language: str, body: Sequence[Part], buttons: Sequence[Component] = (), note: str = ""
) -> html.Div:
    title = text(language, f"registry.card.{name}")
    parts: list[Component] = [html.H3(title)]
    if note:
        parts.append(html.Span(note, className="t12 faint ell", title=note))
    return html.Div(
        [html.Div([*parts, html.Span(className="sp"), *buttons], className="lab-card-head"), *body],
        className=f"lab-card lab-card-{name}",
    )


def _form(subject: Subject, language: str, word: str, about: str = "", entry: str = "") -> html.Button:
    """Opens the form of one record; without an entry of a new one."""
    said = text(language, f"registry.do.{word}")
    shown: list[Part] = [icon("edit")] if word == "edit" else [icon("plus"), said]
    return html.Button(
        shown,
        type="button",
        className="btn s",
        title=said,
        **{
            "data-needs": Action.KEEP_LABS.value,
            "data-lab-form": subject.value,
            "data-entry": entry,
            "aria-label": " ".join(part for part in (said, about) if part),
        },
    )


# -- licence, filing, standing, black list


def _papers(lab: Laboratory, rows: Registry, language: str) -> html.Div:
    known = lab.facts

    def line(name: str, value: Sequence[Part] | str, button: Component | None = None) -> html.Div:
        label = text(language, f"registry.{name}")
        return html.Div([html.Dt(label), html.Dd(value), html.Dd(button)], className="lab-line")

    def paper(name: str, subject: Subject, held: Paper | None) -> html.Div:
        edit = _form(subject, language, "edit", text(language, f"registry.{name}"))
        if held is None:
            return line(name, text(language, "registry.not_on_record"), edit)
        parts: list[Part] = [html.B(held.number), html.Div(_until(held, rows, language), className="t12 mut")]
        if held.filed_on:
            parts.append(html.Div(text(language, "registry.filed_on", on=day(held.filed_on)), className="t12 faint"))
        return line(name, parts, edit)

    change = _form(Subject.STANDING, language, "edit", text(language, "registry.standing"))
    standing = [
        html.Span(level_word(known.level, language)),
        html.Div(
            text(
                language, "registry.standing_of", listed=yes(known.listed, language),
                capacity=count(lab.capacity_per_day), home=lab.home.label(language) if lab.home else UNKNOWN,
            ),
            className="t12 mut",
        ),
    ]  # fmt: skip
    return _card(
        "papers",
        language,
        [
            html.Dl(
                [
                    line("standing", standing, change),
                    paper("licence", Subject.LICENCE, known.licence),
                    paper("filing", Subject.FILING, known.filing),
                    line("black_list", _listings(lab, rows, language), _form(Subject.BLACK_LIST, language, "new")),
                ]
            )
        ],
    )


def _until(paper: Paper, rows: Registry, language: str) -> Part:
    if paper.until is None:
        return UNKNOWN
    days = (paper.until - rows.today).days
    key = "registry.expired" if days < 0 else "registry.until"
    said = text(language, key, on=day(paper.until), days=abs(days))
    if days < 0:
        return html.Span([icon("crit"), said], className="crit b")
    if days <= rows.campaign.limits.lab_expiry_days:
        return html.Span([icon("warn"), said], className="warn b")
    return said


def _listings(lab: Laboratory, rows: Registry, language: str) -> list[Part]:
    if not lab.facts.listings:
        return [html.Span(text(language, "registry.never_listed"), className="mut")]
    return [_listing(listing, rows, language, _entry(lab, Subject.BLACK_LIST, since=listing.since.isoformat()))
            for listing in lab.facts.listings]  # fmt: skip


def _listing(listing: BlackListing, rows: Registry, language: str, entry: str) -> html.Div:
    """A time on the black list, and its button: it is lifted by a change."""
    said = text(language, "registry.listed_since", since=day(listing.since), reason=listing.reason)
    edit = _form(Subject.BLACK_LIST, language, "edit", day(listing.since), entry)
    if listing.in_force(rows.today):
        return html.Div([html.Span([icon("crit"), said], className="crit b"), edit])
    lifted = text(language, "registry.lifted_on", on=day(listing.lifted_on))
    return html.Div([html.Div(said), html.Div([lifted, edit], className="t12 mut")])


def _entry(lab: Laboratory, subject: Subject, **identity: str) -> str:
    """The name of the record of `subject` with these fields."""
    return next(
        v.entry
        for v in lab.versions
        if v.current and v.subject is subject and all(v.content[name] == value for name, value in identity.items())
    )


# -- marks


def _marks(lab: Laboratory, rows: Registry, language: str) -> html.Div:
    items: list[Component] = [_mark(mark, language) for mark in lab.marks]
    if not items:
        items = [html.P(text(language, "registry.no_items"), className="mut")]
    limits = rows.campaign.limits
    rule = text(
        language, "registry.rule", first=rows.years[0], last=rows.years[-1], months=limits.lab_assessed_months
    ) if rows.years else ""  # fmt: skip
    return _card(
        "marks",
        language,
        [
            html.Ul(items, className="lab-marks"),
            html.P(recognition(lab.facts.level, language), className="t12 mut"),
            html.P(f"{rule}{text(language, 'registry.exceptions', last=EXCEPTIONS)}", className="t12 faint"),
        ],
    )


def _mark(mark: Mark, language: str) -> html.Li:
    if mark.given:
        assert mark.range is not None
        latest = text(language, "registry.latest", on=day(mark.latest.on), range=range_word(mark.range, language))
        return html.Li(
            [
                html.B(mark.item),
                chip(Severity.OK, mark_word(mark, language)),
                html.Span(latest, className="t12 faint"),
            ]
        )
    return html.Li([html.B(mark.item), html.Span([icon("warn"), no_mark(mark, language)], className="warn t12")])


# -- towns


def _towns(lab: Laboratory, rows: Registry, language: str) -> html.Div:
    now = rows.now
    groups = (
        ("coming", [b for b in lab.bound if b.since > now]),
        ("standing", list(lab.bound_at(now))),
        ("over", [b for b in lab.bound if b.until is not None and b.until <= now]),
    )
    lines: list[Component] = []
    for name, bound in groups:
        lines += [_bound(b, name, rows, language) for b in bound]
    if not lines:
        lines = [html.P(text(language, "registry.no_towns"), className="mut")]
    button = _form(Subject.BINDING, language, "bind")
    return _card("towns", language, [html.Ul(lines, className="lab-list")], [button])


def _bound(bound: Bound, name: str, rows: Registry, language: str) -> html.Li:
    zone = rows.campaign.zone
    since = moment(bound.since, zone)
    said = text(language, "registry.bound_open", since=since)
    if bound.until is not None:
        said = text(language, "registry.bound", since=since, until=moment(bound.until, zone))
    colour = "faint" if name == "over" else "mut"
    return html.Li(
        [
            html.B(bound.town.label(language), className="faint" if name == "over" else ""),
            html.Span(text(language, f"registry.bound_state.{name}"), className="chip out"),
            html.Span(said, className=f"t12 {colour}"),
        ]
    )


# -- assessment, control, forms


def _rounds(lab: Laboratory, language: str) -> html.Div:
    button = _form(Subject.ASSESSMENT, language, "new")
    if not lab.facts.rounds:
        none = html.P(text(language, "registry.no_rounds"), className="mut")
        return _card("rounds", language, [none], [button])
    names = ("on", "item", "organiser", "range", "result", "corrective", "do")
    heads = [
        html.Th(text(language, f"registry.round.{name}") if name != "do" else "", scope="col") for name in names[:-1]
    ]
    heads.append(html.Th(html.Span(text(language, "registry.do.edit"), className="visually-hidden"), scope="col"))
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_round(round_, language) for round_ in lab.facts.rounds])],
        className="tb rounds-table",
    )
    label = f"{lab.label(language)} {text(language, 'registry.card.rounds')}"
    scroll = html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": label})
    return _card("rounds", language, [scroll], [button], text(language, "registry.rounds_note"))


def _round(round_: Round, language: str) -> html.Tr:
    severity = Severity.OK if round_.good else Severity.CRIT if round_.failed else Severity.MISS
    corrective: list[Part] = []
    if round_.corrected_on:
        corrective = [f"{day(round_.corrected_on)} {round_.corrective}"]
    elif round_.failed:
        corrective = [html.Span([icon("warn"), text(language, "registry.not_corrected")], className="warn")]
    region = f"{range_word(round_.range, language)} {round_.region}".strip()
    edit = _form(Subject.ASSESSMENT, language, "edit", f"{round_.item} {day(round_.on)}", round_.entry)
    return html.Tr(
        [
            html.Td(day(round_.on), className="nw"),
            html.Td(round_.item, className="b"),
            html.Td(round_.organiser, className="mut"),
            html.Td(region, className="mut"),
            html.Td(chip(severity, result_word(round_, language))),
            html.Td(corrective or UNKNOWN, className="t12" if corrective else "faint"),
            html.Td(edit, className="r"),
        ]
    )


def _controls(lab: Laboratory, language: str) -> html.Div:
    controls: list[Component] = [
        html.Li(
            [
                html.Span(day(control.on), className="t12 mut nw"),
                html.B(control.item),
                chip(
                    Severity.OK if control.in_control else Severity.WARN,
                    text(language, "registry.in_control" if control.in_control else "registry.out_of_control"),
                ),
                _form(
                    Subject.CONTROL, language, "edit", f"{control.item} {day(control.on)}",
                    _entry(lab, Subject.CONTROL, item=control.item, on=control.on.isoformat()),
                ),
            ]
        )
        for control in lab.facts.controls
    ]  # fmt: skip
    forms: list[Component] = [
        html.Li(
            [
                html.Span(half_word(each.half, language), className="t12 mut nw"),
                html.Span(_forms_of(each, language)),
                _form(
                    Subject.FORMS, language, "edit", half_word(each.half, language),
                    _entry(lab, Subject.FORMS, half=each.half),
                ),
            ]
        )
        for each in lab.facts.forms
    ]  # fmt: skip
    none = html.Li(text(language, "registry.not_on_record"), className="mut")
    return _card(
        "controls",
        language,
        [
            html.Div(
                [html.H4(text(language, "registry.controls")), _form(Subject.CONTROL, language, "new_control")],
                className="lab-sub",
            ),
            html.Ul(controls or [none], className="lab-list"),
            html.Div(
                [html.H4(text(language, "registry.forms")), _form(Subject.FORMS, language, "new_forms")],
                className="lab-sub",
            ),
            html.Ul(forms or [none], className="lab-list"),
        ],
    )


def _forms_of(forms: Forms, language: str) -> str:
    return text(language, "registry.forms_of", compliant=count(forms.compliant), checked=count(forms.checked))


# -- history


def _history(lab: Laboratory, rows: Registry, language: str) -> html.Div:
    zone = rows.campaign.zone
    lines: list[Component] = []
    for version in lab.versions[:LATEST]:
        notes = [version.note] if version.note else []
        if version.copied_from:
            notes.append(text(language, "registry.copied_from", campaign=version.copied_from))
        said = version_words(version, rows.places, zone, language)
        lines.append(
            html.Li(
                [
                    html.Span(moment(version.at, zone), className="t12 mut nw"),
                    html.Span(said, className="" if version.current and not version.withdrawn else "faint"),
                    html.Span(version.by, className="t12 faint"),
                    html.Span(" ".join(notes), className="t12 faint") if notes else None,
                ]
            )
        )
    if not lines:
        lines = [html.Li(text(language, "registry.no_history"), className="mut")]
    note = text(language, "registry.history_note", count=count(len(lab.versions)))
    listed = html.Ul(
        lines, className="lab-history", tabIndex="0", **{"aria-label": text(language, "registry.card.history")}
    )
    return _card("history", language, [listed], note=note)

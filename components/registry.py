"""The page of laboratories (实验室名录): a line for each with its state and rates, those that need somebody first;
below it everything on record of the one that is chosen. `registry.js` chooses, asks for it and opens the forms."""

from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.format import UNKNOWN, count
from components.icons import chip, icon
from components.links import href
from components.panel import Part
from components.registry_lab import detail
from components.registry_words import concern_word, day, level_word, mark_word, no_mark, rate_words
from domain.laboratories import Laboratory, Rate, Registry
from domain.permissions import Action
from domain.registry import Paper
from domain.status import RANK, Severity
from locales import text

COLUMNS = ("state", "name", "level", "licence", "filing", "capacity", "towns", "marks")
FIGURES = ("capacity",)
MARKS = 3
"""Marks of a laboratory in its line; the others are behind it."""


def registry_list(rows: Registry, language: str) -> Component:
    """Every laboratory in a line."""
    title = text(language, "registry.title")
    head = panel.head(title, _note(rows, language), [*_counts(rows, language), *_ways_out(rows, language)])
    if not rows.labs:
        empty = states.message("file", "", text(language, "registry.none"), text(language, "registry.none_next"))
        return html.Div([head, empty], className="fill")
    heads = [
        html.Th(
            text(language, f"registry.column.{name}"), scope="col", className="r" if name in FIGURES else f"c-{name}"
        )
        for name in COLUMNS
    ]
    heads += [
        html.Th(
            [
                text(language, f"registry.rate.{rate.quality}"),
                html.Small(_target(rate, language), className="faint"),
            ],
            scope="col",
            className="r c-rate",
            title=text(language, f"registry.rate_of.{rate.quality}"),
        )
        for rate in rows.rates
    ]
    total = html.Tr(
        [
            html.Th(text(language, "registry.all"), colSpan=len(COLUMNS), scope="row"),
            *(_rate(rate, language) for rate in rows.rates),
        ],
        className="lab-total",
    )
    table = html.Table(
        [
            html.Thead(html.Tr(heads)),
            html.Tbody([*(_line(lab, rows, language) for lab in rows.labs), total]),
        ],
        className="tb labs-table",
    )
    scroll = html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title})
    return html.Div([head, scroll], className="fill")


def registry_details(rows: Registry, language: str) -> Component:
    """Where everything on record of one laboratory stands; `registry.js` asks for the one that is chosen, at first
    the topmost. All of them in every picture would be a hundred times the rest of it."""
    return html.Div(className="fill lab-details")


def registry_detail(rows: Registry, language: str) -> Component:
    """The same with the laboratory of `rows` in it."""
    return html.Div([detail(lab, rows, language) for lab in rows.labs], className="fill lab-details")


def _note(rows: Registry, language: str) -> str:
    said = [text(language, "registry.note", first=rows.years[0], last=rows.years[-1])] if rows.years else []
    if rows.campaign.demo:
        said.append(text(language, "registry.fictional"))
    return text(language, "format.dot").join(said)


def _counts(rows: Registry, language: str) -> list[Part]:
    """How many laboratories are in each state."""
    found: dict[Severity, int] = {}
    for lab in rows.labs:
        found[lab.severity] = found.get(lab.severity, 0) + 1
    return [
        chip(severity, f"{text(language, f'registry.state.{severity}')} {found[severity]}")
        for severity in sorted(found, key=RANK.__getitem__)
    ]


def _ways_out(rows: Registry, language: str) -> list[Component]:
    address = f"/export/{quote(rows.campaign.id)}/{quote(rows.place.code, safe='')}/labs.xlsx?lang={language}"
    to_import = href("import", campaign=rows.campaign.id, place=None, language=language)
    return [
        html.Span(
            html.A([icon("export"), text(language, "registry.export")], href=address, className="btn", download=""),
            **{"data-needs": Action.EXPORT.value},
        ),
        html.Span(
            dcc.Link([icon("file"), text(language, "registry.import")], href=to_import, className="btn"),
            **{"data-needs": Action.IMPORT.value},
        ),
    ]


def _target(rate: Rate, language: str) -> str:
    return text(
        language, "registry.target_all" if rate.target == 1 else "registry.target", target=f"{rate.target:.0%}"
    )


def _line(lab: Laboratory, rows: Registry, language: str) -> html.Tr:
    said = [concern_word(concern, rows.today, language) for concern in lab.concerns]
    towns = text(language, "format.list").join(b.town.label(language) for b in lab.bound_at(rows.now))
    choose = html.Button(
        lab.label(language),
        type="button",
        className="lab-choose",
        **{"data-lab-choose": lab.code, "aria-expanded": "false", "aria-controls": f"lab-{lab.code}"},
    )

    def cell(column: str, content: Part | list[Part], extra: str = "") -> html.Td:
        # On a phone there is no head above it: the cell says what it is.
        label = {"data-label": text(language, f"registry.column.{column}")}
        return html.Td(content, className=f"c-{column} {extra}".strip(), **label)

    return html.Tr(
        [
            html.Td(
                [
                    chip(lab.severity, text(language, f"registry.state.{lab.severity}")),
                    html.Div(said[0], className="t12 why") if said else None,
                    html.Div(text(language, "registry.more", count=len(said) - 1), className="t12 faint")
                    if len(said) > 1
                    else None,
                ],
                className="c-state",
                title="\n".join(said),
            ),
            html.Td([choose, html.Div(lab.code, className="t12 faint")], className="c-name"),
            cell("level", level_word(lab.facts.level, language)),
            cell("licence", _paper(lab.facts.licence)),
            cell("filing", _paper(lab.facts.filing)),
            cell("capacity", count(lab.capacity_per_day), "r"),
            cell("towns", towns or UNKNOWN),
            cell("marks", _marks(lab, language)),
            *(_rate(rate, language) for rate in lab.rates),
        ],
        **{"data-lab-line": lab.code},
    )


def _paper(paper: Paper | None) -> list[Part]:
    if paper is None:
        return [html.Span(UNKNOWN, className="faint")]
    return [day(paper.until), html.Div(paper.number, className="t12 faint")]


def _marks(lab: Laboratory, language: str) -> list[Part]:
    """The items that carry a mark, and how many do not; why not stands in the detail and behind the number."""
    if not lab.marks:
        return [html.Span(UNKNOWN, className="faint")]
    given = [mark for mark in lab.marks if mark.given]
    parts: list[Part] = [
        html.Div([html.B(mark_word(mark, language)), " ", html.Span(mark.item, className="mut")], className="lab-hr")
        for mark in given[:MARKS]
    ]
    if len(given) > MARKS:
        parts.append(html.Div(text(language, "registry.more", count=len(given) - MARKS), className="t12 faint"))
    without = [mark for mark in lab.marks if not mark.given]
    if without:
        why = "\n".join(f"{mark.item} {no_mark(mark, language)}" for mark in without)
        parts.append(
            html.Div(text(language, "registry.without", count=len(without)), className="t12 warn", title=why)
        )
    return parts


def _rate(rate: Rate, language: str) -> html.Td:
    """A rate against its target: the shape says the state, not the colour alone."""
    share, of = rate_words(rate, language)
    marked: list[Part] = [share]
    if rate.severity is Severity.WARN:
        missed = text(language, "registry.below")
        marked = [icon("warn"), share, html.Span(missed, className="visually-hidden")]
    return html.Td(
        [
            html.Div(marked, className=f"rate {rate.severity or 'faint'}"),
            html.Div(of, className="t12 faint"),
        ],
        className="r c-rate",
        **{"data-label": text(language, f"registry.rate.{rate.quality}")},
    )

"""The planning standards of a campaign with their sources, switched here, and the sites that break one in force.

Everything about a standard stands in its line; `standards.js` sends what is chosen there. The choice is offered to
who keeps the standards, everybody else reads what is in force.
"""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel, states
from components.format import UNKNOWN, count, percent, rate
from components.icons import chip, icon
from components.kinds import kind_name
from components.links import href
from components.names import short_name
from components.panel import Part
from domain.permissions import Action
from domain.standards import Breach, Checked, Choice, Standard, StandardsPicture
from domain.status import Severity
from locales import text

MOST = 400
"""Breaches that are listed; how many more there are is said."""


def standards_panel(rows: StandardsPicture, language: str) -> Component:
    """Every standard: what is in force, what its sources say, how many sites would break it."""
    title = text(language, "standards.title")
    note = text(language, "standards.note", in_force=rows.in_force, all=len(rows.checked))
    heads = [
        html.Th(text(language, f"standards.column.{name}"), scope="col", className="r" if name == "broken" else "")
        for name in ("standard", "in_force", "source", "broken", "change")
    ]
    heads[-1] = html.Th(text(language, "standards.column.change"), scope="col", **_needs())
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_standard(one, rows, language) for one in rows.checked])],
        className="tb std-table",
    )
    said = html.P(className="std-said t12", role="status", **{"data-standards-said": ""})
    return html.Div(
        [
            panel.head(title, note),
            html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title}),
            html.P(text(language, "standards.hint"), className="std-hint t12 faint"),
            said,
        ],
        key=f"standards-{rows.place.code}-{language}",
        className="fill",
        **{
            "data-standards": rows.campaign.id,
            "data-offline": text(language, "standards.offline"),
            "data-done": text(language, "standards.done"),
        },
    )


def _needs() -> dict[str, str]:
    return {"data-needs": Action.KEEP_STANDARDS.value}


def _standard(one: Checked, rows: StandardsPicture, language: str) -> html.Tr:
    key = one.standard.key
    name = text(language, f"standards.name.{key}")
    on = one.limit > 0
    broken: list[Part] = [count(one.broken)] if on else [html.Span(UNKNOWN, className="faint")]
    if on and one.broken:
        broken.insert(0, icon("warn"))
    if one.unknown:
        broken.append(
            html.Div(text(language, "standards.unmeasured", count=count(one.unknown)), className="faint t12")
        )
    return html.Tr(
        [
            html.Th([html.Span(name, className="b"), html.Div(_about(one.standard, language), className="faint t12")],
                    scope="row"),
            html.Td(
                chip(Severity.OK, _limit(one.standard, one.limit, language))
                if on
                else html.Span(text(language, "standards.off"), className="faint"),
                className="nw",
            ),
            html.Td([_says(one, choice, would, language) for choice, would in
                     zip(one.standard.choices, one.would_break, strict=True)], className="std-says"),
            html.Td(
                broken,
                className="r warn b" if on and one.broken else "r",
                **{"data-label": text(language, "standards.column.broken")},
            ),
            html.Td(_switch(one, name, language), **_needs()),
        ],
        className="" if on else "std-off",
        **{"data-standard-line": key.value},
    )  # fmt: skip


def _about(standard: Standard, language: str) -> str:
    return text(language, f"standards.about.{standard.key}")


def _limit(standard: Standard, limit: int, language: str) -> str:
    """`≤ 1,200`, `≥ 1`, `≤ 800 m`."""
    written = text(language, "coverage.metres", n=count(limit)) if standard.metres else count(limit)
    return f"{'≥' if standard.least else '≤'} {written}"


def _says(one: Checked, choice: Choice, would_break: int, language: str) -> html.Div:
    """What one source says, and how many sites that would be too much for."""
    stated = (
        text(language, "standards.range", low=count(choice.low), high=count(choice.high))
        if choice.low is not None or choice.high is not None
        else _limit(one.standard, choice.limit, language)
    )
    parts: list[Part] = [
        html.Span(stated),
        html.Span(text(language, "standards.source", source=choice.source), className="faint"),
    ]
    if one.measured and choice.limit != one.limit:
        parts.append(html.Span(text(language, "standards.would", count=count(would_break)), className="faint"))
    return html.Div(parts, className="t12")


def _switch(one: Checked, name: str, language: str) -> Component:
    stated = [choice.limit for choice in one.standard.choices]
    own = [one.limit] if one.limit and one.limit not in stated else []
    options = [
        html.Option(text(language, "standards.off"), value="0"),
        *(
            html.Option(
                text(
                    language,
                    "standards.choose",
                    limit=_limit(one.standard, choice.limit, language),
                    source=choice.source,
                ),
                value=str(choice.limit),
            )
            for choice in one.standard.choices
        ),
        *(html.Option(_limit(one.standard, limit, language), value=str(limit)) for limit in own),
    ]
    return html.Select(
        options,
        className="std-switch",
        **{
            "data-standard": one.standard.key.value,
            "data-limit": str(one.limit),
            "aria-label": text(language, "standards.switch", standard=name),
        },
    )


def breaches_panel(rows: StandardsPicture, language: str) -> Component:
    """The sites that break a standard in force, the worst first."""
    title = text(language, "breaches.title")
    note = text(language, "breaches.note", breaches=count(len(rows.breaches)), sites=count(rows.sites))
    head = panel.head(title, note)
    if not rows.in_force:
        said = states.message("file", "", text(language, "breaches.none_in_force"))
        return html.Div([head, said], className="fill")
    if not rows.breaches:
        unknown = sum(one.unknown for one in rows.checked if one.limit)
        notes = [text(language, "breaches.unknown", count=count(unknown))] if unknown else []
        said = states.message("ok", "ok", text(language, "breaches.none"), *notes)
        return html.Div([head, said], className="fill")
    heads = [
        html.Th(
            text(language, f"breaches.column.{name}"),
            scope="col",
            className="" if name in ("site", "standard") else "r",
        )
        for name in ("site", "standard", "value", "limit", "over", "target", "lanes", "nearby")
    ]
    body = [_breach(breach, rows, language) for breach in rows.breaches[:MOST]]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="tb std-breaches")
    parts: list[Component] = [
        head,
        html.Div(table, className="scroll", tabIndex="0", role="group", **{"aria-label": title}),
    ]
    if len(rows.breaches) > MOST:
        more = text(language, "breaches.more", count=count(len(rows.breaches) - MOST))
        parts.append(html.P(more, className="std-hint t12 faint"))
    return html.Div(parts, className="fill")


def _breach(breach: Breach, rows: StandardsPicture, language: str) -> html.Tr:
    site = breach.site
    to = href("site", campaign=rows.campaign.id, place=site.place.code, language=language)
    beside = [short_name(site.town, language)] if site.town is not None else []
    if site.kind:
        beside.append(kind_name(site.kind, language))
    # A value that would round to its limit is written out, or nobody would see that it is beyond it.
    number = count(breach.value) if round(breach.value) != breach.limit else rate(breach.value, 1)
    written = text(language, "coverage.metres", n=number) if breach.standard.metres else number
    cells = [
        ("value", written, "r b warn"),
        ("limit", _limit(breach.standard, breach.limit, language), "r mut"),
        ("over", percent(breach.over), "r"),
        ("target", count(site.target), "r mut"),
        ("lanes", count(site.lanes), "r mut"),
        ("nearby", count(site.nearby), "r mut"),
    ]
    return html.Tr(
        [
            html.Th(
                [
                    dcc.Link(site.place.label(language), href=to, className="b"),
                    html.Span(" ".join(beside), className="faint t12"),
                ],
                scope="row",
                className="std-site",
            ),
            html.Td(text(language, f"standards.name.{breach.standard.key}")),
            *(
                html.Td(said, className=extra, **{"data-label": text(language, f"breaches.column.{name}")})
                for name, said, extra in cells
            ),
        ]
    )

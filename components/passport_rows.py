"""The lists of a passport: what is missing by name, who changed what, down to the reports."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components.figure import Of, figure
from components.format import UNKNOWN, clock, count, percent, period, signed, when
from components.icons import icon
from components.links import href, place_href
from components.names import short_name
from domain.duty import State
from domain.overview import PlaceRef
from domain.passport import Below, Change, Figure, Line, Missing, Passport
from domain.places import Level
from locales import text

NAMED = 12
"""Missing sites that are named; the sites page has all."""

FIRST = 4
"""Changes that stand open; the others unfold."""

MOST = 60
"""Places or reports at the end; beyond, the rest is one line."""

STATE_ICON = {State.MISSING: "miss", State.RETURNED: "ret"}


def section(title: str, note: str, parts: Sequence[Component], link: Component | None = None) -> html.Section:
    """A part of the passport with its heading, a note beside it and a link at its right end."""
    head: list[Component] = [html.Span(title, className="pp-title")]
    if note:
        head.append(html.Span(note))
    if link is not None:
        head += [html.Span(className="sp"), link]
    return html.Section([html.H3(head), *parts], className="pp-section")


# -- what is missing


def missing(rows: Passport, language: str) -> html.Section:
    """Sites whose report is not in the figure, by name, each with what it may add."""
    title = text(language, "passport.missing")
    if rows.missing_period is None:
        return section(title, text(language, "passport.missing_not_due"), [])
    name = period(rows.campaign.end_of(rows.missing_period), rows.campaign, language)
    if not rows.missing:
        alone = rows.place.level is Level.SITE and rows.hour is None
        said = text(language, "passport.missing_none_site" if alone else "passport.missing_none", period=name)
        done = html.Div([icon("ok"), said], className="ok t12 pp-ok")
        return section(title, "", [done])
    owed = sum(each.state is State.MISSING for each in rows.missing)
    returned = len(rows.missing) - owed
    alone = rows.place.level is Level.SITE
    if alone:
        notes = [text(language, "passport.missing_hours", count=len(rows.missing))]
    else:
        notes = [text(language, "passport.missing_note", count=owed, period=name)] if owed else []
        notes += [text(language, "passport.returned_note", count=returned)] if returned else []
    columns = [("period" if alone else "site", ""), ("state", "")]
    columns += [] if alone else [("town", "")]
    columns += [("so_far", "r"), ("estimate", "r")] if rows.figure is not Figure.REPORTED else []
    heads = [(text(language, f"passport.column_{key}"), css) for key, css in columns]
    shown = rows.missing[:NAMED]
    body = [_missing(each, rows, alone, language) for each in shown]
    parts: list[Component] = [_table(heads, body, title)]
    if len(rows.missing) > NAMED:
        to = href("sites", campaign=rows.campaign.id, place=rows.place.code, language=language)
        more = text(language, "passport.more", count=len(rows.missing) - NAMED)
        parts.append(dcc.Link(more, href=to, className="pp-link t12"))
    return section(title, text(language, "format.dot").join(notes), parts)


def _missing(each: Missing, rows: Passport, alone: bool, language: str) -> html.Tr:
    name = period(rows.campaign.end_of(each.period), rows.campaign, language)
    cells: list[Component] = [
        html.Td(name if alone else _site(each.site, rows, language), className="b"),
        html.Td(
            [icon(STATE_ICON[each.state]), text(language, f"duty.state.{each.state}")],
            className="miss nw" if each.state is State.MISSING else "mut nw",
        ),
    ]
    if not alone:
        cells.append(html.Td(short_name(each.parent, language) if each.parent else UNKNOWN, className="mut"))
    if rows.figure is not Figure.REPORTED:
        cells += [html.Td(count(each.so_far), className="r"), html.Td(_guess(each, language), className="r faint nw")]
    return html.Tr(cells)


def _guess(each: Missing, language: str) -> str:
    """What the hour may add; of a returned one, what it says."""
    if each.state is State.RETURNED:
        return text(language, "passport.standing", count=count(each.standing))
    return text(language, "passport.about", count=count(each.estimate)) if each.estimate is not None else UNKNOWN


# -- who changed what


def changes(rows: Passport, language: str) -> html.Section | None:
    """Every version that replaced another, newest first; the differences add up from the first total to this one."""
    if rows.figure is Figure.REPORTED:
        return None
    title = text(language, "passport.changes")
    if not rows.changes:
        return section(title, text(language, "passport.changes_none"), [])
    note = text(
        language,
        "passport.changes_note",
        first=count(rows.first_total),
        now=count(rows.counted),
        count=len(rows.changes),
        delta=signed(sum(change.delta for change in rows.changes)),
    )
    shown, rest = rows.changes[:FIRST], rows.changes[FIRST:]
    parts: list[Component] = [html.Ul([_change(each, rows, language) for each in shown], className="pp-changes")]
    if rest:
        delta = signed(sum(change.delta for change in rest))
        parts.append(
            html.Details(
                [
                    html.Summary(text(language, "passport.changes_all", count=len(rest), delta=delta)),
                    html.Ul([_change(each, rows, language) for each in rest], className="pp-changes"),
                ],
                className="pp-more t12",
            )
        )
    return section(title, note, parts)


def _change(each: Change, rows: Passport, language: str) -> html.Li:
    hands = [text(language, "passport.changed_by", who=each.by)] if each.by else []
    verified = text(language, "passport.checked_by", who=each.verified_by)
    hands.append(verified if each.verified_by else text(language, "passport.unchecked"))
    name = period(rows.campaign.end_of(each.period), rows.campaign, language)
    versions = text(language, "passport.versions", old=each.version - 1, new=each.version)
    to = place_href(each.site.code, True, campaign=rows.campaign.id, language=language)
    return html.Li(
        [
            html.Span(when(each.at, rows.campaign, language), className="faint t12 nw"),
            html.Span(_site(each.site, rows, language), className="b pp-who"),
            html.Span(
                [
                    html.Span(each.reason or text(language, "passport.no_reason"), className="t12"),
                    html.Span(
                        [name, " ", html.Del(count(each.old)), " → ", html.Ins(count(each.new)),
                         text(language, "format.dot"), text(language, "format.dot").join(hands)],
                        className="t12 mut",
                    ),
                ],
                className="pp-what",
            ),
            html.Span(signed(each.delta), className="r b"),
            dcc.Link(versions, href=to, className="pp-link r t12"),
        ]
    )  # fmt: skip


# -- down to the reports


def reports(rows: Passport, language: str) -> html.Section:
    """The places below with their parts of the figure, each with a passport of its own; of a site, its reports."""
    title = text(language, "passport.reports")
    if rows.place.level is Level.SITE:
        to = place_href(rows.place.code, True, campaign=rows.campaign.id, language=language)
        link = dcc.Link(text(language, "passport.all_versions"), href=to, className="pp-link t12")
        note = text(language, "passport.reports_note_site", reports=count(len(rows.lines)))
        lines = [_line(each, rows, language) for each in rows.lines[:MOST]]
        return section(title, note, [html.Div(lines, className="pp-below")], link)
    to = href("sites", campaign=rows.campaign.id, place=rows.place.code, language=language)
    link = dcc.Link(text(language, "passport.all_reports"), href=to, className="pp-link t12")
    note = text(
        language,
        "passport.reports_note_below",
        children=count(len(rows.below)),
        sites=count(rows.sites),
        reports=count(rows.reports),
    )
    ranked = sorted(rows.below, key=lambda each: (-(each.amount or 0), each.place.code))
    shown, rest = ranked[:MOST], ranked[MOST:]
    lines = [_below(each, rows, language) for each in shown]
    if rest:
        whole = sum(each.amount or 0 for each in rest)
        lines.append(
            html.Div(
                [html.Span(text(language, "passport.rest", count=len(rest))), html.Span(count(whole), className="r")],
                className="pp-row mut",
            )
        )
    return section(title, note, [html.Div(lines, className="pp-below")], link)


def _below(each: Below, rows: Passport, language: str) -> html.Div:
    hour = rows.campaign.start_of(rows.hour) if rows.hour is not None else None
    share = percent(each.verified / each.amount) if each.amount else UNKNOWN
    amount = count(each.amount)
    if each.of is not None:
        amount = f"{amount}/{count(each.of)}"
    size = text(language, "passport.sites_reports", sites=count(each.sites), reports=count(each.reports))
    if each.place.level is Level.SITE:
        size = text(language, "passport.reports_note_site", reports=count(each.reports))
    name = each.place.label(language)
    return html.Div(
        [
            figure(name, Of(rows.figure, each.place.code, hour), language, "pp-to b ell"),
            html.Span(amount, className="r"),
            html.Span(text(language, "passport.share_verified", share=share), className="r mut t12"),
            html.Span(size, className="r mut t12"),
        ],
        className="pp-row",
    )


def _line(each: Line, rows: Passport, language: str) -> html.Div:
    campaign = rows.campaign
    name = period(campaign.end_of(each.last), campaign, language)
    if each.last > each.first:
        name = f"{period(campaign.end_of(each.first), campaign, language)}–{name}"
    status = text(language, f"status.{each.status}")
    return html.Div(
        [
            html.Span(name, className="b"),
            html.Span(count(each.amount), className="r"),
            html.Span(
                text(language, "passport.one_report", version=each.version, status=status), className="r mut t12"
            ),
            html.Span(clock(each.recorded_at, campaign.zone), className="r mut t12"),
        ],
        className="pp-row",
    )


def _site(site: PlaceRef, rows: Passport, language: str) -> dcc.Link:
    to = place_href(site.code, site.level is Level.SITE, campaign=rows.campaign.id, language=language)
    return dcc.Link(site.label(language), href=to, className="pp-link")


def _table(heads: Sequence[tuple[str, str]], body: Sequence[html.Tr], label: str) -> html.Table:
    head = html.Tr([html.Th(name, scope="col", className=css or None) for name, css in heads])
    return html.Table([html.Thead(head), html.Tbody(list(body))], className="pp-table t12", **{"aria-label": label})

"""The bars of every page: the top bar with its pages, the second level of 管理, and the tab bar of a phone."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from components.context import PageContext, named
from components.format import day
from components.icons import icon
from components.links import BY_LAB, LISTS_HOUR, href
from components.second_level import level_of
from domain.permissions import Role
from locales import text

NAV = ("overview", "duty", "town", "sites", "tubes", "map", "problems", "findings", "bulletin")
"""The pages in the top bar; a reader sees the links to those he may open."""

NAV_OF_A_LAB = ("lab", "tube")
"""A laboratory's: the others show places, and it has none."""

ADMINISTRATION = ("users", "sources", "import", "audit", "screens")
"""The pages behind 管理, the second level."""

ON_THE_PHONE = ("overview", "town", "sites", "findings")
"""Pages in a phone's tab bar; the others are behind its last tab."""

OWN_MENU = (*ADMINISTRATION, "remote")
"""The pages in the menu of the person signed in."""

WHOLE_CAMPAIGN = (*OWN_MENU, "bulletin")
"""Pages that belong to the campaign, not to a place in it."""

LANGUAGE_NAMES = {"zh": "中", "en": "EN"}


def administration(context: PageContext, slug: str) -> html.Nav:
    """The pages of 管理, as far as the reader may open them."""
    language = context.language
    links = [
        dcc.Link(
            text(language, f"nav.{name}"),
            href=href(name, campaign=context.campaign_id, place=None, language=language),
            className="on" if name == slug else "",
        )
        for name in ADMINISTRATION
        if context.may_see(name)
    ]
    label = text(language, "nav.administration")
    return html.Nav(html.Div(links, className="seg"), **{"aria-label": label})


def lab_of(context: PageContext, slug: str) -> str:
    """The laboratory the page is narrowed to, where it can be."""
    return context.lab if slug in BY_LAB else ""


def top_bar(context: PageContext, slug: str) -> html.Header:
    """Brand and campaign, the pages the reader may open, language, theme, and who is signed in."""
    language = context.language

    def other(spoken: str) -> str:
        return href(
            slug,
            campaign=context.campaign_id,
            place=context.place_code,
            language=spoken,
            hour=_looking(context),
            lab=lab_of(context, slug),
        )

    return html.Header(
        [
            _brand(context, slug),
            html.Nav(
                html.Ul(list(_links(context, slug).values())),
                className="nav",
                **{"aria-label": text(language, "nav.label")},
            ),
            html.Div([_languages(language, other), _themes(language), _person(context)], className="tools"),
        ],
        className="top",
    )


def _person(context: PageContext) -> html.Details:
    """Who is signed in, and the way out. Opens without any script; `send.js` signs out."""
    language, caller = context.language, context.caller
    role = text(language, f"role.{caller.role}")
    items: list[Component] = [
        html.Li(
            [html.B(caller.shown), html.Span(f"{role} {caller.place}".strip(), className="mut")], className="who"
        ),
        *(
            html.Li(dcc.Link(text(language, f"nav.{name}"), href=address_of(context, name)), className="admin-link")
            for name in OWN_MENU
            if context.may_see(name)
        ),
        html.Li(html.A(text(language, "nav.password"), href="/password")),
        html.Li(html.Button(text(language, "nav.sign_out"), type="button", **{"data-sign-out": ""})),
    ]
    summary = html.Summary([html.Span(caller.shown, className="name"), icon("down")])
    return html.Details([summary, html.Ul(items, className="menu")], className="chooser person")


def address_of(context: PageContext, page_: str, here: str = "") -> str:
    """The page at the place and hour looked at, where it is about one. `here` is the page shown: who has chosen
    whose reports to list has not asked to look back."""
    place, hour = (None, None) if page_ in WHOLE_CAMPAIGN else (context.place_code, _looking(context))
    if here in LISTS_HOUR and page_ not in LISTS_HOUR:
        hour = None
    return href(page_, campaign=context.campaign_id, place=place, language=context.language, hour=hour)


def _brand(context: PageContext, slug: str) -> html.Div:
    language = context.language
    since = day(context.starts_at, _zone(context), language)
    parts: list[Component] = [
        icon("brand"),
        html.Div(
            [
                html.Span(context.campaign_label(), className="name", title=context.campaign_label())
                if len(context.campaigns) < 2
                else _chooser(context, slug),
                html.Span(since, className="mut date"),
            ],
            className="names",
        ),
    ]
    if context.demo:
        parts.append(html.Span(text(language, "nav.demo"), className="demo"))
    return html.Div(parts, className="brand")


def _chooser(context: PageContext, slug: str) -> html.Details:
    """The other campaigns, as a list that opens without any script."""
    language = context.language
    page_ = slug if slug in NAV else "overview"
    name = context.campaign_label()
    items = [
        html.Li(
            dcc.Link(named(zh, en, language), href=href(page_, campaign=id_, place=None, language=language)),
            **({"aria-current": "true"} if id_ == context.campaign_id else {}),
        )
        for id_, zh, en in context.campaigns
    ]
    return html.Details(
        [
            html.Summary([html.Span(name, className="name", title=name), icon("down")]),
            html.Ul(items, className="menu"),
        ],
        className="chooser",
    )


def _zone(context: PageContext) -> ZoneInfo:
    return ZoneInfo(context.zone)


def _looking(context: PageContext) -> datetime | None:
    """The start of the period looked back at."""
    return datetime.fromisoformat(context.hour) if context.hour else None


def _links(context: PageContext, slug: str) -> dict[str, html.Li]:
    """The pages the reader may open. The number of critical findings is filled in by `live.js` from the as-of bar."""
    below_tubes = context.may_see("tubes")
    top = level_of(slug)
    active = "sites" if slug == "site" else top if top is not None and context.may_see(top) else slug
    # Who has no page of all tubes may still look for one.
    names = NAV_OF_A_LAB if context.caller.role is Role.LAB else NAV if below_tubes else (*NAV, "tube")
    links = {
        name: _link(context, name, address_of(context, name, slug), name == active)
        for name in names
        if context.may_see(name)
    }
    first = next((name for name in ADMINISTRATION if context.may_see(name)), None)
    if first is not None:
        links["administration"] = _link(context, "administration", address_of(context, first), slug in ADMINISTRATION)
    return links


def _link(context: PageContext, name: str, to: str, active: bool) -> html.Li:
    parts: list[Component | str] = [text(context.language, f"nav.{name}")]
    if name == "findings":
        parts.append(html.Span(**{"data-crit-count": ""}, className="crit-count"))
    return html.Li(
        dcc.Link(parts, href=to),
        className=" ".join(["on"] * active + [f"to-{name}"]),
        **({"aria-current": "page"} if active else {}),
    )


def tab_bar(context: PageContext, slug: str) -> html.Nav:
    """A phone's tab bar: the pages most asked for, the others behind the last tab."""
    links = _links(context, slug)
    shown = list(links.values())
    if len(links) > len(ON_THE_PHONE) + 1:
        behind = [link for name, link in links.items() if name not in ON_THE_PHONE]
        more = html.Details(
            [html.Summary(text(context.language, "nav.more")), html.Ul(behind, className="menu")],
        )
        active = any("on" in str(link.className).split() for link in behind)
        shown = [links[name] for name in ON_THE_PHONE if name in links]
        shown.append(html.Li(more, className="more on" if active else "more"))
    return html.Nav(html.Ul(shown), className="tabs", **{"aria-label": text(context.language, "nav.label")})


def _languages(spoken: str, address: Callable[[str], str]) -> html.Span:
    """The same page in every language. A full load: the document's language and every text change."""
    links = [
        html.A(
            name,
            href=address(language),
            lang="zh-CN" if language == "zh" else "en",
            className="on" if language == spoken else "",
            **({"aria-current": "true"} if language == spoken else {}),
        )
        for language, name in LANGUAGE_NAMES.items()
    ]
    return html.Span(links, className="seg", role="group", **{"aria-label": text(spoken, "nav.language")})


def _themes(language: str) -> html.Span:
    """`theme.js` marks the one in use."""
    buttons = [
        html.Button(
            icon(shape),
            type="button",
            title=text(language, f"nav.theme_{theme}"),
            **{"data-set-theme": theme, "aria-label": text(language, f"nav.theme_{theme}")},
        )
        for theme, shape in (("light", "sun"), ("dark", "moon"))
    ]
    return html.Span(buttons, className="seg", role="group", **{"aria-label": text(language, "nav.theme")})


def bare_bar(language: str) -> html.Header:
    """The top bar while there is no campaign: nothing to go to yet."""
    brand = html.Div([icon("brand"), html.Span(text(language, "start.product"), className="name")], className="brand")
    tools = html.Div([_languages(language, lambda other: f"?lang={other}"), _themes(language)], className="tools")
    return html.Header([brand, tools], className="top top-bare")

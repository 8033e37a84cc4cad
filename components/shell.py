"""The frame of every page: top bar, as-of bar, the empty panels that `live.js` fills, the tab bar of a phone."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from components import ids, states
from components.context import PageContext, named
from components.drawing import Drawing
from components.format import day
from components.icons import icon
from components.links import href
from locales import DEFAULT, LANGUAGES, text

NAV = ("overview", "sites", "findings", "import")
STAMP = "stamp"
"""The view that stands above the panels, not among them."""

LANGUAGE_NAMES = {"zh": "中", "en": "EN"}


class ViewLike(Protocol):
    """What the frame needs to know of a view."""

    @property
    def slug(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def located(self) -> bool: ...


class PageLike(Protocol):
    """What the frame needs to know of a page."""

    @property
    def slug(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def views(self) -> Sequence[ViewLike]: ...


def page(which: PageLike, context: PageContext | None, language: str | None = None) -> Component:
    """The page as it stands before its first picture: every panel a skeleton of its final size.

    `language` is what to speak while there is no campaign whose context would say.
    """
    if context is None:
        return _without_campaign(which, language if language in LANGUAGES else DEFAULT)
    spoken = context.language
    if not context.place_code:
        return _without_places(which, context)
    panels = [
        html.Section(
            html.Div(
                Drawing(ids.drawing(view.slug), states.skeleton(text(spoken, view.title), spoken)),
                id=ids.panel(view.slug),
                className="fill",
            ),
            className=f"panel at-{view.slug}",
            **{"aria-label": text(spoken, view.title)},
        )
        for view in which.views
        if view.slug != STAMP and (context.located or not view.located)
    ]
    live = html.Div(
        id=ids.LIVE,
        hidden=True,
        **{
            "data-campaign": context.campaign_id,
            "data-view": which.slug,
            "data-place": context.place_code,
            "data-language": spoken,
            "data-epoch": context.epoch,
            "data-hour": context.hour,
            "data-title": f"{text(spoken, which.title)} · {context.campaign_label()}",
        },
    )
    return frame(context, which.slug, text(spoken, which.title), panels, [live, _strips(spoken)])


def _without_places(which: PageLike, context: PageContext) -> Component:
    """The page of a campaign nobody has given places yet. `live.js` loads it anew when the first ones are there."""
    spoken = context.language
    live = html.Div(
        id=ids.LIVE,
        hidden=True,
        **{
            "data-campaign": context.campaign_id,
            "data-view": which.slug,
            "data-place": "",
            "data-language": spoken,
            "data-epoch": context.epoch,
            "data-title": f"{text(spoken, which.title)} · {context.campaign_label()}",
        },
    )
    to = href("import", campaign=context.campaign_id, place=None, language=spoken)
    empty = html.Section(states.no_places(context.campaign_id, to, spoken), className="panel")
    return frame(context, which.slug, text(spoken, which.title), [empty], [live, _strips(spoken)], "main-empty")


def frame(
    context: PageContext,
    slug: str,
    title: str,
    content: Sequence[Component],
    above: Sequence[Component] = (),
    extra: str = "",
) -> html.Div:
    """The top bar, `content` as the page's main part, and the tab bar. A page with `live` panels passes what
    drives them as `above`; other pages have no as-of bar."""
    language = context.language
    header = []
    if above:
        stamp = html.Div(Drawing(ids.drawing(STAMP), []), id=ids.panel(STAMP), className="stamp-place")
        label = text(language, "stamp.title")
        header.append(html.Section([stamp, *above], className="above", **{"aria-label": label}))
    return html.Div(
        [
            html.A(text(language, "nav.skip"), href=f"#{ids.MAIN}", className="skip"),
            _top(context, slug),
            *header,
            html.Main(
                [html.H1(title, className="visually-hidden"), *content],
                id=ids.MAIN,
                className=f"main {extra or f'main-{slug}'}{' with-map' if context.located else ''}",
                tabIndex="-1",
            ),
            _tabs(context, slug),
        ],
        className=f"app app-{slug}",
    )


def _strips(language: str) -> html.Div:
    """What says that the picture is not the newest; the scripts show and hide them."""
    return html.Div(
        [
            html.Div(
                [
                    icon("off"),
                    html.Span(
                        [
                            text(language, "live.offline"),
                            " ",
                            html.B(**{"data-stopped-at": ""}),
                            text(language, "live.offline_for"),
                            " ",
                            html.B("0", **{"data-offline-minutes": ""}),
                            " ",
                            text(language, "live.minutes"),
                        ]
                    ),
                ],
                id=ids.OFFLINE,
                className="strip strip-ink",
                role="status",
            ),
            html.Div(
                [
                    icon("crit"),
                    html.Span(text(language, "live.error")),
                    html.Button(text(language, "state.retry"), type="button", className="btn", **{"data-retry": ""}),
                ],
                id=ids.ERROR,
                className="strip strip-crit",
                role="alert",
            ),
        ],
        className="strips",
    )


def _top(context: PageContext, slug: str) -> html.Header:
    language = context.language

    def other(spoken: str) -> str:
        return href(
            slug, campaign=context.campaign_id, place=context.place_code, language=spoken, hour=_looking(context)
        )

    return html.Header(
        [
            _brand(context, slug),
            html.Nav(_links(context, slug), className="nav", **{"aria-label": text(language, "nav.label")}),
            html.Div([_languages(language, other), _themes(language)], className="tools"),
        ],
        className="top",
    )


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


def _links(context: PageContext, slug: str) -> html.Ul:
    """The pages. The number of critical findings is filled in by `live.js` from the as-of bar."""
    items = []
    for name in NAV:
        # The list of findings and the table keep place and hour; the import belongs to the whole campaign.
        place, hour = (context.place_code, _looking(context)) if name != "import" else (None, None)
        parts: list[Component | str] = [text(context.language, f"nav.{name}")]
        if name == "findings":
            parts.append(html.Span(**{"data-crit-count": ""}, className="crit-count"))
        to = href(name, campaign=context.campaign_id, place=place, language=context.language, hour=hour)
        active = name == slug or (name == "sites" and slug == "site")
        items.append(
            html.Li(
                dcc.Link(parts, href=to),
                className="on" if active else "",
                **({"aria-current": "page"} if active else {}),
            )
        )
    return html.Ul(items)


def _tabs(context: PageContext, slug: str) -> html.Nav:
    return html.Nav(_links(context, slug), className="tabs", **{"aria-label": text(context.language, "nav.label")})


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


def _without_campaign(which: PageLike, language: str) -> html.Div:
    bar = html.Header(
        [
            html.Div(
                [icon("brand"), html.Span(text(language, "start.product"), className="name")], className="brand"
            ),
            html.Div([_languages(language, lambda other: f"?lang={other}"), _themes(language)], className="tools"),
        ],
        className="top top-bare",
    )
    return html.Div([bar, states.no_campaign(language)], className=f"app app-start app-{which.slug}")

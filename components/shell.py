"""The frame of every page: between its bars (`components.top_bar`) the as-of bar and the empty panels that `live.js`
fills."""

from collections.abc import Sequence
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from components import ids, states
from components.context import PageContext
from components.drawing import Drawing
from components.icons import icon
from components.links import href
from components.map_drawer import drawer as site_drawer
from components.passport import drawer
from components.second_level import level_of, tabs
from components.top_bar import ADMINISTRATION, address_of, administration, bare_bar, lab_of, tab_bar, top_bar
from domain.permissions import ALLOWED, Role
from locales import DEFAULT, LANGUAGES, text

SITES_ON_A_MAP = "map"
"""The page on which a site is chosen and shown in a drawer."""

STAMP = "stamp"
"""The view that stands above the panels, not among them."""


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


def page(
    which: PageLike, context: PageContext | None, language: str | None = None, forms: Sequence[Component] = ()
) -> Component:
    """The page as it stands before its first picture: every panel a skeleton of its final size.

    `language` is what to speak while there is no campaign whose context would say. `forms` are panels that
    are no pictures.
    """
    if context is None:
        return _without_campaign(which, language if language in LANGUAGES else DEFAULT)
    spoken = context.language
    if not context.may_see(which.slug):
        return frame(context, which.slug, text(spoken, which.title), [])
    if context.caller.role is Role.LAB:
        return frame(context, which.slug, text(spoken, which.title), [states.no_lab_page(spoken)], extra="main-empty")
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
            "data-lab": lab_of(context, which.slug),
            "data-may": _may(context),
            "data-me": str(context.caller.account_id or ""),
            "data-title": f"{text(spoken, which.title)} · {context.campaign_label()}",
        },
    )
    return frame(context, which.slug, text(spoken, which.title), [*panels, *forms], [live, _strips(spoken)])


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
            "data-may": _may(context),
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
    beside: Sequence[Component] = (),
) -> html.Div:
    """The top bar, `content` as the page's main part, and the tab bar. A page with `live` panels passes what
    drives them as `above`; other pages have no as-of bar. `beside` stands beside the second level of 管理."""
    language = context.language
    if not context.may_see(slug):
        content, above, extra = [states.forbidden(context.caller.role, language)], (), "main-empty"
    header = []
    if slug in ADMINISTRATION and context.may_see(slug):
        header.append(html.Div([administration(context, slug), *beside], className="second-level"))
    top = level_of(slug)
    if top is not None and context.may_see(slug) and context.may_see(top):
        level = tabs(context, slug, top, lambda name: address_of(context, name, slug))
        if above:
            above = [level, *above]
        else:
            header.append(html.Div(level, className="second-level"))
    if above:
        stamp = html.Div(Drawing(ids.drawing(STAMP), []), id=ids.panel(STAMP), className="stamp-place")
        label = text(language, "stamp.title")
        header.append(html.Section([stamp, *above], className="above", **{"aria-label": label}))
    return html.Div(
        [
            html.A(text(language, "nav.skip"), href=f"#{ids.MAIN}", className="skip"),
            top_bar(context, slug),
            *header,
            html.Main(
                [html.H1(title, className="visually-hidden"), *content],
                id=ids.MAIN,
                className=f"main {extra or f'main-{slug}'}{' with-map' if context.located else ''}"
                f"{' with-tubes' if context.tubes else ''}",
                tabIndex="-1",
            ),
            *([site_drawer(language)] if above and slug == SITES_ON_A_MAP else []),
            *([drawer(language)] if above else []),
            tab_bar(context, slug),
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


def _may(context: PageContext) -> str:
    """What the reader may do, for scripts and styles: what they offer, the server still decides."""
    return " ".join(sorted(ALLOWED[context.caller.role]))


def _without_campaign(which: PageLike, language: str) -> html.Div:
    return html.Div([bare_bar(language), states.no_campaign(language)], className=f"app app-start app-{which.slug}")

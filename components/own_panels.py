"""Panels that are drawn for the reader who looks, kept new by `own-panels.js`: with every version of the record, and
with every minute. A snapshot would be the same for everybody."""

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.context import PageContext
from components.format import when
from domain.campaign import Campaign
from locales import text


def root(context: PageContext, page: str, keys: str, **asked: str) -> html.Div:
    """Says where the panels of `page` come from. `keys` are the words of the page's address that are part of the
    question, `asked` what else is."""
    title = text(context.language, f"{page}.title")
    return html.Div(
        id="own-panels",
        hidden=True,
        **{
            "data-own": f"/panels/{context.campaign_id}/{page}",
            "data-campaign": context.campaign_id,
            "data-language": context.language,
            "data-keys": keys,
            "data-title": f"{title} · {context.campaign_label()}",
            **{f"data-ask-{name}": value for name, value in asked.items()},
        },
    )


def now(campaign: Campaign, at: datetime, language: str) -> list[Component]:
    """The moment the panels show: that of the question."""
    return [html.Span([text(language, "tube_life.as_of"), html.B(when(at, campaign, language))], className="t13 mut")]

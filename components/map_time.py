"""Looking back on the map: the hours of the day as one slider, playback, and the way back to now.

`assets/2-scripts/map-time.js` moves it. Every panel of the page then shows that hour, by the same look-back as
everywhere (`hour` in the address).
"""

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components.format import count, hour, period, period_day, spans_days, when
from components.icons import icon
from domain.map_layers import Clock
from domain.overview import Hour
from locales import text

LABELLED = 18
"""Hours that have room for their names; of more, every second or third is named."""

SPEEDS = (1, 2, 4)
"""How fast playback goes, in multiples of its usual pace."""


def map_time(rows: Clock, language: str) -> Component:
    """The slider of the day looked at. Its last stop is now, or the day's last hour that is over."""
    day = rows.day
    over = [h for h in day if rows.past(h)]
    words = {
        name: text(language, f"map_time.{name}")
        for name in ("play", "pause", "now", "speed", "previous_day", "next_day", "slider", "live")
    }
    step = -(-len(day) // LABELLED) or 1
    stops = [_stop(h, rows, index % step == 0, language) for index, h in enumerate(day)]
    parts: list[Component] = [
        html.Button(
            icon("play"), type="button", className="btn mh-button", disabled=not over,
            **{"data-map-play": "", "aria-label": words["play"], "data-play": words["play"],
               "data-pause": words["pause"], "title": words["play"]},
        ),
        html.Button(
            f"{SPEEDS[0]}×", type="button", className="btn mh-speed", disabled=not over, title=words["speed"],
            **{"data-map-speed": " ".join(map(str, SPEEDS)), "aria-label": f"{words['speed']} {SPEEDS[0]}×"},
        ),
    ]  # fmt: skip
    if spans_days(rows.campaign):
        parts.append(_day_button("left", rows.beside(-1), rows, words["previous_day"]))
    parts.append(
        html.Div(
            stops,
            className="mh-track",
            tabIndex="0",
            role="slider",
            **{
                "aria-label": words["slider"],
                "aria-valuemin": "0",
                "aria-valuemax": str(len(over)),
                "aria-valuenow": str(len(over)),
                "aria-valuetext": words["live"],
                "data-live": words["live"],
            },
        )
    )
    if spans_days(rows.campaign):
        parts.append(_day_button("right", rows.beside(1), rows, words["next_day"]))
    shown = period(rows.campaign.end_of(_index(rows)), rows.campaign, language) if rows.hour else words["live"]
    parts += [
        html.Output(shown, className="mh-shown b nw", **{"data-map-shown": ""}),
        html.Button(words["now"], type="button", className="btn mh-now", **{"data-map-now": ""}),
    ]
    note = period_day(day[0].end, rows.campaign, language) if spans_days(rows.campaign) and day else ""
    return html.Div(
        [*parts, html.Span(note, className="mh-day t12 mut nw")] if note else parts,
        className="map-time",
        role="group",
        **{
            "aria-label": text(language, "map_time.title"),
            "data-zone": rows.campaign.timezone,
            "data-hour-shown": _iso(rows.campaign.local(rows.hour)) if rows.hour else "",
        },
    )


def _index(rows: Clock) -> int:
    assert rows.hour is not None
    return rows.campaign.period_of(rows.hour)


def _iso(moment: datetime) -> str:
    return moment.isoformat()


def _stop(h: Hour, rows: Clock, named: bool, language: str) -> html.Span:
    """One hour of the slider: its name, and below it how many of the reports are in."""
    campaign = rows.campaign
    name = hour(h.end, campaign)
    over = rows.past(h)
    said = text(
        language,
        "map_time.stop",
        until=when(h.end, campaign, language),
        reported=count(h.tally.reported),
        expected=count(h.tally.expected),
    )
    share = min(1.0, h.tally.reported / h.tally.expected) if h.tally.expected else 1.0
    at = {"data-hour": _iso(campaign.local(h.start)), "data-name": period(h.end, campaign, language)} if over else {}
    return html.Span(
        [
            html.Span(name if named else "", className="mh-name"),
            html.I(html.I(style={"width": f"{share:.0%}"}) if over else None, className="mh-bar"),
        ],
        className="mh-stop" if over else "mh-stop mh-future",
        title=said if over else None,
        **{"aria-hidden": "true", "data-said": said} if over else {"aria-hidden": "true"},
        **at,
    )


def _day_button(shape: str, h: Hour | None, rows: Clock, label: str) -> html.Button:
    at = _iso(rows.campaign.local(h.start)) if h is not None else ""
    return html.Button(
        icon(shape), type="button", className="btn mh-button", disabled=h is None,
        **{"aria-label": label, "title": label, "data-map-day": at},
    )  # fmt: skip

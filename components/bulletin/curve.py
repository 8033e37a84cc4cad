"""The cumulative curve of the sheet, as SVG drawn by the page itself: it prints on any paper, in any size, sharply.

Colours are the style sheet's (`.sheet .curve`), paper's own in both themes.
"""

from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from dash import html

from components.bulletin import words
from components.format import count, hour, percent
from domain.bulletin import Frozen
from locales import text

WIDTH, HEIGHT = 666, 148
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 8, 22
TICKS = 9
"""Most labels on the axis of time."""

Point = tuple[float, float]


def part(name: str, *children: Any, **properties: Any) -> Any:
    """An SVG element. Dash has no part for it, but `drawing.js` makes an element of any name."""
    return {
        "namespace": "dash_html_components",
        "type": name,
        "props": {**properties, **({"children": list(children)} if children else {})},
    }


def curve(frozen: Frozen, language: str) -> html.Div:
    """Actual, plan and forecast with its band, shares where there is a target, else persons."""
    return html.Div(
        _Curve(frozen, language).drawn(), role="img", className="curve", **{"aria-label": sentence(frozen, language)}
    )


def sentence(frozen: Frozen, language: str) -> str:
    """What there is to see in the curve."""
    total = frozen.total
    facts = {"until": words.at(frozen, frozen.data_until, language), "persons": count(total.persons)}
    if total.completion is None or total.planned_share is None:
        return text(language, "bulletin.curve.sentence_persons", **facts)
    return text(language, "bulletin.curve.sentence", completion=percent(total.completion),
                plan=percent(total.planned_share), **facts)  # fmt: skip


class _Curve:
    def __init__(self, frozen: Frozen, language: str) -> None:
        self.frozen, self.language = frozen, language
        self.campaign = words.frozen_campaign(frozen)
        self.scale = frozen.total.target or 1
        self.actual = [0.0, *(p / self.scale for p in accumulate(line.persons for line in frozen.hours))]
        shares = [*self.actual, *frozen.plan, *(high / self.scale for *_, high in frozen.forecast)]
        self.top = max(1.0, *shares) if frozen.total.target else max(1.0, *shares) * 1.05

    def x(self, moment: datetime) -> float:
        span = (self.frozen.ends_at - self.frozen.starts_at).total_seconds()
        share = (moment - self.frozen.starts_at).total_seconds() / span
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM), 1)

    def at(self, periods: float) -> float:
        return self.x(min(self.frozen.starts_at + periods * self.campaign.interval, self.frozen.ends_at))

    def drawn(self) -> Any:
        return part(
            "Svg",
            *self.grid(),
            *self.forecast(),
            *self.plan(),
            *self.measured(),
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            focusable="false",
            **{"aria-hidden": "true"},
        )

    def grid(self) -> list[Any]:
        shares = bool(self.frozen.total.target)
        values = [0.0, 0.5, 1.0] if shares else [0.0, self.top / 2, self.top]
        found: list[Any] = []
        for value in values:
            y = self.y(value)
            found.append(part("Path", d=f"M{LEFT} {y}H{WIDTH - RIGHT}", className="grid"))
            label = percent(value, 0) if shares else count(value)
            found.append(part("Text", label, x=LEFT - 6, y=y + 4, textAnchor="end"))
        hours = (self.frozen.ends_at - self.frozen.starts_at) // timedelta(hours=1)
        step = next((s for s in (1, 2, 3, 4, 6, 12, 24, 48, 168) if hours / s <= TICKS), 336)
        for k in range(0, hours + 1, step):
            moment = self.frozen.starts_at + timedelta(hours=k)
            label = hour(moment, self.campaign)
            if k + step > hours:
                label = text(self.language, "format.hour", hour=label)
            found.append(part("Text", label, x=self.x(moment), y=HEIGHT - 4, textAnchor="middle"))
        return found

    def forecast(self) -> list[Any]:
        if not self.frozen.forecast:
            return []
        now: Point = (self.x(self.frozen.data_until), self.y(self.actual[-1]))
        points = [
            (self.at(k + 1), *(self.y(p / self.scale) for p in persons)) for k, *persons in self.frozen.forecast
        ]
        high = [now, *((x, top) for x, *_, top in points)]
        low = [now, *((x, bottom) for x, bottom, *_ in points)]
        middle = [now, *((x, y) for x, _, y, _ in points)]
        found = [
            part("Path", d=f"{_line([*high, *reversed(low)])}Z", className="band"),
            part("Path", d=_line(middle), className="forecast"),
        ]
        x, y = middle[min(len(middle) - 1, max(1, len(middle) // 2))]
        if x < WIDTH * 0.8:
            found.append(part("Text", text(self.language, "bulletin.curve.forecast"), x=x + 6, y=y + 18))
        return found

    def plan(self) -> list[Any]:
        if not self.frozen.plan:
            return []
        points = [(self.at(0), self.y(0.0)), *((self.at(k + 1), self.y(s)) for k, s in enumerate(self.frozen.plan))]
        x, y = points[len(points) * 5 // 8]
        label = part("Text", text(self.language, "bulletin.curve.plan"), x=x - 8, y=max(y - 5, 12), textAnchor="end",
                     className="quiet")  # fmt: skip
        return [part("Path", d=_line(points), className="plan"), label]

    def measured(self) -> list[Any]:
        points = [(self.at(k), self.y(value)) for k, value in enumerate(self.actual)]
        x, y = points[-1] = (self.x(self.frozen.data_until), points[-1][1])
        total = self.frozen.total
        if total.completion is not None:
            said = text(self.language, "bulletin.curve.actual", share=percent(total.completion))
        else:
            said = text(self.language, "bulletin.curve.actual_persons", persons=count(total.persons))
        late = x > WIDTH * 0.8
        label = part(
            "Text", said, x=x - 10 if late else x + 8, y=min(y + 16, HEIGHT - BOTTOM - 4),
            textAnchor="end" if late else "start",
        )  # fmt: skip
        return [
            part("Path", d=_line(points), className="actual"),
            part("Circle", cx=x, cy=y, r=4, className="now"),
            label,
        ]


def _line(points: list[Point]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)

"""The laboratories, now and planned: inflow against capacity, when each is cleared, how long tubes will wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components import panel
from components.format import UNKNOWN, clock, count, duration, percent
from components.icons import icon
from components.matching_words import interval_words, lab_name, letter, moment, span_of
from components.panel import Part
from data.matching_record import SavedPlan
from data.queries.support import Call
from domain.matching import LabOutcome, Trial, calls_support
from domain.matching_picture import MatchingPicture
from domain.status import Severity
from locales import text

FREE_SHARE = 0.22
"""Share of the axis that its own name takes."""

AXIS_LEAST = timedelta(hours=2)
"""Shortest time axis of the clear times."""


def laboratories(
    picture: MatchingPicture, trial: Trial, calls: Sequence[Call], against: SavedPlan | None, language: str
) -> html.Section:
    """One row a laboratory, its hours behind it; the bottleneck and who calls for support at the foot."""
    same = trial.before is trial.after
    first, last = _axis(trial, picture)
    most = max((max(b.inflow, a.inflow, _finite(a.rate)) for b, a in _pairs(trial)), default=1.0) * 1.08 or 1.0
    now = (
        text(language, "matching.now")
        if against is None
        else text(language, "matching.plan_named", name=letter(against.number))
    )
    key = html.Span(
        [
            html.Span([html.I(className="mt-ring"), now]),
            html.Span([html.I(className="mt-dot"), text(language, "matching.plan")]),
        ],
        className="key",
    )
    note = text(language, "matching.labs_note", window=span_of(trial.window, picture))
    called = {call.lab.id for call in calls}
    lines = [
        _lab(before, after, (first, last), most, picture, same, before.lab.id in called, language)
        for before, after in _pairs(trial)
    ]
    return html.Section(
        [
            panel.head(text(language, "matching.labs"), note, [key]),
            html.Div(
                [_lab_head(first, last, picture, language), *lines],
                className="mt-labs",
                tabIndex="0",
                role="group",
                **{"aria-label": text(language, "matching.labs")},
            ),
            _foot(picture, trial, calls, language),
        ],
        className="mt-panel mt-lab-panel",
    )


def _pairs(trial: Trial) -> list[tuple[LabOutcome, LabOutcome]]:
    return [(before, trial.after.of(before.lab)) for before in trial.before.labs]


def _finite(rate: float) -> float:
    return rate if rate != float("inf") else 0.0


def _axis(trial: Trial, picture: MatchingPicture) -> tuple[datetime, datetime]:
    """From the full hour before the first clear time to the one after the last."""
    ends = [lab.clear.p50 for outcome in (trial.before, trial.after) for lab in outcome.labs if lab.clear]
    low, high = min(ends, default=picture.now), max(ends, default=picture.now)
    local = picture.campaign.local(low)
    first = low - timedelta(minutes=local.minute + (30 if local.minute < 15 else 0), seconds=local.second)
    return first, max(high + max(timedelta(minutes=45), (high - first) * 0.4), first + AXIS_LEAST)


def _at(moment_: datetime, axis: tuple[datetime, datetime]) -> str:
    return f"{min(1.0, max(0.0, (moment_ - axis[0]) / (axis[1] - axis[0]))):.2%}"


def _lab_head(first: datetime, last: datetime, picture: MatchingPicture, language: str) -> html.Div:
    ticks: list[Component] = []
    hour = picture.campaign.local(first).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = max(1, round((last - first) / timedelta(hours=1)))
    step = timedelta(hours=max(1, -(-hours // 4)))
    while hour <= last:
        if (hour - first) / (last - first) > FREE_SHARE:
            ticks.append(html.Span(clock(hour, picture.campaign.zone), style={"left": _at(hour, (first, last))}))
        hour += step
    return html.Div(
        [
            html.Span(text(language, "matching.lab")),
            html.Span(text(language, "matching.inflow")),
            html.Span([html.B(text(language, "matching.clear")), *ticks], className="mt-axis"),
            html.Span(text(language, "matching.longest"), className="r"),
            html.Span(text(language, "matching.over"), className="r"),
        ],
        className="mt-lab mt-lab-head",
        **{"aria-hidden": "true"},
    )


def _lab(
    before: LabOutcome,
    after: LabOutcome,
    axis: tuple[datetime, datetime],
    most: float,
    picture: MatchingPicture,
    same: bool,
    called: bool,
    language: str,
) -> html.Details:
    name = lab_name(after.lab, language)
    limits = picture.campaign.limits
    marks: list[Part] = [html.B(name)]
    if called or calls_support(after.task_share, limits):
        said = text(language, "matching.task", share=percent(after.task_share, 0))
        marks.append(html.Span(said, className="warn t12", title=text(language, "matching.task_title")))
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(marks, className="mt-lab-name"),
                    _inflow(before, after, most, same, language),
                    _dumbbell(before, after, axis, picture, language),
                    _pair(
                        _wait(before, limits.test_minutes, language),
                        _wait(after, limits.test_minutes, language),
                        same,
                    ),
                    _pair(_tubes(before.over), _tubes(after.over, after=True), same or before.over == after.over),
                ],
                className="mt-lab",
            ),
            _hours(after, picture, language),
        ],
        key=after.lab.code,
        className="mt-row",
    )


def _inflow(before: LabOutcome, after: LabOutcome, most: float, same: bool, language: str) -> html.Span:
    crowded = before.inflow > before.rate
    bars: list[Component] = [
        html.I(
            style={"width": f"{before.inflow / most:.2%}"}, className="mt-hollow warn" if crowded else "mt-hollow"
        ),
        html.I(style={"width": f"{after.inflow / most:.2%}"}, className="mt-solid"),
    ]
    if _finite(after.rate):
        bars.append(html.U(style={"left": f"{after.rate / most:.2%}"}))
    moved = round(before.inflow) != round(after.inflow)
    numbers = [
        html.Span([icon("warn"), count(before.inflow)] if crowded else count(before.inflow),
                  className="warn b" if crowded else "mut"),
        html.Span(count(after.inflow), className="b" if moved else "mut"),
    ]  # fmt: skip
    capacity = count(after.rate) if _finite(after.rate) else UNKNOWN
    said = text(language, "matching.inflow_said", before=count(before.inflow), after=count(after.inflow),
                capacity=capacity)  # fmt: skip
    return html.Span(
        [
            html.Span(bars, className="mt-bars", role="img", **{"aria-label": said}),
            html.Span(numbers[1:] if same and not crowded else numbers[:1] if same else numbers, className="mt-two"),
        ],
        className="mt-flow",
        title=said,
    )


def _dumbbell(
    before: LabOutcome, after: LabOutcome, axis: tuple[datetime, datetime], picture: MatchingPicture, language: str
) -> html.Span:
    """When each is cleared: ring and dot, each labelled at its outer side, once where nothing moves."""
    if after.clear is None or before.clear is None:
        return html.Span(html.Span(UNKNOWN, className="faint"), className="mt-db")
    was, becomes = before.clear.p50, after.clear.p50
    moved = abs(was - becomes) >= timedelta(minutes=1)
    left, right = (becomes, was) if becomes <= was else (was, becomes)
    parts: list[Component] = []
    if moved:
        width = (right - left) / (axis[1] - axis[0])
        parts.append(html.B(style={"left": _at(left, axis), "width": f"{width:.2%}"}))
        parts.append(html.I(style={"left": _at(was, axis)}, className="mt-ring"))
    parts.append(html.I(style={"left": _at(becomes, axis)}, className="mt-dot"))
    ends = [(left, "mt-left"), (right, "mt-right")] if moved else [(becomes, _side(becomes, axis))]
    for at, side in ends:
        tone = "b" if at == becomes and moved else "mut"
        shown = moment(at, picture, language)
        parts.append(html.Span(shown, style={"left": _at(at, axis)}, className=f"{side} {tone}"))
    said = text(language, "matching.clear_said", before=moment(was, picture, language),
                after=moment(becomes, picture, language))  # fmt: skip
    return html.Span(parts, className="mt-db", role="img", **{"aria-label": said})


def _side(at: datetime, axis: tuple[datetime, datetime]) -> str:
    return "mt-left" if (at - axis[0]) / (axis[1] - axis[0]) > 0.4 else "mt-right"


def _wait(lab: LabOutcome, limit: int, language: str) -> html.Span:
    span = duration(timedelta(minutes=round(lab.longest / 5) * 5), language)
    if lab.longest > limit:
        return html.Span([icon("crit"), span], className="crit b")
    if lab.longest > 0.75 * limit:
        return html.Span([icon("warn"), span], className="warn b")
    return html.Span(span, className="mut")


def _tubes(tubes: int, after: bool = False) -> html.Span:
    return html.Span(count(tubes), className=("b" if after else "crit") if tubes else "faint")


def _pair(before: html.Span, after: html.Span, same: bool) -> html.Span:
    return html.Span([after] if same else [before, after], className="mt-two r")


def _hours(lab: LabOutcome, picture: MatchingPicture, language: str) -> html.Div:
    """The hours to come, and when each limit breaks by how many tubes."""
    cells = [
        html.Tr([html.Th(text(language, f"matching.hours.{name}"), scope="row"), *values])
        for name, values in (
            ("hour", [html.Th(clock(hour.start, picture.campaign.zone), scope="col") for hour in lab.hours]),
            ("arrived", [html.Td(count(hour.arrived)) for hour in lab.hours]),
            ("queue", [html.Td(count(hour.queue)) for hour in lab.hours]),
            ("idle", [html.Td(f"{hour.idle_hours:.1f}") for hour in lab.hours]),
        )
    ]
    own = picture.lab_of(lab.lab.id)
    work = f"{own.work_hours:.1f}" if own.work_hours is not None else UNKNOWN
    rate = count(lab.rate) if _finite(lab.rate) else UNKNOWN
    said = [
        text(language, "matching.work", hours=work),
        text(language, "matching.rate_measured" if own.measured else "matching.rate_stated", rate=rate),
    ]
    for name, broken in (("transit", lab.transit), ("test", lab.test), ("report", lab.report)):
        if broken.tubes and broken.at is not None:
            said.append(
                text(language, f"matching.break.{name}", at=moment(broken.at, picture, language),
                     tubes=count(broken.tubes))
            )  # fmt: skip
    return html.Div(
        [
            html.P(text(language, "format.dot").join(said), className="t12 mut"),
            html.Div(html.Table(cells, className="mt-hours"), className="mt-scroll", tabIndex="0", role="group",
                     **{"aria-label": text(language, "matching.hours.title", lab=lab_name(lab.lab, language))}),
        ],
        className="mt-more",
    )  # fmt: skip


def _foot(picture: MatchingPicture, trial: Trial, calls: Sequence[Call], language: str) -> html.Div:
    """The bottleneck in words, and the interval."""
    before, after = trial.before, trial.after
    parts: list[Part] = []
    if after.last is not None and after.clear is not None:
        here = f"{lab_name(after.last, language)} {moment(after.clear.p50, picture, language)}"
        if before.last is not None and before.clear is not None and before is not after:
            there = f"{lab_name(before.last, language)} {moment(before.clear.p50, picture, language)}"
            if there != here:
                parts = [text(language, "matching.bottleneck_moves", before=there), " ", html.B(here)]
        if not parts:
            parts = [text(language, "matching.bottleneck"), " ", html.B(here)]
    limit = percent(picture.campaign.limits.support_share, 0)
    for home in dict.fromkeys(call.home for call in calls):
        labs = [f"{lab_name(call.lab, language)} {percent(call.share, 0)}" for call in calls if call.home is home]
        said = text(language, "matching.support", labs=text(language, "format.list").join(labs), limit=limit,
                    level=text(language, f"matching.next_level.{home}"))  # fmt: skip
        parts.append(html.Span([icon("warn"), said], className=f"{Severity.WARN} mt-call"))
    right = interval_words(after, picture, language) if after.clear is not None else ""
    return html.Div(
        [
            html.Span(parts, className="mt-foot-said"),
            html.Span(className="sp"),
            html.Span(right, className="faint nw"),
        ],
        className="mt-foot t12 mut",
    )

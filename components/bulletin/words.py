"""The bulletin's sentences, written by rule from its frozen figures: other numbers, other sentences."""

from collections.abc import Sequence
from datetime import datetime

from components.format import clock, count, percent, period, signed, when
from components.names import short_name
from data.documents.content import Part
from domain.bulletin import SHARES, Correction, Frozen, Line, Name, Task, Todo
from domain.bulletin_rules import TODO_NAMES, behind
from domain.campaign import Campaign
from domain.overview import PlaceRef
from domain.places import Level
from locales import text, texts

STRONG = "**"
"""What stands between two of these in a text stands out."""


def frozen_campaign(frozen: Frozen) -> Campaign:
    """The campaign as it was when the hour was frozen, for whatever writes its times."""
    return Campaign(
        "", frozen.campaign, frozen.campaign_en, frozen.starts_at, frozen.ends_at, frozen.timezone,
        interval_minutes=frozen.interval_minutes, demo=frozen.demo,
    )  # fmt: skip


def at(frozen: Frozen, moment: datetime | None, language: str) -> str:
    return when(moment, frozen_campaign(frozen), language)


def hour_name(frozen: Frozen, language: str) -> str:
    """What the hour is called: `14时`."""
    return period(frozen.data_until, frozen_campaign(frozen), language)


def brief_name(place: Name, language: str) -> str:
    return short_name(PlaceRef(place.code, place.name, place.name_en, place.level), language)


def level_of_lines(frozen: Frozen, language: str) -> str:
    """What the places of the table are: towns, or districts of a city."""
    level = frozen.lines[0].place.level if frozen.lines else Level.TOWN
    return text(language, f"bulletin.level.{level}")


def whole(frozen: Frozen, language: str) -> str:
    level = frozen.total.place.level
    if level not in (Level.CITY, Level.DISTRICT):
        return frozen.total.place.label(language)
    return text(language, f"bulletin.whole.{level}")


def capital(said: str) -> str:
    """Words at the head of a line."""
    return said[:1].upper() + said[1:]


def _parts(language: str, key: str, **params: object) -> list[Part]:
    """The text `key` in pieces, split before it is filled, so that no name can make itself stand out."""
    pieces = texts(language)[key].split(STRONG)
    return [(i % 2 == 1, piece.format(**params)) for i, piece in enumerate(pieces) if piece]


def lead(frozen: Frozen, language: str) -> tuple[Part, ...]:
    """The lead paragraph: how far, how far from plan and because of whom, when done, and what the figures rest on."""
    total = frozen.total
    parts = _parts(
        language, "bulletin.lead.so_far", until=at(frozen, frozen.data_until, language),
        whole=whole(frozen, language), persons=count(total.persons),
    )  # fmt: skip
    if total.completion is not None:
        parts += _parts(language, "bulletin.lead.completion", completion=percent(total.completion))
    parts += _gap(frozen, language)
    finish = total.finish
    if finish is not None and (total.completion or 0) < 1:
        zone = frozen_campaign(frozen).zone
        parts += _parts(
            language, "bulletin.lead.finish", finish=at(frozen, finish.p50, language), low=clock(finish.p10, zone),
            high=clock(finish.p90, zone),
        )  # fmt: skip
    if total.verified is not None:
        parts += _parts(language, "bulletin.lead.verified", share=percent(total.verified))
    if total.catch_up_persons:
        parts += _parts(language, "bulletin.lead.catch_up", persons=count(total.catch_up_persons))
    parts += _reported(frozen, language)
    return tuple(_joined(parts))


def _joined(parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for strong, piece in parts:
        if found and found[-1][0] == strong:
            found[-1] = (strong, found[-1][1] + piece)
        else:
            found.append((strong, piece))
    return found


def _gap(frozen: Frozen, language: str) -> list[Part]:
    total = frozen.total
    if total.gap is None or total.planned_share is None:
        return _parts(language, "bulletin.lead.stop")
    plan = percent(total.planned_share)
    key = "less" if total.gap < 0 else "more" if total.gap > 0 else "even"
    parts = _parts(language, f"bulletin.lead.{key}", plan=plan, gap=count(abs(total.gap)))
    found, level = behind(frozen), level_of_lines(frozen, language)
    if not found.named:
        return parts + (_parts(language, "bulletin.lead.none_behind", level=level) if frozen.lines else [])
    names = [
        text(language, "bulletin.lead.named", place=brief_name(line.place, language), gap=signed(line.gap))
        for line in found.named
    ]
    places = text(language, "bulletin.lead.and").join(names)
    key = "behind" if total.gap < 0 else "some_behind"
    parts += _parts(language, f"bulletin.lead.{key}", places=places)
    if not found.others:
        return parts + _parts(language, "bulletin.lead.stop")
    rest = found.others_gap
    key = "under" if rest < 0 else "over" if rest > 0 else "even"
    who = "other" if len(found.others) == 1 else "others"
    return parts + _parts(
        language, f"bulletin.lead.{who}_{key}", count=len(found.others), level=level, gap=count(abs(rest)),
        place=brief_name(found.others[0].place, language),
    )  # fmt: skip


def _reported(frozen: Frozen, language: str) -> list[Part]:
    total = frozen.total
    if not total.expected:
        return []
    if not frozen.missing:
        key = "all_reported" if total.reported >= total.expected else ""
        return _parts(language, "bulletin.lead.all_reported", expected=count(total.expected)) if key else []
    names = named(frozen.missing, len(frozen.missing), language, "bulletin.lead.missing_more")
    return _parts(
        language, "bulletin.lead.missing", reported=count(total.reported), expected=count(total.expected), names=names
    )


def named(places: Sequence[Name], how_many: int, language: str, more: str = "bulletin.task.more") -> str:
    """Places by name; of many, the first few and how many there are."""
    names = text(language, "format.list").join(place.label(language) for place in places[:TODO_NAMES])
    return text(language, more, names=names, count=how_many) if how_many > TODO_NAMES else names


def brief(frozen: Frozen, number: str, language: str) -> str:
    """The short text to copy into a chat: one line, every number with its unit."""
    total = frozen.total
    said = [
        text(language, "bulletin.brief.head", place=total.place.label(language), number=number,
             until=at(frozen, frozen.data_until, language)),
        text(language, "bulletin.brief.persons", persons=count(total.persons)),
    ]  # fmt: skip
    if total.completion is not None:
        said.append(text(language, "bulletin.brief.completion", completion=percent(total.completion)))
    if total.gap is not None:
        key = "less" if total.gap < 0 else "more" if total.gap > 0 else "even"
        said.append(text(language, f"bulletin.brief.{key}", gap=count(abs(total.gap))))
    said.append(text(language, "bulletin.brief.hour", persons=count(total.hour_persons)))
    if total.tubes is not None:
        said.append(text(language, "bulletin.brief.tubes", tubes=count(total.tubes)))
    if total.finish is not None and (total.completion or 0) < 1:
        said.append(text(language, "bulletin.brief.finish", finish=at(frozen, total.finish.p50, language)))
    if total.verified is not None:
        said.append(text(language, "bulletin.brief.verified", share=percent(total.verified)))
    if total.expected:
        said.append(text(language, "bulletin.brief.reported", reported=count(total.reported),
                         expected=count(total.expected)))  # fmt: skip
    if frozen.missing:
        names = named(frozen.missing, len(frozen.missing), language)
        said.append(text(language, "bulletin.brief.missing", names=names))
    said.append(text(language, "bulletin.brief.stop"))
    return "".join(said)


def todo(what: Todo, frozen: Frozen, language: str) -> str:
    """One thing to do, as a sentence."""
    facts: dict[str, object] = {
        "places": named(what.places, what.count, language),
        "hour": hour_name(frozen, language),
        "by": at(frozen, what.by, language),
        "owner": what.owner.label(language) if what.owner else "",
        "gap": count(abs(what.gap or 0)),
        "finish": at(frozen, what.finish, language),
    }
    if what.kind is Task.REPORT:
        return text(language, "bulletin.task.report" if what.owner else "bulletin.task.report_any", **facts)
    if what.kind is Task.BEHIND:
        return text(language, "bulletin.task.behind_finish" if what.finish else "bulletin.task.behind", **facts)
    return text(language, f"bulletin.task.{what.kind}", **facts)


def cause(change: Correction, frozen: Frozen, language: str) -> str:
    """What a change of the record was, without the person's reason."""
    facts: dict[str, object] = {
        "before": count(change.before),
        "after": count(change.after),
        "count": count(change.after),
        "hour": period(change.hour_end, frozen_campaign(frozen), language) if change.hour_end else "",
    }
    kind = change.kind
    if kind == "correction" and (change.before is None or change.after is None):
        kind = "correction_unknown"
    return text(language, f"bulletin.cause.{kind}", **facts)


def effect(change: Correction, language: str) -> str:
    """What a change did to the totals: `+398 人 +34 管`."""
    said = [
        text(language, f"bulletin.cause.unit_{unit}", count=signed(number))
        for unit, number in (("persons", change.persons), ("tubes", change.tubes))
        if number
    ]
    return " ".join(said) or text(language, "bulletin.cause.none")


def figure_value(figure: str, value: float | None, *, delta: bool = False) -> str:
    """A compared figure as written: a share as a percentage, a gap with its sign."""
    if figure in SHARES:
        return signed(100 * value, 1) if delta and value is not None else percent(value)
    return signed(value) if delta or figure == "gap" else count(value)


def figure_name(figure: str, frozen: Frozen, language: str) -> str:
    return text(language, f"bulletin.figure.{figure}", hour=hour_name(frozen, language))


def line_mark(line: Line) -> str:
    """The sign of a place's state on paper, where there is no colour."""
    return {"crit": "◆", "warn": "▲"}.get(line.severity, "")


def correction_note(published: Frozen, live: Frozen, language: str) -> str:
    """What a replacement changes in one sentence, proposed as its reason."""
    said = []
    for figure in ("persons", "tubes", "target"):
        before, after = getattr(published.total, figure), getattr(live.total, figure)
        if before is not None and after is not None and before != after:
            name = text(language, f"bulletin.figure.{figure}")
            said.append(
                text(language, "bulletin.page.changed_from", figure=name, before=count(before), after=count(after),
                     delta=signed(after - before))
            )  # fmt: skip
    return text(language, "format.list").join(said)

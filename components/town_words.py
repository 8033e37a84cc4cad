"""What a row of the town page says in words: what is doubtful with its arithmetic, what changed and why, who entered
it for the site."""

from collections.abc import Iterator

from dash import html

from components.format import count, duration, period, rate, signed, when
from components.icons import icon, severity_name
from components.panel import Part
from domain.reports import Channel
from domain.town import Doubt, Group, Sent, SiteWork, TownPicture
from locales import has, text


def said(row: SiteWork, rows: TownPicture, language: str) -> list[Part]:
    """What is the matter, in words with the arithmetic; then what changed, why, and how the report came."""
    sent, campaign = row.sent, rows.seen.campaign
    parts: list[Part] = []
    if row.group is Group.RETURNED and row.decided is not None:
        parts.append(_returned(row, rows, language))
    for doubt in row.doubts:
        loud = row.group is Group.ATTENTION and doubt.severity is not None
        quiet = "mut" if row.group is not Group.VERIFIED else "faint"
        shape = str(doubt.severity) if doubt.severity else "late"
        word = severity_name(doubt.severity, language) if doubt.severity and loud else ""
        parts.append(
            html.Span(
                [icon(shape), *_word(word), html.Span(sentence(doubt, row, rows, language))],
                className=f"doubt {doubt.severity if loud else quiet}",
            )
        )
    if sent is not None:
        parts += [html.Span(said, className="mut") for said in _history(row, sent, language)]
    if not parts and row.group in (Group.CLEAN, Group.VERIFIED):
        parts.append(html.Span(text(language, "town.doubt.none"), className="faint"))
    if row.group is Group.VERIFIED and row.decided is not None:
        at = when(row.decided.at, campaign, language)
        said = [text(language, "town.act.verified_at", at=at), row.decided_by]
        parts.append(html.Span(text(language, "format.dot").join(filter(None, said)), className="faint"))
    return parts


def _word(word: str) -> list[Part]:
    return [html.Span(word, className="visually-hidden")] if word else []


def _returned(row: SiteWork, rows: TownPicture, language: str) -> html.Span:
    assert row.decided is not None
    decided = row.decided
    reason = text(language, f"reason.{decided.reason}") if has(f"reason.{decided.reason}") else decided.reason
    at = when(decided.at, rows.seen.campaign, language)
    said = [text(language, "town.doubt.returned", reason=reason, at=at), row.decided_by, decided.note]
    return html.Span(
        [icon("ret"), html.Span(text(language, "format.dot").join(filter(None, said)))], className="doubt mut"
    )


def _history(row: SiteWork, sent: Sent, language: str) -> Iterator[str]:
    """What this version changed, the person's reason, and who entered it for the site."""
    for change in sent.changes:
        if change.old is not None and change.new is not None:
            name = (
                text(language, f"site.column.{change.field}") if has(f"site.column.{change.field}") else change.field
            )
            yield text(language, "town.doubt.changed", name=name, by=signed(change.new - change.old))
    if sent.note:
        yield text(language, "town.doubt.why" if sent.version > 1 else "town.doubt.said", note=sent.note)
    if sent.channel is Channel.PHONE:
        yield text(language, "town.doubt.on_behalf", by=sent.by)
    elif sent.channel is Channel.PAPER:
        yield text(language, "town.doubt.paper", by=sent.by)


def sentence(doubt: Doubt, row: SiteWork, rows: TownPicture, language: str) -> list[Part] | str:
    """What one doubt says, with its numbers."""
    campaign, params = rows.seen.campaign, dict(doubt.params)
    label = period(rows.end, campaign, language)
    due = when(rows.due_at, campaign, language)
    key = doubt.kind
    if key == "missing":
        # The page itself counts the minutes on.
        return [
            text(language, "town.doubt.missing", label=label, at=due),
            " ",
            html.B(**{"data-minutes-since": rows.due_at.isoformat()}),
            " ",
            text(language, "town.doubt.missing_minutes"),
        ]
    if key == "late":
        return text(language, "town.doubt.late", late_by=duration(params["late_by"], language), due=due)  # type: ignore[arg-type]
    if key == "catch_up":
        first, last = int(str(params["first"])), int(str(params["last"]))
        names = [period(campaign.end_of(k), campaign, language) for k in (first, last)]
        return text(language, "town.doubt.catch_up", first=names[0], last=names[1], hours=last - first + 1)
    if key == "total_falls":
        falls, total = params["by"], params["total"]
        if total is None:
            key, params["persons"] = "total_falls_persons", row.sent.persons if row.sent else None
        elif not falls:
            key = "total_falls_tubes"
            params["tubes_by"] = _less(params["tubes_so_far"], params["tubes_total"])
    elif key == "total_differs":
        params["difference"] = _less(params["total"], params["persons"])
    elif key == "third_copies_differ":
        params["difference"] = _less(params["third_copies"], params["tubes"])
    elif key == "persons_over_tubes":
        params["most"] = int(str(params["tubes"])) * int(str(params["pool_size"]))
    elif key == "outlier":
        mean = float(str(params["mean"]))
        written = {"persons": count(int(str(params["persons"]))), "mean": count(mean)}
        times = rate(int(str(params["persons"])) / mean, 1) if mean else count(None)
        return text(language, "town.doubt.outlier", hours=campaign.limits.outlier_hours, times=times, **written)
    numbers = {
        name: signed(number) if name == "difference" else count(number)
        for name, number in params.items()
        if isinstance(number, int)
    }
    return text(language, f"town.doubt.{key}", **{**numbers, "label": label})


def _less(one: object, other: object) -> int:
    return int(str(one)) - int(str(other))

"""One line of the audit looked at closely: when it happened beside when we were told, what differs, what follows."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from components.audit_words import Words
from components.format import UNKNOWN, count, signed, when
from data.queries.audit import MOST_REPORTS, Told
from domain.audit import Line
from locales import text


@dataclass(frozen=True, slots=True)
class Opened:
    """One line looked at closely: the reports that came with it, its link in the chain with the one before, the
    bulletins that had been published when it came."""

    line: Line
    reports: Sequence[Told]
    link: tuple[str, str] | None
    issues: Sequence[str]


def short_hash(hash_: str) -> str:
    """Both ends of a hash, for eyes that compare two."""
    return f"{hash_[:4]}…{hash_[-4:]}" if hash_ else UNKNOWN


def detail(opened: Opened, words: Words) -> Component:
    line, language, campaign = opened.line, words.language, words.tree.campaign
    happened: list[Component | str] = []
    if opened.reports:
        first, last = min(r.starts_at for r in opened.reports), max(r.ends_at for r in opened.reports)
        happened = [f"{when(first, campaign, language)}–{when(last, campaign, language)}"]
    facts = [
        (text(language, "audit.happened"), happened or [UNKNOWN]),
        (text(language, "audit.received"), [campaign.local(line.recorded_at).isoformat(sep=" ", timespec="seconds")]),
        (text(language, "audit.column.position"), [words.position(line) or UNKNOWN]),
        (text(language, "audit.actor"), [line.actor.written]),
        (
            text(language, "audit.column.way"),
            [words.way(line), *([f" · {line.details['file']}"] if line.details.get("file") else [])],
        ),
    ]
    right = [
        (text(language, "audit.effect"), [_effect(opened, words)]),
        (text(language, "audit.hash"), [_link(opened, language)]),
    ]
    return html.Tr(
        html.Td(html.Div([_facts(facts), _fields(opened, words), _facts(right)], className="line-detail"), colSpan=9),
        className="on detail",
    )


def _facts(facts: Sequence[tuple[str, Sequence[Component | str]]]) -> Component:
    return html.Dl([part for name, told in facts for part in (html.Dt(name), html.Dd(list(told)))], className="kv")


def _fields(opened: Opened, words: Words) -> Component:
    """Which fields differ, for a correction; else what else the line holds."""
    line, language = opened.line, words.language
    corrected = line.details.get("corrections") or []
    if not corrected:
        return _rest(opened, words)
    heads = html.Thead(
        html.Tr([html.Th(text(language, f"audit.diff.{n}")) for n in ("field", "before", "now", "delta")])
    )
    rows = []
    for one in corrected:
        rows.append(
            html.Tr(
                html.Th(
                    f"{words.place(one['site'])} {words.hour(one['hour'])} · {one['of']} → {one['key']}",
                    colSpan=4,
                    scope="rowgroup",
                )
            )
        )
        for name, (before, now) in one["fields"].items():
            difference = signed(now - before) if isinstance(before, int) and isinstance(now, int) else UNKNOWN
            rows.append(
                html.Tr(
                    [
                        html.Td(words.field(name)),
                        html.Td(html.Del(words.value(before)), className="r"),
                        html.Td(html.Ins(words.value(now)), className="r"),
                        html.Td(difference, className="r b"),
                    ]
                )
            )
    left = int(line.details.get("corrected", len(corrected))) - len(corrected)
    if left > 0:
        rows.append(html.Tr(html.Td(text(language, "audit.more_corrections", number=count(left)), colSpan=4)))
    return html.Table([heads, html.Tbody(rows)], className="diff")


def _rest(opened: Opened, words: Words) -> Component:
    language = words.language
    if opened.reports:
        listed = [
            f"{words.place(words.tree.by_id[r.site_id].code)} {words.value(r.persons)}"
            for r in opened.reports
            if r.site_id in words.tree.by_id
        ]
        more = "…" if len(opened.reports) >= MOST_REPORTS else ""
        label = text(language, "audit.persons_of")
        return _facts([(label, ["、".join(listed) + more if language == "zh" else ", ".join(listed) + more])])
    shown = {name: told for name, told in opened.line.details.items() if told not in (None, "", [], {})}
    return _facts([(words.field(name), [str(told)]) for name, told in shown.items()] or [(UNKNOWN, [UNKNOWN])])


def _effect(opened: Opened, words: Words) -> str:
    """What a correction did to the sums, and what it did not do to what had been published."""
    line, language = opened.line, words.language
    sums = 0
    for one in line.details.get("corrections") or []:
        # A running total that moves moves the sum by as much, like the hour's own figure.
        before, now = one["fields"].get("persons") or one["fields"].get("persons_total") or (None, None)
        if isinstance(before, int) and isinstance(now, int):
            sums += now - before
    if not line.details.get("corrections"):
        return text(language, "audit.no_effect")
    said = text(language, "audit.effect_sum", delta=signed(sums))
    if opened.issues:
        return said + text(language, "audit.effect_issues", issues=", ".join(opened.issues))
    return said + text(language, "audit.effect_none")


def _link(opened: Opened, language: str) -> Component:
    if opened.link is None:
        return html.Span(text(language, "audit.not_sealed"))
    before, own = opened.link
    return html.Span([html.Code(short_hash(own), title=own), " ← ", html.Code(short_hash(before), title=before)])

"""The two strips of the three-way ledger: used tubes and where they are, with the check; and what does not agree."""

from collections.abc import Sequence
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components.format import count, duration, signed
from components.icons import icon
from data.queries.ledger_desk import LedgerDesk
from domain.tube_findings import Kind, TubeFinding
from domain.tubes import Stage
from locales import text


def ledger_strip(desk: LedgerDesk, language: str) -> Component:
    """Used = on site + on the way + received + missing, and the difference computed from the parts shown."""
    ledger, limits = desk.ledger.ledger, desk.ledger.campaign.limits
    site, way = desk.backlog.stage(Stage.ON_SITE).waiting, desk.backlog.stage(Stage.IN_TRANSIT).waiting
    hours = [row.ledger for row in desk.ledger.hours if row.ledger.reported_tubes is not None]
    reported = text(language, "ledger.no_reports")
    if hours:
        # Of the hour that runs nothing is reported yet: that is no difference.
        told = sum(hour.reported_difference or 0 for hour in hours)
        tubes = count(ledger.reported_tubes)
        reported = text(language, "ledger.reports", tubes=tubes, difference=signed(told))
    if site.over:
        span = duration(timedelta(minutes=limits.collect_minutes), language)
        over = text(language, "ledger.over", count=count(site.over), limit=span)
        at_site = _said("crit", over + _of_missing(site.tubes - ledger.on_site, language))
    else:
        at_site = html.Span(_oldest(site.oldest_minutes, site.limit_minutes, language), className="n")
    waiting = ledger.at_lab + ledger.testing
    received = text(language, "ledger.at_lab", waiting=count(waiting), reported=count(ledger.reported))
    if ledger.by_count:
        received += text(language, "format.dot") + text(language, "ledger.by_count", count=count(ledger.by_count))
    missing = text(language, "ledger.none_missing")
    if ledger.missing:
        span = duration(timedelta(minutes=limits.missing_after_minutes), language)
        missing = text(language, "ledger.not_received", limit=span)
    late = "crit" if way.over else "warn" if way.near else ""
    on_way = _oldest(way.oldest_minutes, way.limit_minutes, language)
    on_way += _of_missing(way.tubes - ledger.in_transit, language)
    cells = [
        _cell("", "used", text(language, "ledger.used"), count(ledger.used),
              html.Span(reported, className="n", title=reported)),
        _cell("=", "on_site", text(language, "ledger.on_site"), count(ledger.on_site), at_site),
        _cell("+", "in_transit", text(language, "ledger.in_transit"), count(ledger.in_transit),
              html.Span(on_way, className=f"n {late}".strip(), title=on_way)),
        _cell("+", "received", text(language, "ledger.received"), count(ledger.received),
              html.Span(received, className="n", title=received)),
        _cell("+", "missing", text(language, "ledger.missing"), count(ledger.missing),
              _said("crit", missing) if ledger.missing else html.Span(missing, className="n"),
              "crit" if ledger.missing else ""),
        _check(ledger.balance, language),
    ]  # fmt: skip
    return html.Div(cells, className="eq lg-eq", role="group", **{"aria-label": text(language, "ledger.strip")})


def _oldest(minutes: int | None, limit: int, language: str) -> str:
    if minutes is None:
        return text(language, "ledger.nothing_waits")
    age, most = (duration(timedelta(minutes=m), language) for m in (minutes, limit))
    return text(language, "ledger.oldest", age=age, limit=most)


def _of_missing(tubes: int, language: str) -> str:
    """Ages are of all tubes in a stage; so many of them the strip counts as missing, in a cell of their own."""
    return text(language, "format.dot") + text(language, "ledger.of_missing", count=count(tubes)) if tubes > 0 else ""


def _said(colour: str, said: str) -> html.Span:
    return html.Span([icon(colour), said], className=f"n {colour}", title=said)


def _cell(sign: str, key: str, label: str, number: str, note: Component, colour: str = "") -> html.Div:
    parts: list[Component] = [html.Span(sign, className="op", **{"aria-hidden": "true"})] if sign else []
    figure = html.Span(number, className=f"v {colour}".strip(), **{"data-key": f"ledger-{key}", "data-value": number})
    return html.Div(
        [*parts, html.Div(label, className="l"), html.Div([figure, note], className="figure")],
        className=f"eq-cell lg-{key}",
    )


def _check(difference: int, language: str) -> html.Div:
    whole = difference == 0
    said = text(language, "ledger.balanced" if whole else "ledger.unbalanced")
    cell = _cell(
        "", "check", text(language, "ledger.difference"), signed(difference), _said("ok" if whole else "crit", said)
    )
    cell.className = "eq-cell eq-check" if whole else "eq-cell eq-check eq-differs"
    return cell


# -- what does not agree, by kind


def ledger_kinds(desk: LedgerDesk, language: str) -> Component:
    """How many tubes are in a finding of each kind, and how many findings are closed."""
    found, sums = desk.findings, desk.findings.counts
    pairs = sums.get(Kind.MISREAD, 0)
    missing = sums.get(Kind.MISSING, 0)
    unregistered = sums.get(Kind.UNREGISTERED, 0)
    copies = sum(f.tubes for f in found.of(Kind.NO_COPY)) + sum(f.tubes for f in found.of(Kind.COPY_ONLY))
    odd_copies = found.of(Kind.NO_COPY, Kind.COPY_ONLY)
    reported = found.of(Kind.REPORTED)
    cells = [
        _kind("crit", "missing", count(missing + pairs), missing + pairs, _parts(pairs, missing, language), language),
        _kind("warn", "copies", signed(copies) if odd_copies else "0", len(odd_copies),
              _copies(desk, odd_copies, language), language),
        _kind("warn", "unregistered", count(unregistered + pairs), unregistered + pairs,
              _parts(pairs, unregistered, language), language),
        _kind("warn", "misread", text(language, "ledger.pairs", count=count(pairs)), pairs,
              text(language, "ledger.kind_note.misread"), language),
        _kind("warn", "duplicate", count(sums.get(Kind.DUPLICATE, 0)), sums.get(Kind.DUPLICATE, 0),
              text(language, "ledger.kind_note.duplicate"), language),
        _kind("warn", "wrong_lab", count(sums.get(Kind.WRONG_LAB, 0)), sums.get(Kind.WRONG_LAB, 0),
              _wrong_labs(found.of(Kind.WRONG_LAB), language), language),
        _kind("warn", "reported", count(len(reported)), len(reported), text(language, "ledger.kind_note.reported"),
              language),
        _closed(desk, language),
    ]  # fmt: skip
    return html.Div(cells, className="lg-kinds", role="group", **{"aria-label": text(language, "ledger.kinds")})


def _kind(severity: str, name: str, number: str, size: int, note: str, language: str) -> html.Div:
    mark = severity if size else "ok"
    return html.Div(
        [
            html.Div([icon(mark, mark), text(language, f"ledger.kind_cell.{name}")], className="l"),
            html.Div(number, className="v", **{"data-key": f"ledger-kind-{name}", "data-value": number}),
            html.Div(note if size else text(language, "ledger.nothing_open"), className="n ell", title=note),
        ],
        className="lg-kind",
    )


def _parts(pairs: int, rest: int, language: str) -> str:
    return text(language, "ledger.kind_parts", pairs=count(pairs), rest=count(rest))


def _copies(desk: LedgerDesk, odd: Sequence[TubeFinding], language: str) -> str:
    ledger = desk.ledger.ledger
    said = text(language, "ledger.copies_kept", copies=count(ledger.third_copies), used=count(ledger.used))
    worst = max(odd, key=lambda f: abs(f.tubes), default=None)
    if worst is not None and worst.site is not None:
        said += text(language, "format.dot") + f"{worst.site.label(language)} {signed(worst.tubes)}"
    return said


def _wrong_labs(findings: Sequence[TubeFinding], language: str) -> str:
    first = next((f for f in findings if f.lab and f.at_lab), None)
    if first is None or first.lab is None or first.at_lab is None:
        return ""
    return text(
        language, "ledger.kind_note.wrong_lab", lab=first.lab.label(language), at=first.at_lab.label(language)
    )


def _closed(desk: LedgerDesk, language: str) -> html.Div:
    """Closed by somebody, and gone by themselves after somebody had spoken of them."""
    settled, took = desk.findings.settled, desk.findings.took
    by_itself = sum(one.by_itself for one in settled)
    parts = []
    if took is not None:
        parts.append(text(language, "ledger.mean", span=duration(took, language)))
    if by_itself:
        parts.append(text(language, "ledger.by_itself", count=count(by_itself)))
    said = text(language, "format.dot").join(parts) or text(language, "ledger.none_closed")
    return html.Div(
        [
            html.Div([icon("ok", "ok"), text(language, "ledger.kind_cell.closed")], className="l"),
            html.Div(
                count(len(settled)), className="v", **{"data-key": "ledger-closed", "data-value": str(len(settled))}
            ),
            html.Div(said, className="n ell", title=said),
        ],
        className="lg-kind",
    )

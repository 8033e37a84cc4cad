"""The passport of one figure of one place: read off the same reports as the figure itself."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, RefusedClaim, Report
from data.queries.bulletins import published_figure
from data.queries.changes import changes_below
from data.queries.findings import missing_sites
from data.queries.moment import Moment
from data.queries.overview import overview, ref
from data.queries.upper import Shown, shown_below
from domain import passport as rules
from domain.duty import State
from domain.overview import Overview
from domain.passport import Below, Figure, Line, Missing, Passport, Reason, Source
from domain.places import Level, Place
from domain.reports import Claim, Status

Query = Callable[[Session, Moment], Passport]


@cache
def passport_of(figure: Figure, hourly: bool) -> Query:
    """The query of a figure's passport: up to the hour of `Moment.until`, or `hourly` of that hour alone. The same
    object for the same figure, so that views can share its rows."""

    def passport(session: Session, moment: Moment) -> Passport:
        return _Reader(session, moment, figure, hourly).read()

    return passport


class _Row(NamedTuple):
    """One current report and what it counts for in the figure; None where it does not state it."""

    site: Place
    first: int
    last: int
    status: Status
    amount: int | None
    version: int
    report_id: int


class _Reader:
    def __init__(self, session: Session, moment: Moment, figure: Figure, hourly: bool) -> None:
        self.session = session
        self.moment = moment
        self.tree = moment.tree
        self.campaign = moment.tree.campaign
        self.figure = figure
        self.seen: Overview = moment.ask(session, overview)
        hour = moment.until if moment.until is not None else self.seen.last_period
        # Sites that have reported are those of one hour, on every page.
        self.sites_only = figure is Figure.REPORTED
        if self.sites_only and not hourly:
            hour = self.seen.last_period
        self.hour = hour if hourly or self.sites_only else None
        self.nothing = (hourly or self.sites_only) and hour is None

    def read(self) -> Passport:
        """The whole passport."""
        rows = [] if self.nothing else self._rows()
        inside = [row for row in rows if self._counts(row)]
        stating = [row for row in inside if row.amount is not None]
        groups: dict[Status, tuple[int, int]] = {}
        for row in inside:
            so_far = groups.get(row.status, (0, 0))
            groups[row.status] = so_far[0] + (row.amount or 0), so_far[1] + 1
        parts = rules.parts(groups)
        counted = sum(part.amount for part in parts) if stating else None
        value, whole = self._value(counted)
        changes = () if self.sites_only or self.nothing else self._changes()
        sources, where = self._sources(counted, parts, rows, len(inside))
        period, missing = self._missing(rows)
        site = self.moment.place.level is Level.SITE
        return Passport(
            campaign=self.campaign,
            figure=self.figure,
            place=self.seen.place,
            revision=self.moment.revision,
            now=self.moment.now,
            data_until=self._until(),
            hour=self.hour,
            looking_back=self.seen.hour,
            value=value,
            counted=counted,
            whole=whole,
            parts=parts,
            stating=len(stating),
            reports=len(inside),
            sources=sources,
            where=where,
            missing_period=period,
            missing=missing,
            changes=changes,
            below=() if site else self._below(inside),
            lines=self._lines(inside) if site else (),
            sites=self.seen.sites,
        )

    def _until(self) -> datetime | None:
        return self.campaign.end_of(self.hour) if self.hour is not None else self.seen.data_until

    # -- the reports

    def _rows(self) -> list[_Row]:
        """The current reports below the place, each with its part of the figure."""
        r, c = Report, CurrentReport
        name = self.figure.counted
        judged = name in ("persons", "tubes")
        column: Any = getattr(c if judged else r, name) if name else sa.literal(1)
        query = sa.select(c.site_id, c.first_period, c.last_period, c.status, column, c.version, c.report_id).where(
            *self.moment.within(c)
        )
        if name and not judged:
            query = query.join(r, (r.id == c.report_id) & (r.campaign_id == c.campaign_id))
        if self.moment.place.level is Level.SITE:
            query = query.where(c.site_id == self.moment.place.id)
        sites = {site.id: site for site in self.tree.sites(self.moment.place)}
        statuses = {status.value: status for status in Status}
        return [
            _Row(sites[site_id], first, last, statuses[status], value, version, report_id)
            for site_id, first, last, status, value, version, report_id in self.session.execute(query)
            if site_id in sites
        ]

    def _counts(self, row: _Row) -> bool:
        """Whether the report is part of the figure."""
        return self._inside(row.first, row.last, row.site)

    def _inside(self, first: int, last: int, site: Place) -> bool:
        if self.sites_only:
            hour = self.hour or 0
            return first <= hour <= last and hour in self.tree.open_periods(site)
        if self.hour is not None:
            return last == self.hour
        return self.moment.until is None or last <= self.moment.until

    # -- value

    def _value(self, counted: int | None) -> tuple[float | None, int | None]:
        """What the page shows, and what it is a share of."""
        if self.sites_only:
            expected = self.seen.hours[self.hour].tally.expected if self.hour is not None else None
            return (counted or 0 if expected is not None else None), expected
        if counted is None:
            return None, self.seen.target if self.figure is Figure.COMPLETION else None
        if self.figure is Figure.COMPLETION:
            target = self.seen.target
            return (counted / target if target else None), target
        if self.figure is Figure.VERIFIED_SHARE:
            figures = self.seen.figures if self.hour is None else self.seen.hours[self.hour].figures
            return figures.verified_share, counted
        return counted, None

    # -- sources

    def _sources(
        self, counted: int | None, parts: Sequence[rules.Part], rows: Sequence[_Row], reports: int
    ) -> tuple[tuple[Source, ...], rules.Where | None]:
        if counted is None:
            return tuple(Source(kind) for kind in rules.Kind), None
        upper, where = self._upper(counted)
        return (
            rules.claimed(counted, self._conflicts(rows), reports),
            rules.verified(parts),
            self._published(counted, rows),
            upper,
        ), where

    def _conflicts(self, rows: Sequence[_Row]) -> list[Reason]:
        """What sites said besides and was refused, since it contradicts a report that counts and is not verified."""
        name = self.figure.counted
        if not name:
            return []
        counting = {row.report_id: row for row in rows if self._counts(row) and row.status is not Status.VERIFIED}
        query = (
            sa.select(RefusedClaim.report_id, RefusedClaim.content)
            .where(RefusedClaim.campaign_id == self.campaign.id)
            .order_by(RefusedClaim.id)
        )
        latest = {
            report_id: content[name]
            for report_id, content in self.session.execute(query)
            if report_id in counting and content.get(name) is not None
        }
        return [
            Reason("conflict", second - row.amount, 1, ref(row.site), row.last, row.amount, second)
            for report_id, second in latest.items()
            for row in [counting[report_id]]
            if row.amount is not None and second != row.amount
        ]

    def _published(self, counted: int, rows: Sequence[_Row]) -> Source:
        """The last bulletin that covers the place."""
        none = Source(rules.Kind.PUBLISHED)
        name = "reported" if self.sites_only else self.figure.counted
        hourly = self.hour is not None and not self.sites_only
        if hourly and name not in ("persons", "tubes"):
            return none
        period = self.hour if self.hour is not None else self.moment.until
        said = published_figure(
            self.session, self.campaign.id, self.moment.place.id, f"hour_{name}" if hourly else name, period
        )
        if said is None or said.value is None or said.issue.signed_at is None:
            return none
        issue = rules.Published(int(said.value), said.issue.label, said.issue.signed_at, said.issue.period)
        then = sum(row.amount or 0 for row in rows if self._counts(row) and row.last <= issue.period)
        return rules.published(counted, issue, then if self.hour is None else counted)

    def _upper(self, counted: int) -> tuple[Source, rules.Where | None]:
        """The newest figure of the upper system up to the hours shown, and where it differs below."""
        none = Source(rules.Kind.UPPER)
        name = self.figure.counted
        if self.hour is not None or name not in ("persons", "tubes"):
            return none, None
        end = self.campaign.end_of(self.moment.until) if self.moment.until is not None else self.moment.now
        told = [
            each
            for each in shown_below(self.session, self.tree, self.moment.place, self.moment.now)
            if getattr(each, name) is not None and each.at <= end
        ]
        newest: dict[str, Shown] = {each.place.code: each for each in sorted(told, key=lambda s: (s.at, s.id))}
        own = newest.get(self.moment.place.code)
        apart = _apart(own, name)
        if own is None or apart is None:
            return none, None
        # Only what the same system said of the same moment can explain it.
        beside = {e.place.code: e for e in told if (e.at, e.source) == (own.at, own.source)}
        below = [each for child in self.moment.place.children for each in _nearest(child, beside, name)]
        compared = [each for each in below if each is not None]
        where = rules.where(apart[1], compared, len(below) - len(compared)) if compared else None
        return rules.upper(counted, apart[0], apart[1], own.at, own.source), where

    # -- what is missing

    def _missing(self, rows: Sequence[_Row]) -> tuple[int | None, tuple[Missing, ...]]:
        """Sites whose report for the hour is not in or was sent back; of one site, all its hours like that."""
        now, place = self.moment.now, self.moment.place
        period = self.hour if self.hour is not None else self.seen.duty_period
        if period is None or not self.campaign.is_due(period, now):
            return None, ()
        by_site: dict[int, list[_Row]] = defaultdict(list)
        for row in rows:
            by_site[row.site.id].append(row)
        site = place.level is Level.SITE and self.hour is None
        owed = [
            (each, k)
            for k in (range(period + 1) if site else (period,))
            for each in missing_sites(self.session, self.tree, place, k)
        ]
        found = [self._one_missing(each, k, State.MISSING, by_site[each.id]) for each, k in owed]
        for row in rows:
            if row.status is Status.RETURNED and (row.last <= period if site else row.first <= period <= row.last):
                found.append(self._one_missing(row.site, row.last, State.RETURNED, by_site[row.site.id], row.amount))
        return period, tuple(sorted(found, key=lambda m: (m.state is State.RETURNED, m.period, m.site.code)))

    def _one_missing(
        self, site: Place, period: int, state: State, rows: Iterable[_Row], standing: int | None = None
    ) -> Missing:
        before = sorted((row for row in rows if row.last < period), key=lambda row: row.last)
        stated = [row for row in before if row.amount is not None]
        rates = [(row.amount or 0) / (row.last - row.first + 1) for row in stated]
        return Missing(
            site=ref(site),
            parent=ref(self.tree.by_id[site.parent_id]) if site.parent_id is not None else None,
            period=period,
            state=state,
            so_far=sum(row.amount or 0 for row in stated) if stated and not self.sites_only else None,
            estimate=None if self.sites_only else rules.estimate(rates, self.campaign.limits.outlier_hours),
            standing=None if self.sites_only else standing,
        )

    # -- who changed what, and down to the reports

    def _changes(self) -> tuple[rules.Change, ...]:
        def inside(claim: Claim) -> bool:
            return self._inside(claim.first, claim.last, self.tree.by_code[claim.site])

        return changes_below(self.session, self.tree, self.moment.place, self.figure.counted, inside)

    def _below(self, rows: Sequence[_Row]) -> tuple[Below, ...]:
        by_child: dict[int, list[_Row]] = defaultdict(list)
        depth = len(self.moment.place.ancestors)
        for row in rows:
            by_child[row.site.ancestors[-depth - 1]].append(row)
        return tuple(self._child(child, by_child[child.id]) for child in self.moment.place.children)

    def _child(self, child: Place, rows: Sequence[_Row]) -> Below:
        stated = [row for row in rows if row.amount is not None]
        expected = self.tree.expected(child)
        of = expected[self.hour] if self.sites_only and self.hour is not None else None
        return Below(
            place=ref(child),
            amount=sum(row.amount or 0 for row in stated) if stated else 0 if self.sites_only else None,
            verified=sum(row.amount or 0 for row in stated if row.status is Status.VERIFIED),
            sites=len(self.tree.sites(child)),
            reports=len(rows),
            of=of,
        )

    def _lines(self, rows: Sequence[_Row]) -> tuple[Line, ...]:
        query = sa.select(Report.id, Report.key, Report.recorded_at).where(
            Report.campaign_id == self.campaign.id, Report.site_id == self.moment.place.id
        )
        told = {id_: (key, recorded_at) for id_, key, recorded_at in self.session.execute(query)}
        lines = [
            Line(row.first, row.last, row.version, row.amount, row.status, told[row.report_id][1],
                 told[row.report_id][0])
            for row in rows
        ]  # fmt: skip
        return tuple(sorted(lines, key=lambda line: line.last, reverse=True))


def _nearest(place: Place, shown: Mapping[str, Shown], name: str) -> list[rules.Apart | None]:
    """The place's own comparison, else those of the nearest places below that have one; None for one without."""
    apart = _apart(shown.get(place.code), name)
    if apart is not None:
        return [rules.Apart(ref(place), *apart)]
    below = [each for child in place.children for each in _nearest(child, shown, name)]
    return below if any(below) else [None]


def _apart(shown: Shown | None, name: str) -> tuple[int, int] | None:
    """Theirs and its difference from ours; None where there is nothing to compare."""
    reading = getattr(shown, name) if shown is not None else None
    if reading is None or reading.difference is None:
        return None
    return reading.theirs, reading.difference

"""An issue as a document: the same content for the sheet of paper, XLSX, Word and templates."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate

from components.bulletin import words
from components.format import UNKNOWN, clock, count, hour, percent, rate, signed
from data.documents.content import Cell, Column, Content, Kind, Table, printable
from data.queries.bulletins import Issue
from domain.bulletin import Correction, Frozen, Line, Name, SiteLine
from domain.bulletin_rules import summed
from domain.places import Level
from locales import text

LINES = 12
"""Places a sheet of paper has room for; the others are one row, and stand in full in the files."""

PAPER_CORRECTIONS = 4
"""Corrections a sheet of paper has room for."""


def content(issue: Issue, language: str, sites: Sequence[SiteLine] = (), *, paper: bool = False) -> Content:
    """The document of `issue`. With `paper` tables are cut to what one page holds; `sites` are added as a table."""
    return _Writer(issue, language).content(sites, paper)


def text_cell(written: str) -> Cell:
    return Cell(printable(written), printable(written))


def _count(number: float | None) -> Cell:
    return Cell(number, count(number), Kind.COUNT)


def _signed(number: float | None) -> Cell:
    return Cell(number, signed(number), Kind.SIGNED)


def _share(share: float | None, mark: str = "") -> Cell:
    return Cell(share, percent(share), Kind.SHARE, mark)


class _Writer:
    def __init__(self, issue: Issue, language: str) -> None:
        self.issue = issue
        self.frozen: Frozen = issue.frozen
        self.language = language
        self.campaign = words.frozen_campaign(issue.frozen)

    def word(self, key: str, **params: object) -> str:
        return text(self.language, f"bulletin.{key}", **params)

    def moment(self, at: datetime | None) -> Cell:
        if at is None:
            return Cell(None, UNKNOWN, Kind.MOMENT)
        local = at.astimezone(self.campaign.zone).replace(tzinfo=None)
        return Cell(local.replace(second=0, microsecond=0), words.at(self.frozen, at, self.language), Kind.MOMENT)

    def day(self) -> date:
        """The day of the hour; midnight belongs to the day it closes."""
        return self.campaign.local(self.frozen.hours[-1].end - (self.campaign.interval / 2)).date()

    def day_text(self) -> str:
        day = self.day()
        return self.word(
            "date", year=day.year, month=text(self.language, f"month.{day.month}").rstrip("月"), day=day.day
        )

    # -- the whole

    def content(self, sites: Sequence[SiteLine], paper: bool) -> Content:
        frozen, issue, total = self.frozen, self.issue, self.frozen.total
        tables = [self.towns(paper), self.duty()]
        if not paper:
            tables.append(self.hours())
        if frozen.corrections:
            tables.append(self.corrections(frozen.corrections, paper))
        if frozen.missing and not paper:
            tables.append(self.missing())
        if sites:
            tables.append(self.sites(sites))
        name = self.word("issue_round", campaign=self.label(), number=issue.label)
        return Content(
            language=self.language,
            heading=printable(self.word("heading", place=total.place.label(self.language))),
            issue=printable(name),
            stamp=printable(self.stamp()),
            lead=tuple((strong, printable(part)) for strong, part in words.lead(frozen, self.language)),
            tiles=(
                (self.word("tile.hour_persons"), _count(total.hour_persons)),
                (self.word("tile.tubes"), _count(total.tubes)),
                (self.word("tile.third_copies"), _count(total.third_copies)),
                (self.word("tile.verified"), _share(total.verified)),
            ),
            summary=self.summary(),
            tables=tuple(tables),
            todos_title=self.word("table.todos"),
            todos=tuple(printable(words.todo(t, frozen, self.language)) for t in frozen.todos),
            remark_title=self.word("remark"),
            remark=printable(issue.remark),
            sign_off=printable(self.sign_off()),
            method=self.word("method"),
            demo=self.word("demo") if frozen.demo else "",
            footer=printable(f"{name} · {self.known()}"),
            fields=self.fields(),
            lists=self.lists(sites),
        )

    def label(self) -> str:
        return self.frozen.campaign_en or self.frozen.campaign if self.language == "en" else self.frozen.campaign

    def stamp(self) -> str:
        frozen, dot = self.frozen, text(self.language, "format.dot")
        said = [
            f"{self.day_text()}　{self.word('data_until', until=words.at(frozen, frozen.data_until, self.language))}"
        ]
        if frozen.towns:
            said.append(self.word("verified_towns", done=frozen.towns_verified, all=frozen.towns))
        if frozen.total.expected:
            said.append(self.word("reported_sites", reported=count(frozen.total.reported),
                                 expected=count(frozen.total.expected)))  # fmt: skip
        return dot.join(said)

    def known(self) -> str:
        at = words.at(self.frozen, self.frozen.known_at, self.language)
        return self.word("known", at=at, revision=self.frozen.revision)

    def sign_off(self) -> str:
        issue = self.issue
        if issue.signed_at is None:
            return self.word("preview") if not issue.id else self.word("unsigned")
        return self.word("signed", name=issue.signed_name, at=words.at(self.frozen, issue.signed_at, self.language))

    # -- tables

    def towns(self, paper: bool) -> Table:
        frozen, level = self.frozen, words.level_of_lines(self.frozen, self.language)
        below = frozen.lines[0].place.level if frozen.lines else Level.TOWN
        hour_ = words.hour_name(frozen, self.language)
        columns = [
            Column("name", self.word("column.line", level=text(self.language, f"level.{below}"))),
            Column("sites", self.word("column.sites"), Kind.COUNT),
            Column("target", self.word("column.target"), Kind.COUNT),
            Column("persons", self.word("column.persons"), Kind.COUNT),
            Column("completion", self.word("column.completion"), Kind.SHARE),
            Column("gap", self.word("column.gap"), Kind.SIGNED),
            Column("finish", self.word("column.finish"), Kind.MOMENT),
        ]
        if paper:
            columns.append(Column("reported", self.word("column.reported", hour=hour_)))
        else:
            columns += [
                Column("reported_count", self.word("column.reported", hour=hour_), Kind.COUNT),
                Column("expected", self.word("column.expected"), Kind.COUNT),
                Column("hour_persons", self.word("column.hour_persons"), Kind.COUNT),
                Column("tubes", self.word("column.tubes"), Kind.COUNT),
                Column("third_copies", self.word("column.third_copies"), Kind.COUNT),
                Column("special_cases", self.word("column.special_cases"), Kind.COUNT),
                Column("verified", self.word("column.verified"), Kind.SHARE),
            ]
        lines = list(frozen.lines)
        shown = lines if not paper or len(lines) <= LINES else lines[: LINES - 1]
        rows = [self.line(line) for line in shown]
        if len(shown) < len(lines):
            others = lines[LINES - 1 :]
            rows.append(self.line(summed(others, self.word("table.others", count=len(others)))))
        name = Name(frozen.total.place.code, words.whole(frozen, self.language), "", frozen.total.place.level)
        rows.append({**self.line(frozen.total), "name": text_cell(words.capital(name.name))})
        return Table("towns", self.word("table.towns", level=level), tuple(columns), _cut(columns, rows), total=True)

    def line(self, line: Line) -> Mapping[str, Cell]:
        reported = f"{count(line.reported)}/{count(line.expected)}"
        return {
            "name": text_cell(line.place.label(self.language)),
            "code": text_cell(line.place.code),
            "sites": _count(line.sites),
            "target": _count(line.target),
            "persons": _count(line.persons),
            "completion": _share(line.completion, words.line_mark(line)),
            "planned_share": _share(line.planned_share),
            "gap": _signed(line.gap),
            "finish": self.moment(line.finish.p50 if line.finish else None),
            "reported": Cell(reported, reported),
            "reported_count": _count(line.reported),
            "expected": _count(line.expected),
            "missing_count": _count(line.missing),
            "hour_persons": _count(line.hour_persons),
            "tubes": _count(line.tubes),
            "third_copies": _count(line.third_copies),
            "special_cases": _count(line.special_cases),
            "verified": _share(line.verified),
        }

    def duty(self) -> Table:
        """Who reported the hour: on time, late and missing add up to what was expected."""
        total = self.frozen.total
        cells = {
            "expected": total.expected, "on_time": total.reported - total.late, "late": total.late,
            "missing": total.missing, "returned": total.returned,
        }  # fmt: skip
        columns = tuple(Column(key, self.word(f"column.{key}"), Kind.COUNT) for key in cells)
        title = self.word("table.duty", hour=words.hour_name(self.frozen, self.language))
        return Table("duty", title, columns, (tuple(map(_count, cells.values())),))

    def hour_rows(self) -> list[Mapping[str, Cell]]:
        frozen, target = self.frozen, self.frozen.total.target
        so_far = accumulate(line.persons for line in frozen.hours)
        rows: list[Mapping[str, Cell]] = []
        for k, (line, persons) in enumerate(zip(frozen.hours, so_far, strict=True)):
            rows.append(
                {
                    "hour": text_cell(hour(line.end, self.campaign)),
                    "hour_end": self.moment(line.end),
                    "persons": _count(line.persons),
                    "plan": _count(round(line.plan) if line.plan is not None else None),
                    "total": _count(persons),
                    "share": _share(persons / target if target else None),
                    "plan_share": _share(frozen.plan[k] if k < len(frozen.plan) else None),
                    "tubes": _count(line.tubes),
                    "expected": _count(line.expected),
                    "on_time": _count(line.on_time),
                    "late": _count(line.late),
                    "missing": _count(line.missing),
                }
            )
        return rows

    def hours(self) -> Table:
        kinds = {"share": Kind.SHARE, "plan_share": Kind.SHARE, "hour_end": Kind.MOMENT}
        keys = ("hour_end", "persons", "plan", "total", "share", "plan_share", "tubes", "expected", "on_time", "late",
                "missing")  # fmt: skip
        columns = [Column(key, self.word(f"column.{key}"), kinds.get(key, Kind.COUNT)) for key in keys]
        return Table("hours", self.word("table.hours"), tuple(columns), _cut(columns, self.hour_rows()))

    def correction(self, change: Correction) -> Mapping[str, Cell]:
        said = words.cause(change, self.frozen, self.language)
        return {
            "at": self.moment(change.at),
            "place": text_cell(change.place.label(self.language)),
            "effect": text_cell(words.effect(change, self.language)),
            "effect_persons": _signed(change.persons),
            "effect_tubes": _signed(change.tubes),
            "reason": text_cell(f"{change.reason} · {said}" if change.reason else said),
            "who": text_cell(change.who),
            "checked": self.moment(change.verified_at),
        }

    def corrections(self, changes: Sequence[Correction], paper: bool) -> Table:
        # On paper there is room for what moved the figures; the files have every line.
        if paper:
            moved = sorted((c for c in changes if c.persons or c.tubes), key=lambda c: -abs(c.persons))
            shown = (moved or list(changes))[:PAPER_CORRECTIONS]
        else:
            shown = list(changes)
        keys = ("at", "place", "effect", "reason") if paper else (
            "at", "place", "effect_persons", "effect_tubes", "reason", "who", "checked")  # fmt: skip
        kinds = {
            "at": Kind.MOMENT,
            "checked": Kind.MOMENT,
            "effect_persons": Kind.SIGNED,
            "effect_tubes": Kind.SIGNED,
        }
        columns = [Column(key, self.word(f"column.{key}"), kinds.get(key, Kind.TEXT)) for key in keys]
        rows = [self.correction(change) for change in sorted(shown, key=lambda c: c.at)]
        title = self.word("table.corrections")
        if len(shown) < len(changes):
            title += f" · {self.word('table.corrections_more', count=len(changes) - len(shown))}"
        return Table("corrections", title, tuple(columns), _cut(columns, rows))

    def missing(self) -> Table:
        columns = [Column("code", self.word("column.code")), Column("name", self.word("column.site"))]
        rows = [self.place(place) for place in self.frozen.missing]
        return Table("missing", self.word("table.missing"), tuple(columns), _cut(columns, rows))

    def place(self, place: Name) -> Mapping[str, Cell]:
        return {"code": text_cell(place.code), "name": text_cell(place.label(self.language))}

    def site(self, site: SiteLine) -> Mapping[str, Cell]:
        return {
            **self.place(site.place),
            "town": text_cell(site.town.label(self.language)),
            "target": _count(site.target),
            "persons": _count(site.persons),
            "completion": _share(site.completion),
            "hour_persons": _count(site.hour_persons),
            "tubes": _count(site.tubes),
            "third_copies": _count(site.third_copies),
            "special_cases": _count(site.special_cases),
            "verified": _share(site.verified),
            "state": text_cell(text(self.language, f"duty_state.{site.state}") if site.state else UNKNOWN),
        }

    def sites(self, sites: Sequence[SiteLine]) -> Table:
        shares = ("completion", "verified")
        texts_ = ("code", "name", "town", "state")
        keys = ("code", "name", "town", "target", "persons", "completion", "hour_persons", "tubes", "third_copies",
                "special_cases", "verified", "state")  # fmt: skip
        hour_ = words.hour_name(self.frozen, self.language)
        columns = [
            Column(key, self.word(f"column.{'site' if key == 'name' else key}", hour=hour_),
                   Kind.TEXT if key in texts_ else Kind.SHARE if key in shares else Kind.COUNT)
            for key in keys
        ]  # fmt: skip
        return Table("sites", self.word("table.sites"), tuple(columns), _cut(columns, [self.site(s) for s in sites]))

    def summary(self) -> Table:
        """Every single figure as one row: the first sheet of the spreadsheet."""
        columns = (Column("item", self.word("column.item")), Column("value", self.word("column.value")))
        long = ("title", "lead", "brief", "method", "remark", "demo")
        rows = tuple(
            (text_cell(self.word(f"field.{key}")), cell) for key, cell in self.fields().items() if key not in long
        )
        return Table("summary", self.word("table.summary"), columns, rows)

    # -- what templates can name

    def fields(self) -> dict[str, Cell]:
        frozen, issue, total = self.frozen, self.issue, self.frozen.total
        finish = total.finish
        names = words.named(frozen.missing, len(frozen.missing), self.language)
        zone = self.campaign.zone
        day = self.day()
        return {
            "title": text_cell(self.word("heading", place=total.place.label(self.language))),
            "issue": text_cell(issue.label),
            "state": text_cell(self.word(f"state.{issue.state}") if issue.id else self.word("preview")),
            "place": text_cell(total.place.label(self.language)),
            "campaign": text_cell(self.label()),
            "date": Cell(datetime(day.year, day.month, day.day), self.day_text(), Kind.DAY),  # noqa: DTZ001
            "data_until": self.moment(frozen.data_until),
            "known_at": self.moment(frozen.known_at),
            "revision": _count(frozen.revision),
            "lead": text_cell("".join(part for _, part in words.lead(frozen, self.language))),
            "brief": text_cell(words.brief(frozen, issue.label, self.language)),
            "persons": _count(total.persons),
            "target": _count(total.target),
            "completion": _share(total.completion),
            "planned_share": _share(total.planned_share),
            "gap": _signed(total.gap),
            "hour_persons": _count(total.hour_persons),
            "tubes": _count(total.tubes),
            "hour_tubes": _count(total.hour_tubes),
            "per_tube": Cell(total.per_tube, rate(total.per_tube), Kind.RATE),
            "third_copies": _count(total.third_copies),
            "special_cases": _count(total.special_cases),
            "verified": _share(total.verified),
            "expected": _count(total.expected),
            "reported": _count(total.reported),
            "late": _count(total.late),
            "missing_count": _count(total.missing),
            "missing_names": text_cell(names or self.word("table.none")),
            "finish": self.moment(finish.p50 if finish else None),
            "finish_low": Cell(self.moment(finish.p10).value, clock(finish.p10, zone), Kind.MOMENT)
            if finish else self.moment(None),
            "finish_high": Cell(self.moment(finish.p90).value, clock(finish.p90, zone), Kind.MOMENT)
            if finish else self.moment(None),
            "site_count": _count(total.sites),
            "town_count": _count(frozen.towns),
            "towns_verified": _count(frozen.towns_verified),
            "drafted_by": text_cell(issue.drafted_name),
            "reviewed_by": text_cell(issue.reviewed_name),
            "signed_by": text_cell(issue.signed_name),
            "signed_at": self.moment(issue.signed_at),
            "reason": text_cell(issue.reason),
            "remark": text_cell(issue.remark),
            "method": text_cell(self.word("method")),
            "demo": text_cell(self.word("demo") if frozen.demo else ""),
        }  # fmt: skip

    def lists(self, sites: Sequence[SiteLine]) -> dict[str, tuple[Mapping[str, Cell], ...]]:
        frozen = self.frozen
        return {
            "towns": tuple(map(self.line, frozen.lines)),
            "hours": tuple(self.hour_rows()),
            "sites": tuple(map(self.site, sites)),
            "missing": tuple(map(self.place, frozen.missing)),
            "todos": tuple(
                {"number": _count(n), "text": text_cell(words.todo(t, frozen, self.language))}
                for n, t in enumerate(frozen.todos, start=1)
            ),
            "corrections": tuple(map(self.correction, frozen.corrections)),
        }


def _cut(columns: Sequence[Column], rows: Sequence[Mapping[str, Cell]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(row[column.key] for column in columns) for row in rows)

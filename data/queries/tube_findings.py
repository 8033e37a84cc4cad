"""The findings of the three-way ledger: derived from the tubes, with what people have said about them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import LabRow
from data.queries import minutes
from data.queries.moment import Moment, ref
from data.queries.odd_tubes import (
    BoxCount,
    BoxOf,
    Odd,
    boxes_of,
    counting_labs,
    flagged_tubes,
    late_tubes,
    receipts_of,
    reported_tubes,
    short_boxes,
    site_hours,
    sites_in_doubt,
    waiting_in,
)
from data.reminder_record import contacts_below
from data.stored_findings import Spoken, spoken_findings
from domain.backlog import LabRef, of_age
from domain.contacts import in_order
from domain.ledger import missing_before
from domain.ledger_desk import FindingsPicture
from domain.misreads import Found, Lost, Pair, pairs
from domain.overview import PlaceRef
from domain.places import Level, Place
from domain.status import Severity
from domain.tube_findings import (
    FIRST_OWNER,
    ORDER,
    SCAN_MINUTES,
    SYNC_MINUTES,
    Hand,
    Kind,
    Party,
    Settled,
    Step,
    TubeFinding,
    finding_id,
)
from domain.tubes import Finding

_FLAGS = Finding.UNREGISTERED | Finding.DUPLICATE | Finding.WRONG_LAB


def tube_findings(session: Session, moment: Moment) -> FindingsPicture:
    """The findings of `moment.place` and what lies below it, at `moment.now`."""
    tree = moment.tree
    spoken = spoken_findings(session, tree.campaign.id)
    everything = _everything(session, moment, spoken)
    present = {finding.id: finding for finding in everything}
    below = [finding for finding in everything if _is_below(moment, finding)]
    still_open = sorted(
        (f for f in below if f.open), key=lambda f: (ORDER.index(f.kind), -f.age_minutes, f.barcodes, f.id)
    )
    settled = [one for said in spoken.values() if (one := _settled(moment, said, present.get(said.id))) is not None]
    settled.sort(key=lambda one: (one.at is not None, one.at or moment.now), reverse=True)
    return FindingsPicture(tree.campaign, moment.now, ref(moment.place), tuple(still_open), tuple(settled))


def find_finding(session: Session, moment: Moment, id_: str) -> TubeFinding | None:
    """The finding of that id, open or closed, wherever in the campaign; None where its cause is gone or never was."""
    spoken = spoken_findings(session, moment.tree.campaign.id)
    return next((f for f in _everything(session, moment, spoken) if f.id == id_), None)


def _everything(session: Session, moment: Moment, spoken: Mapping[str, Spoken]) -> Sequence[TubeFinding]:
    """Every finding of the campaign. In a large one, what has been found in this minute holds for every place of it,
    unless somebody says something about a finding."""

    def derive() -> Sequence[TubeFinding]:
        return _Deriving(session, moment, spoken).findings()

    if not minutes.is_large(moment.tree):
        return derive()
    said = sum(len(each.events) for each in spoken.values())
    return minutes.once(moment.tree, tube_findings, moment.now, said, derive)


def _is_below(moment: Moment, finding: TubeFinding) -> bool:
    place = finding.site or finding.town
    return place is not None and moment.place.id in moment.tree.by_code[place.code].ancestors


def _settled(moment: Moment, said: Spoken, standing: TubeFinding | None) -> Settled | None:
    """A finding that is closed or gone, if it was of this place; None while it is open."""
    place = moment.tree.by_id.get(said.place_id or 0)
    if place is None or moment.place.id not in place.ancestors or (standing is not None and standing.open):
        return None
    state = said.state
    by_itself = state.ended is None
    since = said.subject.get("since")
    took = None
    if state.ended_at is not None and isinstance(since, str):
        took = max(state.ended_at - datetime.fromisoformat(since), timedelta())
    last = said.events[-1]
    return Settled(
        said.id, said.kind, ref(place), str(said.subject.get("box") or ""), state.tubes or last.tubes,
        state.persons or last.persons, state, state.ended_at, took, by_itself, standing,
    )  # fmt: skip


class _Deriving:
    """One pass over a campaign's odd tubes."""

    def __init__(self, session: Session, moment: Moment, spoken: Mapping[str, Spoken]) -> None:
        self.session = session
        self.tree = moment.tree
        self.campaign = moment.tree.campaign
        self.limits = self.campaign.limits
        self.now = moment.now
        self.at = int(moment.now.timestamp())
        self.spoken = spoken
        self.homes: dict[int, int | None] = {}
        self.labs: dict[int, LabRef] = {}
        for row in session.scalars(sa.select(LabRow).where(LabRow.campaign_id == self.campaign.id)):
            self.labs[row.id] = LabRef(row.id, row.code, row.name, row.name_en, row.capacity_per_day)
            self.homes[row.id] = row.home_id
        root = self.tree.roots[0] if self.tree.roots else None
        contacts = contacts_below(session, self.tree, root) if root is not None else {}
        self.people = {place_id: in_order(own)[0].name for place_id, own in contacts.items() if own}
        self.boxes: dict[BoxOf, BoxCount] = {}

    def findings(self) -> list[TubeFinding]:
        """Everything that does not agree, in no order."""
        flagged = flagged_tubes(self.session, self.campaign.id, _FLAGS)
        missing, arrived, receipts = self._missing()
        unregistered = [tube for tube in flagged if Finding.UNREGISTERED in Finding(tube.findings)]
        denied = {
            (said.subject["pair"][0], said.subject["pair"][1])
            for said in self.spoken.values()
            if said.kind is Kind.MISREAD and said.state.ended is Step.DENIED
        }
        found = self._pairs(missing, unregistered, receipts, denied)
        taken = {code for pair in found for code in (pair.lost.barcode, pair.found.barcode)}
        by_code = {tube.barcode: tube for tube in unregistered} | missing
        missing = {code: tube for code, tube in missing.items() if code not in taken}
        known = boxes_of(
            self.session, self.campaign.id,
            {tube.site_id for tube in missing.values() if tube.site_id is not None and tube.box is not None},
        )  # fmt: skip
        self.boxes = known
        return [
            *(self._misread(pair, by_code) for pair in found),
            *self._missing_findings(missing.values(), arrived),
            *self._unregistered([tube for tube in unregistered if tube.barcode not in taken]),
            *self._duplicates([tube for tube in flagged if Finding.DUPLICATE in Finding(tube.findings)]),
            *self._wrong_labs([tube for tube in flagged if Finding.WRONG_LAB in Finding(tube.findings)]),
            *self._counts(),
        ]

    # -- missing, and read as something else

    def _missing(self) -> tuple[dict[str, Odd], frozenset[BoxOf], dict[BoxOf, tuple[int, int]]]:
        """What no laboratory has received though it is too late or the rest of its box has come; which boxes have,
        and when."""
        by_count = counting_labs(self.session, self.campaign.id)
        late = late_tubes(self.session, self.campaign.id, missing_before(self.now, self.limits) * 60)
        short = short_boxes(self.session, self.campaign.id)
        receipts = receipts_of(self.session, short.keys())
        done = {box for box, (_, last) in receipts.items() if last <= self.at - SCAN_MINUTES * 60}
        left = waiting_in(self.session, self.campaign.id, done)
        tubes = {tube.barcode: tube for tube in (*late, *left) if tube.home_lab_id not in by_count}
        return tubes, frozenset(done), receipts

    def _pairs(
        self,
        missing: Mapping[str, Odd],
        unregistered: Sequence[Odd],
        receipts: Mapping[BoxOf, tuple[int, int]],
        denied: set[tuple[str, str]],
    ) -> list[Pair]:
        lost = []
        for tube in missing.values():
            first, last = receipts.get((tube.site_id or 0, tube.box or ""), (None, None))
            left_at = tube.collected_at if tube.collected_at is not None else tube.used_at
            lost.append(Lost(tube.barcode, tube.site_id, tube.home_lab_id, left_at or 0, tube.box, first, last))
        found = [
            Found(tube.barcode, tube.home_lab_id, at, tube.named_site, tube.received_box or tube.box)
            for tube in unregistered
            if (at := tube.received_at if tube.received_at is not None else tube.lab_at) is not None
        ]
        return pairs(lost, found, denied)

    def _misread(self, pair: Pair, by_code: Mapping[str, Odd]) -> TubeFinding:
        lost, found = by_code[pair.lost.barcode], by_code[pair.found.barcode]
        site = self._place(lost.site_id)
        town, lab = self._town(site), self._lab(found.home_lab_id)
        hands = (
            *self._sent(site, town, lost.collected_at is not None, None),
            Hand(Party.LAB, lab.name if lab else "", "scanned"),
        )
        return self._made(
            Kind.MISREAD, (pair.lost.barcode, pair.found.barcode), Severity.WARN, [lost], site, lab,
            since=pair.found.at, limit=self.limits.test_minutes, hands=hands, at_lab=lab, pair=pair,
            barcodes=(pair.lost.barcode, pair.found.barcode),
        )  # fmt: skip

    def _missing_findings(self, missing: Iterable[Odd], arrived: frozenset[BoxOf]) -> Iterator[TubeFinding]:
        groups: dict[tuple[int | None, int | None, str | None], list[Odd]] = defaultdict(list)
        for tube in missing:
            groups[tube.site_id, tube.home_lab_id, tube.box].append(tube)
        for (site_id, lab_id, box), tubes in groups.items():
            site = self._place(site_id)
            town, lab = self._town(site), self._lab(lab_id)
            come = (site_id or 0, box or "") in arrived
            collected = [tube.collected_at for tube in tubes if tube.collected_at is not None]
            count = self.boxes.get((site_id or 0, box or ""))
            hands = self._sent(site, town, bool(collected), count)
            if come and count is not None:
                hands = (*hands, Hand(Party.LAB, lab.name if lab else "", "received", count.received))
            since = min(collected, default=None) or min(tube.used_at or self.at for tube in tubes)
            limit = self.limits.transit_minutes if collected else self.limits.collect_minutes
            yield self._made(
                Kind.MISSING, (site_id, lab_id, box), Severity.CRIT, tubes, site, lab, since=since, limit=limit,
                hands=hands, arrived=come,
            )  # fmt: skip

    def _sent(
        self, site: Place | None, town: Place | None, collected: bool, count: BoxCount | None
    ) -> tuple[Hand, ...]:
        """The hands up to the laboratory's."""
        sent = count.sent if count is not None else None
        act = "packed" if collected or count is not None else "on_site"
        hands = [Hand(Party.SITE, self._person(site), act, sent)] if site is not None else []
        if collected:
            hands.append(Hand(Party.TOWN, self._person(town), "collected", sent))
        return tuple(hands)

    # -- at a laboratory, and should not be

    def _unregistered(self, tubes: Iterable[Odd]) -> Iterator[TubeFinding]:
        groups: dict[tuple[int | None, int | None, str | None], list[Odd]] = defaultdict(list)
        for tube in tubes:
            at = tube.received_at if tube.received_at is not None else tube.lab_at
            if at is not None and at <= self.at - SYNC_MINUTES * 60:
                groups[tube.home_lab_id, tube.named_site, tube.received_box or tube.box].append(tube)
        for (lab_id, site_id, box), own in groups.items():
            lab, site = self._lab(lab_id), self._place(site_id)
            since = min(at for t in own if (at := t.received_at or t.lab_at) is not None)
            hands = (Hand(Party.LAB, lab.name if lab else "", "unknown_code"),)
            yield self._made(
                Kind.UNREGISTERED, (lab_id, site_id, box), Severity.WARN, own, site, lab, since=since,
                limit=self.limits.test_minutes, hands=hands, at_lab=lab, box=box or "",
            )  # fmt: skip

    def _wrong_labs(self, tubes: Iterable[Odd]) -> Iterator[TubeFinding]:
        groups: dict[tuple[int | None, int | None, int | None, str | None], list[Odd]] = defaultdict(list)
        for tube in tubes:
            groups[tube.site_id, tube.expected_lab_id, tube.home_lab_id, tube.box].append(tube)
        for (site_id, expected_id, lab_id, box), own in groups.items():
            site, lab = self._place(site_id), self._lab(lab_id)
            hands = (
                *self._sent(site, self._town(site), own[0].collected_at is not None, None),
                Hand(Party.LAB, lab.name if lab else "", "holding"),
            )
            since = min(at for t in own if (at := t.received_at or t.lab_at or t.used_at) is not None)
            yield self._made(
                Kind.WRONG_LAB, (site_id, expected_id, lab_id, box), Severity.WARN, own, site,
                self._lab(expected_id), since=since, limit=self.limits.test_minutes, hands=hands, at_lab=lab,
            )  # fmt: skip

    def _duplicates(self, tubes: Iterable[Odd]) -> Iterator[TubeFinding]:
        for tube in tubes:
            site = self._place(tube.site_id)
            act = "two_sites" if tube.sites else "two_lanes" if tube.lanes else "twice"
            yield self._made(
                Kind.DUPLICATE, (tube.barcode,), Severity.WARN, [tube], site, self._lab(tube.home_lab_id),
                since=tube.used_at or self.at, limit=self.limits.missing_after_minutes,
                hands=(Hand(Party.SITE, self._person(site), act),),
            )  # fmt: skip

    # -- counts of a site and hour

    def _counts(self) -> Iterator[TubeFinding]:
        last = self.campaign.last_due(self.now - timedelta(minutes=SYNC_MINUTES))
        if last is None:
            return
        each = self.campaign.code_per_person
        doubtful = sites_in_doubt(self.session, self.campaign.id, last, each=each)
        sites = sorted(site_id for site_id in doubtful if self.tree.by_id[site_id].level is Level.SITE)
        hours = site_hours(self.session, self.campaign.id, sites)
        reported = reported_tubes(self.session, self.campaign.id, sites, each=each)
        for site_id, own in hours.items():
            site = self.tree.by_id[site_id]
            keeps = any(hour.copies for hour in own.values())
            for period, hour in own.items():
                if period > last:
                    continue
                if hour.copy_only:
                    yield self._counted(Kind.COPY_ONLY, site, period, hour.copy_only, hour.copies)
                if keeps and hour.used > hour.copies:
                    yield self._counted(Kind.NO_COPY, site, period, hour.copies - hour.used, hour.used)
            for report in reported.get(site_id, ()):
                if report.last > last:
                    continue
                used = sum(own[k].used for k in range(report.first, report.last + 1) if k in own)
                difference = report.tubes - used
                # What was opened before the hour may be full after it, one tube a lane (domain, section 5).
                if abs(difference) > (site.lanes or 1):
                    yield self._counted(Kind.REPORTED, site, report.last, difference, used)

    def _counted(self, kind: Kind, site: Place, period: int, difference: int, of: int) -> TubeFinding:
        end = self.campaign.end_of(period)
        act = "reported" if kind is Kind.REPORTED else "kept"
        return self._made(
            kind, (site.id, period), Severity.WARN, [], site, None, since=int(end.timestamp()), limit=None,
            hands=(Hand(Party.SITE, self._person(site), act, of + (difference if kind is Kind.REPORTED else 0)),),
            tubes_count=difference, period_end=end, expected_tubes=of,
        )  # fmt: skip

    # -- what all have in common

    def _made(
        self,
        kind: Kind,
        identity: tuple[object, ...],
        severity: Severity,
        tubes: Sequence[Odd],
        site: Place | None,
        lab: LabRef | None,
        *,
        since: int,
        limit: int | None,
        hands: tuple[Hand, ...],
        at_lab: LabRef | None = None,
        box: str | None = None,
        arrived: bool = False,
        pair: Pair | None = None,
        barcodes: tuple[str, ...] | None = None,
        tubes_count: int | None = None,
        period_end: datetime | None = None,
        expected_tubes: int | None = None,
    ) -> TubeFinding:
        id_ = finding_id(kind, *identity)
        said = self.spoken.get(id_)
        town = self._town(site)
        if town is None and at_lab is not None:
            home = self.homes.get(at_lab.id)
            town = self._place(home) or (self.tree.roots[0] if self.tree.roots else None)
        age = max(0, (self.at - since) // 60)
        persons = [tube.persons for tube in tubes if tube.persons is not None]
        made = TubeFinding(
            id=id_,
            kind=kind,
            severity=severity,
            site=_ref(site),
            town=_ref(town),
            lab=lab,
            at_lab=at_lab,
            box=box if box is not None else (tubes[0].box or "" if tubes else ""),
            barcodes=barcodes or tuple(sorted(tube.barcode for tube in tubes)),
            tubes=tubes_count if tubes_count is not None else len(tubes),
            persons=sum(persons) if persons else None,
            since=datetime.fromtimestamp(since, UTC),
            age_minutes=age,
            limit_minutes=limit,
            age_severity=of_age(age, limit, self.limits) if limit else Severity.OK,
            arrived=arrived,
            period_end=period_end,
            expected_tubes=expected_tubes,
            pair=pair,
            hands=hands,
        )
        if said is not None:
            made = replace(made, state=said.state)
        owner = made.state.owner or FIRST_OWNER[kind]
        if owner not in made.parties:
            owner = Party.LAB if Party.LAB in made.parties else Party.DISTRICT
        name, place = self._owner(owner, site, town, at_lab or lab)
        return replace(made, owner=owner, owner_name=name, owner_place=place)

    def _owner(self, party: Party, site: Place | None, town: Place | None, lab: LabRef | None) -> tuple[str, str]:
        """The person, where one is on duty, and the code of the place or laboratory."""
        if party is Party.LAB:
            return "", lab.code if lab is not None else ""
        place = {Party.SITE: site, Party.TOWN: town}.get(party)
        if place is None:
            place = next(self.tree.each(Level.DISTRICT), self.tree.roots[0])
        return self._person(place), place.code

    def _place(self, place_id: int | None) -> Place | None:
        return self.tree.by_id.get(place_id) if place_id is not None else None

    def _town(self, site: Place | None) -> Place | None:
        return self._place(site.parent_id) if site is not None and site.level is Level.SITE else site

    def _lab(self, lab_id: int | None) -> LabRef | None:
        return self.labs.get(lab_id) if lab_id is not None else None

    def _person(self, place: Place | None) -> str:
        return self.people.get(place.id, "") if place is not None else ""


def _ref(place: Place | None) -> PlaceRef | None:
    return ref(place) if place is not None else None

"""The registry of laboratories: read, changed, taken away as a file. Pages use the same endpoints; the forms come as
pieces of HTML."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from api import panels
from api import registry_schemas as shapes
from api.access import Entry, enter
from api.downloads import download, note_export
from api.exchange import answer, answer_batch, read_body
from api.problems import Problem, language
from components.registry import registry_detail
from components.registry_words import concern_word, mark_word, version_words, why
from data.database import Database
from data.ingest.registry import Writer, change_labs
from data.queries.registry import laboratories, registry
from domain.clock import Clock
from domain.laboratories import Laboratory, Rate, Registry
from domain.permissions import Action, Role
from domain.places import Level, Place
from domain.recognition import recognises
from domain.registry import LEVELS, Subject
from domain.registry_claims import CATALOGUE, WITHDRAWABLE
from locales import text


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/labs` of a campaign."""
    api = Blueprint("api_registry", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")

    @api.get("/labs")
    def list_labs(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.READ, clock)
            if entry.caller.role is Role.LAB:
                # A laboratory reads its own record.
                picture = registry(session, entry.moment(entry.tree.roots[0]))
                own = tuple(lab for lab in picture.labs if lab.code == entry.caller.place)
                return answer(_labs(entry, entry.caller.place, picture, own))
            place = entry.scope(request.args.get("scope"))
            picture = registry(session, entry.moment(place))
            return answer(_labs(entry, place.code, picture, picture.labs))

    @api.post("/labs")
    def post_labs(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.KEEP_LABS, clock)
        body = read_body()
        rows = body.get("changes") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise Problem(400, "bad_request", "not_list", expected='{"changes": [...]}')
        writer = Writer(entry.sender(), entry.caller.shown or entry.caller.name)
        return answer_batch(entry, change_labs(database, campaign_id, rows, writer, clock))

    return api


def pieces(database: Database, clock: Clock) -> Blueprint:
    """One laboratory's part of the page, its forms, and the registry as a file."""
    parts = Blueprint("lab_pieces", __name__, template_folder="templates")

    @parts.get("/labs/<campaign_id>/form")
    def form(campaign_id: str) -> str:
        """The form of one record, filled with its version in force; an empty one for a new record."""
        spoken = panels.spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.KEEP_LABS, clock)
            what, code = request.args.get("what", ""), request.args.get("lab", "")
            if what not in tuple(Subject):
                raise Problem(404, "not_found", "unknown_path")
            lab = next(iter(laboratories(session, entry.tree, entry.now, code)), None)
            if lab is None:
                raise Problem(404, "not_found", "unknown_lab", lab=code)
            places = _places(entry)
        subject, named = Subject(what), request.args.get("entry", "")
        held = next(
            (v for v in lab.versions if v.current and v.subject is subject and v.entry == named and not v.withdrawn),
            None,
        )
        return render_template(
            "registry_form.html",
            t=lambda key, **params: text(spoken, key, **params),
            lab=lab,
            label=lab.label(spoken),
            subject=subject,
            held=held,
            content=dict(held.content) if held else {"home": lab.home.code if lab.home else "",
                                                     "capacity_per_day": lab.capacity_per_day},
            fields=CATALOGUE[subject],
            withdrawable=held is not None and subject in WITHDRAWABLE,
            hints=HINTS,
            towns=[
                (place.code, place.label(spoken))
                for place in places
                if subject is not Subject.BINDING or place.level is Level.TOWN
            ],
            today=entry.tree.campaign.local(entry.now).date().isoformat(),
            offset=entry.tree.campaign.local(entry.now).isoformat()[-6:],
        )  # fmt: skip

    @parts.get("/panels/<campaign_id>/laboratory")
    def detail(campaign_id: str) -> Response:
        """Everything on record of one laboratory, drawn."""
        code = request.args.get("lab", "")
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            picture = registry(session, entry.moment(entry.scope(request.args.get("place"))), code)
        if not picture.labs:
            raise Problem(404, "not_found", "unknown_lab", lab=code)
        return panels.drawn(registry_detail(picture, panels.spoken()))

    @parts.get("/export/<campaign_id>/<place>/labs.xlsx")
    def export(campaign_id: str, place: str) -> Response:
        spoken = panels.spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.EXPORT, clock)
            picture = registry(session, entry.moment(entry.scope(place)))
        note_export(database, entry, "labs.export", place=place, rows=len(picture.labs), format="xlsx")
        name = f"{campaign_id}-{place}-labs-{picture.today:%Y%m%d}.xlsx"
        return download(_workbook(picture, spoken), name, "xlsx")

    return parts


HINTS = frozenset({"region", "corrective", "valid_from", "half", "lifted_on"})
"""Fields whose form says more than their name."""


def _places(entry: Entry) -> list[Place]:
    """Where a laboratory may stand or whose account may be bound: the caller's place and below, without sites."""
    home = entry.scope(None)
    order = list(Level)
    found = [
        place for place in entry.tree.each() if place.level is not Level.SITE and entry.tree.contains(home, place)
    ]
    return sorted(found, key=lambda place: (order.index(place.level), place.code))


# -- what is answered


def _labs(entry: Entry, scope: str, picture: Registry, labs: tuple[Laboratory, ...]) -> shapes.LabsOut:
    return shapes.LabsOut(
        scope=scope,
        revision=entry.row.revision,
        years=list(picture.years),
        rates=[_rate(rate) for rate in (picture.rates if labs is picture.labs else labs[0].rates if labs else ())],
        labs=[_lab(entry, lab, picture) for lab in labs],
    )


def _rate(rate: Rate) -> shapes.LabRateOut:
    return shapes.LabRateOut(rate.quality.value, rate.done, rate.of, rate.share, rate.target)


def _lab(entry: Entry, lab: Laboratory, picture: Registry) -> shapes.LabOut:
    spoken = language()
    local = entry.tree.campaign.local
    level = lab.facts.level
    return shapes.LabOut(
        code=lab.code, name=lab.name, name_en=lab.name_en, home=lab.home.code if lab.home else None,
        capacity_per_day=lab.capacity_per_day, level=level, listed=lab.facts.listed, state=lab.severity.value,
        recognised_by=[other for other in LEVELS if level is not None and recognises(other, level)],
        concerns=[
            shapes.LabConcernOut(c.matter.value, c.severity.value, c.on.isoformat() if c.on else None, c.item,
                                 concern_word(c, picture.today, spoken))
            for c in lab.concerns
        ],
        marks=[
            shapes.LabMarkOut(
                m.item, mark_word(m, spoken) if m.given else None, m.range.value if m.range else None, m.region,
                [r.lack.value for r in m.reasons], [why(r, spoken) for r in m.reasons],
            )
            for m in lab.marks
        ],
        rates=[_rate(rate) for rate in lab.rates],
        towns=[
            shapes.LabBoundOut(
                b.town.code, local(b.since).isoformat(), local(b.until).isoformat() if b.until else None
            )
            for b in lab.bound
        ],
        versions=[
            shapes.LabVersionOut(
                v.id, v.subject.value, v.entry, dict(v.content), v.withdrawn, v.current, v.note, v.copied_from, v.by,
                local(v.at).isoformat(),
            )
            for v in lab.versions
        ],
    )  # fmt: skip


# -- as a file


def _workbook(picture: Registry, spoken: str) -> bytes:
    # Spreadsheet libraries are large: only a worker that exports loads them.
    from data.exports import Value, frame, workbook

    def sheet(name: str, columns: tuple[str, ...], rows: list[list[Value]]) -> tuple[str, Any]:
        heads = [text(spoken, f"registry.export_column.{column}") for column in columns]
        return text(spoken, f"registry.sheet.{name}"), frame(heads, rows)

    def flag(value: bool | None) -> str | None:
        return None if value is None else text(spoken, "registry.yes" if value else "registry.no")

    def day(value: Any) -> str | None:
        return value.isoformat() if value else None

    joint = text(spoken, "registry.join")
    today, zone = picture.today, picture.campaign.zone
    labs: list[list[Value]] = []
    marks: list[list[Value]] = []
    rounds: list[list[Value]] = []
    history: list[list[Value]] = []
    for lab in picture.labs:
        known, name = lab.facts, lab.label(spoken)
        licence, filing = known.licence, known.filing
        labs.append([
            lab.code, name, text(spoken, f"registry.state.{lab.severity}"),
            joint.join(concern_word(c, today, spoken) for c in lab.concerns), known.level, flag(known.listed),
            licence.number if licence else None, day(licence.until) if licence else None,
            filing.number if filing else None, day(filing.filed_on) if filing else None,
            day(filing.until) if filing else None, lab.capacity_per_day, lab.home.label(spoken) if lab.home else None,
            joint.join(b.town.label(spoken) for b in lab.bound_at(picture.now)),
            *(rate.share for rate in lab.rates),
        ])  # fmt: skip
        marks += [
            [lab.code, name, m.item, mark_word(m, spoken) if m.given else None,
             joint.join(why(r, spoken) for r in m.reasons)]
            for m in lab.marks
        ]  # fmt: skip
        rounds += [
            [lab.code, name, r.item, r.organiser, text(spoken, f"registry.range.{r.range}"), r.region, day(r.on),
             flag(r.took_part), flag(r.passed), r.corrective, day(r.corrected_on)]
            for r in known.rounds
        ]  # fmt: skip
        history += [
            [lab.code, name, f"{v.at.astimezone(zone):%Y-%m-%d %H:%M}", v.by,
             version_words(v, picture.places, zone, spoken), v.note]
            for v in lab.versions
        ]  # fmt: skip
    of_lab = ("code", "name")
    rates = [text(spoken, f"registry.rate.{rate.quality}") for rate in picture.rates]
    first, table = sheet("labs", LAB_COLUMNS, [row[: len(LAB_COLUMNS)] for row in labs])
    for i, rate in enumerate(rates):
        table[rate] = [row[len(LAB_COLUMNS) + i] for row in labs]
    return workbook([
        (first, table),
        sheet("marks", (*of_lab, "item", "mark", "reasons"), marks),
        sheet("rounds", (*of_lab, "item", "organiser", "range", "region", "on", "took_part", "passed", "corrective",
                         "corrected_on"), rounds),
        sheet("history", (*of_lab, "at", "by", "what", "note"), history),
    ])  # fmt: skip


LAB_COLUMNS = (
    "code", "name", "state", "concerns", "level", "listed", "licence", "licence_until", "filing", "filed_on",
    "filing_until", "capacity", "home", "towns",
)  # fmt: skip

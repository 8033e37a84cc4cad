"""Publishing: freeze, review, sign, withdraw; issues as files; a district's own templates."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from flask import Blueprint, Response, request

from api import bulletin_schemas as schemas
from api.access import Entry, enter
from api.downloads import DOCUMENTS, download, note_export
from api.exchange import answer, bad_parameter, is_number
from api.problems import Problem, language
from components.bulletin import words
from components.bulletin.content import content
from components.bulletin.fields import FIELD_LISTS, FIELD_NAMES, field_meaning
from data import bulletin_templates, bulletins
from data.bulletin_templates import UnknownTemplate
from data.bulletins import UnknownBulletin, Written
from data.database import Database
from data.models import Bulletin
from data.queries.bulletins import Issue, issue_of, issues, sites_of
from domain import bulletin as rules
from domain.bulletin import Line, Step
from domain.campaign import Campaign
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.permissions import Action
from domain.places import Place
from domain.values import MAX_KEY, read_text, read_time
from locales import LANGUAGES, messages, text

MAX_NAME = 200

Body = TypeVar("Body")


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`/api/v1/campaigns/<id>/bulletins…`."""
    api = Blueprint("api_bulletins", __name__, url_prefix="/api/v1/campaigns/<campaign_id>/bulletins")

    def let_in(campaign_id: str, action: Action) -> Entry:
        with database.read() as session:
            return enter(session, campaign_id, action, clock)

    def let_in_to(campaign_id: str, bulletin_id: int, action: Action) -> tuple[Entry, Place]:
        """The caller, and the place of an issue that must be his own or below it."""
        with database.read() as session:
            entry = enter(session, campaign_id, action, clock)
            row = _bulletin(session, campaign_id, bulletin_id)
            return entry, entry.scope(entry.tree.by_id[row.place_id].code)

    @api.get("")
    def list_bulletins(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            place = entry.scope(request.args.get("scope"))
            found = issues(session, campaign_id, place.id)
            hour = request.args.get("hour")
            if hour is not None:
                period = _period(entry.tree.campaign, hour.replace(" ", "+"))
                found = [issue for issue in found if issue.period == period]
            spoken = language()
            return answer([_issue(issue, entry.tree.campaign, spoken) for issue in found])

    @api.post("")
    def freeze(campaign_id: str) -> Response:
        entry = let_in(campaign_id, Action.PREPARE_BULLETIN)
        body = _read(schemas.FreezeIn)
        place = entry.scope(body.scope)

        def work() -> Written:
            key = _text("key", body.key, MAX_KEY)
            if not key:
                raise Refused("key", Code.MISSING_FIELD)
            return bulletins.freeze(
                database, campaign_id, place.code, _period(entry.tree.campaign, body.hour), key, entry.caller, clock,
                reason=_text("reason", body.reason, rules.MAX_REASON),
                remark=_text("note", body.remark, rules.MAX_REMARK),
            )  # fmt: skip

        return _done(entry, _taken(work))

    @api.post("/remark")
    def remark(campaign_id: str) -> Response:
        body = _read(schemas.RemarkIn)
        entry, _ = let_in_to(campaign_id, body.id, Action.PREPARE_BULLETIN)
        return _done(
            entry,
            _taken(
                lambda: bulletins.set_remark(
                    database, campaign_id, body.id, _text("note", body.remark, rules.MAX_REMARK), entry.caller, clock
                )
            ),
        )

    @api.post("/review")
    def review(campaign_id: str) -> Response:
        body = _read(schemas.StepIn)
        entry, _ = let_in_to(campaign_id, body.id, Action.PREPARE_BULLETIN)
        return _done(entry, _taken(lambda: bulletins.review(database, campaign_id, body.id, entry.caller, clock)))

    @api.post("/sign")
    def sign(campaign_id: str) -> Response:
        body = _read(schemas.StepIn)
        # Who may sign depends on how many people the campaign asks for: the role is looked at here, not by `enter`.
        entry, _ = let_in_to(campaign_id, body.id, Action.DESK)
        if not rules.may_take(Step.SIGN, entry.caller, entry.tree.campaign.limits.bulletin_people):
            raise Problem(403, "forbidden", "forbidden_role", role=entry.caller.role)
        return _done(entry, _taken(lambda: bulletins.sign(database, campaign_id, body.id, entry.caller, clock)))

    @api.post("/withdraw")
    def withdraw(campaign_id: str) -> Response:
        body = _read(schemas.WithdrawIn)
        entry, _ = let_in_to(campaign_id, body.id, Action.PREPARE_BULLETIN)
        return _done(
            entry,
            _taken(
                lambda: bulletins.withdraw(
                    database,
                    campaign_id,
                    body.id,
                    _text("reason", body.reason, rules.MAX_REASON),
                    entry.caller,
                    clock,
                )
            ),
        )

    @api.get("/file")
    def file(campaign_id: str) -> Response:
        """One issue as XLSX or Word (`format`), plain or in a template (`template`), with all sites (`sites=1`)."""
        suffix = request.args.get("format", "")
        number, template_id = request.args.get("id", ""), request.args.get("template", "")
        if not is_number(number) or (template_id and not is_number(template_id)):
            raise bad_parameter("id", number or template_id, "")
        spoken = _spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.EXPORT, clock)
            row = _bulletin(session, campaign_id, int(number))
            place = entry.scope(entry.tree.by_id[row.place_id].code)
            issue, sites = issue_of(row), sites_of(row)
            template = None
            if template_id:
                template = _template(session, campaign_id, int(template_id), place)
                suffix, form = template.kind, template.content
        if suffix not in DOCUMENTS:
            raise bad_parameter("format", suffix, ", ".join(DOCUMENTS))
        wants_sites = template is not None or request.args.get("sites") == "1"
        made = content(issue, spoken, sites if wants_sites else ())
        # Office libraries are large: only a worker that exports loads them.
        from data.documents import fill, spreadsheet, word

        if template is not None:
            body = _taken(lambda: fill.fill(form, suffix, made, fill.Known(FIELD_NAMES, FIELD_LISTS)))
        else:
            body = spreadsheet.write(made) if suffix == "xlsx" else word.write(made)
        details = {
            "bulletin": issue.id,
            "place": place.code,
            "issue": issue.label,
            "frozen_revision": issue.revision,
            "format": suffix,
            "template": template.name if template is not None else "",
            "language": spoken,
        }
        note_export(database, entry, "bulletin.export", **{n: d for n, d in details.items() if d})
        local = entry.tree.campaign.local(issue.data_until)
        name = f"{place.code}-{local:%Y%m%d-%H%M}-{issue.label}-r{issue.revision}-{spoken}.{suffix}"
        return download(body, f"{made.fields['title'].written} {name}", suffix)

    @api.get("/templates")
    def list_templates(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            place = entry.scope(request.args.get("scope"))
            found = bulletin_templates.listed(session, campaign_id, place.id)
        campaign = entry.tree.campaign
        return answer(
            [
                schemas.TemplateOut(
                    t.id, t.name, t.kind, list(t.fields), t.actor, campaign.local(t.recorded_at).isoformat()
                )
                for t in found
            ]
        )

    @api.post("/templates")
    def add_template(campaign_id: str) -> Response:
        entry = let_in(campaign_id, Action.PREPARE_BULLETIN)
        body = _read(schemas.TemplateIn)
        place = entry.scope(body.scope)

        def work() -> tuple[int, bool, list[str]]:
            from data.documents import fill

            name, key = _text("template", body.name, MAX_NAME), _text("key", body.key, MAX_KEY)
            for field, value in (("template", name), ("key", key)):
                if not value:
                    raise Refused(field, Code.MISSING_FIELD)
            rules.check_place(place.level)
            data = bulletin_templates.read_content(body.content, name)
            kind, fields = fill.check(data, name, fill.Known(FIELD_NAMES, FIELD_LISTS))
            made, new = bulletin_templates.add(
                database, campaign_id, place.code, key, name, data, kind, fields, entry.caller, clock
            )
            return made, new, fields

        made, new, fields = _taken(work)
        return answer(schemas.TemplateDoneOut(made, new, fields))

    @api.post("/templates/delete")
    def delete_template(campaign_id: str) -> Response:
        body = _read(schemas.StepIn)
        with database.read() as session:
            entry = enter(session, campaign_id, Action.PREPARE_BULLETIN, clock)
            _reach(entry, lambda: bulletin_templates.place_of(session, campaign_id, body.id))
        try:
            changed = bulletin_templates.delete(database, campaign_id, body.id, entry.caller, clock)
        except UnknownTemplate:
            raise Problem(404, "not_found", "unknown_template", template=body.id) from None
        return answer(schemas.TemplateDoneOut(body.id, changed))

    @api.get("/templates/example")
    def example(campaign_id: str) -> Response:
        """A template to begin with (`format`)."""
        let_in(campaign_id, Action.DESK)
        suffix, spoken = request.args.get("format", ""), _spoken()
        if suffix not in DOCUMENTS:
            raise bad_parameter("format", suffix, ", ".join(DOCUMENTS))
        from data.documents import example

        words_ = example.Words(
            heading=text(spoken, "bulletin.example.heading", place="{{ place }}"),
            towns=text(spoken, "bulletin.example.towns"),
            field={name: field_meaning(name, spoken) for name in FIELD_NAMES},
            column={name: text(spoken, f"bulletin.column.{name}")
                    for name in ("town", "target", "persons", "completion", "gap")},
        )  # fmt: skip
        return download(example.write(suffix, words_), f"example-{spoken}.{suffix}", suffix)

    @api.get("/fields")
    def list_fields(campaign_id: str) -> Response:
        let_in(campaign_id, Action.DESK)
        spoken = language()
        single = [schemas.FieldOut(name, field_meaning(name, spoken), []) for name in FIELD_NAMES]
        rows = [schemas.FieldOut(name, field_meaning(name, spoken), list(row)) for name, row in FIELD_LISTS.items()]
        return answer([*single, *rows])

    return api


# -- what is asked


def _read(shape: type[Body]) -> Body:
    try:
        return msgspec.json.decode(request.get_data(), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "bad_request", "not_json", reason=str(error)) from None


def _spoken() -> str:
    """The language of a file: as asked in the address, else the caller's."""
    stated = request.args.get("lang")
    return stated if stated in LANGUAGES else language()


def _text(name: str, value: str, limit: int) -> str:
    """Text a person wrote, its line ends as spaces: it stands in one paragraph. Raises `Refused`."""
    return str(read_text(name, " ".join(value.split()), limit) or "")


def _period(campaign: Campaign, stated: str) -> int:
    try:
        period = campaign.period_starting(read_time("hour", stated))
    except Refused:
        period = None
    if period is None:
        raise bad_parameter("hour", stated, campaign.local(campaign.anchor).isoformat())
    return period


def _bulletin(session: Any, campaign_id: str, bulletin_id: int) -> Bulletin:
    try:
        return bulletins.find(session, campaign_id, bulletin_id)
    except UnknownBulletin:
        raise Problem(404, "not_found", "unknown_bulletin", bulletin=bulletin_id) from None


def _template(session: Any, campaign_id: str, template_id: int, place: Place) -> Any:
    try:
        found = bulletin_templates.find(session, campaign_id, template_id)
    except UnknownTemplate:
        found = None
    if found is None or found.place_id != place.id:
        raise Problem(404, "not_found", "unknown_template", template=template_id)
    return found


def _reach(entry: Entry, find: Callable[[], int]) -> None:
    try:
        place_id = find()
    except UnknownTemplate as unknown:
        raise Problem(404, "not_found", "unknown_template", template=unknown.args[0]) from None
    entry.scope(entry.tree.by_id[place_id].code)


Done = TypeVar("Done")


def _taken(work: Callable[[], Done]) -> Done:
    """What `work` gives; a refusal becomes a problem that says why in the caller's language."""
    try:
        return work()
    except Refused as refusal:
        spoken = language()
        rejection = refusal.at(0)
        if rejection.field == "bulletin" and rejection.value in tuple(rules.State):
            rejection = replace(rejection, value=text(spoken, f"bulletin.state.{rejection.value}"))
        said = messages.refusal(spoken, rejection)
        error = {"index": 0, "field": rejection.field, "code": rejection.code.value, "message": said}
        status = 409 if rejection.code is Code.CONFLICT else 413 if rejection.code is Code.TOO_LARGE else 400
        raise Problem(status, "refused", "as_said", errors=[error], said=said) from None


# -- what is answered


def _done(entry: Entry, written: Written) -> Response:
    issue = _issue(written.issue, entry.tree.campaign, language())
    return answer(schemas.BulletinDoneOut(written.changed, written.revision, issue))


def _issue(issue: Issue, campaign: Campaign, spoken: str) -> schemas.BulletinOut:
    def time(moment: datetime | None) -> str | None:
        return campaign.local(moment).isoformat() if moment is not None else None

    frozen = issue.frozen
    return schemas.BulletinOut(
        id=issue.id, scope=issue.place_code, issue=issue.label,
        hour=campaign.local(campaign.start_of(issue.period)).isoformat(), state=issue.state.value,
        data_until=campaign.local(issue.data_until).isoformat(), known_at=campaign.local(issue.known_at).isoformat(),
        revision=issue.revision, reason=issue.reason, remark=issue.remark, replaces=issue.replaces,
        drafted_by=issue.drafted_name, reviewed_by=issue.reviewed_name, reviewed_at=time(issue.reviewed_at),
        signed_by=issue.signed_name, signed_at=time(issue.signed_at),
        lead="".join(part for _, part in words.lead(frozen, spoken)), text=words.brief(frozen, issue.label, spoken),
        total=_line(frozen.total, spoken), lines=[_line(line, spoken) for line in frozen.lines],
        corrections=[
            schemas.CorrectionOut(
                campaign.local(c.at).isoformat(), c.place.code, c.kind, c.persons, c.tubes, c.reason, c.who,
                time(c.verified_at),
            )
            for c in frozen.corrections
        ],
    )  # fmt: skip


def _line(line: Line, spoken: str) -> schemas.LineOut:
    return schemas.LineOut(
        code=line.place.code, name=line.place.label(spoken), level=line.place.level.value, persons=line.persons,
        completion=line.completion, gap=line.gap, target=line.target, hour_persons=line.hour_persons,
        tubes=line.tubes, hour_tubes=line.hour_tubes, third_copies=line.third_copies,
        special_cases=line.special_cases, positives=line.positives, verified=line.verified, expected=line.expected,
        reported=line.reported,
    )  # fmt: skip

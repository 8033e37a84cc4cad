"""Accounts of one campaign, for its administrators. Pages use the same endpoints.

Nobody does anything to his own account here: for that there is the change of the password.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import people_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, bad_parameter, maybe_time, refused
from api.panels import drawn, spoken
from api.problems import Problem, language
from api.reach import asked, check_reach, reachable, reachable_tokens, reaches_account
from api.schemas import ErrorOut
from components import slips, users
from data import accounts
from data.database import Database
from data.ingest import accounts as bulk
from data.ingest.place_writer import Resolver
from data.models import Account
from data.queries.accounts import AccountRow, Wanted, account_rows, lab_names, roll
from domain.accounts import State
from domain.clock import Clock, system_clock
from domain.errors import Code, Refused, Rejection, Unreadable
from domain.permissions import ACCOUNT_ROLES, Action, Role
from domain.values import read_time
from locales import messages, text

MOST_AT_ONCE = 30
"""Accounts one request makes: their passwords are hashed one by one, and a browser does not wait for ever."""


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/accounts` and `…/close-access` of a campaign."""
    api = Blueprint("api_accounts", __name__)
    inside = "/api/v1/campaigns/<campaign_id>"

    def administrator(session: Session, campaign_id: str) -> Entry:
        return enter(session, campaign_id, Action.ADMINISTER, clock)

    @api.get(f"{inside}/accounts")
    def list_accounts(campaign_id: str) -> Response:
        with database.read() as session:
            entry = administrator(session, campaign_id)
            rows = account_rows(session, entry.tree, reachable(session, entry), system_clock())
            return answer([_account(entry, row) for row in rows])

    @api.post(f"{inside}/accounts")
    def post_account(campaign_id: str) -> Response:
        wish = asked(database, clock, campaign_id, shapes.AccountIn)
        fields = {name: getattr(wish, name) for name in bulk.FIELDS}
        if not wish.login.strip():
            raise bad_parameter("login", "", "")
        return _make(campaign_id, shapes.BulkIn(), rows=[fields], alone=True)

    @api.post(f"{inside}/accounts/bulk")
    def post_accounts(campaign_id: str) -> Response:
        wish = asked(database, clock, campaign_id, shapes.BulkIn)
        if wish.file:
            try:
                data = base64.b64decode(wish.file.partition(",")[2] or wish.file, validate=True)
            except (binascii.Error, ValueError):
                raise bad_parameter("file", wish.file[:20], "base64") from None
            return _make(campaign_id, wish, file=(data, wish.name or "accounts.csv"))
        if wish.rows is None and not wish.all_sites:
            raise bad_parameter("rows", "", "all_sites, rows, file")
        return _make(campaign_id, wish, rows=wish.rows)

    def _make(
        campaign_id: str,
        wish: shapes.BulkIn,
        rows: Sequence[dict[str, Any]] | None = None,
        file: tuple[bytes, str] | None = None,
        alone: bool = False,
    ) -> Response:
        now = system_clock()
        begun = _moment(wish.go_on) or now
        renew_before = begun if wish.renew_unused else None
        with database.read() as session:
            entry = administrator(session, campaign_id)
            try:
                specs, unread = _specs(session, entry, rows, file)
            except Unreadable as problem:
                said = messages.unreadable(language(), problem)
                raise Problem(400, "refused", "as_said", said=said) from None
            allowed = []
            for line, spec in specs:
                try:
                    check_reach(entry, spec.role, spec.place)
                    allowed.append((line, spec))
                except Problem:
                    unread.append((line, Refused("place", Code.OUT_OF_SCOPE, spec.place).at(line)))
            todo = allowed
            if rows is None and file is None:
                todo = _not_yet_done(session, entry, allowed, renew_before, now)
        done = bulk.make(
            database, entry.tree, todo, now, entry.caller.name, renew_before=renew_before, most=MOST_AT_ONCE
        )
        done.unchanged += len(allowed) - len(todo)
        told = [(row, password) for row, password in done.slips if password is not None or not wish.go_on]
        unread += done.refused
        if alone and unread:
            raise refused(entry, unread[0][1])
        return answer(
            shapes.BulkOut(
                done.made, done.reset, done.unchanged, done.left, begun.isoformat(),
                [_password(entry, row, password) for row, password in told],
                [ErrorOut(line, r.field, r.code.value, _said(entry, r)) for line, r in sorted(unread, key=_line)],
                _slips(entry, told),
            )
        )  # fmt: skip

    @api.post(f"{inside}/accounts/<login>/reset")
    def reset_account(campaign_id: str, login: str) -> Response:
        wish = asked(database, clock, campaign_id, shapes.ResetIn)
        now = system_clock()
        with database.write() as session:
            entry = administrator(session, campaign_id)
            row = _other(session, entry, login)
            try:
                password = accounts.reset(session, row, now, entry.caller.name, name=wish.name, phone=wish.phone)
            except accounts.BadAccount as bad:
                raise _bad(bad) from None
            session.flush()
            made = [(account_rows(session, entry.tree, [row], now)[0], password)]
            told = [_password(entry, *made[0])]
            return answer(shapes.BulkOut(0, 1, 0, 0, now.isoformat(), told, [], _slips(entry, made)))

    @api.post(f"{inside}/accounts/<login>/<any(unlock, disable, enable):step>")
    def change_account(campaign_id: str, login: str, step: str) -> Response:
        now = system_clock()
        with database.write() as session:
            entry = administrator(session, campaign_id)
            row = _other(session, entry, login)
            ended = accounts.open_sessions(session, row, now) if step == "disable" else 0
            if step == "unlock":
                accounts.unlock(session, row, now, entry.caller.name)
            elif (row.disabled_at is None) == (step == "disable"):
                accounts.disable(session, row, now, entry.caller.name, again=step == "enable")
            session.flush()
            standing = account_rows(session, entry.tree, [row], now)[0]
            return answer(shapes.AccountDoneOut(row.login, standing.state.value, ended))

    @api.get("/panels/<campaign_id>/users")
    def panel(campaign_id: str) -> Response:
        query, now = request.args, system_clock()
        with database.read() as session:
            entry = administrator(session, campaign_id)
            if query.get("place"):
                entry.scope(query["place"])
            role = query.get("role", "")
            wanted = Wanted(
                Role(role) if role in ACCOUNT_ROLES else None, query.get("place", ""), query.get("words", "")
            )
            seen = users.Seen(
                tree=entry.tree,
                home=entry.home,
                now=now,
                me=entry.caller.name.partition(" ")[0],
                wanted=wanted,
                show=query.get("show", ""),
                roll=roll(session, entry.tree, reachable(session, entry), wanted, now),
                tokens=reachable_tokens(session, entry),
                labs=tuple(lab_names(session, campaign_id).items()),
                reach=accounts.reach_of_campaign(session, campaign_id, now) if entry.whole else None,
            )
            return drawn(users.page(seen, spoken()))

    @api.get(f"{inside}/close-access")
    def get_close_access(campaign_id: str) -> Response:
        with database.read() as session:
            administrator(session, campaign_id)
            return answer(shapes.CloseOut(**accounts.reach_of_campaign(session, campaign_id, system_clock())))

    @api.post(f"{inside}/close-access")
    def close_access(campaign_id: str) -> Response:
        wish = asked(database, clock, campaign_id, shapes.CloseIn)
        with database.write() as session:
            entry = administrator(session, campaign_id)
            if not entry.whole:
                raise Problem(403, "forbidden", "forbidden_place", place=campaign_id)
            if wish.confirm.strip() != campaign_id:
                raise Problem(400, "bad_request", "confirm_campaign", campaign=campaign_id)
            done = accounts.end_campaign(session, campaign_id, system_clock(), entry.caller.name)
        return answer(shapes.CloseOut(**done))

    return api


# -- whom an administrator reaches


def _other(session: Session, entry: Entry, login: str) -> Account:
    """The account of that login, which the caller looks after and is not his own. Raises `Problem`."""
    row = session.scalar(sa.select(Account).where(Account.login == login))
    known = row is not None and (
        row.campaign_id == entry.row.id
        or (row.campaign_id is None and entry.caller.campaign_id is None and not entry.caller.place)
    )
    if row is None or not known or not reaches_account(entry, Role(row.role), row.place):
        raise Problem(404, "not_found", "unknown_account", login=login)
    if row.id == entry.caller.account_id:
        raise Problem(403, "forbidden", "own_account")
    return row


# -- what is asked


Specs = list[tuple[int, bulk.Spec]]


def _specs(
    session: Session, entry: Entry, rows: Sequence[dict[str, Any]] | None, file: tuple[bytes, str] | None
) -> tuple[Specs, list[tuple[int, Rejection]]]:
    """What is to be made, and what of it makes no sense."""
    tree = entry.tree
    if file is not None:
        read = bulk.read_file(session, tree, *file)
        return read.specs, read.refused
    if rows is None:
        return bulk.for_all_sites(tree), []
    resolver, labs = Resolver(tree, create=False), lab_names(session, tree.campaign.id)
    specs: Specs = []
    refused = []
    for index, row in enumerate(rows):
        try:
            specs.append((index, bulk.read_spec(row, tree, resolver, labs)))
        except Refused as refusal:
            refused.append((index, refusal.at(index)))
    return bulk.without_twins(specs, refused), refused


def _not_yet_done(
    session: Session, entry: Entry, specs: Specs, renew_before: datetime | None, now: datetime
) -> Specs:
    """Of all sites those without an account, and where wished those with one that nobody has used."""
    rows = account_rows(session, entry.tree, reachable(session, entry), now)
    done = {
        row.place_code
        for row in rows
        if row.role is Role.SITE and not (renew_before is not None and row.unused_since(renew_before))
    }
    return [(line, spec) for line, spec in specs if spec.place not in done]


def _moment(stated: str) -> datetime | None:
    try:
        return read_time("go_on", stated) if stated else None
    except Refused:
        raise bad_parameter("go_on", stated[:40], "") from None


def _line(pair: tuple[int, Rejection]) -> int:
    return pair[0]


# -- what is answered


def _said(entry: Entry, rejection: Rejection) -> str:
    return messages.refusal(language(), rejection, entry.tree.campaign.zone)


def _bad(bad: accounts.BadAccount) -> Problem:
    said = text(language(), f"account.problem.{bad.problem}", **bad.params)
    return Problem(400, "refused", "as_said", said=said)


def _account(entry: Entry, row: AccountRow) -> shapes.AccountOut:
    made, seen, until = (
        maybe_time(entry, at, "seconds") for at in (row.created_at, row.last_seen_at, row.expires_at)
    )
    return shapes.AccountOut(
        row.login, row.role.value, row.place_code, row.name, row.phone, row.lab, row.state.value, str(made), seen,
        until, row.online,
    )  # fmt: skip


def _password(entry: Entry, row: AccountRow, password: str | None) -> shapes.PasswordOut:
    until = maybe_time(entry, row.expires_at, "seconds") if row.state in (State.UNUSED, State.EXPIRED) else None
    return shapes.PasswordOut(row.login, row.role.value, row.place_code, password, until)


def _slips(entry: Entry, made: Sequence[tuple[AccountRow, str | None]]) -> str:
    if not made:
        return ""
    row = entry.row
    sheet = slips.Sheet(row.name, row.name_en, entry.tree.campaign.zone, request.url_root, language())
    # Markup would not be plain text to the encoder.
    return str(slips.html(sheet, made))

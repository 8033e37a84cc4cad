"""Accounts, their one-time passwords, the end of a campaign's access, the audit's chain."""

import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from commands.state import OPERATOR, REFUSED, State, fail, pass_state, tell_refused, write_refused
from components import slips
from data import accounts, audit, campaigns
from data.ingest import accounts as bulk
from data.models import Account, CampaignRow
from data.queries.accounts import account_rows
from domain.clock import system_clock
from domain.errors import Unreadable
from domain.permissions import ACCOUNT_ROLES, Role
from domain.places import PlaceTree
from locales import messages, text


def register(cli: click.Group, campaign: click.Group) -> None:
    """Put the commands of this topic among the others."""
    cli.add_command(user)
    cli.add_command(audit_)
    campaign.add_command(close_access)


@click.group()
def user() -> None:
    """People's accounts."""


@user.command("create")
@click.option("--login", required=True, help="a–z, digits, dot, hyphen, underscore.")
@click.option("--role", required=True, type=click.Choice([role.value for role in ACCOUNT_ROLES]))
@click.option("--place", default="", help="A place's code; for the role lab a laboratory's; empty for everywhere.")
@click.option("--campaign", "campaign_id", help="Only for this campaign.")
@click.option("--name", default="")
@click.option("--phone", default="")
@pass_state
def user_create(
    state: State, login: str, role: str, place: str, campaign_id: str | None, name: str, phone: str
) -> None:
    """Make an account. Its one-time password is shown once, alone on the last line."""
    try:
        with state.ready().write() as session:
            _, password = accounts.create(
                session, login=login, role=Role(role), place=place, campaign_id=campaign_id, now=system_clock(),
                actor=OPERATOR.name, name=name, phone=phone,
            )  # fmt: skip
    except accounts.BadAccount as bad:
        fail(text(state.language, f"account.problem.{bad.problem}", **bad.params))
    state.say("user_created", login=login)
    click.echo(password)


@user.command("reset")
@click.argument("login")
@click.option("--name", help="Pass the account to another person.")
@click.option("--phone")
@pass_state
def user_reset(state: State, login: str, name: str | None, phone: str | None) -> None:
    """Give an account a new one-time password, shown once, alone on the last line."""
    try:
        with state.ready().write() as session:
            row = _find(state, session, login)
            password = accounts.reset(session, row, system_clock(), OPERATOR.name, name=name, phone=phone)
    except accounts.BadAccount as bad:
        fail(text(state.language, f"account.problem.{bad.problem}", **bad.params))
    state.say("user_reset", login=login)
    click.echo(password)


@user.command("list")
@click.option("--campaign", "campaign_id", help="Only of this campaign.")
@pass_state
def user_list(state: State, campaign_id: str | None) -> None:
    """Accounts: login, role, place, campaign, name, state, last seen."""
    now = system_clock()
    with state.ready().read() as session:
        query = sa.select(Account).order_by(Account.campaign_id, Account.login)
        if campaign_id:
            query = query.where(Account.campaign_id == campaign_id)
        rows = list(session.scalars(query))
        for row, standing in zip(rows, account_rows(session, None, rows, now), strict=True):
            seen = row.last_seen_at.isoformat(timespec="seconds") if row.last_seen_at else ""
            click.echo(
                "\t".join([row.login, row.role, row.place, row.campaign_id or "", row.name, standing.state, seen])
            )


@user.command("disable")
@click.argument("login")
@pass_state
def user_disable(state: State, login: str) -> None:
    """Close an account; whoever is signed in with it is put out."""
    with state.ready().write() as session:
        accounts.disable(session, _find(state, session, login), system_clock(), OPERATOR.name)
    state.say("user_disabled", login=login)


@user.command("enable")
@click.argument("login")
@pass_state
def user_enable(state: State, login: str) -> None:
    """Open a closed account again; its password stays as it was."""
    with state.ready().write() as session:
        accounts.disable(session, _find(state, session, login), system_clock(), OPERATOR.name, again=True)
    state.say("user_enabled", login=login)


@user.command("bulk")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--campaign", "campaign_id", required=True)
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML file.")
@click.option("--address", help="How phones reach the product (default: HOST and PORT).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the slips.")
@click.option("--renew-unused", is_flag=True, help="New passwords for accounts nobody has signed in with yet.")
@pass_state
def user_bulk(
    state: State, file: Path | None, campaign_id: str, mapping: Path | None, address: str | None, out: Path | None,
    renew_unused: bool,
) -> None:  # fmt: skip
    """Make accounts for all sites of a campaign, or those FILE lists (columns login, role, place, name, phone), and
    write their one-time passwords to a file of slips to be printed and cut."""
    database = state.ready()
    with database.read() as session:
        row = _campaign(state, session, campaign_id)
        tree = campaigns.load_tree(session, row)
        listed = _read(state, session, tree, file, mapping) if file else None
    specs = listed.specs if listed else bulk.for_all_sites(tree)
    now = system_clock()
    with click.progressbar(length=len(specs), file=sys.stderr) as bar:
        done = bulk.Made()
        for start in range(0, len(specs), bulk.AT_ONCE):
            part = specs[start : start + bulk.AT_ONCE]
            done.add(bulk.make(database, tree, part, now, OPERATOR.name, renew_before=now if renew_unused else None))
            bar.update(len(part))
    refused = sorted([*(listed.refused if listed else []), *done.refused], key=lambda pair: pair[0])
    zone = ZoneInfo(row.timezone)
    faults = tell_refused(state, refused, zone)
    printed = [(account, password) for account, password in done.slips if password is not None]
    state.say("users_made", made=done.made, reset=done.reset, unchanged=done.unchanged)
    if printed:
        sheet = slips.Sheet(row.name, row.name_en, zone, address or _address(state.settings), state.language)
        written = out or Path(f"slips-{campaign_id}-{now.astimezone(zone):%Y%m%d-%H%M%S}.html")
        # Whoever can read this file can sign in: nobody but its owner shall.
        written.touch(mode=0o600)
        written.write_text(slips.document(sheet, printed), encoding="utf-8")
        state.say("slips_written", file=written, slips=len(printed))
    if listed and file:
        write_refused(state, listed.table, listed.mapping, faults, file)


def _read(state: State, session: Session, tree: PlaceTree, file: Path, mapping: Path | None) -> bulk.AccountFile:
    try:
        toml = mapping.read_text(encoding="utf-8-sig") if mapping else None
        return bulk.read_file(session, tree, file.read_bytes(), file.name, toml)
    except UnicodeDecodeError:
        fail(text(state.language, "cli.mapping_not_utf8", file=mapping))
    except Unreadable as problem:
        fail(f"{file}: {messages.unreadable(state.language, problem)}")


def _address(settings: config.Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}/"


def _find(state: State, session: Session, login: str) -> Account:
    row = session.scalar(sa.select(Account).where(Account.login == login))
    if row is None:
        fail(text(state.language, "account.problem.unknown", login=login))
    return row


def _campaign(state: State, session: Session, campaign_id: str) -> CampaignRow:
    try:
        return campaigns.find(session, campaign_id)
    except campaigns.UnknownCampaign:
        fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))


@click.command("close-access")
@click.option("--campaign", "campaign_id", required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_state
def close_access(state: State, campaign_id: str, yes: bool) -> None:
    """Take back every way into a campaign: its accounts' passwords, open sessions, tokens."""
    database, now = state.ready(), system_clock()
    with database.read() as session:
        _campaign(state, session, campaign_id)
        reach = accounts.reach_of_campaign(session, campaign_id, now)
    state.say("closing", campaign=campaign_id, **reach)
    if not yes and click.prompt(text(state.language, "cli.type_to_close"), default="", err=True) != campaign_id:
        fail(text(state.language, "cli.not_closed"))
    with database.write() as session:
        done = accounts.end_campaign(session, campaign_id, now, OPERATOR.name)
    state.say("closed", campaign=campaign_id, **done)


@click.group("audit")
def audit_() -> None:
    """The audit."""


@audit_.command("verify")
@pass_state
def audit_verify(state: State) -> None:
    """Follow the chain over every campaign's audit and say whether it is whole."""
    database = state.ready()
    with database.read() as session:
        chains = [None, *(row.id for row in campaigns.every(session))]
    whole = True
    for chain in chains:
        found = audit.verify(database, chain)
        whole = whole and found.whole
        said = "chain_whole" if found.whole else "chain_broken"
        state.say(said, campaign=chain or "—", lines=found.lines, head=found.head, line=found.broken_at)
    sys.exit(0 if whole else REFUSED)

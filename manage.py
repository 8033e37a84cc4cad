"""The operator's command line. `python manage.py --help` lists the commands."""

import os
import secrets
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import SQLAlchemyError

import config
import memory
from commands import areas as area_commands
from commands import database as database_commands
from commands import people as people_commands
from commands import rehearsal as rehearsal_commands
from commands import reminders as reminder_commands
from commands import sources as source_commands
from commands.state import OPERATOR, REFUSED, State, fail, pass_state, tell_refused, write_refused
from data import campaigns, tokens
from data.database import Database
from data.demo import people
from data.demo import screen as demo_screen
from data.demo.runner import Demonstration
from data.demo.simulator import DEFAULT_SEED
from data.ingest.file_import import FileResult
from data.ingest.files import What, import_file
from domain import sign_in
from domain.campaign import INTERVALS, Campaign, Limits
from domain.clock import system_clock
from domain.errors import Refused, Unreadable
from domain.permissions import TOKEN_ROLES, Role
from domain.places import Level
from domain.screens import CODE_LIFE
from domain.values import read_time
from locales import LANGUAGES, messages, text

LOOPBACK = ("127.0.0.1", "localhost", "::1")

STEP_SECONDS = 0.5
"""How often the demonstration looks what has come due."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of messages (default: the terminal's).")
@click.pass_context
def cli(context: click.Context, lang: str | None) -> None:
    """Runs the sampling command centre from the terminal."""
    context.obj = State(lang)


@cli.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@pass_state
def db_upgrade(state: State) -> None:
    """Bring the schema to the newest version."""
    state.database.upgrade()
    state.say("upgraded")


@db.command("check")
@pass_state
def db_check(state: State) -> None:
    """Compute every sum and every problem's state anew from the facts and compare them with those kept."""
    from data import stored_problems
    from data.verification import differences, tube_differences

    database = state.ready()
    wrong = 0
    with database.read() as session:
        for row in campaigns.every(session):
            tree = campaigns.load_tree(session, row)
            found = differences(session, tree) + tube_differences(session, row, tree)
            found += len(stored_problems.differences(session, row.id, tree.campaign.limits))
            wrong += found
            state.say("checked", campaign=row.id, differences=found)
    sys.exit(REFUSED if wrong else 0)


@cli.group()
def demo() -> None:
    """The demonstration: a simulated day, faults included."""


def _demonstration(state: State, seed: int) -> Demonstration:
    folder = next(iter(state.settings.source_folders), None)
    return Demonstration(state.ready(), system_clock, state.settings.demo_speed, seed, folder)


@demo.command("load")
@click.option("--seed", default=DEFAULT_SEED, show_default=True)
@click.option("--size", type=click.Choice(["district", "city"]), default="district", show_default=True)
@click.option("--share", type=click.FloatRange(0.001, 1), default=1.0, show_default=True,
              help="City: the part of the sites that scan their tubes.")  # fmt: skip
@click.option("--until", type=click.DateTime(["%H:%M"]), default="22:00", show_default=True,
              help="City: local time up to which the day is loaded.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="City: at once.")
@pass_state
def demo_load(state: State, seed: int, size: str, share: float, until: datetime, processes: int) -> None:
    """Load the simulated day of a district up to its middle, or let one that was stopped go on; or the day of an
    invented city of 5,000 sites, with accounts for it."""
    if size == "city":
        # Only the city reads these: its outlines need a large library.
        from data.demo.city import CityLoad, load_city

        database, load = state.ready(), CityLoad(seed, share, until.time())

        def told(what: str, count: int) -> None:
            state.say(f"city_{what}", count=count)

        load_city(database, system_clock, state.settings.demo_speed, load, processes=processes, told=told)
        _admit(state, people.CITY, local=state.settings.host in LOOPBACK)
        return
    _demonstration(state, seed).load()
    state.say("demo_loaded", speed=state.settings.demo_speed)


@demo.command("play")
@click.option("--seed", default=DEFAULT_SEED, show_default=True)
@pass_state
def demo_play(state: State, seed: int) -> None:
    """Send the day's reports as its clock goes, until stopped; it begins anew after its end."""
    demonstration = _demonstration(state, seed)
    while True:
        try:
            demonstration.step()
        except SQLAlchemyError as error:
            # A database that is away for a moment loses nothing: what was not sent is sent at the next step.
            state.say("demo_waits", error=type(error).__name__)
        time.sleep(STEP_SECONDS)


@demo.command("faults")
@click.option("--seed", default=DEFAULT_SEED, show_default=True)
@pass_state
def demo_faults(state: State, seed: int) -> None:
    """The faults planted in the simulated day: kind, site, period, hour, detail."""
    for fault in _demonstration(state, seed).day.faults:
        click.echo("\t".join([fault.kind, fault.site, str(fault.period), str(fault.hour), str(fault.detail)]))


@cli.command()
@pass_state
def serve(state: State) -> None:
    """Prepare the database, load the demonstration when DEMO=1, and serve."""
    try:
        settings = config.load()
    except config.BadSetting as problem:
        fail(str(problem))
    state.database.upgrade()
    helpers: list[tuple[str, ...]] = [("pull",)]
    environment = dict(os.environ)
    if settings.demo:
        _demonstration(state, DEFAULT_SEED).load()
        helpers.append(("demo", "play"))
        environment.setdefault("SECRET_KEY", _demo_key())
        _admit(state, people.DISTRICT, local=settings.host in LOOPBACK)
    running = [subprocess.Popen([sys.executable, __file__, *command]) for command in helpers]
    address = f"http://{settings.host}:{settings.port}/"
    state.say("serving", address=address)
    if settings.demo:
        _invite_screen(state, address)
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", str(config.HERE / "gunicorn.conf.py")], env=environment
    )

    def stop(signal_number: int, _frame: object) -> None:
        server.send_signal(signal_number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    status = server.wait()
    for helper in running:
        helper.terminate()
    for helper in running:
        helper.wait()
    sys.exit(status)


def _invite_screen(state: State, address: str) -> None:
    """Say how a device becomes the demonstration's briefing screen, while none is."""
    with state.database.write() as session:
        code = demo_screen.invite(session, system_clock())
    if code is not None:
        minutes = int(CODE_LIFE.total_seconds()) // 60
        state.say("demo_screen", link=f"{address}screen?code={code}", minutes=minutes)


def _demo_key() -> str:
    """The demonstration's own key, kept beside its database so that a restart signs nobody out."""
    file = config.HERE / "var" / "demo.key"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32), encoding="ascii")
    return file.read_text(encoding="ascii")


def _admit(state: State, cast: people.Cast, *, local: bool) -> None:
    """Make the demonstration's accounts and say how to come in."""
    password = people.PASSWORD if local else sign_in.one_time_password()
    with state.database.write() as session:
        people.ensure(session, cast, password, system_clock())
    state.say("demo_password", password=password)
    for person in cast.people:
        role = text(state.language, f"role.{person.role}")
        click.echo(f"  {person.login:<10} {role} {person.place}".rstrip(), err=True)


@cli.group()
def campaign() -> None:
    """Campaign rounds."""


def _moment(_context: click.Context, parameter: click.Parameter, value: str) -> datetime:
    try:
        return read_time(str(parameter.name), value)
    except Refused:
        raise click.BadParameter("needs a time with an offset, such as 2021-06-06T06:00:00+08:00") from None


@campaign.command("create")
@click.option("--id", "id_", required=True)
@click.option("--name", required=True)
@click.option("--name-en", default="")
@click.option("--starts-at", required=True, callback=_moment, help="ISO 8601 with an offset.")
@click.option("--deadline", required=True, callback=_moment, help="ISO 8601 with an offset.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@click.option("--pool-size", default=10, show_default=True)
@click.option("--interval-minutes", default=60, show_default=True, help=f"One of {', '.join(map(str, INTERVALS))}.")
@click.option("--due-minutes", default=10, show_default=True)
@click.option("--set", "limits", multiple=True, metavar="NAME=VALUE", help="A limit other than its default.")
@pass_state
def campaign_create(
    state: State, id_: str, name: str, name_en: str, starts_at: datetime, deadline: datetime, timezone: str,
    pool_size: int, interval_minutes: int, due_minutes: int, limits: tuple[str, ...],
) -> None:  # fmt: skip
    """Make a campaign round."""
    settings = dict(part.partition("=")[::2] for part in limits)
    try:
        Limits.from_settings(settings)
    except (KeyError, ValueError) as problem:
        fail(f"--set: {problem}")
    made = Campaign(id_, name, name_en, starts_at, deadline, timezone, pool_size, interval_minutes, due_minutes)
    try:
        with state.ready().write() as session:
            campaigns.create(session, made, actor=OPERATOR.name, now=system_clock(), settings=settings)
    except campaigns.BadCampaign as problem:
        fail(text(state.language, f"campaign.{problem.problem}", **problem.params))
    state.say("campaign_created", id=id_)


@campaign.command("list")
@pass_state
def campaign_list(state: State) -> None:
    """Campaigns: id, name, start, deadline, revision."""
    with state.ready().read() as session:
        for row in campaigns.every(session):
            zone = ZoneInfo(row.timezone)
            times = (moment.astimezone(zone).isoformat() for moment in (row.starts_at, row.deadline))
            click.echo("\t".join([row.id, row.name, *times, str(row.revision)]))


@cli.group()
def place() -> None:
    """Places."""


@place.command("list")
@click.option("--campaign", "campaign_id", required=True)
@click.option("--level", type=click.Choice([level.value for level in Level]))
@pass_state
def place_list(state: State, campaign_id: str, level: str | None) -> None:
    """Places: code, level, name, parent."""
    with state.ready().read() as session:
        try:
            tree = campaigns.load_tree(session, campaigns.find(session, campaign_id))
        except campaigns.UnknownCampaign:
            fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))
    for found in sorted(
        tree.each(Level(level) if level else None), key=lambda p: (list(Level).index(p.level), p.code)
    ):
        parent = tree.by_id[found.parent_id].code if found.parent_id is not None else ""
        click.echo("\t".join([found.code, found.level, found.name, parent]))


@cli.group("import")
def import_() -> None:
    """Files into the record: good rows go in, bad rows are written out to be mended."""


def _import_command(what: What) -> None:
    @import_.command(what.value, help=f"Import a CSV or XLSX file of {what}.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--campaign", "campaign_id", required=True)
    @click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML file.")
    @click.option("--dry-run", is_flag=True, help="Do everything, keep nothing.")
    @pass_state
    def command(state: State, file: Path, campaign_id: str, mapping: Path | None, dry_run: bool) -> None:
        _import(state, what, file, campaign_id, mapping, dry_run)


for _what in What:
    _import_command(_what)


def _import(state: State, what: What, file: Path, campaign_id: str, mapping: Path | None, dry_run: bool) -> None:
    database = state.ready()
    try:
        toml = mapping.read_text(encoding="utf-8-sig") if mapping else None
        with click.progressbar(length=1000, label=file.name, file=sys.stderr) as bar:
            shown = 0

            def progress(done: int, total: int) -> None:
                nonlocal shown
                now = 1000 * done // max(total, 1)
                bar.update(now - shown)
                shown = now

            result = import_file(
                database, campaign_id, what, file.read_bytes(), file.name, OPERATOR, system_clock,
                mapping_toml=toml, dry_run=dry_run, progress=progress,
            )  # fmt: skip
    except UnicodeDecodeError:
        fail(text(state.language, "cli.mapping_not_utf8", file=mapping))
    except Unreadable as problem:
        fail(f"{file}: {messages.unreadable(state.language, problem)}")
    except campaigns.UnknownCampaign:
        fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))
    _report(state, result, file, dry_run, _zone(database, campaign_id))


def _zone(database: Database, campaign_id: str) -> ZoneInfo:
    with database.read() as session:
        return ZoneInfo(campaigns.find(session, campaign_id).timezone)


def _report(state: State, result: FileResult, file: Path, dry_run: bool, zone: ZoneInfo) -> None:
    faults = tell_refused(state, result.refused, zone)
    batch = result.batch
    state.say(
        "dry_run" if dry_run else "done", rows=result.rows, accepted=batch.accepted, unchanged=batch.unchanged,
        skipped=batch.skipped, refused=len(result.refused), revision=batch.revision,
    )  # fmt: skip
    write_refused(state, result.table, result.mapping, faults, file)


@cli.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--role", required=True, type=click.Choice([role.value for role in TOKEN_ROLES]))
@click.option("--place", "place_code", required=True, help="A place's code; for the role lab a laboratory's.")
@click.option("--campaign", "campaign_id", help="Only for this campaign.")
@click.option("--note", default="", help="Which system holds it.")
@pass_state
def token_create(state: State, role: str, place_code: str, campaign_id: str | None, note: str) -> None:
    """Make a token. It is shown once, alone on the last line."""
    try:
        with state.ready().write() as session:
            secret = tokens.create(session, Role(role), place_code, campaign_id, system_clock(), note=note[:100])
    except tokens.UnknownPlace:
        fail(text(state.language, "problem.unknown_place", place=place_code))
    except LookupError:
        fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))
    state.say("token_created")
    click.echo(secret)


@token.command("list")
@pass_state
def token_list(state: State) -> None:
    """Tokens: number, role, place, campaign, made, revoked, note."""
    with state.ready().read() as session:
        for row in tokens.every(session):
            revoked = row.revoked_at.isoformat() if row.revoked_at else ""
            made = row.created_at.isoformat()
            click.echo("\t".join([str(row.id), row.role, row.place, row.campaign_id or "", made, revoked, row.note]))


@token.command("revoke")
@click.argument("number", type=int)
@pass_state
def token_revoke(state: State, number: int) -> None:
    """Revoke the token of that number."""
    with state.ready().write() as session:
        revoked = tokens.revoke(session, number, system_clock())
    if not revoked:
        fail(text(state.language, "cli.no_such_token", number=number))
    state.say("token_revoked", number=number)


area_commands.register(import_)
database_commands.register(cli, db)
people_commands.register(cli, campaign)
rehearsal_commands.register(cli)
reminder_commands.register(cli)
source_commands.register(cli)


if __name__ == "__main__":
    memory.settle()
    cli()

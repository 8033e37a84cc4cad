"""The database in production: backups, retention, whether its server is set up as advised."""

import sys
import time
from pathlib import Path

import click

import config
from commands.state import OPERATOR, REFUSED, State, fail, pass_state
from data import backups, campaigns, retention, server_settings
from domain.clock import system_clock
from locales import text


def register(cli: click.Group, db: click.Group) -> None:
    """Add the commands to `cli` and to its group `db`."""
    for command in (backup, restore, retain):
        cli.add_command(command)
    db.add_command(settings)


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@pass_state
def backup(state: State, folder: Path) -> None:
    """Write a consistent backup into FOLDER while writes go on; the last line is its path."""
    began = time.monotonic()
    try:
        file = backups.back_up(state.ready(), folder, system_clock())
    except backups.BadBackup as problem:
        fail(text(state.language, f"backup.{problem.problem}", **problem.params))
    manifest = backups.read_manifest(file)
    state.say("backed_up", rows=manifest.rows, megabytes=manifest.size / 1e6, seconds=time.monotonic() - began)
    click.echo(str(file))


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--over-existing", is_flag=True, help="Replace everything the database holds. It cannot be undone.")
@pass_state
def restore(state: State, file: Path, over_existing: bool) -> None:
    """Put a backup into the empty database at DATABASE_URL and verify it. Stop the server first."""
    began = time.monotonic()
    try:
        done = backups.restore(state.database, file, system_clock(), OPERATOR.name, over_existing=over_existing)
    except backups.BadBackup as problem:
        fail(text(state.language, f"backup.{problem.problem}", **problem.params))
    state.say(
        "restored", made_at=done.manifest.made_at, rows=done.manifest.rows, campaigns=done.campaigns,
        links=done.links, seconds=time.monotonic() - began,
    )  # fmt: skip


@click.command("retention")
@click.option("--apply", "apply_", is_flag=True, help="Do it; without it, only say what would be done.")
@click.option("--campaign", "campaign_id", help="Only this campaign.")
@click.option("--folder", default=Path("var/archive"), show_default=True, type=click.Path(path_type=Path),
              help="Where the archive files go.")  # fmt: skip
@pass_state
def retain(state: State, apply_: bool, campaign_id: str | None, folder: Path) -> None:
    """Archive the tubes of campaigns that ended longer ago than their limit keep_tubes_days, and drop them."""
    database, now = state.ready(), system_clock()
    with database.read() as session:
        found = retention.due(session, now)
    wanted = [one.campaign_id for one in found] if campaign_id is None else [campaign_id]
    for one in found:
        if one.campaign_id in wanted:
            state.say("retention_due", campaign=one.campaign_id, tubes=one.tubes, events=one.events)
    if not apply_:
        state.say("retention_dry", campaigns=len([one for one in found if one.campaign_id in wanted]))
        return
    for one_id in wanted:
        try:
            done = retention.archive_tubes(database, one_id, folder, now, OPERATOR.name)
        except campaigns.UnknownCampaign:
            fail(text(state.language, "problem.unknown_campaign", campaign=one_id))
        except retention.NotDue as problem:
            fail(text(state.language, f"retention.{problem.problem}", **problem.params))
        state.say("retention_done", campaign=one_id, tubes=done.tubes, events=done.events, file=done.file)


@click.command("settings")
@pass_state
def settings(state: State) -> None:
    """Compare the running PostgreSQL server with what deploy/postgresql.conf advises, and say what differs."""
    if state.database.is_sqlite:
        state.say("settings_sqlite")
        return
    advised = config.HERE / "deploy" / "postgresql.conf"
    differing = server_settings.differences(state.database, advised, state.settings.web_workers)
    for one in differing:
        state.say("setting_differs", name=one.name, found=one.found, advised=one.advised, reason=one.reason)
    state.say("settings_checked", differences=len(differing))
    sys.exit(REFUSED if differing else 0)

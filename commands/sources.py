"""Sources: the process that fetches, and what an operator does with sources at the terminal."""

import logging.config
import signal
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from commands.state import OPERATOR, REFUSED, State, fail, pass_state
from data import campaigns, sources
from data.models import CampaignRow, Source
from data.pull.asking import Surroundings
from data.pull.folder import Looks
from data.pull.pulling import pull
from data.pull.turns import take
from data.pull.worker import Worker
from data.queries.moment import Moment
from data.queries.sources import sources_picture
from domain.clock import system_clock
from domain.errors import Refused, Unreadable
from domain.sources import DEFAULT_EVERY, DEFAULT_OFFSET, After, Format, Kind, Paging
from locales import messages, text
from telemetry import log


def register(cli: click.Group) -> None:
    """Put the commands of this topic among the others."""
    cli.add_command(pull_)
    cli.add_command(source)


def _around(state: State) -> Surroundings:
    settings = state.settings
    return Surroundings(settings.source_folders, settings.source_hosts, settings.source_secrets)


@click.command("pull")
@pass_state
def pull_(state: State) -> None:
    """Fetch from every source when its turn comes, until stopped. Several may run at once."""
    logging.config.dictConfig(log.settings(state.settings.log_level, state.settings.log_format))
    worker = Worker(state.ready(), _around(state), system_clock)

    def stop(_number: int, _frame: object) -> None:
        worker.stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    worker.run()


@click.group()
def source() -> None:
    """Systems that figures are fetched from."""


@source.command("add")
@click.option("--campaign", "campaign_id", required=True)
@click.option("--place", required=True, help="Rows land in this place and below, nowhere else.")
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in Kind]))
@click.option("--what", default=sources.OFFERED[0], show_default=True, type=click.Choice(sources.OFFERED))
@click.option("--address", required=True, help="SQLAlchemy address, URL or folder; secrets as ${SOURCE_NAME}.")
@click.option("--query", default="", help="For a database: one SELECT; may use :since and :now.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="For an endpoint; may be repeated.")
@click.option("--format", "format_", default=Format.JSON.value, type=click.Choice([f.value for f in Format]))
@click.option("--rows", default="", help="Dotted path to the rows in JSON.")
@click.option("--paging", default=Paging.NONE.value, type=click.Choice([p.value for p in Paging]))
@click.option("--page-param", default="")
@click.option("--page-start", default=1, type=click.IntRange(0, 1))
@click.option("--next-path", default="", help="Dotted path to where the next page is.")
@click.option("--pattern", default="*.csv", show_default=True, help="For a folder.")
@click.option("--after", default=After.KEEP.value, type=click.Choice([a.value for a in After]))
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML file.")
@click.option("--every", "every_minutes", default=DEFAULT_EVERY, show_default=True, help="Minutes.")
@click.option("--offset", "offset_minutes", default=DEFAULT_OFFSET, show_default=True, help="Minutes past the hour.")
@click.option("--timeout", "timeout_seconds", default=30, show_default=True, help="Seconds.")
@click.option("--row-limit", default=50_000, show_default=True)
@click.option("--zone", default="", help="Zone of times without an offset.")
@pass_state
def source_add(
    state: State, campaign_id: str, headers: tuple[str, ...], format_: str, mapping: Path | None, **fields: object
) -> None:
    """Make a source. It is pulled at once, then at its turns. Its number is printed alone on the last line."""
    stated = {
        **fields,
        "headers": "\n".join(headers),
        "format": format_,
        "mapping": mapping.read_text(encoding="utf-8-sig") if mapping else "",
    }
    try:
        with state.ready().write() as session:
            row = _campaign(state, session, campaign_id)
            tree = campaigns.load_tree(session, row)
            definition = sources.check(stated, tree, OPERATOR)
            made, _ = sources.create(
                session, row, tree, "", definition, OPERATOR, campaigns.now_for(row, system_clock())
            )
            number = made.id
    except Refused as refusal:
        fail(messages.refusal(state.language, refusal.at(0)))
    except Unreadable as problem:
        fail(f"{mapping}: {messages.unreadable(state.language, problem)}")
    state.say("source_added", number=number)
    click.echo(number)


@source.command("list")
@click.option("--campaign", "campaign_id", required=True)
@pass_state
def source_list(state: State, campaign_id: str) -> None:
    """Sources: number, state, name, kind, place, last success, rows, refused, next turn, what is the matter."""
    with state.ready().read() as session:
        row = _campaign(state, session, campaign_id, lock=False)
        tree = campaigns.load_tree(session, row)
        zone, now = ZoneInfo(row.timezone), campaigns.now_for(row, system_clock())
        found = [
            shown
            for root in tree.roots
            for shown in sources_picture(session, Moment(tree, root, row.revision, now)).sources
        ]
    for shown in found:
        definition, brought = shown.definition, shown.delivered
        times = [
            moment.astimezone(zone).isoformat(timespec="minutes") if moment else ""
            for moment in (shown.last_success_at, shown.next_at)
        ]
        matter = messages.source_problem(state.language, shown.problem) if shown.problem else ""
        figures = [str(brought.rows), str(brought.refused)] if brought else ["", ""]
        word = text(state.language, f"source_state.{shown.word}")
        click.echo(
            "\t".join([str(shown.id), word, definition.name, definition.kind, definition.place, times[0], *figures,
                       times[1], matter])
        )  # fmt: skip


@source.command("run")
@click.argument("number", type=int)
@pass_state
def source_run(state: State, number: int) -> None:
    """Pull a source now, in this process. Ends with status 1 when it failed or rows were refused."""
    database = state.ready()
    with database.read() as session:
        found = session.get(Source, number)
        if found is None or found.removed_at is not None:
            fail(text(state.language, "problem.unknown_source", number=number))
    turn = take(database, system_clock, number)
    tally = pull(database, turn, _around(state), system_clock, Looks()) if turn is not None else None
    if tally is None:
        fail(text(state.language, "cli.source_busy", number=number))
    if tally.failure is not None:
        problem = {"code": tally.failure.code, "params": tally.failure.params}
        state.say("source_failed", problem=messages.source_problem(state.language, problem))
    state.say(
        "source_pulled", rows=tally.rows, accepted=tally.accepted, corrected=tally.corrected,
        unchanged=tally.unchanged, skipped=tally.skipped, refused=tally.refused.count,
    )  # fmt: skip
    sys.exit(REFUSED if tally.failure is not None or tally.refused.count else 0)


def _one_press(word: str, told: str, help_: str) -> None:
    @source.command(word, help=help_)
    @click.argument("number", type=int)
    @pass_state
    def command(state: State, number: int) -> None:
        with state.ready().write() as session:
            found = session.get(Source, number)
            if found is None or found.removed_at is not None:
                fail(text(state.language, "problem.unknown_source", number=number))
            row = campaigns.lock(session, found.campaign_id)
            now = campaigns.now_for(row, system_clock())
            _PRESSES[word](session, row, found, OPERATOR, now)
        click.echo(text(state.language, told, number=number), err=True)


_PRESSES = {"pause": sources.pause, "resume": sources.resume, "remove": sources.remove}

_one_press("pause", "cli.source_paused", "Leave a source alone until it is resumed.")
_one_press("resume", "cli.source_resumed", "Let a paused source go on at its next turn.")
_one_press("remove", "cli.source_removed", "End a source. What it delivered stays.")


def _campaign(state: State, session: Session, campaign_id: str, *, lock: bool = True) -> CampaignRow:
    try:
        return campaigns.lock(session, campaign_id) if lock else campaigns.find(session, campaign_id)
    except campaigns.UnknownCampaign:
        fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))

"""Map files and tables of areas into the record: boundaries, cells, people, villages, roads, sites."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from commands.state import OPERATOR, REFUSED, State, fail, pass_state, tell_refused, write_refused
from components.area_upload import NONE, SHIFTS, offset_sentence
from data import campaigns
from domain.area_files import AUTO, TABLE, Handling, Offset, Topic
from domain.clock import system_clock
from domain.errors import Unreadable
from locales import messages, text

if TYPE_CHECKING:
    from data.ingest.area_files import About


def register(group: click.Group) -> None:
    """Add a command for each topic to the group `import`."""
    for topic in Topic:
        _command(group, topic)


def _command(group: click.Group, topic: Topic) -> None:
    @group.command(topic.value, help=f"Import a map file or a table of {topic}.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--campaign", "campaign_id", required=True)
    @click.option("--crs", default="", help="Coordinate system, such as EPSG:4547; goes before what the file says.")
    @click.option("--shift", type=click.Choice(SHIFTS), default=AUTO, show_default=True, help="Shifted coordinates.")
    @click.option("--swapped", is_flag=True, help="Latitude stands before longitude.")
    @click.option("--source", default="", help="Where the data come from; shown on the map.")
    @click.option("--approximate", is_flag=True, help="Shapes are a sketch.")
    @click.option("--synthetic", is_flag=True, help="A model, no census.")
    @click.option("--layer", help="Of several layers in the file, the one to read.")
    @click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML file.")
    @click.option("--dry-run", is_flag=True, help="Say what would become of it, keep nothing.")
    @pass_state
    def command(
        state: State, file: Path, campaign_id: str, crs: str, shift: str, swapped: bool, source: str,
        approximate: bool, synthetic: bool, layer: str | None, mapping: Path | None, dry_run: bool,
    ) -> None:  # fmt: skip
        # The libraries that read maps are large: only who needs them waits for them.
        from data.ingest.area_files import About

        try:
            toml = mapping.read_text(encoding="utf-8-sig") if mapping else None
        except UnicodeDecodeError:
            fail(text(state.language, "cli.mapping_not_utf8", file=mapping))
        handling = Handling(crs, "" if shift == NONE else shift, swapped)
        about = About(source, approximate, synthetic, layer, toml)
        _import(state, topic, file, campaign_id, handling, about, dry_run)


def _import(
    state: State, topic: Topic, file: Path, campaign_id: str, handling: Handling, about: "About", dry_run: bool
) -> None:
    from data.ingest.area_files import import_area

    database = state.ready()
    try:
        result = import_area(
            database, campaign_id, topic, file.read_bytes(), file.name, OPERATOR, system_clock,
            handling=handling, about=about, keep=not dry_run,
        )  # fmt: skip
    except Unreadable as problem:
        fail(f"{file}: {messages.unreadable(state.language, problem)}")
    except campaigns.UnknownCampaign:
        fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))
    if result.crs:
        state.say("area_frame", crs=result.crs, form=result.form)
    for note in result.notes:
        message = messages.note(state.language, note)
        if note.feature:
            state.say("area_note_at", feature=note.feature, message=message)
        else:
            state.say("area_note", message=message)
    with database.read() as session:
        zone = ZoneInfo(campaigns.find(session, campaign_id).timezone)
    faults = tell_refused(state, result.refused, zone)
    if dry_run or result.confirm is None:
        state.say(
            "area_dry_run" if dry_run else "area_done", rows=result.rows, accepted=result.accepted,
            unchanged=result.unchanged, refused=len(result.refused),
        )  # fmt: skip
    if result.confirm is not None:
        said = offset_sentence(result.confirm, state.language)
        fail(text(state.language, "cli.area_confirm", message=said, options=_options(result.confirm)))
    if result.form == TABLE:
        write_refused(state, result.table, result.mapping, faults, file)
    elif faults:
        # A table of refused features would have lost their shapes: they are mended where they were drawn.
        sys.exit(REFUSED)


def _options(offset: Offset) -> str:
    """What to run the command with to say yes."""
    swapped = ["--swapped"] if offset.swapped else []
    return " ".join([*swapped, *([f"--shift {offset.shift}"] if offset.shift else [])])

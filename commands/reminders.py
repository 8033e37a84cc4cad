"""`manage.py reminder-target`: where reminders go. The address itself is a secret and stays in the environment; the
record keeps the name of the setting that holds it."""

import click

from commands.state import OPERATOR, State, fail, pass_state
from data import campaigns, reminder_record
from domain.board import Target
from domain.clock import system_clock
from domain.places import Place, PlaceTree
from domain.reminders import Preset
from locales import text


def register(cli: click.Group) -> None:
    """Add the commands to `cli`."""
    cli.add_command(reminder_target)


@click.group("reminder-target")
def reminder_target() -> None:
    """Where reminders go."""


_campaign = click.option("--campaign", "campaign_id", required=True)
_place = click.option("--place", "code", default="", help="A place's code; without it the topmost place.")


@reminder_target.command("set")
@_campaign
@_place
@click.option("--preset", required=True, type=click.Choice([preset.value for preset in Preset]))
@click.option("--variable", required=True, help="The environment variable with the address: REMINDER_…")
@pass_state
def set_target(state: State, campaign_id: str, code: str, preset: str, variable: str) -> None:
    """Let the reminders of a place, and of all below it, go to a webhook or a group robot."""
    target = Target(Preset(preset), variable)
    with state.ready().write() as session:
        try:
            row = campaigns.lock(session, campaign_id)
        except campaigns.UnknownCampaign:
            fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))
        place = _find(state, campaigns.tree_of(session, row), code)
        now = campaigns.now_for(row, system_clock())
        try:
            reminder_record.set_target(session, row, place, target, OPERATOR.name, now)
        except reminder_record.BadTarget as problem:
            fail(text(state.language, f"reminder_target.{problem.problem}", **problem.params))
    _say(state, "set", place=place.name, preset=preset, variable=variable)
    if variable not in state.settings.reminders:
        _say(state, "absent", variable=variable)


@reminder_target.command("remove")
@_campaign
@_place
@pass_state
def remove_target(state: State, campaign_id: str, code: str) -> None:
    """Let the reminders of a place go where those of the place above it go, or nowhere."""
    with state.ready().write() as session:
        try:
            row = campaigns.lock(session, campaign_id)
        except campaigns.UnknownCampaign:
            fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))
        place = _find(state, campaigns.tree_of(session, row), code)
        now = campaigns.now_for(row, system_clock())
        removed = reminder_record.remove_target(session, row, place, OPERATOR.name, now)
    if not removed:
        fail(text(state.language, "reminder_target.none", place=place.name))
    _say(state, "removed", place=place.name)


@reminder_target.command("list")
@_campaign
@pass_state
def list_targets(state: State, campaign_id: str) -> None:
    """Targets: place, its name, preset, environment variable, whether this environment has it."""
    with state.ready().read() as session:
        try:
            row = campaigns.find(session, campaign_id)
        except campaigns.UnknownCampaign:
            fail(text(state.language, "problem.unknown_campaign", campaign=campaign_id))
        tree = campaigns.tree_of(session, row)
        known = reminder_record.targets(session, campaign_id)
    for place in sorted((tree.by_id[id_] for id_ in known), key=lambda place: place.code):
        target = known[place.id]
        there = "1" if target.variable in state.settings.reminders else "0"
        click.echo("\t".join([place.code, place.name, target.preset.value, target.variable, there]))


def _find(state: State, tree: PlaceTree, code: str) -> Place:
    """The place of that code, or the topmost one. Ends with status 2 where there is none."""
    place = tree.by_code.get(code) if code else next(iter(tree.roots), None)
    if place is None:
        fail(text(state.language, "problem.unknown_place", place=code or "—"))
    return place


def _say(state: State, key: str, **params: object) -> None:
    click.echo(text(state.language, f"reminder_target.{key}", **params), err=True)

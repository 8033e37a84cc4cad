"""`manage.py rehearse`: a campaign to try on, and the expected day played against a server that is then judged."""

import asyncio
import ssl
import sys
from datetime import timedelta
from pathlib import Path

import click

from commands import rehearsal_play
from commands.state import OPERATOR, REFUSED, State, fail, pass_state
from data import accounts, campaigns, tokens
from data.ingest import places
from domain.campaign import Campaign
from domain.clock import system_clock
from domain.permissions import Role
from domain.places import Level, PlaceTree
from domain.rehearsal import P95_SECONDS, Outcome, may_be_rehearsed, went_well
from locales import text

PAST, TO_COME = timedelta(hours=12), timedelta(hours=12)
"""A rehearsal campaign has hours behind it that can be reported, and goes on long enough to be played twice."""

ZONE = "Asia/Shanghai"

PLACE = "990100"
"""Of no district: codes of real ones begin with 11 to 82."""


def register(cli: click.Group) -> None:
    """Add the commands to `cli`."""
    cli.add_command(rehearse)


@click.group()
def rehearse() -> None:
    """Try the expected load before the day: `prepare` on the server, `play` from another machine."""


@rehearse.command("prepare")
@click.option("--id", "id_", default="rehearsal-1", show_default=True, help="Begins with rehearsal.")
@click.option("--from", "copied", metavar="CAMPAIGN", help="Take the places of this campaign; nothing of it changes.")
@click.option("--towns", default=7, show_default=True, type=click.IntRange(1, 1000), help="Without --from.")
@click.option("--sites", default=118, show_default=True, type=click.IntRange(1, 20_000), help="Without --from.")
@pass_state
def prepare(state: State, id_: str, copied: str | None, towns: int, sites: int) -> None:
    """Make a campaign to try on, an account and a token for it. Prints what `play` needs."""
    if not may_be_rehearsed(id_, False):
        fail(text(state.language, "rehearsal.refused.name", campaign=id_))
    now = system_clock()
    hour = now.replace(minute=0, second=0, microsecond=0)
    with state.ready().write() as session:
        try:
            rows = _invented(towns, sites)
            if copied is not None:
                rows = _places_of(campaigns.load_tree(session, campaigns.find(session, copied)))
            made = Campaign(id_, "演练（非真实数据）", "Rehearsal (no real data)", hour - PAST, hour + TO_COME, ZONE)
            row = campaigns.create(session, made, actor=OPERATOR.name, now=now)
        except campaigns.UnknownCampaign:
            fail(text(state.language, "problem.unknown_campaign", campaign=copied))
        except campaigns.BadCampaign as problem:
            fail(text(state.language, f"campaign.{problem.problem}", **problem.params))
        result = places.record(session, row, [places.read_place(one, ".") for one in rows], OPERATOR, now)
        if result.rejected:
            fail(text(state.language, "rehearsal.refused.places", count=len(result.rejected)))
        root = campaigns.load_tree(session, row).roots[0].code
        password = accounts.sign_in.one_time_password()
        accounts.create(
            session, login=id_, role=Role.DISTRICT, place=root, campaign_id=id_, now=now, actor=OPERATOR.name,
            password=password,
        )  # fmt: skip
        token = tokens.create(session, Role.GATEWAY, root, id_, now, note="rehearsal")
    _say(state, "prepared", campaign=id_, sites=len(rows))
    click.echo(f"REHEARSAL_PASSWORD={password}\nREHEARSAL_TOKEN={token}")


def _invented(towns: int, sites: int) -> list[dict[str, object]]:
    return [
        {"district": PLACE, "district_name": "演练区", "town": f"{PLACE}{n % towns:03d}", "site": f"R{n:05d}",
         "target": 7000}
        for n in range(sites)
    ]  # fmt: skip


def _places_of(tree: PlaceTree) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for site in tree.each(Level.SITE):
        row: dict[str, object] = {"target": site.target} if site.target is not None else {}
        place = site
        while True:
            row |= {place.level.value: place.code, f"{place.level.value}_name": place.name}
            if place.parent_id is None:
                break
            place = tree.by_id[place.parent_id]
        rows.append(row)
    return rows


@rehearse.command("play")
@click.option("--address", required=True, help="https://… as people type it.")
@click.option("--campaign", "campaign_id", default="rehearsal-1", show_default=True)
@click.option("--login", help="The account readers sign in with (default: as the campaign).")
@click.option("--seconds", default=300.0, show_default=True, type=click.FloatRange(1, 86_400))
@click.option("--viewers", default=200, show_default=True, type=click.IntRange(0, 2000), help="Open pages.")
@click.option("--reports", default=120.0, show_default=True, type=click.FloatRange(0, 60_000), help="A minute.")
@click.option("--events", default=100.0, show_default=True, type=click.FloatRange(0, 50_000),
              help="Tube events a second.")  # fmt: skip
@click.option("--batch", default=100, show_default=True, type=click.IntRange(1, 10_000), help="Events of a request.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A certificate to trust.")
@pass_state
def play(
    state: State, address: str, campaign_id: str, login: str | None, seconds: float, viewers: int, reports: float,
    events: float, batch: int, ca: Path | None,
) -> None:  # fmt: skip
    """Play readers, reports and tube events against a server for so long, and judge. Only a rehearsal campaign or a
    demonstration is played on. REHEARSAL_PASSWORD and REHEARSAL_TOKEN come from the environment. Ends with 1 when it
    did not go well."""
    settings = state.settings
    if not settings.rehearsal_token or (viewers and not settings.rehearsal_password):
        fail(text(state.language, "rehearsal.refused.secrets"))
    trust = ssl.create_default_context(cafile=ca) if ca else True
    wish = rehearsal_play.Play(
        address.rstrip("/"), campaign_id, seconds, viewers, reports, events, batch, login or campaign_id,
        settings.rehearsal_password, settings.rehearsal_token, trust,
    )  # fmt: skip
    try:
        outcomes = asyncio.run(rehearsal_play.rehearse(wish))
    except rehearsal_play.CannotPlay as problem:
        fail(text(state.language, f"rehearsal.refused.{problem.why}", **problem.params))
    except TimeoutError:
        fail(text(state.language, "rehearsal.refused.hangs"))
    for outcome in outcomes:
        _tell(state, outcome)
    well = went_well(outcomes)
    _say(state, "well" if well else "not_well")
    sys.exit(0 if well else REFUSED)


def _tell(state: State, outcome: Outcome) -> None:
    """One line: what, how often, p50, p95, limit, errors, verdict."""
    spoken = state.language
    times = [_milliseconds(outcome.percentile(share)) for share in (0.5, 0.95)]
    verdict = " + ".join(text(spoken, f"rehearsal.fault.{fault}") for fault in outcome.faults)
    wrong = ", ".join(f"{what} × {count}" for what, count in sorted(outcome.wrong.items()))
    click.echo(
        text(
            spoken, "rehearsal.line", kind=text(spoken, f"rehearsal.kind.{outcome.kind}"), played=outcome.played,
            wanted=outcome.wanted, p50=times[0], p95=times[1], limit=_milliseconds(P95_SECONDS[outcome.kind]),
            errors=outcome.errors, wrong=f" ({wrong})" if wrong else "",
            verdict=verdict or text(spoken, "rehearsal.fault.none"),
        )
    )  # fmt: skip


def _milliseconds(seconds: float | None) -> str:
    return "—" if seconds is None else f"{seconds * 1000:.0f}"


def _say(state: State, key: str, **params: object) -> None:
    click.echo(text(state.language, f"rehearsal.{key}", **params), err=True)

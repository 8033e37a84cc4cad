"""A file of areas into the record: boundaries, cells, people, villages, roads, sites.

The command line and the page both come through `import_area`, so they say the same of a file in the same words. What
can be used goes in, what cannot is refused by name; a file whose coordinates look shifted, or the wrong way round,
waits for a person's word.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.geo.recognition import offset_of
from data.ingest import area_sites
from data.ingest.area_boundaries import BOUNDARIES
from data.ingest.area_cells import CELLS, POPULATION
from data.ingest.area_ground import Gazetteer, land_of, outlines_of, read_ground
from data.ingest.area_kinds import POSITION, Job, Made, Maker, own
from data.ingest.area_roads import ROADS
from data.ingest.area_sheet import Sheet, bring, check_near, read_as, to_wgs84
from data.ingest.area_villages import VILLAGES
from data.ingest.areas import Origin
from data.ingest.batch import Sender
from data.ingest.files import What, import_table
from data.ingest.mapping import PLACE_ALIASES, PLACE_FIELDS, FileMapping
from data.ingest.tables import Table
from data.models import CampaignRow
from domain.area_files import AUTO, SHIFT_NAMES, TABLE, Handling, Note, Offset, Serious, Topic, needs_word
from domain.areas import Kind
from domain.clock import Clock
from domain.errors import Rejection, Unreadable

KINDS: Mapping[Topic, Kind | None] = {
    Topic.BOUNDARIES: Kind.BOUNDARIES,
    Topic.CELLS: Kind.CELLS,
    Topic.POPULATION: Kind.CELLS,
    Topic.VILLAGES: Kind.VILLAGES,
    Topic.ROADS: Kind.ROADS,
    Topic.SITES: None,
}
"""Which versions a file of each topic makes; sites are places and have none."""

MAKERS: Mapping[Topic, Maker] = {
    Topic.BOUNDARIES: BOUNDARIES,
    Topic.CELLS: CELLS,
    Topic.POPULATION: POPULATION,
    Topic.VILLAGES: VILLAGES,
    Topic.ROADS: ROADS,
}

_SITE_ALIASES = {**PLACE_ALIASES, **POSITION, **own(PLACE_FIELDS)}


@dataclass(frozen=True, slots=True)
class About:
    """What the person who brings a file says of it: where it comes from, and whether it may be trusted to the metre
    (`approximate`) or is a model (`synthetic`). `layer` picks one of several in the file."""

    source: str = ""
    approximate: bool = False
    synthetic: bool = False
    layer: str | None = None
    mapping_toml: str | None = None


@dataclass(slots=True)
class AreaResult:
    """What became of a file, or would. `confirm` is what somebody has to say yes or no to before anything is kept;
    the counts are then those after a yes. `same` says that this very file is on record as the version that holds."""

    topic: Topic
    table: Table
    mapping: FileMapping
    form: str
    crs: str = ""
    shift: str = ""
    swapped: bool = False
    rows: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: list[tuple[int, Rejection]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    confirm: Offset | None = None
    kept: bool = False
    same: bool = False


def import_area(
    database: Database,
    campaign_id: str,
    topic: Topic,
    data: bytes,
    name: str,
    sender: Sender,
    clock: Clock,
    *,
    handling: Handling | None = None,
    about: About | None = None,
    keep: bool = True,
) -> AreaResult:
    """Take the file `name` with the content `data`; without `keep` only say what would become of it.

    Raises `Unreadable`, `campaigns.UnknownCampaign`, and `KeyError` when the sender's place is not in the campaign.
    """
    handling, about = handling or Handling(), about or About()
    sheet = _bring(topic, data, name, about)
    with database.read() as session:
        job, result = _examine(session, campaigns.find(session, campaign_id), topic, sheet, sender, handling)
    keep = keep and result.confirm is None
    if topic is Topic.SITES:
        _take_sites(database, campaign_id, job, name, sender, clock, result, keep=keep)
        return result
    made = _make(job, result)
    origin = _origin(name, result, about, made, job, data)
    latest = job.ground.latest
    if made.accepted and latest is not None and latest.digest == origin.digest:
        result.same, result.unchanged, result.accepted = True, made.accepted, 0
    elif keep and made.accepted:
        with database.write() as session:
            campaigns.tell(session, file=name)
            row = campaigns.lock(session, campaign_id)
            made.keep(session, row, origin, sender.name, campaigns.now_for(row, clock()))
        result.kept = True
    return result


def record_area(
    session: Session,
    row: CampaignRow,
    topic: Topic,
    data: bytes,
    name: str,
    sender: Sender,
    now: datetime,
    about: About,
) -> AreaResult:
    """Put a file that needs nobody's word on record, within the caller's transaction; any topic but sites.

    Raises as `import_area`.
    """
    sheet = _bring(topic, data, name, about)
    job, result = _examine(session, row, topic, sheet, sender, Handling(shift=""))
    made = _make(job, result)
    made.keep(session, row, _origin(name, result, about, made, job, data), sender.name, now)
    result.kept = True
    return result


def _bring(topic: Topic, data: bytes, name: str, about: About) -> Sheet:
    fields, aliases, points = _columns(topic)
    stated = FileMapping.parse(about.mapping_toml, fields) if about.mapping_toml else FileMapping()
    sheet = bring(data, name, stated, aliases, about.layer, points)
    if sheet.form == TABLE and topic in MAKERS and MAKERS[topic].shapes:
        raise Unreadable("needs_shapes")
    return sheet


def _examine(
    session: Session, row: CampaignRow, topic: Topic, sheet: Sheet, sender: Sender, handling: Handling
) -> tuple[Job, AreaResult]:
    """The sheet in degrees beside what the campaign knows, and what is odd about where it lies."""
    ground = read_ground(session, row, sender, KINDS[topic])
    job = Job(sheet, ground, Gazetteer(ground.tree, ground.outlines), land_of(ground))
    result = AreaResult(topic, sheet.table, sheet.mapping, sheet.form, rows=len(sheet.numbers))
    if sheet.form != TABLE or _columns(topic)[2]:
        _place(job, topic, handling, result)
    return job, result


def _make(job: Job, result: AreaResult) -> Made:
    made = MAKERS[result.topic].make(job)
    result.accepted, result.refused = made.accepted, job.sheet.rejections()
    result.notes += made.notes
    return made


def _columns(topic: Topic) -> tuple[tuple[str, ...], Mapping[str, str], bool]:
    """The fields of a topic, their other names, and whether a table needs coordinates."""
    if topic is Topic.SITES:
        return PLACE_FIELDS, _SITE_ALIASES, True
    maker = MAKERS[topic]
    return maker.fields, maker.aliases, maker.points


def _place(job: Job, topic: Topic, handling: Handling, result: AreaResult) -> None:
    """Bring the sheet to degrees, and say what is odd about where it lies."""
    sheet = job.sheet
    frame, notes = to_wgs84(sheet, handling, job.land)
    result.notes += notes
    result.crs = frame.stated
    stated = frame.shift if handling.crs.strip() else ""
    chosen = stated if handling.shift == AUTO and stated else handling.shift
    handling = Handling(handling.crs, chosen, handling.swapped)
    _, lon, lat = sheet.middles()
    offset = None
    if len(lon):
        yardstick = (area_sites.yardstick if topic is Topic.SITES else MAKERS[topic].yardstick)(job)
        offset = offset_of(lon, lat, yardstick, job.land.middle if job.land else None)
    if offset is None and frame.shift and chosen == AUTO:
        # The file itself says it is shifted, and nothing is known to hold it against.
        offset = Offset(frame.shift, False, 0.0, 0.0, False)
    waits = needs_word(offset, handling)
    if waits:
        result.confirm = offset
    result.shift = offset.shift if offset and chosen == AUTO else ("" if chosen == AUTO else chosen)
    result.swapped = handling.swapped or bool(offset and offset.swapped)
    if offset is not None and not waits and result.shift != offset.shift:
        result.notes.append(Note("shift_otherwise", _figures(offset), serious=Serious.WARNING))
    elif offset is None and result.shift:
        result.notes.append(Note("shift_unproven", {"shift": SHIFT_NAMES[result.shift]}, serious=Serious.WARNING))
    read_as(sheet, result.shift, result.swapped)
    check_near(sheet, job.land, frame)


def _figures(offset: Offset) -> dict[str, object]:
    return {"shift": SHIFT_NAMES.get(offset.shift, "—"), "before": round(offset.before), "after": round(offset.after)}


def _take_sites(
    database: Database,
    campaign_id: str,
    job: Job,
    name: str,
    sender: Sender,
    clock: Clock,
    result: AreaResult,
    *,
    keep: bool,
) -> None:
    """Sites go in as any list of places, with their positions in degrees."""
    sheet: Sheet = job.sheet
    table = area_sites.table_in_degrees(sheet)
    columns = {"lon": "lon", "lat": "lat", **sheet.mapping.columns}
    mapping = replace(sheet.mapping, columns=columns)
    bad = set(sheet.refused)
    good = Table(table.name, table.headers, table.encoding, table.delimiter,
                 [line for line in table.lines if line.number not in bad], table.too_wide)  # fmt: skip
    done = import_table(
        database, campaign_id, What.PLACES, good, mapping, sender, clock, dry_run=not keep, name=name
    )  # fmt: skip
    result.accepted, result.unchanged = done.batch.accepted, done.batch.unchanged
    result.refused = sorted([*sheet.rejections(), *done.refused], key=lambda pair: pair[0])
    result.kept = keep and bool(result.accepted)
    if job.land is None:
        return
    with database.read() as session:
        row = campaigns.find(session, campaign_id)
        tree, (outlines, _) = campaigns.tree_of(session, row), outlines_of(session, campaign_id)
    positions = area_sites.positions_of(sheet, tree)
    result.notes += area_sites.outside_notes(tree, outlines, positions, job.land.plane)


def _digest(data: bytes, result: AreaResult, about: About) -> str:
    """Tells whether the same file, read in the same way, is on record."""
    how = "\0".join([result.topic, result.crs, result.shift, str(result.swapped), about.layer or "", about.source,
                     str(about.approximate), str(about.synthetic), about.mapping_toml or ""])  # fmt: skip
    return hashlib.sha256(data + how.encode()).hexdigest()


def _origin(name: str, result: AreaResult, about: About, made: Made, job: Job, data: bytes) -> Origin:
    """Where the version comes from. New figures for known cells leave what is known of their shapes."""
    before = job.ground.latest if result.topic is Topic.POPULATION else None
    return Origin(
        name=name[:200],
        source=(about.source or name)[:500],
        stated_crs=(before.stated_crs if before else result.crs)[:200],
        shift=before.shift if before else result.shift,
        approximate=about.approximate or made.approximate or bool(before and before.approximate),
        synthetic=about.synthetic,
        digest=_digest(data, result, about),
    )

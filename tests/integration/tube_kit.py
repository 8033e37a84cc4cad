"""What tests about tubes share: two laboratories, the contract's tube events, what the books say."""

from kit import OPERATOR, OTHER_TOWN, TOWN, World, at, iso

from data import campaigns, verification
from data.ingest import labs
from data.ingest.batch import BatchResult
from data.ingest.tubes import Writer, ingest_tubes
from data.queries.moment import Moment
from data.queries.tube_ledger import ledger
from domain.ledger import Ledger

GATEWAY = Writer("gateway")


def set_labs(world: World) -> None:
    """LAB-A serves the first town, LAB-B the other."""
    with world.database.write() as session:
        campaign = campaigns.lock(session, world.id)
        rows = [{"lab": "LAB-A", "towns": TOWN, "capacity_per_day": 1000}, {"lab": "LAB-B", "towns": OTHER_TOWN}]
        assert not labs.record(session, campaign, rows, ".", OPERATOR, at(6)).rejected


def event(barcode: str, kind: str, hour: int, minute: int = 0, **more: object) -> dict[str, object]:
    """One event as it is sent; at S1 or LAB-A unless it says otherwise."""
    made = {"event_id": f"{barcode}/{kind}", "barcode": barcode, "type": kind, "at": iso(hour, minute)}
    if kind in ("sampled", "third_copy"):
        made["site"] = "S1"
    if kind in ("received", "testing", "result"):
        made["lab"] = "LAB-A"
    return made | ({"result": "negative"} if kind == "result" else {}) | more


def code(number: int) -> str:
    return f"44060700{number:04}"


def tell(world: World, *rows: dict[str, object]) -> BatchResult:
    return ingest_tubes(world.database, world.id, list(enumerate(rows)), GATEWAY, world.clock)


def sums(world: World, place: str = "440607") -> Ledger:
    """The ledger of a place."""
    with world.reading() as (session, tree):
        moment = Moment(tree, tree.by_code[place], world.revision(), world.clock())
        return ledger(session, moment).ledger


def differences(world: World) -> int:
    """Cells of the books that are not what the events add up to."""
    with world.reading() as (session, tree):
        return verification.tube_differences(session, campaigns.find(session, world.id), tree)

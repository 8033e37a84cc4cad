"""The findings of a place as a file: the open ones, then those settled."""

from components.format import period
from components.ledger_words import custody, lab_name, owner
from domain.ledger_desk import FindingsPicture
from domain.tube_findings import COUNTED, Settled, TubeFinding
from locales import text

COLUMNS = (
    "kind", "barcodes", "site", "town", "lab", "at_lab", "box", "custody", "since", "age_minutes", "tubes", "persons",
    "cause", "note", "owner", "status", "closed_at", "by",
)  # fmt: skip

Value = str | int | float | None


def ledger_file(picture: FindingsPicture, language: str) -> bytes:
    """An XLSX of all findings, barcodes in full."""
    # Spreadsheet libraries are large: only a worker that exports loads them.
    from data.exports import frame, xlsx

    note = f"{text(language, 'exports.as_of')} {picture.campaign.local(picture.now).isoformat(timespec='minutes')}"
    if picture.campaign.demo:
        note = f"{note} · {text(language, 'exports.demo')}"
    rows = [_open(one, picture, language) for one in picture.open]
    rows += [_settled(one, picture, language) for one in picture.settled]
    table = frame(
        [*(text(language, f"ledger.file_column.{name}") for name in COLUMNS), note], [[*row, None] for row in rows]
    )
    return xlsx(table, text(language, "ledger.findings"))


def _open(f: TubeFinding, picture: FindingsPicture, language: str) -> list[Value]:
    hour = period(f.period_end, picture.campaign, language) if f.kind in COUNTED and f.period_end else ""
    return [
        text(language, f"ledger.kind.{f.kind}"), " ".join(f.barcodes) or hour,
        f.site.label(language) if f.site else "",
        f.town.label(language) if f.town else "",
        lab_name(f.lab, language) if f.lab else "",
        lab_name(f.at_lab, language) if f.at_lab else "", f.box, custody(f, language),
        picture.campaign.local(f.since).isoformat(timespec="minutes"), f.age_minutes, f.tubes, f.persons,
        text(language, f"ledger.cause.{f.state.cause}") if f.state.cause else "", f.state.note,
        " ".join(owner(f, language)),
        text(language, "ledger.status.assigned" if f.state.owner else "ledger.status.open"),
        "", f.state.by,
    ]  # fmt: skip


def _settled(s: Settled, picture: FindingsPicture, language: str) -> list[Value]:
    at = picture.campaign.local(s.at).isoformat(timespec="minutes") if s.at is not None else ""
    return [
        text(language, f"ledger.kind.{s.kind}"), " ".join(sorted(s.state.covers)),
        s.place.label(language) if s.place else "", "", "", "", s.box, "", "", None, s.tubes, s.persons,
        text(language, f"ledger.cause.{s.state.cause}") if s.state.cause else "", s.state.note, "",
        text(language, "ledger.status.gone" if s.by_itself else "ledger.status.closed"), at, s.state.by,
    ]  # fmt: skip

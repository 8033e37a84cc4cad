"""The shapes of lists of tubes."""

from typing import Annotated

from msgspec import Meta, Struct

from api.schemas import Count


class TubeListIn(Struct):
    """A site's list of third copies (`third_copies`) or a laboratory's of receipts (`receipts`), as a file: CSV, XLSX
    or JSON lines, with a barcode and a time in every row. `place` is whose it is. Times without an offset are refused
    unless `timezone` says whose clocks they mean. Nothing is kept unless `keep`."""

    kind: str
    place: str
    file: Annotated[str, Meta(description="base64, also as a data URL; at most 8 MB")]
    name: str = "list.csv"
    timezone: str = ""
    keep: bool = False


class ListRefusalOut(Struct):
    line: int
    field: str
    value: str
    code: str
    message: str


class TubeListOut(Struct):
    """What became of the list, or would. `columns` says which of its columns was taken for which field;
    `rejected_file` is CSV of the refused rows, which can be mended and sent again."""

    kept: bool
    rows: Count
    accepted: Count
    unchanged: Count
    refused: Count
    columns: dict[str, str]
    rejected: list[ListRefusalOut]
    rejected_file: str
    revision: int

"""Tables as files: CSV and XLSX, numbers as numbers, text never a formula."""

import io
from collections.abc import Sequence

import pandas as pd
from openpyxl.utils import get_column_letter

Value = str | int | float | None

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless(value: Value) -> Value:
    """Text a spreadsheet would take for a formula, with an apostrophe before it; everything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def frame(columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> pd.DataFrame:
    """A table of harmless values."""
    return pd.DataFrame([[harmless(value) for value in row] for row in rows], columns=list(columns), dtype=object)


def csv(table: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read it as it is."""
    return table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def xlsx(table: pd.DataFrame, sheet: str) -> bytes:
    """One sheet with a frozen head, a filter, and columns wide enough to read."""
    return workbook([(sheet, table)])


def workbook(sheets: Sequence[tuple[str, pd.DataFrame]]) -> bytes:
    """Several such sheets, each with its name."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        for sheet, table in sheets:
            table.to_excel(writer, sheet_name=sheet, index=False)
            ws = writer.sheets[sheet]
            ws.freeze_panes = "A2"
            ws.auto_filter.ref = ws.dimensions
            for i, name in enumerate(table.columns, start=1):
                widths = [
                    len(str(name).encode("gbk", "replace")),
                    *(len(str(v).encode("gbk", "replace")) for v in table[name]),
                ]
                ws.column_dimensions[get_column_letter(i)].width = min(48, max(widths) + 3)
                for cell in ws[get_column_letter(i)][1:]:
                    if isinstance(cell.value, str):
                        # openpyxl would make a formula of text that begins with "=".
                        cell.data_type = "s"
    return out.getvalue()

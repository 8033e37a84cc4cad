"""The text of a file in whatever encoding the spreadsheet that wrote it chose."""

import codecs
import re
from collections import Counter
from itertools import islice

import charset_normalizer

from domain.errors import Unreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = ["cp1250", "cp1252"]
"""Single-byte encodings to choose from; of equally likely ones the first. Each leaves some bytes undefined, which
text in a further encoding (Shift-JIS, say) is bound to hold: that is refused instead of read as nonsense."""

SAMPLE = 64 * 1024
"""Characters that tell what a file is like."""

_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")


def decode(data: bytes, encoding: str | None) -> tuple[str, str]:
    """The text in `data` and the encoding it is in. A byte order mark is believed before `encoding`; without either
    the encoding is recognised. Raises `Unreadable`."""
    marked = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    used = marked or encoding or recognise_encoding(data)
    try:
        text = data.decode(used)
    except UnicodeDecodeError as error:
        raise _bad_encoding(data, error) from None
    except (LookupError, UnicodeError):
        raise Unreadable("unknown_encoding", encoding=used) from None
    sample = text[:SAMPLE]
    if "\0" in text or len(_CONTROL.findall(sample)) * 50 > len(sample):
        raise Unreadable("not_a_table")
    return text, used


def _bad_encoding(data: bytes, error: UnicodeDecodeError) -> Unreadable:
    before = data[: error.start].decode(error.encoding, errors="ignore")
    return Unreadable("bad_encoding", encoding=error.encoding, line=before.count("\n") + 1)


def recognise_encoding(data: bytes) -> str:
    """The encoding of text without a byte order mark.

    UTF-8 proves itself. GB18030 decodes a good deal of other text too, so what it yields must look like
    Chinese. What is left is single-byte text, where only the letters' likelihood can tell. Raises `Unreadable`.
    """
    if b"\0" in data:
        raise Unreadable("not_a_table")
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(data):
            raise _bad_encoding(data, error) from None
    try:
        if _looks_chinese(data.decode("gb18030")):
            return "gb18030"
    except UnicodeDecodeError:
        pass
    telling = b"\n".join(islice((line for line in data.splitlines() if not line.isascii()), 500))[:SAMPLE]
    best = charset_normalizer.from_bytes(telling, cp_isolation=_WESTERN, preemptive_behaviour=False).best()
    # A few letters are too little for charset-normalizer.
    for candidate in ([best.encoding] if best else []) + _WESTERN:
        try:
            data.decode(candidate)
            return candidate
        except UnicodeDecodeError:
            continue
    raise Unreadable("unrecognised_encoding")


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether nearly all that is not ASCII is UTF-8: then another encoding would turn a whole file into
    nonsense for the sake of one broken byte."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    return beyond_ascii > 10 * broken


def _looks_chinese(text: str) -> bool:
    """Whether text decoded as GB18030 is made of characters that Chinese writing uses.

    Western letters misread as GB18030 pair with the ASCII letter behind them and give rare characters outside
    the older GB2312 set; Chinese stays mostly in its first level of 3,755 common characters.
    """
    weight = 0.0
    characters = Counter(c for c in text[: 4 * SAMPLE] if not c.isascii())
    if not characters:  # the first one comes late in the file
        characters = Counter(c for c in text if not c.isascii())
    for character, times in characters.items():
        code = character.encode("gb18030")
        if len(code) == 4 or (code[1] >= 0xA1 and (0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7)):
            weight += times
        elif code[1] >= 0xA1 and 0xD8 <= code[0] <= 0xF7:
            weight += times / 2
    return weight >= 0.6 * characters.total()

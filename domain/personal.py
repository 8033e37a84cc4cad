"""Personal data stays with the laboratory and the emergency team: words people write here must not hold any.

Names cannot be told from other words by a rule; numbers of documents and telephones can.
"""

import re
import unicodedata

from domain.errors import Code, Refused
from domain.values import read_text

_GAP = r"[ \-.·/()]{0,2}"
_DIGIT = r"[0-9]"
_RUN = re.compile(rf"\+?{_DIGIT}(?:{_GAP}{_DIGIT})*(?:{_GAP}[Xx](?![A-Za-z0-9]))?")
"""Digits as people group them, with the letter an identity number may end in."""

_SAID_TO_BE_ONE = re.compile(
    r"(?:电话|手机|身份证|证件|护照|tel|phone|mobile|passport|\bid\b)\D{0,6}[0-9]{6}", re.IGNORECASE
)

LONG = 11
"""Digits of a mobile number; identity numbers have 15 or 18, telephone numbers with their area code 10 to 12."""


def holds_number(written: str) -> bool:
    """Whether the words hold what looks like the number of an identity document or of a telephone.

    Any 11 digits do, 10 that begin with a 0 (a telephone with its area code), 8 after a +, and 6 after a word such
    as 电话 or "phone"; a day or an hour does not.
    """
    plain = unicodedata.normalize("NFKC", written)
    for found in _RUN.finditer(plain):
        digits = re.sub(r"[^0-9Xx]", "", found[0])
        if len(digits) >= LONG or (len(digits) >= 10 and digits[0] == "0"):
            return True
        if found[0].startswith("+") and len(digits) >= 8:
            return True
    return _SAID_TO_BE_ONE.search(plain) is not None


def read_remark(name: str, value: object, limit: int) -> str:
    """A line of free text without such a number; "" when absent. Raises `Refused`."""
    written = read_text(name, value, limit)
    if holds_number(written):
        # What was written is not repeated: refusals are shown and may be kept.
        raise Refused(name, Code.BAD_VALUE, detail="personal")
    return written

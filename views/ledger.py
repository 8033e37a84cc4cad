"""The three-way ledger (三方对账) of a place: the sums, what does not agree, handover and sign-off."""

from components.ledger import ledger_kinds, ledger_strip
from components.ledger_table import ledger_findings
from data.queries.ledger_desk import ledger_desk, open_desk
from views import Page, View
from views.stamp import STAMP

PAGE = Page(
    "ledger",
    "ledger.page",
    (
        STAMP,
        View("ledger-strip", "ledger.strip", ledger_desk, ledger_strip),
        View("ledger-kinds", "ledger.kinds", ledger_desk, ledger_kinds),
        View("ledger-findings", "ledger.findings", open_desk, ledger_findings, kept=True),
    ),
)

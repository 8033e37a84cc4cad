"""The shapes of accounts, tokens and the audit."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from api.schemas import Count, ErrorOut, Time


class AccountIn(Struct):
    """An account to be made. `login` is its key: the same login with the same content is `unchanged`."""

    login: str
    role: str
    place: str = ""
    name: str = ""
    phone: str = ""


class AccountOut(Struct):
    login: str
    role: str
    place: str
    name: str
    phone: str
    lab: str
    state: str
    created_at: Time
    last_seen_at: Time | None
    expires_at: Time | None
    online: bool


class BulkIn(Struct):
    """Accounts to be made together: for every site (`all_sites`), or `rows`, or a file (base64, with its name).
    With `renew_unused` an account nobody has signed in with gets another password. `go_on` is what the first answer
    called `begun`, to ask for what was `left`: then only passwords made now are told."""

    all_sites: bool = False
    rows: list[dict[str, Any]] | None = None
    file: str = ""
    name: str = ""
    renew_unused: bool = False
    go_on: str = ""


class PasswordOut(Struct):
    """An account with its one-time password, which is told this once; null for one that was there before."""

    login: str
    role: str
    place: str
    password: str | None
    expires_at: Time | None


class BulkOut(Struct):
    """`left` is how many more there are: ask again for them, with `begun`. `slips` is HTML to be printed. `rejected`
    counts rows from 0, and for a file its lines from 1."""

    made: int
    reset: int
    unchanged: int
    left: int
    begun: Time
    accounts: list[PasswordOut]
    rejected: list[ErrorOut]
    slips: str


class ResetIn(Struct):
    """With `name` or `phone` the account passes to another person."""

    name: str | None = None
    phone: str | None = None


class AccountDoneOut(Struct):
    login: str
    state: str
    sessions_ended: int


class TokenIn(Struct):
    """`key` names the wish: the same key does not make a second token, nor tell the first one again."""

    key: Annotated[str, Meta(max_length=64)]
    role: str
    place: str
    note: str = ""


class TokenOut(Struct):
    number: int
    role: str
    place: str
    note: str
    created_at: Time
    revoked_at: Time | None


class TokenMadeOut(Struct):
    """`secret` is told this once; null when the same wish had been granted before."""

    number: int
    secret: str | None


class CloseIn(Struct):
    """`confirm` is the campaign's id, typed by the person."""

    confirm: str


class CloseOut(Struct):
    """How many would be taken back, or were."""

    accounts: Count
    sessions: Count
    tokens: Count
    screens: Count


class AuditOut(Struct):
    """One line. `who` is a login, a token's number or a program; `about` the one place it was done to, if one."""

    id: int
    revision: int | None
    received_at: Time
    who: str
    kind: str
    role: str
    place: str | None
    action: str
    group: str
    details: dict[str, Any] = msgspec.field(default_factory=dict)


class ChainOut(Struct):
    """Whether the chain over a campaign's audit is whole; `broken_at` is the first line that is not what was sealed,
    0 for a missing link."""

    whole: bool
    lines: int
    head: str
    broken_at: int | None
    verified_at: Time

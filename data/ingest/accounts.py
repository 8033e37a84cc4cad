"""Many accounts at once: one for every site of a campaign, or those a file lists. Each gets a one-time password,
which is answered once and nowhere kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import accounts
from data.database import Database
from data.ingest.contacts import place_called
from data.ingest.mapping import FileMapping, apply
from data.ingest.place_writer import MAX_CODE, Resolver
from data.ingest.tables import Table, read_table
from data.models import Account
from data.queries.accounts import AccountRow, account_rows, lab_names
from domain.accounts import login_for
from domain.contacts import MAX_NAME, read_phone
from domain.errors import Code, Refused, Rejection
from domain.permissions import ACCOUNT_ROLES, EVERYWHERE, Role
from domain.places import Level, PlaceTree
from domain.sign_in import LOGIN
from domain.values import read_text

FIELDS = ("login", "role", "place", "name", "phone")

ALIASES: Mapping[str, str] = {name: name for name in FIELDS} | {
    "账号": "login", "用户名": "login", "登录名": "login",
    "角色": "role", "岗位": "role",
    "place_code": "place", "site_code": "place", "地点编码": "place", "地点代码": "place", "采样点编码": "place",
    "地点": "place", "单位": "place", "采样点": "place", "采样点名称": "place", "镇街": "place",
    "姓名": "name", "电话": "phone", "手机": "phone", "手机号": "phone", "联系电话": "phone",
}  # fmt: skip

ROLE_WORDS: Mapping[str, Role] = {role.value: role for role in ACCOUNT_ROLES} | {
    "采样点信息员": Role.SITE, "采样点": Role.SITE, "填报员": Role.SITE, "信息员": Role.SITE,
    "镇街数据员": Role.TOWN, "镇街": Role.TOWN, "区数据员": Role.DISTRICT, "区": Role.DISTRICT,
    "检测机构": Role.LAB, "实验室": Role.LAB, "领导": Role.LEADER, "管理员": Role.ADMINISTRATOR,
    "审计员": Role.AUDITOR,
}  # fmt: skip
"""What lists call the roles."""

AT_ONCE = 10
"""Accounts of one transaction: hashing a password takes its time, and writers of the record wait behind it."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One account to be made: `login` is empty where one has to be found."""

    role: Role
    place: str
    login: str = ""
    name: str = ""
    phone: str = ""


@dataclass(slots=True)
class Made:
    """What became of a list. `slips` are accounts with their one-time passwords; for one that was there before, the
    password is None. `refused` pairs a line's number with its refusal."""

    slips: list[tuple[AccountRow, str | None]] = field(default_factory=list)
    made: int = 0
    unchanged: int = 0
    reset: int = 0
    left: int = 0
    """How many of the list have not been looked at."""
    refused: list[tuple[int, Rejection]] = field(default_factory=list)

    def add(self, other: "Made") -> None:
        """Take over what became of a further part of the same list."""
        self.slips += other.slips
        self.made += other.made
        self.unchanged += other.unchanged
        self.reset += other.reset
        self.left = other.left
        self.refused += other.refused


@dataclass(frozen=True, slots=True)
class AccountFile:
    """A list of accounts as read: what its lines ask for, and its lines that make no sense."""

    table: Table
    mapping: FileMapping
    specs: list[tuple[int, Spec]]
    refused: list[tuple[int, Rejection]]


def read_file(
    session: Session, tree: PlaceTree, data: bytes, name: str, mapping_toml: str | None = None
) -> AccountFile:
    """The list in the file `name`. Raises `Unreadable`."""
    stated = FileMapping.parse(mapping_toml, FIELDS) if mapping_toml else FileMapping()
    table = read_table(data, name, encoding=stated.encoding, delimiter=stated.delimiter, sheet=stated.sheet)
    mapping = stated.or_default(table.headers, ALIASES)
    resolver, labs = Resolver(tree, create=False), lab_names(session, tree.campaign.id)
    specs: list[tuple[int, Spec]] = []
    refused: list[tuple[int, Rejection]] = []
    for line, fields in apply(table, mapping):
        try:
            if line.number in table.too_wide:
                raise Refused("row", Code.TOO_MANY_CELLS)
            specs.append((line.number, read_spec(fields, tree, resolver, labs)))
        except Refused as refusal:
            refused.append((line.number, refusal.at(line.number)))
    kept = without_twins(specs, refused)
    return AccountFile(table, mapping, kept, refused)


def read_spec(row: Mapping[str, object], tree: PlaceTree, resolver: Resolver, labs: Mapping[str, str]) -> Spec:
    """The account a row asks for. Its place is named by code or name, a laboratory too. Raises `Refused`."""
    login = read_text("login", row.get("login"), 64).lower()
    if login and not LOGIN.fullmatch(login):
        raise Refused("login", Code.BAD_VALUE, login, detail="login")
    word = read_text("role", row.get("role"), 32)
    if not word:
        raise Refused("role", Code.MISSING_FIELD)
    role = ROLE_WORDS.get(word) or ROLE_WORDS.get(word.lower())
    if role is None:
        raise Refused("role", Code.BAD_VALUE, word, detail="role", roles=", ".join(ACCOUNT_ROLES))
    stated = read_text("place", row.get("place"), MAX_CODE)
    return Spec(
        role, _place(stated, role, tree, resolver, labs), login,
        read_text("name", row.get("name"), MAX_NAME), read_phone(row.get("phone")),
    )  # fmt: skip


def _place(stated: str, role: Role, tree: PlaceTree, resolver: Resolver, labs: Mapping[str, str]) -> str:
    if not stated:
        if role in EVERYWHERE:
            return ""
        raise Refused("place", Code.MISSING_FIELD)
    if role is Role.LAB:
        found = [code for code, name in labs.items() if stated in (code, name)]
        if len(found) != 1:
            raise Refused("place", Code.UNKNOWN_PLACE, stated)
        return found[0]
    place = place_called(stated, tree, resolver)
    if role in (Role.SITE, Role.TOWN) and place.level is not Level(role.value):
        raise Refused("place", Code.BAD_VALUE, stated, detail="account_level")
    return place.code


def without_twins(specs: list[tuple[int, Spec]], refused: list[tuple[int, Rejection]]) -> list[tuple[int, Spec]]:
    """The specs no other line of the file repeats; the others are refused, all of them."""
    lines: dict[object, list[int]] = defaultdict(list)
    for line, spec in specs:
        lines[_identity(spec)].append(line)
    kept = []
    for line, spec in specs:
        same = lines[_identity(spec)]
        if len(same) == 1:
            kept.append((line, spec))
            continue
        params = {"lines": ", ".join(map(str, same))}
        value = spec.login or spec.place
        refused.append((line, Rejection(line, "login", Code.DUPLICATE_IN_FILE, value, "account", dict(params))))
    return kept


def _identity(spec: Spec) -> object:
    return spec.login or (spec.role, spec.place, spec.name)


def for_all_sites(tree: PlaceTree, known: Iterable[str] = ()) -> list[tuple[int, Spec]]:
    """One account for every site that is not among `known`, in the order of towns and codes."""
    skipped = set(known)
    sites = sorted(tree.each(Level.SITE), key=lambda site: site.code)
    return [(n, Spec(Role.SITE, site.code)) for n, site in enumerate(sites) if site.code not in skipped]


def make(
    database: Database,
    tree: PlaceTree,
    specs: Sequence[tuple[int, Spec]],
    now: datetime,
    actor: str,
    *,
    renew_before: datetime | None = None,
    most: int | None = None,
) -> Made:
    """Make the accounts that are not there yet; with `renew_before`, one whose one-time password was made before then
    and nobody has used gets another. Sent again it changes nothing and tells no password a second time.

    At most about `most` passwords are made: then it ends, and `left` says how much of the list is left.
    """
    result = Made()
    for start in range(0, len(specs), AT_ONCE):
        if most is not None and result.made + result.reset >= most:
            result.left = len(specs) - start
            break
        with database.write() as session:
            for line, spec in specs[start : start + AT_ONCE]:
                try:
                    _make_one(session, tree, spec, now, actor, renew_before, result)
                except Refused as refusal:
                    result.refused.append((line, refusal.at(line)))
    return result


def _make_one(
    session: Session,
    tree: PlaceTree,
    spec: Spec,
    now: datetime,
    actor: str,
    renew_before: datetime | None,
    result: Made,
) -> None:
    campaign_id = tree.campaign.id
    row = _standing(session, campaign_id, spec)
    password: str | None = None
    if row is None:
        try:
            row, password = accounts.create(
                session, login=spec.login or _free_login(session, tree, spec), role=spec.role, place=spec.place,
                campaign_id=campaign_id, now=now, actor=actor, name=spec.name, phone=spec.phone,
            )  # fmt: skip
        except accounts.BadAccount as bad:
            raise Refused(bad.problem, Code.BAD_VALUE, spec.login or spec.place, detail="account") from None
        result.made += 1
    else:
        standing = account_rows(session, tree, [row], now)[0]
        if renew_before is not None and standing.unused_since(renew_before):
            password = accounts.reset(session, row, now, actor)
            result.reset += 1
        else:
            result.unchanged += 1
    session.flush()
    result.slips.append((account_rows(session, tree, [row], now)[0], password))


def _standing(session: Session, campaign_id: str, spec: Spec) -> Account | None:
    """The account that is already there for what is asked. Raises `Refused` where the login is somebody else's."""
    if spec.login:
        row = session.scalar(sa.select(Account).where(Account.login == spec.login))
        if row is not None and (
            (row.campaign_id, row.role, row.place) != (campaign_id, spec.role, spec.place)
            or (spec.name or row.name, spec.phone or row.phone) != (row.name, row.phone)
        ):
            raise Refused("login", Code.CONFLICT, spec.login, detail="login")
        return row
    query = sa.select(Account).where(
        Account.campaign_id == campaign_id, Account.role == spec.role.value, Account.place == spec.place
    )
    if spec.name:
        query = query.where(Account.name == spec.name)
    return session.scalars(query.order_by(Account.id).limit(1)).first()


def _free_login(session: Session, tree: PlaceTree, spec: Spec) -> str:
    def taken(login: str) -> bool:
        return session.scalar(sa.select(Account.id).where(Account.login == login)) is not None

    place = tree.by_code.get(spec.place)
    if place is None:
        return login_for(spec.place or spec.role.value, "", taken)
    above = [tree.by_id[id_] for id_ in place.ancestors]
    district = next((p.code for p in above if p.level is Level.DISTRICT and p is not place), "")
    return login_for(place.code, district, taken)

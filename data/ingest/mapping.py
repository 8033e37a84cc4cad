"""Which of their columns is which of our fields: the mapping file of the contract ("Command line"), and what is
taken without one, our own field names and the usual other names for them."""

import codecs
import difflib
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.ingest.tables import Line, Table
from domain import reports, upper
from domain.errors import Unreadable
from domain.places import LEVELS
from domain.registry import Subject
from domain.registry_claims import CATALOGUE

PLACE_FIELDS = (
    "city", "city_name", "district", "district_name", "district_name_en", "town", "town_name", "town_name_en",
    "site", "site_name", "site_name_en", "kind", "lon", "lat", "target", "lanes", "lab", "pool_size", "opening",
    "reason", "override",
)  # fmt: skip

LAB_FIELDS = (
    "lab", "name", "name_en", "lon", "lat", "capacity_per_day", "towns", "host_town", "level", "listed", "licence",
    "licence_until", "filing", "filed_on", "filing_until",
)  # fmt: skip
"""A laboratory's own fields, and those of its entry in the registry (domain.registry)."""

ROUND_FIELDS = ("lab", *(field.name for field in CATALOGUE[Subject.ASSESSMENT]))
"""A round of external quality assessment: the laboratory and the fields of the registry."""

REPORT_FIELDS = (*reports.FIELDS, "city", "district", "town")
"""A report's own fields and the places above its site, for sites that are known by name only."""


UPPER_FIELDS = (*upper.FIELDS, *LEVELS)
"""An upper figure's own fields, and the levels a place may be named by instead of its code."""


CONTACT_FIELDS = ("place", *LEVELS, "name", "phone", "post")
"""Who is on duty where; the place by code or name, in a column of its own or by the lowest level filled in."""


TUBE_FIELDS = (
    "event_id", "barcode", "type", "at", "site", "lane", "box", "manifest", "lab", "persons", "pool_size", "result",
    "reason", "unread",
)  # fmt: skip
"""A tube event's own fields (contract, "Tube events"). `unread` holds a line of JSON that could not be read."""


def _own(fields: Iterable[str]) -> dict[str, str]:
    return {name: name for name in fields}


# Of several names for one field that a file holds, the first here is taken: our own, then codes, then names.

PLACE_ALIASES: Mapping[str, str] = _own(PLACE_FIELDS) | {
    "site_code": "site", "采样点编码": "site", "采样点代码": "site", "点位编码": "site",
    "name_zh": "site_name", "采样点名称": "site_name", "采样点": "site_name", "点位名称": "site_name",
    "name_en": "site_name_en", "采样点英文名": "site_name_en",
    "town_code": "town", "镇街编码": "town", "镇街代码": "town",
    "town_zh": "town_name", "镇街名称": "town_name", "镇街": "town_name", "街道": "town_name",
    "town_en": "town_name_en", "镇街英文名": "town_name_en",
    "district_code": "district", "区编码": "district", "区代码": "district",
    "district_zh": "district_name", "区名称": "district_name", "区县": "district_name", "区": "district_name",
    "district_en": "district_name_en", "区英文名": "district_name_en",
    "city_code": "city", "市编码": "city", "市代码": "city",
    "city_zh": "city_name", "市名称": "city_name", "市": "city_name",
    "类型": "kind", "采样点类型": "kind",
    "经度": "lon", "纬度": "lat",
    "target_population": "target", "目标人数": "target", "应采人数": "target",
    "采样台": "lanes", "采样台数": "lanes",
    "lab_code": "lab", "检测机构编码": "lab", "检测机构代码": "lab", "检测机构": "lab",
    "混采比例": "pool_size", "混检比例": "pool_size",
    "开放时间": "opening", "采样时间": "opening", "原因": "reason",
    "例外放行原因": "override",
}  # fmt: skip

LAB_ALIASES: Mapping[str, str] = _own(LAB_FIELDS) | {
    "lab_code": "lab", "检测机构编码": "lab", "检测机构代码": "lab",
    "name_zh": "name", "检测机构名称": "name", "检测机构": "name",
    "检测机构英文名": "name_en",
    "经度": "lon", "纬度": "lat",
    "capacity_tubes_per_day": "capacity_per_day", "日检测能力": "capacity_per_day",
    "bound_town_codes": "towns", "对应镇街编码": "towns", "对应镇街": "towns",
    "host_town_code": "host_town", "所在镇街编码": "host_town", "所在镇街": "host_town",
    "机构级别": "level", "医疗机构级别": "level", "已公布": "listed", "是否公布": "listed",
    "许可证号": "licence", "执业许可证号": "licence", "许可证有效期至": "licence_until",
    "备案号": "filing", "二级备案号": "filing", "备案日期": "filed_on", "备案有效期至": "filing_until",
}  # fmt: skip

ROUND_ALIASES: Mapping[str, str] = _own(ROUND_FIELDS) | {
    "lab_code": "lab", "检测机构编码": "lab", "检测机构代码": "lab", "检测机构": "lab",
    "项目": "item", "检验项目": "item", "组织单位": "organiser", "组织机构": "organiser",
    "级别": "range", "互认范围": "range", "地区": "region", "范围名称": "region",
    "日期": "on", "质评日期": "on", "参加": "took_part", "是否参加": "took_part",
    "合格": "passed", "是否合格": "passed", "结果": "passed", "整改措施": "corrective", "整改日期": "corrected_on",
}  # fmt: skip

REPORT_ALIASES: Mapping[str, str] = _own(REPORT_FIELDS) | {
    "编号": "key", "记录编号": "key",
    "site_code": "site", "采样点编码": "site", "采样点代码": "site", "点位编码": "site",
    "采样点名称": "site", "采样点": "site",
    "时段": "hour", "时段开始": "hour", "开始时间": "hour",
    "小时数": "hours",
    "采样人数": "persons",
    "用管数": "tubes", "采样管数": "tubes",
    "第三联": "third_copies", "第三联数": "third_copies",
    "特殊情况登记": "special_cases", "特殊情况": "special_cases",
    "排队分钟": "queue_minutes", "排队分钟数": "queue_minutes",
    "开台数": "lanes_open",
    "阳性": "positives", "阳性数": "positives",
    "累计采样人数": "persons_total", "累计用管数": "tubes_total",
    "混采比例": "pool_size", "混检比例": "pool_size",
    "备注": "note",
    "更正编号": "correction_of", "更正": "correction_of",
    "town_code": "town", "镇街编码": "town", "镇街代码": "town", "镇街名称": "town", "镇街": "town", "街道": "town",
    "district_code": "district", "区编码": "district", "区代码": "district", "区名称": "district",
    "区县": "district", "区": "district",
    "city_code": "city", "市": "city",
}  # fmt: skip

UPPER_ALIASES: Mapping[str, str] = _own(UPPER_FIELDS) | {
    "编号": "key", "记录编号": "key",
    "地点编码": "place", "地点代码": "place", "行政区划代码": "place",
    "时间": "at", "数据时间": "at", "截至": "at",
    "采样人数": "persons", "累计采样人数": "persons",
    "用管数": "tubes", "采样管数": "tubes", "累计用管数": "tubes",
    "来源": "source", "系统": "source",
    "采样点编码": "site", "采样点": "site", "镇街编码": "town", "镇街": "town",
    "区编码": "district", "区县": "district", "区": "district", "市": "city",
}  # fmt: skip

CONTACT_ALIASES: Mapping[str, str] = _own(CONTACT_FIELDS) | {
    "place_code": "place", "地点编码": "place", "地点代码": "place", "地点": "place", "单位": "place",
    "site_code": "site", "采样点编码": "site", "采样点代码": "site", "采样点名称": "site", "采样点": "site",
    "town_code": "town", "镇街编码": "town", "镇街名称": "town", "镇街": "town", "街道": "town",
    "district_code": "district", "区编码": "district", "区名称": "district", "区县": "district", "区": "district",
    "姓名": "name", "联系人": "name", "值班员": "name", "值班人员": "name",
    "电话": "phone", "手机": "phone", "手机号": "phone", "联系电话": "phone", "值班电话": "phone",
    "职务": "post", "岗位": "post", "角色": "post",
}  # fmt: skip

TUBE_ALIASES: Mapping[str, str] = _own(TUBE_FIELDS) | {
    "事件编号": "event_id", "编号": "event_id",
    "tube_barcode": "barcode", "条码": "barcode", "管码": "barcode", "试管条码": "barcode", "条形码": "barcode",
    "第三联条码": "barcode", "样本条码": "barcode", "样本编号": "barcode", "barcode_no": "barcode",
    "event": "type", "事件": "type", "事件类型": "type", "类型": "type",
    "time": "at", "时间": "at", "事件时间": "at", "采样时间": "at", "收样时间": "at", "接收时间": "at",
    "签收时间": "at", "扫码时间": "at", "登记时间": "at",
    "site_code": "site", "采样点编码": "site", "采样点代码": "site", "点码": "site", "点位编码": "site",
    "台码": "lane", "台号": "lane", "采样台": "lane",
    "箱码": "box", "箱号": "box",
    "送检单号": "manifest", "送检单": "manifest",
    "lab_code": "lab", "实验室编码": "lab", "实验室": "lab", "检测机构编码": "lab", "检测机构": "lab",
    "人数": "persons", "混采人数": "persons",
    "混采比": "pool_size", "混采比例": "pool_size", "混检比例": "pool_size",
    "结果": "result", "检测结果": "result",
    "原因": "reason", "作废原因": "reason",
    "#unread": "unread",
}  # fmt: skip

_SECTIONS = ("columns", "constants", "options")
_NOTHING_NEAR = "—"


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How to read one file: `columns` is ours → theirs, `constants` hold for every row, the rest are options.

    What is None is recognised from the file. `decimal` is the mark between a number's whole part and the rest;
    `timezone` is whose clocks times without an offset mean (tube events only; without it they are refused).
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str | int | float] = field(default_factory=dict)
    create_places: bool = False
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str = "."
    sheet: str | None = None
    timezone: str | None = None

    @classmethod
    def parse(cls, toml_text: str, known_fields: Collection[str]) -> "FileMapping":
        """The mapping that a mapping file states, for a kind of file that has `known_fields`.

        Raises `Unreadable` (`mapping_…`) for whatever the file says that means nothing: a slip in an optional
        field's name would otherwise lose a column without a word.
        """
        try:
            # Windows' editor begins every UTF-8 file with a byte order mark.
            stated = tomllib.loads(toml_text.removeprefix("\ufeff"))
        except tomllib.TOMLDecodeError as error:
            raise Unreadable("mapping_not_toml", reason=str(error)) from None
        for name, section in stated.items():
            if name not in _SECTIONS or not isinstance(section, dict):
                raise Unreadable("mapping_unknown_section", section=name)
        columns = stated.get("columns", {})
        constants = stated.get("constants", {})
        for name in (*columns, *constants):
            if name not in known_fields:
                raise Unreadable("mapping_unknown_field", field=name, nearest=_nearest(name, known_fields))
        for name in columns:
            if name in constants:
                raise Unreadable("mapping_twice", field=name)
        return cls(
            {name: _column(name, column) for name, column in columns.items()},
            {name: _constant(name, value) for name, value in constants.items()},
            **_options(stated.get("options", {})),
        )

    @classmethod
    def default(cls, headers: Iterable[str], aliases: Mapping[str, str]) -> "FileMapping":
        """The mapping of a file without a mapping file: every header that is one of `aliases`, in any case, is
        its field; other headers are left out. Where several headers mean one field, the earlier alias wins.

        Raises `Unreadable` (`duplicate_header`) for two headers that differ in case only.
        """
        theirs: dict[str, str] = {}
        for header in headers:
            plain = _plain(header)
            if plain in aliases and plain in theirs:
                raise Unreadable("duplicate_header", name=header)
            theirs[plain] = header
        columns: dict[str, str] = {}
        for alias, name in aliases.items():
            if alias in theirs:
                columns.setdefault(name, theirs[alias])
        return cls(columns)

    def or_default(self, headers: Iterable[str], aliases: Mapping[str, str]) -> "FileMapping":
        """This mapping; the default columns are taken where the mapping file has no `[columns]`, only constants
        and options. A constant goes before a default column of the same field."""
        if self.columns:
            return self
        columns = FileMapping.default(headers, aliases).columns
        return replace(self, columns={name: columns[name] for name in columns if name not in self.constants})


def apply(table: Table, mapping: FileMapping) -> Iterator[tuple[Line, dict[str, object]]]:
    """Every line with its row of fields: cells as they stand in the file, None for blank ones, and constants.

    A date from XLSX stays a `datetime` without an offset. Lines in `table.too_wide` are among them and are for
    the caller to refuse. Raises `Unreadable` (`missing_column`), before the first line is asked for.
    """
    for name, column in mapping.columns.items():
        if column not in table.headers:
            raise Unreadable(
                "missing_column",
                field=name,
                column=column,
                nearest=_nearest(column, table.headers),
                headers=", ".join(table.headers),
            )
    return _rows(table, tuple(mapping.columns.items()), mapping.constants)


def _rows(
    table: Table, columns: tuple[tuple[str, str], ...], constants: Mapping[str, str | int | float]
) -> Iterator[tuple[Line, dict[str, object]]]:
    for line in table.lines:
        cells = line.cells
        row: dict[str, object] = {name: cells[column] for name, column in columns}
        for name, value in row.items():
            # isspace is false for "", so both are asked; this runs for every cell of the file.
            if value == "" or (isinstance(value, str) and value.isspace()):
                row[name] = None
        row.update(constants)
        yield line, row


def _plain(header: str) -> str:
    """A header as it is compared: `Site Code` and `site_code` are the same."""
    return "_".join(header.casefold().split())


def _nearest(wanted: str, known: Collection[str]) -> str:
    """The names most like `wanted`, for a message that offers them."""
    by_plain = {_plain(name): name for name in known}
    near = difflib.get_close_matches(_plain(wanted), by_plain, n=3, cutoff=0.6)
    return ", ".join(by_plain[plain] for plain in near) or _NOTHING_NEAR


def _column(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Unreadable("mapping_bad_column", field=name, value=str(value))
    return value.strip()


def _constant(name: str, value: object) -> str | int | float:
    if isinstance(value, datetime):
        return value.isoformat()  # a time written in TOML's own way, without quotes
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise Unreadable("mapping_bad_constant", field=name, value=str(value))
    return value


def _options(stated: Mapping[str, object]) -> dict[str, Any]:
    for name, value in stated.items():
        if name not in _OPTIONS:
            raise Unreadable("mapping_unknown_option", option=name, nearest=_nearest(name, tuple(_OPTIONS)))
        if not _OPTIONS[name](value):
            raise Unreadable("mapping_bad_option", option=name, value=str(value))
    return dict(stated)


def _is_encoding(value: object) -> bool:
    try:
        return isinstance(value, str) and isinstance("".encode(codecs.lookup(value).name), bytes)
    except (LookupError, UnicodeError, ValueError):  # ValueError: a NUL in the name
        return False


def _is_delimiter(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and not value.isalnum() and value not in '"\r\n .-+'


def is_timezone(value: object) -> bool:
    """Whether it names a zone of the world."""
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


_OPTIONS: Mapping[str, Callable[[object], bool]] = {
    "create_places": lambda value: isinstance(value, bool),
    "encoding": _is_encoding,
    "delimiter": _is_delimiter,
    "decimal": lambda value: value in (".", ","),
    "sheet": lambda value: isinstance(value, str) and bool(value.strip()),
    "timezone": is_timezone,
}

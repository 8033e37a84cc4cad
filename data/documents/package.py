"""Whether an office file somebody sends can be opened at all: nothing that runs, fetches, hides or explodes.

XLSX and DOCX are ZIP archives of XML parts. Everything is looked at here, within limits, before any library that
reads such files sees it.
"""

import io
import re
import zipfile
from collections.abc import Iterator

from lxml import etree
from openpyxl.utils import range_boundaries

from domain.errors import Code, Refused

MAX_BYTES = 2 * 1024 * 1024
"""Of the file as it is sent."""

MAX_UNPACKED = 20 * 1024 * 1024
MAX_PARTS = 400
MAX_MERGED = 20_000
"""Cells of one merged range: a library makes an object for every one."""

KINDS = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
"""What must be inside."""

MACROS = re.compile(r"vbaProject|macrosheets/|vbaData|dialogsheets/|/activeX/", re.IGNORECASE)
EMBEDDED = re.compile(r"/embeddings/|oleObject|afchunk|/ctrlProps/", re.IGNORECASE)
LINKS = re.compile(r"externalLinks/|connections\.xml|queryTables/|/webextensions/", re.IGNORECASE)

FETCHING = re.compile(
    r"\||WEBSERVICE|HYPERLINK|FILTERXML|IMPORTDATA|IMPORTXML|RTD\s*\(|CALL\s*\(|REGISTER|EXEC\s*\(|\[\d+\]|\[[^\]]*\.xl",
    re.IGNORECASE,
)
"""In a spreadsheet's formula: what reaches outside the file (DDE is `=cmd|…`, `[1]Sheet!A1` another workbook)."""

FIELD_CODES = re.compile(r"DDE|INCLUDE|LINK|DATABASE|MACROBUTTON|IMPORT|AUTOTEXT|SUBDOC", re.IGNORECASE)
"""In a Word field: what runs or fetches."""

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def check(data: bytes, name: str) -> str:
    """The kind of a harmless file, `xlsx` or `docx`. Raises `Refused`, with the part that is at fault."""
    if len(data) > MAX_BYTES:
        raise Refused("content", Code.TOO_LARGE, name, detail="template", limit=MAX_BYTES >> 20)
    kind = name.rpartition(".")[2].lower()
    if kind in ("xlsm", "docm", "xltm", "dotm", "xlsb"):
        raise Refused("content", Code.BAD_VALUE, name, detail="template_macros", part=name)
    if kind not in KINDS:
        raise Refused("content", Code.BAD_VALUE, name, detail="template_kind")
    parts = dict(_parts(data, name))
    if KINDS[kind] not in parts or "[Content_Types].xml" not in parts:
        raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part=KINDS[kind])
    for part, body in parts.items():
        _check_name(part, name)
        if part.endswith((".xml", ".rels", ".vml")):
            _check_xml(part, body, name)
    return kind


def _parts(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """The parts, unpacked within limits whatever the archive says of their size."""
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_PARTS or len({entry.filename for entry in entries}) < len(entries):
                raise Refused("content", Code.TOO_LARGE, name, detail="template_unpacked")
            for entry in entries:
                path = entry.filename
                if path.startswith(("/", "\\")) or ".." in path or "\\" in path or ":" in path:
                    raise Refused("content", Code.BAD_VALUE, name, detail="template_dangerous", part=path)
                if entry.flag_bits & 0x1:
                    raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part=path)
                with archive.open(entry) as stream:
                    body = stream.read(MAX_UNPACKED - unpacked + 1)
                unpacked += len(body)
                if unpacked > MAX_UNPACKED:
                    raise Refused("content", Code.TOO_LARGE, name, detail="template_unpacked")
                yield path, body
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part=str(error)) from None
    except Exception as error:
        # zlib has an error of its own, which is no ValueError.
        if type(error).__module__ != "zlib":
            raise
        raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part=str(error)) from None


def _check_name(part: str, name: str) -> None:
    for pattern, detail in ((MACROS, "template_macros"), (EMBEDDED, "template_embedded"), (LINKS, "template_links")):
        if pattern.search(f"/{part}"):
            raise Refused("content", Code.BAD_VALUE, name, detail=detail, part=part)


def _check_xml(part: str, body: bytes, name: str) -> None:
    try:
        tree = etree.fromstring(body, _PARSER).getroottree()
    except (etree.XMLSyntaxError, ValueError):
        raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part=part) from None
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        raise Refused("content", Code.BAD_VALUE, name, detail="template_dangerous", part=part)
    codes: list[str] = []
    for node in tree.iter(etree.Element):
        tag = etree.QName(node).localname
        if tag == "Relationship" and (node.get("TargetMode") or "").lower() == "external":
            raise Refused("content", Code.BAD_VALUE, name, detail="template_links", part=node.get("Target") or part)
        if tag in ("Override", "Default"):
            kind = (node.get("ContentType") or "").lower()
            if "macroenabled" in kind or "vba" in kind or "activex" in kind:
                raise Refused("content", Code.BAD_VALUE, name, detail="template_macros", part=kind)
        if tag == "f" and FETCHING.search(node.text or ""):
            cell = node.getparent().get("r") if node.getparent() is not None else None
            raise Refused("content", Code.BAD_VALUE, name, detail="template_formula", part=cell or part)
        if tag == "definedName" and FETCHING.search(node.text or ""):
            raise Refused("content", Code.BAD_VALUE, name, detail="template_links", part=node.get("name") or part)
        if tag == "altChunk":
            raise Refused("content", Code.BAD_VALUE, name, detail="template_embedded", part=part)
        if tag == "mergeCell":
            _check_merged(node.get("ref") or "", part, name)
        if tag == "instrText":
            codes.append(node.text or "")
        if tag == "fldSimple":
            codes.append(next((value for key, value in node.attrib.items() if key.endswith("instr")), ""))
    # A field's code may be spread over several runs.
    found = FIELD_CODES.search("".join(codes))
    if found:
        raise Refused("content", Code.BAD_VALUE, name, detail="template_dangerous", part=found[0])


def _check_merged(ref: str, part: str, name: str) -> None:
    try:
        left, top, right, bottom = range_boundaries(ref)
        cells = (right - left + 1) * (bottom - top + 1)
    except (ValueError, TypeError):
        raise Refused("content", Code.BAD_VALUE, name, detail="template_unreadable", part=part) from None
    if cells > MAX_MERGED:
        raise Refused("content", Code.TOO_LARGE, name, detail="template_unpacked")

"""Archives of map files (zipped Shapefiles, KMZ), unpacked within limits and never by the names they state."""

import stat
import zipfile
from io import BytesIO
from pathlib import PurePosixPath, PureWindowsPath

from domain.errors import Unreadable

MAX_MEMBERS = 200
MAX_UNPACKED = 256 * 1024 * 1024
MAX_RATIO = 100
"""How many times its packed size a member may have unpacked: map files come to 3 to 15, a bomb to a thousand."""

SMALL = 1024 * 1024
"""Members up to this many bytes may have any ratio: an empty index packs to nearly nothing."""

_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_CHUNK = 1024 * 1024
_DEBRIS = ("__macosx", ".ds_store", "thumbs.db")
"""What operating systems add to archives, in lower case."""


def unpack(data: bytes) -> dict[str, bytes]:
    """The members of a zip archive by their path inside it, folders and what operating systems add left out.

    Nothing is written to disk. Raises `Unreadable` for a damaged or encrypted archive, for one with links, paths that
    lead out of it or another archive inside, and for one that would unpack to too much.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _is_debris(m.filename)]
            if len(members) > MAX_MEMBERS:
                raise Unreadable("archive_members", count=len(members), limit=MAX_MEMBERS)
            for member in members:
                _check(member)
            total = sum(member.file_size for member in members)
            if total > MAX_UNPACKED:
                raise Unreadable("archive_too_large", limit_mb=MAX_UNPACKED // 2**20)
            found = {}
            left = MAX_UNPACKED
            for member in members:
                content = _read(archive, member, left)
                left -= len(content)
                found[_name(member)] = content
            return found
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Unreadable("archive_damaged") from error


def _is_debris(name: str) -> bool:
    return any(part.lower() in _DEBRIS or part.startswith("._") for part in name.split("/"))


def _name(member: zipfile.ZipInfo) -> str:
    """The member's name; archives of Chinese Windows write it in GBK without saying so."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _check(member: zipfile.ZipInfo) -> None:
    name = _name(member)
    shown = name[:80]
    windows, posix = PureWindowsPath(name), PurePosixPath(name)
    if windows.drive or windows.root or posix.is_absolute() or ".." in (*windows.parts, *posix.parts) or "\0" in name:
        raise Unreadable("archive_path", member=shown)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Unreadable("archive_path", member=shown)
    if member.flag_bits & _ENCRYPTED:
        raise Unreadable("archive_encrypted", member=shown)
    if posix.suffix.lower() in (".zip", ".kmz", ".7z", ".rar", ".gz"):
        raise Unreadable("archive_nested", member=shown)
    if member.file_size > SMALL and member.file_size > MAX_RATIO * max(member.compress_size, 1):
        raise Unreadable("archive_bomb", member=shown, limit=MAX_RATIO)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    """The member's content. What it states of its size is not believed."""
    parts, size = [], 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise Unreadable("archive_too_large", limit_mb=MAX_UNPACKED // 2**20)
            parts.append(chunk)
    return b"".join(parts)

"""The document of a briefing screen: empty until its data has come, the same for everybody, kept by the browser so
that a screen loaded anew without a server still opens, and shows its last good picture."""

from pathlib import Path

import orjson
from flask import Blueprint, Response

from api import kept_files
from locales import LANGUAGES, texts

SCRIPTS = ("words", "keep", "scene", "play", "link", "frame", "join", "screen", "app")
"""Of `assets/wall`, in the order in which they build on each other."""

STYLES = (
    "1-style/1-tokens.css", "1-style/2-icons.css", "3-wall/1-stage.css", "3-wall/2-parts.css", "3-wall/3-scenes.css",
    "3-wall/4-states.css", "3-wall/5-life.css", "3-wall/6-small.css",
)  # fmt: skip

FONT = "/assets/fonts/inter-basic-wght-normal.woff2"
ICON = "/assets/head/icon.svg"

TEXTS = ("wall.life.", "wall.scene.")
"""Beginnings of the keys of texts the screen says itself."""

PAGE = "/screen"


class Paper:
    """The screen's files. `version` names them all (`api.screen_gate.software`)."""

    def __init__(self, assets: Path, version: str) -> None:
        folder = assets / "wall"
        said = {
            spoken: {key: words for key, words in texts(spoken).items() if key.startswith(TEXTS)}
            for spoken in LANGUAGES
        }
        told = orjson.dumps({"software": version, "texts": said}, option=orjson.OPT_SORT_KEYS)
        self.files = {
            "wall.js": ("text/javascript", b"window.wall = " + told + b";\n" + kept_files.scripts(folder, SCRIPTS)),
            "wall.css": ("text/css", kept_files.styles(assets, STYLES)),
        }
        self.packed = {name: kept_files.packed(body) for name, (_, body) in self.files.items()}
        self.document = (folder / "screen.html").read_text(encoding="utf-8").replace("{version}", version).encode()
        kept = {
            "version": version,
            "page": PAGE,
            "files": [*(f"{PAGE}/{name}?v={version}" for name in self.files), FONT, ICON],
        }
        self.worker = b"const KEPT = " + orjson.dumps(kept) + b";\n" + (folder / "worker.js").read_bytes()


def blueprint(assets: Path, version: str) -> Blueprint:
    """`/screen` with its script, its sheet and its service worker."""
    pages = Blueprint("screen_page", __name__)
    paper = Paper(assets, version)

    @pages.get(PAGE)
    def document() -> Response:
        return kept_files.same_for_all(paper.document, "text/html")

    def file(name: str) -> Response:
        mimetype, body = paper.files[name]
        return kept_files.same_for_all(body, mimetype, paper.packed[name])

    for name in paper.files:
        pages.add_url_rule(f"{PAGE}/{name}", name.replace(".", "_"), file, defaults={"name": name})

    @pages.get(f"{PAGE}/sw.js")
    def worker() -> Response:
        response = kept_files.same_for_all(paper.worker, "text/javascript")
        # It lives below /screen/ and serves /screen itself.
        response.headers["Service-Worker-Allowed"] = PAGE
        return response

    return pages

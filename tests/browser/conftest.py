"""Fixtures: the product's own server over a database with five campaigns, and Debian's Chromium to look at it with.

Every page is watched: a request to another host, a word on the console or an uncaught error fails its test.
"""

import itertools
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

import scenery  # noqa: E402
from clerk_post import Phone, Post  # noqa: E402
from look import Look  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, sync_playwright  # noqa: E402

from data.database import Database  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser; a file's tests share a process with its server and browser."""
    for item in items:
        if HERE in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group(Path(item.path).stem))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is missing: install Debian's chromium")
    if shutil.which("fc-list") is None:
        pytest.skip("fontconfig and Chinese fonts are missing: install fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[SimpleNamespace]:
    """The database, who may write to it, and the address of the server over it. Nothing is made without a browser."""
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{folder / 'campaign.db'}"
    database = Database(url)
    database.upgrade()
    made = scenery.build(database)
    server = scenery.Server(url)
    server.start()
    try:
        yield SimpleNamespace(database=database, url=url, server=server, address=server.address, **made)
    finally:
        server.stop()
        database.engine.dispose()


@pytest.fixture(scope="session")
def reader(chromium: Browser, scene: SimpleNamespace) -> Iterator[BrowserContext]:
    """A browser that has been here before: its cache is warm, the district's data manager is signed in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", color_scheme="light")
    scenery.sign_in(context, scene.address, "district")
    yield context
    context.close()


@pytest.fixture
def page(reader: BrowserContext, scene: SimpleNamespace) -> Iterator[Look]:
    """A watched page at 1440×900."""
    look = Look(reader.new_page(), scene.address)
    yield look
    look.close()


@pytest.fixture
def visitor(chromium: Browser, scene: SimpleNamespace) -> Iterator:
    """Makes watched pages with a profile of their own: `visitor(viewport=…, locale=…)`.

    `who` is signed in (`scenery.PEOPLE`), nobody when it is empty.
    """
    made: list[tuple[BrowserContext, Look]] = []

    def make(address: str = "", who: str = "district", **options: object) -> Look:
        options = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", **options}
        context = chromium.new_context(**options)
        if who:
            scenery.sign_in(context, address or scene.address, who)
        look = Look(context.new_page(), address or scene.address)
        made.append((context, look))
        return look

    yield make
    try:
        for _, look in made:
            look.close()
    finally:
        for context, _ in made:
            context.close()


@pytest.fixture
def post(scene: SimpleNamespace) -> Post:
    """A campaign of this test's own, three hours old, for the clerk's form."""
    return Post(scene)


@pytest.fixture
def phones(chromium: Browser) -> Iterator:
    """Makes phones: `phones(post, "p1")` is one on which the account of site P1 is signed in."""
    made: list[Phone] = []

    def make(post: Post, who: str | None = "p1", **options: object) -> Phone:
        made.append(Phone(chromium, post, who, **options))
        return made[-1]

    yield make
    faults = []
    for phone in made:
        try:
            phone.close()
        except AssertionError as fault:
            faults.append(fault)
    assert not faults, faults


_numbers = itertools.count(1)


@pytest.fixture
def number() -> int:
    """A number no other test has, for keys."""
    return next(_numbers)

"""Fixtures: the product's own server over a database with five campaigns, and Debian's Chromium to look at it with.

Every page is watched: a request to another host, a word on the console or an uncaught error fails its test.
"""

import fcntl
import itertools
import json
import os
import pickle
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

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


class Profiles:
    """Browser profiles on disk, each used by one person at a time. Chromium keeps there what it has compiled of the
    pages' programs: opening a page again takes half the work of opening it in a profile that lives in memory."""

    USUAL = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", "color_scheme": "light"}
    MOST = 6

    def __init__(self, chromium: Browser, folder: Path) -> None:
        self._chromium, self._folder = chromium, folder
        self._made = 0
        self._free: dict[str, list[BrowserContext]] = {}
        self._name: dict[BrowserContext, str] = {}

    def take(self, **options: Any) -> BrowserContext:
        """A profile in which nobody is signed in and nothing is kept but compiled programs."""
        options = {**self.USUAL, **options}
        name = json.dumps(options, sort_keys=True)
        free = self._free.setdefault(name, [])
        if free:
            return free.pop()
        if self._made == self.MOST:
            return self._chromium.new_context(**options)
        self._made += 1
        made = self._chromium.browser_type.launch_persistent_context(
            self._folder / str(self._made), executable_path=CHROMIUM, args=list(QUIET), **options
        )
        self._name[made] = name
        return made

    def give_back(self, context: BrowserContext, *addresses: str) -> None:
        """Forget what was kept for these addresses."""
        if context not in self._name:
            context.close()
            return
        page = context.new_page()
        session = context.new_cdp_session(page)
        for address in addresses:
            session.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "all"})
        context.clear_cookies()
        # A browser without any page ends: the last one stays, and is closed when the next one is open.
        for other in context.pages:
            if other is not page:
                other.close()
        self._free[self._name[context]].append(context)

    def close(self) -> None:
        for context in self._name:
            context.close()


@pytest.fixture(scope="session")
def profiles(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profiles]:
    made = Profiles(chromium, tmp_path_factory.mktemp("profiles"))
    yield made
    made.close()


def _built(tmp_path_factory: pytest.TempPathFactory, file: Path) -> dict[str, Any]:
    """Put the scenery into `file`. Half a day of every tube takes its time: the first process of a run that needs it
    builds it, the others copy."""
    whole = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        whole = whole.parent
    first, told = whole / "scenery.db", whole / "scenery.pickle"
    with (whole / "scenery.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            database = Database(f"sqlite:///{first}")
            # Nothing here has to outlive the machine.
            sa.event.listen(database.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
            database.upgrade()
            made = scenery.build(database)
            with database.engine.connect() as connection:
                connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
            database.engine.dispose()
            told.write_bytes(pickle.dumps(made))
    shutil.copy(first, file)
    return dict(pickle.loads(told.read_bytes()))


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[SimpleNamespace]:
    """The database, who may write to it, and the address of the server over it. Nothing is made without a browser."""
    file = tmp_path_factory.mktemp("browser") / "campaign.db"
    made = _built(tmp_path_factory, file)
    url = f"sqlite:///{file}"
    database = Database(url)
    server = scenery.Server(url)
    server.start()
    try:
        yield SimpleNamespace(database=database, url=url, server=server, address=server.address, **made)
    finally:
        server.stop()
        database.engine.dispose()


@pytest.fixture(scope="session")
def reader(profiles: Profiles, scene: SimpleNamespace) -> BrowserContext:
    """A browser that has been here before: its cache is warm, the district's data manager is signed in."""
    context = profiles.take()
    scenery.sign_in(context, scene.address, "district")
    return context


@pytest.fixture
def page(reader: BrowserContext, scene: SimpleNamespace) -> Iterator[Look]:
    """A watched page at 1440×900."""
    look = Look(reader.new_page(), scene.address)
    yield look
    look.close()


@pytest.fixture
def visitor(profiles: Profiles, scene: SimpleNamespace) -> Iterator:
    """Makes watched pages with a profile of their own: `visitor(viewport=…, locale=…)`.

    `who` is signed in (`scenery.PEOPLE`), nobody when it is empty.
    """
    made: list[tuple[BrowserContext, Look]] = []

    def make(address: str = "", who: str = "district", **options: object) -> Look:
        # What a page alone can be told needs no other profile.
        size = {} if "is_mobile" in options else options.pop("viewport", {})
        colours = options.pop("color_scheme", None)
        context = profiles.take(**options)
        if who:
            scenery.sign_in(context, address or scene.address, who)
        look = Look(context.new_page(), address or scene.address)
        made.append((context, look))
        if size:
            look.page.set_viewport_size(size)
        if colours:
            look.page.emulate_media(color_scheme=colours)
        return look

    yield make
    try:
        for _, look in made:
            look.close()
    finally:
        for context, look in made:
            profiles.give_back(context, look.address)


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

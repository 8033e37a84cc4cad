import os
import subprocess
import sys
from pathlib import Path

import pytest

import config

ROOT = Path(config.__file__).parent
KEY = "a long random text"


def test_the_defaults_are_those_of_the_contract():
    found = config.load({})
    assert (found.host, found.port, found.demo, found.demo_speed) == ("127.0.0.1", 8050, True, 60)
    assert found.database_url.startswith("sqlite:///")
    assert "/var/" in found.database_url
    assert len(found.secret_key) >= 32


def test_an_empty_value_counts_as_none():
    empty = dict.fromkeys(("HOST", "PORT", "DATABASE_URL", "DEMO", "DEMO_SPEED", "WEB_WORKERS", "LOG_LEVEL"), "")
    given, plain = config.load(empty | {"SECRET_KEY": KEY}), config.load({"SECRET_KEY": KEY})
    assert given == plain


def test_good_values_are_taken():
    found = config.load(
        {"HOST": "::1", "PORT": "1", "DATABASE_URL": "postgresql+psycopg://u:p@h:5432/d", "DEMO": "0",
         "DEMO_SPEED": "0.5", "SECRET_KEY": KEY, "WEB_WORKERS": "3", "LOG_LEVEL": "debug"}
    )  # fmt: skip
    assert found == config.Settings("::1", 1, "postgresql+psycopg://u:p@h:5432/d", False, 0.5, KEY, 3, "DEBUG")


BAD = [
    ({"PORT": "http"}, "PORT"),
    ({"PORT": "0"}, "PORT"),
    ({"PORT": "65536"}, "PORT"),
    ({"PORT": "80.5"}, "PORT"),
    ({"PORT": "nan"}, "PORT"),
    ({"DATABASE_SECONDS": "0"}, "DATABASE_SECONDS"),
    ({"DEMO": "yes"}, "DEMO"),
    ({"DEMO": "0"}, "SECRET_KEY"),
    ({"DEMO": "0", "SECRET_KEY": ""}, "SECRET_KEY"),
    ({"DEMO": "0", "SECRET_KEY": "   "}, "SECRET_KEY"),
    ({"DEMO_SPEED": "fast"}, "DEMO_SPEED"),
    ({"DEMO_SPEED": "0"}, "DEMO_SPEED"),
    ({"DEMO_SPEED": "-1"}, "DEMO_SPEED"),
    ({"DEMO_SPEED": "inf"}, "DEMO_SPEED"),
    ({"WEB_WORKERS": "0"}, "WEB_WORKERS"),
    ({"WEB_WORKERS": "1.5"}, "WEB_WORKERS"),
    ({"WEB_WORKERS": "many"}, "WEB_WORKERS"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
    ({"LOG_REQUESTS": "some"}, "LOG_REQUESTS"),
    ({"DRAIN_SECONDS": "-1"}, "DRAIN_SECONDS"),
    ({"METRICS_FROM": "everybody"}, "METRICS_FROM"),
    ({"METRICS_FROM": "10.0.0.1/8"}, "METRICS_FROM"),
    ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN"),
    ({"DATABASE_URL": "campaign.db"}, "DATABASE_URL"),
    ({"DATABASE_URL": "mysql://h/d"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql://h/d"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql+psycopg://h:port/d"}, "DATABASE_URL"),
    ({"HOST": "no such host"}, "HOST"),
    ({"HOST": "http://127.0.0.1"}, "HOST"),
    ({"MAP_TILES": "tiles.example/{z}/{x}/{y}"}, "MAP_TILES"),
    ({"MAP_TILES": "https://tiles.example/{z}/{x}.png"}, "MAP_TILES"),
    ({"MAP_TILES": "https://tiles.example; script-src *//{z}/{x}/{y}"}, "MAP_TILES"),
    ({"MAP_TILES": "https://*/{z}/{x}/{y}.png"}, "MAP_TILES"),
]


@pytest.mark.parametrize(("environment", "name"), BAD, ids=[str(e) for e, _ in BAD])
def test_a_senseless_value_is_one_clear_line_that_names_it(environment, name):
    with pytest.raises(config.BadSetting) as caught:
        config.load(environment)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "command",
    [["-c", "import app; app.server()"], ["manage.py", "campaign", "list"]],
    ids=["server", "command line"],
)
def test_a_bad_setting_ends_the_start_with_its_line_and_no_traceback(command):
    environment = {**os.environ, "PORT": "http"}
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stderr.strip().splitlines() == [done.stderr.strip()]
    assert "PORT" in done.stderr


def test_reminder_addresses_and_their_secrets_come_from_the_environment():
    found = config.load(
        {"REMINDER_HOOK": " https://h/x?key=1 ", "REMINDER_HOOK_SECRET": "SEC1", "REMINDER_EMPTY": "", "OTHER": "x"}
    )
    assert found.reminders == {"REMINDER_HOOK": "https://h/x?key=1", "REMINDER_HOOK_SECRET": "SEC1"}
    assert "SEC1" not in repr(found)


@pytest.mark.parametrize("value", ["h/x", "ftp://h/x", "https:///h", "https:// h", "javascript:alert(1)"])
def test_a_reminder_address_that_is_none_stops_the_start_and_is_not_told(value):
    with pytest.raises(config.BadSetting, match="REMINDER_HOOK is not an address") as problem:
        config.load({"REMINDER_HOOK": value})
    assert value not in str(problem.value)


def test_what_sources_may_reach_and_their_secrets_come_from_the_environment():
    settings = config.load(
        {"SOURCE_FOLDERS": "/srv/a:/srv/b", "SOURCE_HOSTS": "api.gov, 127.0.0.1:8080,", "SOURCE_PW": "s3cret"}
    )
    assert [str(folder) for folder in settings.source_folders] == ["/srv/a", "/srv/b"]
    assert settings.source_hosts == ("api.gov", "127.0.0.1:8080")
    assert settings.source_secrets == {"SOURCE_PW": "s3cret"}
    assert "s3cret" not in repr(settings)


def test_without_a_word_only_the_demonstration_has_a_folder_for_sources():
    assert len(config.load({}).source_folders) == 1
    assert config.load({"DEMO": "0", "SECRET_KEY": "x"}).source_folders == ()


def test_a_folder_for_sources_must_say_where_it_is():
    with pytest.raises(config.BadSetting, match="SOURCE_FOLDERS"):
        config.load({"SOURCE_FOLDERS": "relative/folder"})


def test_map_tiles_are_off_until_an_address_is_given():
    assert config.load({}).map_tiles == ""
    found = config.load(
        {"MAP_TILES": " https://tiles.example:8443/a/{z}/{x}/{y}.png?k=1 ", "MAP_TILES_CREDIT": "某图"}
    )
    assert (found.map_tiles, found.map_tiles_credit) == ("https://tiles.example:8443/a/{z}/{x}/{y}.png?k=1", "某图")

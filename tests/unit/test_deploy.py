"""What stands in deploy/: it names what there is, holds no secret, and lets nobody do more than he must."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import app
import config
import manage
from api import limits

ROOT = Path(config.__file__).parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
CONTAINER = (DEPLOY / "Containerfile").read_text(encoding="utf-8")

HARDENED = {
    "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
    "PrivateDevices=yes", "ProtectKernelTunables=yes", "ProtectControlGroups=yes", "RestrictNamespaces=yes",
    "SystemCallFilter=@system-service", "User=sampling", "UMask=0077",
}  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_may_only_what_it_must(unit: Path):
    assert set(unit.read_text().splitlines()) >= HARDENED


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_that_exists(unit: Path):
    for line in re.findall(r"^Exec\w+=(/opt/sampling/\S+ .*)$", unit.read_text(), re.M):
        program, *words = line.replace("/opt/sampling", str(ROOT)).split()
        assert Path(program).exists(), program
        if words[0] == "manage.py":
            assert words[1] in manage.cli.commands, line
        elif words[0].endswith(".py"):
            assert (ROOT / words[0]).is_file(), line


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_understands_every_unit(tmp_path: Path):
    names = []
    for file in (DEPLOY / "systemd").iterdir():
        if file.suffix in (".service", ".timer", ".target"):
            text = file.read_text().replace("/opt/sampling", str(ROOT))
            names.append(tmp_path / file.name.replace("@", "@8050"))
            for made in {names[-1], tmp_path / file.name, tmp_path / file.name.replace("@", "@8051")}:
                made.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, names)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_container_has_everything_the_application_is_made_of_and_runs_as_nobody():
    build, final = CONTAINER.split("\nFROM ")[-2:]
    copied = {words for line in re.findall(r"^COPY (?!--from)(.+) \S+$", final, re.M) for words in line.split()}
    assert {source for source in copied if not (ROOT / source).exists()} == set()
    ours = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"benchmarks", "tests"}
    assert ours | {"assets", "app.py", "config.py", "memory.py", "manage.py", "gunicorn.conf.py"} <= copied
    assert re.search(r"^USER \d+:\d+$", final, re.M)
    assert "HEALTHCHECK" in final
    assert "pip install" in build
    assert "pip install" not in final
    assert not re.search(r"SECRET|PASSWORD|TOKEN|DATABASE_URL", CONTAINER)


def test_nothing_in_deploy_is_a_secret():
    for file in DEPLOY.rglob("*"):
        if file.is_file():
            for value in re.findall(r"(?:SECRET_KEY|METRICS_TOKEN|PASSWORD|DATABASE_URL)=(.*)", file.read_text()):
                assert value.strip() == "", file


def test_nginx_asks_for_the_right_to_every_picture():
    located = re.search(r"location ~ (\^/\(snapshots\S+) {", NGINX)
    assert located is not None
    made = app.create_app(config.load({"SECRET_KEY": "x" * 32, "DATABASE_URL": "sqlite://"}))
    pictures = [r.rule for r in made.server.url_map.iter_rules() if r.rule.endswith("<int:revision>-<int:minute>")]
    assert len(pictures) == 4
    assert [rule for rule in pictures if not re.match(located[1], rule)] == []
    kept = NGINX[located.start() : NGINX.index("location = /_picture")]
    assert NGINX.count("proxy_cache ") == kept.count("proxy_cache ") == 1, "something else is kept too"


def test_nginx_lets_in_what_the_application_does():
    assert f"client_max_body_size {limits.MAX_BODY >> 20}m;" in NGINX


def test_every_kind_of_location_that_has_headers_of_its_own_repeats_those_of_all():
    for block in re.split(r"\n    location ", NGINX)[1:]:
        if "add_header" in block:
            assert block.count("add_header Strict-Transport-Security") == 1, block[:60]
            assert block.count("add_header X-Request-ID") == 1, block[:60]

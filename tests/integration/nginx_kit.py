"""A real nginx with the configuration of production, before real servers: what it takes to try it."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
from kit import PASSWORD

import config

ROOT = Path(config.__file__).parent
TEMPLATE = ROOT / "deploy" / "nginx.conf"

WRAPPER = """
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
    include mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/sampling.conf;
}}
"""


def missing() -> str:
    """What this machine lacks; empty when nothing."""
    lacks = [tool for tool in ("nginx", "openssl") if shutil.which(tool) is None]
    return f"{' and '.join(lacks)} cannot be installed here (see `make browser`)" if lacks else ""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def filled_in(template: str, **values: str) -> str:
    """The template with every one of these put in; one that is not in it is a mistake."""
    places = {
        "name": "sampling.example", "certificates": "/etc/ssl/sampling", "root": "/opt/sampling",
        "first": "127.0.0.1:8050", "second": "127.0.0.1:8051", "cache": "/var/cache/nginx/sampling",
        "log": "/var/log/nginx/sampling.log", "tls": "listen 443", "plain": "listen 80",
    }  # fmt: skip
    # A machine without IPv6 cannot listen on it.
    text = re.sub(r"\n *listen \[::\][^\n]*", "", template)
    for name, value in values.items():
        assert places[name] in text, f"the template has no {places[name]}"
        text = text.replace(places[name], value)
    return text


class Instance:
    """gunicorn as a unit of production starts it, on a port of its own."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / f"instance-{self.port}.log"
        self._environment = os.environ | {
            "HOST": "127.0.0.1", "PORT": str(self.port), "DATABASE_URL": database_url, "DEMO": "0", "HTTPS": "1",
            "WEB_WORKERS": "1", "SECRET_KEY": "not so secret in a test",
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"],
                cwd=ROOT, env=self._environment, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + 60
        while not self.ready():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def reload(self) -> None:
        """New workers in place of the old, as `systemctl reload` does it; back when a new one is there."""
        assert self._process is not None
        before = self.log.read_text().count("Booting worker")
        self._process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 60
        while self.log.read_text().count("Booting worker") == before:
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """As `systemctl stop` does it: what is under way is finished."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(45)

    def kill(self) -> None:
        """As when the power goes."""
        if self._process is not None and self.runs:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Site:
    """nginx before two instances, only one of which runs at first; certificate and name are made up."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.folder = folder
        self.first, self.second = Instance(database_url, folder), Instance(database_url, folder)
        self.tls, self.plain = free_port(), free_port()
        self.address = f"https://localhost:{self.tls}"
        self.access = folder / "access.log"
        self._nginx: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
             "-keyout", self.folder / "key.pem", "-out", self.folder / "fullchain.pem"],
            check=True, capture_output=True,
        )  # fmt: skip
        text = filled_in(
            TEMPLATE.read_text(encoding="utf-8"), name="localhost", certificates=str(self.folder), root=str(ROOT),
            first=f"127.0.0.1:{self.first.port}", second=f"127.0.0.1:{self.second.port}",
            cache=str(self.folder / "cache"), log=str(self.access), tls=f"listen {self.tls}",
            plain=f"listen {self.plain}",
        )  # fmt: skip
        (self.folder / "sampling.conf").write_text(text, encoding="utf-8")
        shutil.copy("/etc/nginx/mime.types", self.folder)
        main = self.folder / "nginx.conf"
        main.write_text(WRAPPER.format(folder=self.folder, user="user root;" if os.getuid() == 0 else ""))
        command = ["nginx", "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(main)]
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        self._nginx = subprocess.Popen([*command, "-g", "daemon off;"], start_new_session=True)
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.tls), 1).close()
                return
            except OSError:
                assert time.monotonic() < until, (self.folder / "error.log").read_text()
                time.sleep(0.05)

    def end(self) -> None:
        for instance in (self.first, self.second):
            instance.kill()
        if self._nginx is not None:
            self._nginx.send_signal(signal.SIGTERM)
            self._nginx.wait(60)

    def client(self, **options: object) -> httpx.Client:
        """A browser that trusts the made-up certificate and nothing else."""
        trust = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        return httpx.Client(base_url=self.address, verify=trust, timeout=30, trust_env=False, **options)

    def signed_in(self, login: str) -> httpx.Client:
        client = self.client()
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
        assert found is not None
        form = {"csrf_token": found[1], "login": login, "password": PASSWORD}
        answer = client.post("/login", data=form, headers={"Referer": f"{self.address}/login"})
        assert answer.status_code == 302, answer.text
        return client

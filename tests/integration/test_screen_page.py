"""The document of a briefing screen as the server gives it: to anybody, of one version, fit to be kept."""

import re

from kit import Api


def test_the_document_opens_without_an_account_and_asks_for_files_of_its_version(api: Api):
    page = api.client.get("/screen")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for address in re.findall(r'(?:src|href)="(/screen/[^"]+)"', page.get_data(as_text=True)):
        file = api.client.get(address, headers={"Accept-Encoding": "gzip"})
        assert file.status_code == 200
        assert file.headers["Content-Encoding"] == "gzip"
        assert api.client.get(address, headers={"If-None-Match": file.headers["ETag"]}).status_code == 304


def test_the_worker_serves_the_document_and_no_other_page(api: Api):
    worker = api.client.get("/screen/sw.js")
    assert worker.status_code == 200
    assert worker.headers["Service-Worker-Allowed"] == "/screen"
    assert "url.pathname === KEPT.page" in worker.get_data(as_text=True)


def test_the_software_a_screen_runs_is_the_one_it_is_told_of(api: Api):
    script = api.client.get("/screen/wall.js").get_data(as_text=True)
    told = re.search(r'"software":"([0-9a-f]{8})"', script)
    assert told is not None
    assert f"?v={told[1]}" in api.client.get("/screen").get_data(as_text=True)

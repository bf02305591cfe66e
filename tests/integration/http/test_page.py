"""The page is served with a strict policy and compressed; its files may be kept for ever."""

import re

from interfaces.http.page.page_files import read_page_files
from interfaces.http.page.screens import SCREENS
from interfaces.http.rewriting.codings import Coding
from tests.support.api import Api
from tests.support.packed import fetched

ROOT = "http://annals.test"


async def test_the_page_is_at_the_root_and_at_the_address_of_each_screen(api: Api) -> None:
    page = await api.http.get(f"{ROOT}/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for address in [f"/{screen}" for screen in SCREENS] + ["/tags/caf%C3%A9", "/tasks/1?a=b"]:
        other = await api.http.get(ROOT + address)
        assert other.text == page.text, address
    assert (await api.http.get(f"{ROOT}/nothing")).status_code == 404


async def test_the_policy_allows_no_inline_code_and_no_markup_from_text(api: Api) -> None:
    policy = (await api.http.get(f"{ROOT}/")).headers["content-security-policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert directives["trusted-types"] == "lit-html annals"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert "unsafe" not in policy


async def test_what_the_page_loads_is_ours_and_is_kept_for_ever(api: Api) -> None:
    page = await api.http.get(f"{ROOT}/")
    assert page.headers["cache-control"] == "no-cache"
    loaded = set(re.findall(r'(?:src|href)="([^"]+)"', page.text))
    assert len(loaded) == 5
    files = read_page_files()
    addresses = loaded | {f"/assets/{files.digest}/{name}" for name in files.assets}
    for address in addresses:
        assert address.startswith(f"/assets/{read_page_files().digest}/")
        file = await api.http.get(ROOT + address)
        assert file.status_code == 200, address
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"


async def test_a_file_is_compressed_and_not_sent_twice(api: Api) -> None:
    files = read_page_files()
    address = f"{ROOT}/assets/{files.digest}/app.js"
    for coding in Coding:
        accepting = {"Accept-Encoding": coding}
        first = await fetched(api, address, accepting)
        assert first.headers["content-encoding"] == coding
        assert first.sent == files.assets["app.js"].compressed(coding)
        assert first.body == files.assets["app.js"].body
        known = {**accepting, "If-None-Match": first.headers["etag"]}
        assert (await api.http.get(address, headers=known)).status_code == 304


async def test_a_file_of_another_state_of_the_page_is_not_found(api: Api) -> None:
    digest = read_page_files().digest
    for address in ("/assets/0/app.js", f"/assets/{digest}/none.js", f"/assets/{digest}/../app.js"):
        assert (await api.http.get(ROOT + address)).status_code == 404, address

"""Each fault that the fixtures look for, planted in a page of nine lines, is found and named."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask, Response, redirect, request
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.browser import layout
from tests.browser.axe import check_accessible
from tests.browser.look import SHOTS, Look, shoot, watched
from tests.browser.texts import foreign_in

ROOT = Path(__file__).resolve().parents[2]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><head><title>Sample</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="/empty"><link rel="stylesheet" href="/style.css">
<script type="module" src="/script.js"></script></head>
<body><header><a href="#main">Skip</a></header>
<main id="main" tabindex="-1"><h1>Sample</h1>{part}</main></body></html>
"""


def _site() -> Flask:
    """Shows `part` on its page, and serves `css` and `js` as files of its own."""
    app = Flask("planted")
    held = {"css": "", "js": ""}

    @app.get("/")
    def page() -> Response:
        held.update(css=request.args.get("css", ""), js=request.args.get("js", ""))
        answer = Response(PAGE.replace("{part}", request.args.get("part", "")))
        answer.headers["Content-Security-Policy"] = CSP
        answer.status_code = int(request.args.get("status", "200"))
        return answer

    @app.get("/style.css")
    def style() -> Response:
        return Response(held["css"], mimetype="text/css")

    @app.get("/script.js")
    def script() -> Response:
        return Response(held["js"], mimetype="text/javascript")

    @app.get("/empty")
    def empty() -> tuple[str, int]:
        return "", 204

    @app.get("/away")
    def away() -> object:
        return redirect("http://hub.example/")

    return app


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of an application that is served as long as the block runs."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served(_site()) as url:
        yield url


def show(page: Page, **planted: str) -> None:
    page.goto(f"/?{urlencode(planted)}")


@pytest.mark.parametrize("js", [True, False])
@pytest.mark.parametrize("status", ["200", "404"])
def test_a_clean_page_passes(browser: Browser, site: str, js: bool, status: str) -> None:
    with watched(browser, site, Look("en", js=js)) as page:
        show(page, status=status)
        assert page.title() == "Sample"
        if js:
            check_accessible(page)
            assert layout.faults(page, "en") == []


FAULTS = {
    "console log: hello": {"js": "console.log('hello')"},
    "console error: oops": {"js": "console.error('oops')"},
    "page error: .*no_such_name": {"js": "no_such_name()"},
    "page error: .*rejected": {"js": "Promise.reject(new Error('rejected'))"},
    "ContentSecurityPolicyIssue .*style-src": {"part": '<p style="color:red">x</p>'},
    "ContentSecurityPolicyIssue .*script-src": {"part": "<script>1</script>"},
    "ContentSecurityPolicyIssue .*img-src": {"part": '<img alt="" src="http://other.example/a">'},
    "ContentSecurityPolicyIssue .*trusted-types": {"js": "document.body.innerHTML = ''"},
    "request to another host: http://other": {"part": '<img alt="" src="http://other.example/a">'},
    "answer 500: ": {"status": "500"},
    "console error: .*404.*lacking": {"part": '<img alt="" src="/lacking">'},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_planted_fails_the_test(browser: Browser, site: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault), watched(browser, site) as page:
        show(page, **FAULTS[fault])


@pytest.mark.parametrize("fault", ["style-src", "request to another host"])
def test_it_is_found_without_scripts_too(browser: Browser, site: str, fault: str) -> None:
    part = '<p style="color:red">x</p><img alt="" src="http://other.example/a">'
    with (
        pytest.raises(AssertionError, match=fault),
        watched(browser, site, Look(js=False)) as page,
    ):
        show(page, part=part)


def test_a_redirect_to_another_host_is_found(browser: Browser, site: str) -> None:
    def leave() -> None:
        with watched(browser, site) as page:
            show(page, part='<a href="/away">away</a>')
            page.get_by_text("away").click()
            page.wait_for_url("chrome-error://**")

    with pytest.raises(AssertionError, match=r"request to another host: http://hub\.example/"):
        leave()


def test_a_second_window_is_watched(browser: Browser, site: str) -> None:
    def open_more() -> None:
        with watched(browser, site) as page:
            show(page, part='<a target="_blank" href="/?part=%3Cp style=color:red%3E">more</a>')
            with page.context.expect_page() as opened:
                page.get_by_text("more").click()
            opened.value.wait_for_load_state("networkidle")

    with pytest.raises(AssertionError, match="style-src"):
        open_more()


def test_a_test_that_fails_by_itself_says_so(browser: Browser, site: str) -> None:
    def fail() -> None:
        with watched(browser, site) as page:
            show(page, js="console.log('hello')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


INACCESSIBLE = {
    "image-alt": {"part": '<img src="/empty">'},
    "label": {"part": '<input name="x">'},
    "color-contrast": {"part": "<p>pale</p>", "css": "p { color: #ccc; background: #fff }"},
    "target-size": {
        "part": '<nav><a href="/">a</a><a href="/">b</a></nav>',
        "css": "a { display: inline-block; font-size: 8px; width: 9px; height: 9px }",
    },
    "empty-heading": {"part": "<h2></h2>"},
}


def test_axe_finds_what_is_planted(browser: Browser, site: str) -> None:
    with watched(browser, site) as page:
        for rule, planted in INACCESSIBLE.items():
            show(page, **planted)
            with pytest.raises(AssertionError, match=f"{rule}: "):
                check_accessible(page)


WIDE = {"part": "<p>wide</p>", "css": "p { width: 700px }"}
UNSHAPELY = {
    "wider than its window": WIDE,
    "squeezed: 'a long text'": {
        "part": "<table><tr><td>a long text<td>x</table>",
        "css": "td { max-width: 20px; overflow: hidden; white-space: nowrap }",
    },
    "2 headings h1": {"part": "<h1>More</h1>"},
    "2 elements main": {"part": "<main></main>"},
}


@pytest.mark.parametrize("fault", UNSHAPELY)
def test_what_is_out_of_shape_is_found(browser: Browser, site: str, fault: str) -> None:
    with watched(browser, site, Look("en", width="phone")) as page:
        show(page, **UNSHAPELY[fault])
        assert any(fault in found for found in layout.faults(page, "en")), layout.faults(
            page, "en"
        )


def test_the_language_is_that_of_the_person(browser: Browser, site: str) -> None:
    with watched(browser, site) as page:
        show(page)
        assert layout.faults(page, "vi") == ["its language is 'en'"]


def test_focus_that_is_not_seen_is_found(browser: Browser, site: str) -> None:
    with watched(browser, site) as page:
        show(page)
        assert layout.focus_faults(page) == ["Tab does not lead to its main part"]
        show(page, part='<a href="/">more</a>', css="main a { outline: none }")
        assert layout.focus_faults(page) == ["no focus is seen at a 'more'"]


def test_a_sentence_of_the_other_language_is_found() -> None:
    english, vietnamese = "All times are UTC.", "Mọi thời điểm đều theo giờ UTC."
    assert foreign_in(f"x\n{english} y", "vi") == [english]
    assert foreign_in(f"x {vietnamese}", "en") == [vietnamese]
    assert foreign_in(english, "en") == foreign_in(vietnamese, "vi") == []


def test_a_picture_is_written(browser: Browser, site: str) -> None:
    with watched(browser, site) as page:
        show(page)
        path = shoot(page, "planted")
    assert path.read_bytes().startswith(b"\x89PNG")
    ignored = subprocess.run(["git", "check-ignore", "-q", SHOTS], cwd=ROOT, check=False)
    assert ignored.returncode in {0, 128}  # 128: not a checkout
    path.unlink()


@pytest.mark.parametrize(
    ("variables", "counts"),
    [({}, "1 skipped"), ({"HUB_TEST_REQUIRE": "elastic, browser"}, "1 error")],
)
def test_a_run_without_a_browser_says_so(variables: dict[str, str], counts: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in {"CI", "HUB_TEST_REQUIRE"}}
    one = f"{Path(__file__).relative_to(ROOT)}::test_a_second_window_is_watched"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", one],
        cwd=ROOT,
        env=kept | {"CHROMIUM": "no-such-program"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout
    assert "browser tests: NOT RUN (CHROMIUM=no-such-program is no program; on Debian: apt" in said
    assert said.splitlines()[-1].startswith(counts), said

"""No link of the console leads nowhere, and no page speaks the other language, for anybody."""

from __future__ import annotations

import pytest
import requests
from flask import Flask, request

from tests.browser.conftest import Desk
from tests.browser.crawler import crawl
from tests.browser.hubs import Served
from tests.browser.look import LOCALES
from tests.browser.places import all_places
from tests.browser.test_planted import served
from tests.browser.texts import foreign_in


def session_of(state: dict | None, lang: str) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.headers["Accept-Language"] = LOCALES[lang]
    made.headers["Accept"] = "text/html"
    for cookie in (state or {}).get("cookies", []):
        made.cookies.set(cookie["name"], cookie["value"])
    return made


@pytest.mark.parametrize(
    ("account", "lang"),
    [("analyst", "vi"), ("partner", "en"), ("admin", "vi"), ("analyst", "en"), ("", "vi")],
)
def test_every_link_leads_somewhere(
    desk: Desk, demo: Served, found: dict[str, str], account: str, lang: str
) -> None:
    places = [p for p in all_places() if (p.account, p.status) == (account, 200)]
    starts = [place.path.format(**found) for place in places]
    with session_of(desk.state(demo, account), lang) as session:
        pages, faults = crawl(session, demo.url, starts or ["/"])
    assert len(pages) > 3
    faults += [
        f"{page.url}: not in its language: {text!r}"
        for page in pages
        for text in foreign_in(page.text, lang)
    ]
    assert not faults, "\n".join(sorted(set(faults)))


def _site() -> Flask:
    app = Flask("links")
    pages = {
        "/": '<a href="/one">1</a><a href="/two#here">2</a><img src="/picture">',
        "/one": '<p id="there">Mọi thời điểm đều theo giờ UTC.</p><form action="/lost"></form>',
        "/two": '<svg><a href="http://other.example/">x</a></svg><bdi>All times are UTC.</bdi>',
        "/picture": "",
        "/many": "".join(f'<a href="/search?q={n}">x</a>' for n in range(50)),
        "/search": "x",
    }
    asked: list[str] = []

    @app.get("/")
    @app.get("/<path:path>")
    def page(path: str = "") -> tuple[str, int]:
        asked.append(request.full_path)
        return pages.get(f"/{path}", ""), 200 if f"/{path}" in pages else 404

    app.extensions["asked"] = asked
    return app


def test_what_is_planted_is_found() -> None:
    app = _site()
    with served(app) as url, session_of(None, "en") as session:
        pages, faults = crawl(session, url, ["/"])
        assert sorted(faults) == [
            f"{url}/: nothing is called #here in {url}/two",
            f"{url}/one: 404 at {url}/lost",
            f"{url}/two: leads to another host: http://other.example/",
        ]
        texts = {page.url: foreign_in(page.text, "en") for page in pages}
        assert texts[f"{url}/one"] == ["Mọi thời điểm đều theo giờ UTC."]
        assert foreign_in(next(p.text for p in pages if p.url == f"{url}/two"), "vi") == []
        app.extensions["asked"].clear()
        crawl(session, url, ["/many"])
        assert len(app.extensions["asked"]) == 4

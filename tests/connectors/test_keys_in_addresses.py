"""A key that stands in an address: refused or named by reference, and told nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.registry import KINDS, kind
from connectors.senders import SENDERS, sending
from connectors.source import Source
from connectors.webhook.send import Webhook
from hub.errors import ConfigError
from hub.service.deliveries import definition as deliveries
from hub.service.feeds import definition as feeds
from hub.service.jobs import declared
from hub.service.jobs.declared import keys_in, shown
from hub.service.jobs.secrets import Secrets
from tests.connectors.running import SECRETS, collected, run_of
from tests.connectors.servers import Handler, serving

KEY = "q7Zr2Lw9Xk4Tn8Vb3Ym6Pc1D"
FEED = 'connector = "{}"\naccount = "feed"\ncollection = "shared"\n[source]\nurl = "{}"\n{}'
DELIVERY = 'connector = "{}"\n[target]\nurl = "{}"\nsecret = "env:HOOK"\n{}'
NEWS = """<rss version="2.0"><channel><title>t</title><item><title>An entry</title>
<link>entry-1</link><guid>1</guid><description>Seen: 198.51.100.7 and evil.test</description>
</item></channel></rss>"""


def refused(folder: Path, load: Any, text: str) -> str:
    path = folder / "sample.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert KEY not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("query", ["sig", "key", "access_token", "api-key", "X-Amz-Signature"])
@pytest.mark.parametrize("connector", sorted(set(KINDS) - {"mail"}))
def test_a_key_in_the_query_of_a_feed_is_refused_with_a_way_that_works(
    connector: str, query: str, tmp_path: Path
) -> None:
    url = f"https://source.example/list?a=1&{query}={KEY}"
    said = refused(tmp_path, feeds.load, FEED.format(connector, url, ""))
    assert "a key must not stand in an address" in said
    assert ("{token}" in said) == issubclass(kind(connector).settings, Source)


@pytest.mark.parametrize("query", ["sig", "token", "X-Amz-Signature"])
def test_a_key_in_the_query_of_a_webhook_is_refused_with_a_way_that_works(
    query: str, tmp_path: Path
) -> None:
    url = f"https://receiver.example/hook?sv=2024&{query}={KEY}"
    said = refused(tmp_path, deliveries.load, DELIVERY.format("webhook", url, ""))
    assert "sample.toml:3: `target.url`: a key must not stand in an address" in said
    assert "write {token} in its place, and name it in `token`" in said
    path = tmp_path / "good.toml"
    way = f"https://receiver.example/hook?sv=2024&{query}={{token}}"
    path.write_text(DELIVERY.format("webhook", way, 'token = "env:HOOK_KEY"\n'))
    target = deliveries.load(path).target
    assert isinstance(target, Webhook)
    assert target.url == way


def test_a_place_for_a_key_needs_one(tmp_path: Path) -> None:
    hook = DELIVERY.format("webhook", "https://receiver.example/{token}", "")
    assert "`token` is not set" in refused(tmp_path, deliveries.load, hook)
    text = 'urls = ["https://source.example/{token}/a.pdf"]\n'
    several = FEED.format("documents", "", text).replace('url = ""\n', "")
    assert "`token` is not set" in refused(tmp_path, feeds.load, several)


@pytest.mark.parametrize("connector", ["taxii", "taxii20", "misp"])
def test_where_an_address_has_no_place_for_a_key_that_is_said(
    connector: str, tmp_path: Path
) -> None:
    text = FEED.format(connector, "https://source.example/{token}/", 'token = "env:T"\n')
    said = refused(tmp_path, feeds.load, text)
    assert "{token} means nothing in an address of this connector: name it in" in said


def test_every_connector_either_has_the_place_or_is_named_as_one_without_it() -> None:
    without = {
        name
        for name in KINDS
        if "url" in kind(name).settings.__struct_fields__
        and not issubclass(kind(name).settings, Source)
    } | {
        name
        for name in SENDERS
        if "url" in sending(name).settings.__struct_fields__
        and sending(name).settings is not Webhook
    }
    assert without == declared._PLACES.keys() - {"taxii20"} | {"taxii20"}


@pytest.mark.parametrize(
    "part", [KEY, "0123456789abcdef0123456789abcdef01234567", "aB3_-aB3_-aB3_-aB3_-"]
)
def test_what_may_be_a_key_in_a_path_is_not_told(part: str) -> None:
    source = {
        "url": f"https://source.example/v1/{part}/list.txt",
        "urls": [f"https://source.example/{part}", f"https://source.example/a?k={part}"],
        "types": ["indicator"],
    }
    assert shown(source) == {
        "url": "https://source.example/v1/***/list.txt",
        "urls": ["https://source.example/***", "https://source.example/a?***"],
        "types": ["indicator"],
    }
    assert keys_in(source) == {part}
    assert Secrets(Path(), keys_in(source)).scrub(f"{source['url']} is bad") == (
        "https://source.example/v1/***/list.txt is bad"
    )


@pytest.mark.parametrize(
    "path",
    [
        "data/{token}/online-valid.csv",
        "api/v21/collections/63f0e3a5-1d07-4e4f-9b4f-6ad9f6c8dd01/objects/",
        "sites/default/files/feeds/known_exploited_vulnerabilities.json",
        "mitre-attack/attack-stix-data/master/enterprise-attack/",
        "bai-viet/canh-bao-chien-dich-tan-cong-2026",
    ],
)
def test_the_rest_of_a_path_is_told(path: str) -> None:
    source = {"url": f"https://source.example/{path}"}
    assert shown(source) == source
    assert keys_in(source) == frozenset()


@pytest.mark.parametrize("connector", ["news", "csaf", "documents", "text", "json", "csv", "stix"])
def test_the_key_goes_out_and_comes_back_in_nothing(
    connector: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SECRETS, "env:TOKEN", KEY)
    notices: list[str] = []

    def answers(handler: Handler) -> None:
        handler.reply(BODIES[connector], **{"Content-Type": "text/plain"})

    with serving({f"/{KEY}/{name}": answers for name in ("a", "a/")}) as server:
        source = {"url": f"{server.url}/{{token}}/a", "token": "env:TOKEN"}
        try:
            told = repr(collected(connector, source, run_of(tmp_path, notice=notices.append)))
        except Exception as error:  # noqa: BLE001 - whatever it says is looked at
            told = repr(msgspec.to_builtins(str(error)))
        asked = [each.path for each in server.asked]
    assert asked[0] == f"/{KEY}/a"
    assert KEY not in told + "".join(notices)


BODIES = {
    "news": NEWS.encode(),
    "csaf": b'{"canonical_url": "https://source.example/x"}',
    "documents": b"Seen: 198.51.100.7 and evil.test",
    "text": b"198.51.100.7\n",
    "json": b'[{"ip": "198.51.100.7"}]',
    "csv": b"ip\n198.51.100.7\n",
    "stix": b'{"type": "bundle"}',
}

"""Files of deliveries: what is wrong is said with its line, and no secret is repeated."""

from __future__ import annotations

import msgspec
import pytest

from connectors.senders import SENDERS, sending
from hub.errors import ConfigError
from hub.model.tlp import Tlp
from hub.service.deliveries.definition import load, load_all
from tests.deliveries.sites import WEBHOOK

GOOD = WEBHOOK.format(url="https://partner.example/hook", more="", read_s=30.0)


def write(folder, text, name="partner"):
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file(tmp_path):
    found = load(write(tmp_path, GOOD))
    assert (found.name, found.title, found.every_us) == ("partner", "partner", 300_000_000)
    assert found.ceiling is Tlp.GREEN
    assert found.job() == "delivery:partner"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("enabled = true", "enabeld = true", 4, "enabeld"),
        ('"webhook"', '"carrier-pigeon"', 2, "there are taxii, webhook, mail, syslog"),
        ('account = "reader"', "", None, "`account`"),
        ("enabled = true", 'every = "5 minutes"', 4, '"5m"'),
        ("enabled = true", 'every = "10s"', 4, '"1m"'),
        ("enabled = true", 'ceiling = "amber+strict"', 4, "clear, green, amber"),
        ("enabled = true", 'ceiling = "red"', 4, "clear, green, amber"),
        ("enabled = true", 'audiences = ["grid"]', 4, "org:NAME"),
        ("enabled = true", 'recipients = [{account = "a", address = "a@b.example"}]', 4, "mail"),
        ('networks = ["127.0.0.0/8"]', 'networks = ["everywhere"]', 6, "everywhere"),
        ('"file:hook.key"', '"whsec_c2VjcmV0IHRoYXQgaXMgbm90"', None, "env:NAME"),
        ('"https://partner.example/hook"', '"ftp://partner.example"', None, "url"),
        ('secret = "file:hook.key"', "", None, "unsigned"),
    ],
)
def test_what_is_wrong_is_said(old, new, line, said, tmp_path):
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text))
    assert said in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)
    if line:
        assert f"partner.toml:{line}:" in str(caught.value)


def test_a_file_that_is_wrong_is_no_trouble_of_the_others(tmp_path):
    write(tmp_path, GOOD, "good")
    write(tmp_path, "connector = ", "half")
    write(tmp_path, GOOD, "Bad Name")
    found, faulty = load_all(tmp_path)
    assert list(found) == ["good"]
    assert sorted(item.name for item in faulty) == ["Bad Name", "half"]


def test_no_folder_is_no_delivery(tmp_path):
    assert load_all(tmp_path / "nowhere") == ({}, [])


@pytest.mark.parametrize("name", SENDERS)
def test_every_field_of_every_kind_is_described(name):
    kind = sending(name)
    schema = msgspec.json.schema(kind.settings)
    [fields] = [item["properties"] for item in schema["$defs"].values()]
    assert all(field.get("description") for field in fields.values())
    assert kind.channel.ceiling <= kind.channel.highest < Tlp.RED

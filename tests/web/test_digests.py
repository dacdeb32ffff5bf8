"""A person switches a digest on and off on the page of the account."""

from __future__ import annotations

from pathlib import Path

MAIL = """
connector = "mail"
title = "Daily digest"
enabled = true
[target]
host = "mail.example"
sender = "hub@hub.example.org"
[[recipients]]
account = "{account}"
address = "lan@agency.example"
"""


def test_a_person_switches_it_on_and_off(hub, inside):
    folder = Path(hub.config.folder, hub.config.feeds.deliveries)
    folder.mkdir(exist_ok=True)
    path = folder / "daily.toml"
    path.write_text(MAIL.format(account=inside.account), encoding="utf-8")
    try:
        for on in (True, False, True):
            page = inside.get("/account/digests/daily")
            assert "lan@agency.example" in page.text
            [form] = [form for form in page.forms if "digests" in form.action]
            inside.send(form)
            job = hub.store.job(f"delivery:daily/{inside.account}")
            assert job.paused is not on
            account = inside.get("/account").text
            assert "Daily digest" in account
            assert ("Switch it off" in account) is on
    finally:
        path.unlink()


def test_a_digest_of_somebody_else_is_none(hub, inside):
    folder = Path(hub.config.folder, hub.config.feeds.deliveries)
    folder.mkdir(exist_ok=True)
    path = folder / "daily.toml"
    path.write_text(MAIL.format(account="reader"), encoding="utf-8")
    try:
        assert inside.get("/account/digests/daily").status == 404
        assert "Daily digest" not in inside.get("/account").text
    finally:
        path.unlink()

"""Invitations: a secret is made for the partner's own account, and only if it is of use."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.cli.base import CONSOLE
from hub.errors import Fault, HubError
from hub.model.party import Account, Organisation, Role
from hub.service.admin import Admin
from hub.service.invite import Invitation, invite
from hub.store.base import Act
from tests import fakes

UNFIT = {
    "of another organisation": (Account("bank-feed", "grid"), "acts for grid"),
    "switched off": (Account("bank-feed", "bank", disabled=True), "switched off"),
    "no publisher": (Account("bank-feed", "bank"), "not a publisher"),
    "certificate only": (
        Account("bank-feed", "bank", frozenset({Role.PUBLISHER}), certificate_only=True),
        "client certificate only",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_an_account_that_does_not_fit_gets_no_secret(tmp_path: Path, case: str) -> None:
    account, reason = UNFIT[case]
    store = fakes.open_store(tmp_path / "hub.sqlite")
    fakes.populate(store)
    admin = Admin(store, CONSOLE)
    bank = Organisation("bank", "identity--0c8f2a4e-0f0b-4a53-9d1c-5b7a0f6f3d11", "Bank", "Bank")
    admin.put_org(bank)
    store.write([account], [], Act("", "", "test", ""), epoch=store.epoch())
    before = store.directory()
    with pytest.raises(HubError, match=reason) as refused:
        invite(admin, before, Invitation(bank, ("shared",), publishes=True))
    assert refused.value.fault is Fault.DENIED
    assert refused.value.remedy
    assert store.directory().tokens == before.tokens
    store.close()


def test_a_certificate_for_reading_is_not_made_for_a_publisher(tmp_path: Path) -> None:
    """Tokens can be read-only, certificates cannot."""
    store = fakes.open_store(tmp_path / "hub.sqlite")
    fakes.populate(store)
    bank = Organisation("bank", "identity--0c8f2a4e-0f0b-4a53-9d1c-5b7a0f6f3d11", "Bank", "Bank")
    publisher = Account("bank-feed", "bank", frozenset({Role.PUBLISHER}))
    store.write([bank, publisher], [], Act("", "", "test", ""), epoch=store.epoch())
    admin = Admin(store, CONSOLE)
    with pytest.raises(HubError, match="may publish"):
        invite(admin, store.directory(), Invitation(bank, ("shared",), token=False))
    invited = invite(admin, store.directory(), Invitation(bank, ("shared",)))
    assert invited.issued is not None
    assert invited.issued.token.read_only
    store.close()

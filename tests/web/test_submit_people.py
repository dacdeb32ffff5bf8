"""Whom a draft may name: a public collection does not tell which organisations there are."""

from __future__ import annotations

import msgspec

from hub import policy
from hub.model.party import Caller, Grant, Organisation, Role
from hub.web.submit_page import _people
from tests import fakes
from tests.http.asking import Hub


class Asker:
    """As much of a visit as the question needs."""

    def __init__(self, hub: Hub) -> None:
        self.directory = hub.store.directory()
        self.caller = Caller("publisher", "ministry", frozenset({Role.PUBLISHER}))
        self.scope = policy.scope(self.caller, self.directory)

    def org_name(self, slug: str) -> str:
        return slug


def test_of_a_public_collection_those_that_one_knows_of(hub: Hub) -> None:
    far = Organisation("far-away", f"identity--{fakes.uuid_of(4711)}", "Xa", "Far")
    public = msgspec.structs.replace(fakes.collection("public"), public=True)
    grant = Grant(public.key, ("org", "ministry"), read=True, write=True)
    hub.put(far, public, grant)
    try:
        named = {key for key, _ in _people(Asker(hub), public.key)}
        assert "org:ministry" in named
        assert "org:far-away" not in named
    finally:
        hub.put(fakes.collection("public"), drop=[grant, far])

"""The OpenAPI document is true: held against the application, by hand and by schemathesis."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from hub.api.catalogue import OPERATIONS
from hub.api.openapi import document
from tests import fakes
from tests.http.asking import Hub
from tests.http.searching import indicator, opened

PATH = "/api/v1/openapi.json"
ACCOUNTS = ("", "reader", "publisher", "partner", "administrator", "disabled")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Each log-in costs a password check, and ends up locked; tests of its own look at it.
_APART = ("/api/v1/session",)
_RULE = re.compile(r"<(?:[^:>]*:)?(\w+)>")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with opened(tmp_path_factory.mktemp("openapi"), fakes.Clock()) as made:
        room = made.room(id=str(fakes.uuid_of(1)))
        room.add(
            indicator(1, "[domain-name:value = 'evil.example']", name="evil"),
            fakes.indicator(2),
        )
        yield made


@pytest.fixture(scope="module")
def operations(hub: Hub) -> dict[str, Any]:
    schema = schemathesis.openapi.from_wsgi(PATH, hub.app)
    found = [item.ok() for item in schema.get_all_operations()]
    return {f"{op.method.upper()} {op.path}": op for op in found}


def test_every_address_is_in_it_and_no_other(hub: Hub) -> None:
    rules = {
        (method, _RULE.sub(r"{}", rule.rule.removeprefix("/api/v1")))
        for rule in hub.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert rules == {(op.method, re.sub(r"{\w+}", "{}", op.path)) for op in OPERATIONS}


def test_it_is_served_to_everybody(hub: Hub) -> None:
    hub.put(fakes.collection("public", public=False))
    answer = hub.get(PATH, account="")
    hub.put(fakes.collection("public"))
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert json.loads(answer.data) == json.loads(json.dumps(document()))


def test_names_of_operations_are_unique() -> None:
    names = [op.name for op in OPERATIONS]
    assert len(set(names)) == len(names)


def test_every_member_has_a_schema() -> None:
    assert all(
        "properties" in schema and schema.get("description", "x")
        for schema in document()["components"]["schemas"].values()
    )


def run(op: Any, account: str, mode: GenerationMode, checks: list[Any], examples: int) -> int:
    counts = {"sent": 0}

    @settings(
        max_examples=examples,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=op.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        counts["sent"] += 1
        headers = fakes.bearer(account) if account else {}
        response = case.call(headers=headers)
        case.validate_response(response, checks=checks)

    check()
    return counts["sent"]


# schemathesis leaves the address of the document itself out.
TESTED = [op for op in OPERATIONS if not f"/api/v1{op.path}".startswith((PATH, *_APART))]


@pytest.mark.parametrize("name", [f"{op.method} {op.path}" for op in TESTED])
def test_what_it_allows_is_answered_as_it_says(operations: dict[str, Any], name: str) -> None:
    for account in ACCOUNTS:
        assert run(operations[name], account, GenerationMode.POSITIVE, CHECKS, 12)


@pytest.mark.parametrize(
    "name", [f"{op.method} {op.path}" for op in TESTED if op.body or op.params]
)
def test_what_it_does_not_allow_is_refused(operations: dict[str, Any], name: str) -> None:
    checks = [*CHECKS, negative_data_rejection]
    assert run(operations[name], "publisher", GenerationMode.NEGATIVE, checks, 25)

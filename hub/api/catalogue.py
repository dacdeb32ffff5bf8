"""Every address below /api/v1, with what it takes and gives: what the OpenAPI document is made from.

A test holds the table against the application: an address that is missing here, or here alone, is
an error.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hub.api import circles, export, objects, search, session, shapes
from hub.api.params import Param

Struct = type[msgspec.Struct]


class Operation(NamedTuple):
    """One method of one address."""

    method: str
    path: str
    """Below /api/v1; `{name}` stands for a part"""
    summary: str
    tag: str
    answer: Struct | None = None
    """None: an object that the reference describes, or nothing with 204"""
    params: tuple[Param, ...] = ()
    body: Struct | None = None
    status: int = 200
    open: bool = False
    """Credentials are not needed where something is public"""
    text_body: bool = False
    """The body may be plain text as well"""

    @property
    def name(self) -> str:
        """Unique in the document."""
        words = [part.strip("{}") for part in self.path.strip("/").split("/")]
        return "_".join([self.method.lower(), *words]).replace("-", "_").replace(".", "_")

    @property
    def media_types(self) -> tuple[str, ...]:
        """Besides JSON."""
        if self.path != "/search":
            return ()
        return tuple(form.media_type.partition(";")[0] for form in export.FORMS.values())


_ACCOUNT = Param("account", "Who is asked about.")
_WHY = (
    _ACCOUNT._replace(default=None),
    Param("collection", "Id or alias of the collection.", None),
    Param("object", "Id of the object.", None),
)
_SEARCH = (
    Operation(
        *("GET", "/search", "Find objects, newest first", "search", shapes.Found),
        params=search.SEARCH,
        open=True,
    ),
    Operation(
        *("GET", "/facets", "Count values in a result", "search", shapes.Facets),
        params=search.FACETS,
        open=True,
    ),
    Operation(
        *("GET", "/histogram", "Count a result over time", "search", shapes.Columns),
        params=search.HISTOGRAM,
        open=True,
    ),
    Operation(
        *("GET", "/suggest", "Complete a field or a value", "search", shapes.Suggestions),
        params=search.SUGGEST,
        open=True,
    ),
    Operation(
        *("POST", "/lookup", "What is known of many values", "search", shapes.LookedUp),
        body=shapes.LookupBody,
        open=True,
        text_body=True,
    ),
    Operation(
        *("GET", "/objects/{object_id}", "An object and where it is", "objects", shapes.Object),
        params=objects.OBJECT,
        open=True,
    ),
    Operation(
        *("GET", "/objects/{object_id}/related", "What it refers to, and what to it", "objects"),
        shapes.Related,
        objects.AROUND,
        open=True,
    ),
    Operation(
        *("GET", "/objects/{object_id}/same", "Others that share a value", "objects", shapes.Same),
        params=objects.AROUND,
        open=True,
    ),
    Operation("GET", "/searches", "Saved searches", "saved searches", shapes.SavedList),
    Operation(
        *("POST", "/searches", "Save a search", "saved searches", shapes.Saved),
        body=shapes.SaveBody,
        status=201,
    ),
    Operation(
        *("DELETE", "/searches/{search_id}", "Delete a saved search", "saved searches"),
        status=204,
    ),
    Operation("GET", "/openapi.json", "This document", "rights", open=True),
)
_RIGHTS = (
    Operation("GET", "/me", "What the caller may see and do", "rights", open=True),
    Operation("GET", "/why", "Why an account sees an object", "rights", params=_WHY),
)


def _circles(plural: str) -> tuple[Operation, ...]:
    one = f"/{plural}/{{name}}"
    return (
        Operation("GET", f"/{plural}", f"The {plural} of the caller", "circles", open=True),
        Operation("PUT", one, "Make one, or change it", "circles", body=circles.CircleBody),
        Operation("POST", f"{one}/members", "Let members in", "circles", body=circles.JoinBody),
        Operation("DELETE", f"{one}/members/{{member}}", "Put a member out", "circles"),
    )


_LOG_IN = (
    Operation(
        *("POST", "/session", "Log in", "log-in"),
        body=session.Credentials,
        open=True,
    ),
    Operation("GET", "/session", "Who the caller is", "log-in"),
    Operation("DELETE", "/session", "Log out", "log-in", status=204, open=True),
    Operation(
        *("POST", "/session/second-factor", "Give the second factor", "log-in"),
        body=session.Code,
    ),
    Operation("POST", "/session/totp", "Begin a second factor", "log-in"),
    Operation("POST", "/session/totp/confirm", "Confirm it", "log-in", body=session.Code),
    Operation(
        *("POST", "/session/totp/remove", "Remove it", "log-in"),
        body=session.Code,
        status=204,
    ),
    Operation("GET", "/session/oidc/start", "To the OpenID provider", "log-in", status=302),
    Operation("GET", "/session/oidc/callback", "Back from it", "log-in"),
    Operation("GET", "/sessions", "The sessions of the account", "log-in"),
    Operation("DELETE", "/sessions", "End them all", "log-in", status=204),
    Operation("DELETE", "/sessions/{session_id}", "End one", "log-in", status=204),
)
OPERATIONS = (
    *_SEARCH,
    *_RIGHTS,
    *_circles("communities"),
    *_circles("groups"),
    *_LOG_IN,
)

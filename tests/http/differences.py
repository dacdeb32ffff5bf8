"""What the medallion front does otherwise than the hub's own, each with its reason.

The tests named here are expected to fail there, and must: a difference that is gone leaves the
table.
"""

_LIMIT = "medallion reads `limit` itself and names neither the fault nor the field"
_ROOTS = "medallion takes every /word/ for an API root: a redirect to the slash, credentials first"
_SLASH = "medallion redirects to the address with the slash"

KNOWN_DIFFERENCES = {
    "test_bad_queries[limit]": _LIMIT,
    "test_the_field_at_fault_is_named": _LIMIT,
    "test_addresses_that_nobody_serves[/nowhere]": _ROOTS,
    "test_addresses_that_nobody_serves[/apis/]": _ROOTS,
    "test_a_missing_slash_is_no_redirect[shared]": _SLASH,
    "test_a_missing_slash_is_no_redirect[id]": _SLASH,
}
"""Name of a test, without the front in its parameters, to the reason."""

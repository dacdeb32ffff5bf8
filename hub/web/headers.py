"""What every answer of the console tells the browser: nothing from elsewhere, nothing inline."""

from __future__ import annotations

from flask import Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Content Security Policy Level 3"""

_YEAR_S = 31_536_000
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def protect(response: Response, *, secure: bool) -> Response:
    """Set them; a page is kept by no cache, so that nothing is shown after a log-out.

    Args:
        response: Any answer of the console.
        secure: It travels over TLS.
    """
    response.headers.update(_ALWAYS)
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.vary.add("Cookie")
    if secure:
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}"
    return response

"""What comes out of the stix2 library, for those who call others that use it."""

from __future__ import annotations

from stix2.exceptions import STIXError

LibraryError = STIXError
"""Whatever the library finds wrong"""

"""Asking another hub over its JSON door: search and look-ups."""

"""Signed HTTP requests to whoever wants to be told."""

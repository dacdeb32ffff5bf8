"""Deliveries: what the hub sends by itself, after commit, within the scope of an account."""

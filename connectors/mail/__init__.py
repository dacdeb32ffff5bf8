"""Mail: a mailbox to which partners send advisories."""

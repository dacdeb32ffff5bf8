"""Mail: advisories that arrive in a mailbox, and digests that are sent."""

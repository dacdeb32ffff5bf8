"""E-mail: advisories that come, and digests that go."""

"""The border to STIX: what an object must be, what filters see of it, what its markings say."""

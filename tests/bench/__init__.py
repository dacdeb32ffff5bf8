"""The benchmark of the hub: `python -m tests.bench --help`."""

"""The command line: `hub`. Data goes to standard output, everything else to standard error."""

from hub.cli.main import main

__all__ = ["main"]

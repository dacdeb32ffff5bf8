"""Parses in a process of its own: `python -m hub.intake.documents.work module:function LIMITS ...`.

The document is its input, what the function makes of it its output, as JSON. It has the limits that
it is given, and nothing of the hub's: no secret of its environment, no file that it may write.
"""

from __future__ import annotations

import resource
import sys
from importlib import import_module

import msgspec

from hub.intake.documents.parse import Limits


def main() -> None:
    """Read, parse, answer."""
    module, _, function = sys.argv[1].partition(":")
    limits = msgspec.json.decode(sys.argv[2], type=Limits)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    parse = getattr(import_module(module), function)
    told = parse(sys.stdin.buffer.read(), limits, *sys.argv[3:])
    sys.stdout.buffer.write(msgspec.json.encode(told))


if __name__ == "__main__":
    main()

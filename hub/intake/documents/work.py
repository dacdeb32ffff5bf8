"""Parses one document in a process of its own: `python -m hub.intake.documents.work pdf`.

The document is its input, what is in it its output, as JSON. It has the limits that `child` names,
and nothing of the hub's: no secret of its environment, no file that it may write.
"""

from __future__ import annotations

import resource
import sys

import msgspec

from hub.intake.documents.parse import Limits, parse


def main() -> None:
    """Read, parse, answer."""
    kind, limits = sys.argv[1], msgspec.json.decode(sys.argv[2], type=Limits)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    raw = sys.stdin.buffer.read()
    answer = msgspec.json.encode(parse(kind, raw, sys.argv[3], limits))
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()

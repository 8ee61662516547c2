"""Runs every compiled pattern of the package over hostile texts; a process of its own, so that its time can be bounded.

``python tests/linear_patterns.py [SIZE]`` prints the slowest pairs. A pattern that backtracks needs seconds for 100 kB.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import time
from collections.abc import Iterator

import netraw_lint

PIECES = (
    *(
        "a",
        "1",
        "1_",
        "_",
        ".",
        " ",
        "\t",
        "\n",
        "\r",
        "-",
        "- ",
        " -",
        "--",
        "---",
        "\n---",
        "---\n",
        "#",
        "# ",
        "\n#",
        "%",
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        "}\n",
        "}\n{",
        "{{",
        "}}",
        "(",
        '"',
        '\\"',
        "'",
        "\\'",
        "`",
        "\\",
        "/*",
        "*",
        "*a",
        "*all",
        "/",
    ),
    *(
        "@@1:",
        "&a ",
        "!a",
        "! ",
        "&!",
        "a/",
        "charts/a/",
        "a/charts/",
        "templates/",
        "ci/values",
        "values",
        "a:",
        ": ",
        ":",
    ),
    *(
        "kind",
        "kind ",
        "kind:",
        "? ",
        "until=",
        " until=",
        "2020-01-",
        "# netraw-lint:",
        "#netraw-lint: ignore[",
        "# Source: ",
    ),
    *(
        "NET_RAW",
        "add, ",
        "null",
        "'NET_RAW",
        ".Values",
        ".Values.a",
        "$Values.a",
        "{{end",
        "v1",
        "http",
        "Error: ",
        "\\ud83d",
    ),
    *(
        "  - drop: [",
        "a  b",
        "a \n",
        "\\u",
        "é",
        "\u2028",
        "securityContext",
        "0-assert",
        "drop:[a",
        '- "a',
        "::",
        "##",
    ),
)

# Never searched for: used by match and fullmatch alone, at one place of a text; the last after JSON_SHAPE has matched.
FROM_START = (
    *(
        "layout._REST_OF_LINE",
        "second._WORD",
        "second._WORD_IN_FLOW",
        "second._KEY",
        "layout._BEFORE_KEY",
        "patterns.JSON_SHAPE",
        "patterns.NEXT_OBJECT",
        "patterns.JSON_TOKEN",
        "data._FLOAT",
        "cel._ALL_OF",
        "kyverno_conditions._CAPABILITIES",
        "kyverno_conditions._OVER",
        "kyverno_conditions._DELETION",
    ),
)
# Sees at most 16 kB of what an engine says; at most 10,000 characters of an expression.
BOUNDED = ("helm._PLACE", "cel._SPACE")


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Every pattern that a module of the package has compiled."""
    for module in pkgutil.walk_packages(netraw_lint.__path__, "netraw_lint."):
        if not module.name.endswith(("__main__", "helm_worker")):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    yield f"{module.name}.{name}", value


def main(size: int) -> None:
    slow = []
    count = 0
    for name, pattern in patterns():
        count += 1
        for piece in PIECES:
            length = min(size, 1 << 14) if name.endswith(BOUNDED) else size
            text = "x\n" + piece * (length // len(piece)) + "\x07"
            subject = text.encode() if isinstance(pattern.pattern, bytes) else text
            started = time.process_time()
            if not name.endswith(FROM_START):
                list(pattern.finditer(subject))  # type: ignore[arg-type]
            pattern.match(subject[2:])  # type: ignore[arg-type]
            pattern.fullmatch(subject[2:])  # type: ignore[arg-type]
            slow.append((time.process_time() - started, name, piece))
    print(f"{count} patterns, {len(PIECES)} texts of {size} characters")
    for taken, name, piece in sorted(slow, reverse=True)[:12]:
        print(f"{taken:.2f} s {name} {piece!r}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

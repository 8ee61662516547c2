"""Made-up bytes: words of YAML and of Kubernetes, thrown into manifests by a seeded random generator."""

from __future__ import annotations

from pathlib import Path
from random import Random

_WORDS = (
    "\n", "\r\n", "\r", "\n\n", " ", "  ", "\t", "\u0085", "\u2028", "\u2029", "\ufeff", "\u00a0", "\x00",
    "---", "\n---\n", "\n--- ", "\n---#", "\n----\n", "\n...\n", "\n%YAML 1.1\n---\n", "%TAG ! tag:x,1:\n",
    ": ", ":", "- ", "-", "? ", "?", ", ", "[", "]", "{", "}", "{}", "[]", "#", " # c\n", "'", '"', "\\",
    "|\n", ">-\n", "|+\n", "|2\n", "&a ", "*a", "*a ", "<<: ", "<<", "<<: *a\n", "<<: [*a, *b]\n", "! ", "''",
    "!!str ", "!!binary ", "!!null ", "!!bool ", "!!merge ", "!<tag:yaml.org,2002:str> ", "!x ", "~", "null",
    "true", "yes", "y", "off", "0x1", "1e3", "\\x61", "\\u0061", "\\\n", "\\ud83d\\ude00", "{{ x }}", "\U0001f600",
    "apiVersion: v1\n", "apiVersion", "kind: Pod\n", "kind", "Pod", "List", "Deployment", "items", "spec", "status",
    "containers", "initContainers", "cont\\x61iners", "name", "image", "securityContext", "capabilities", "drop",
    "add", "NET_RAW", "CAP_NET_RAW", "ALL", "all", "privileged", "template", "metadata", "annotations", "Task",
    "# netraw-lint: ignore[NRL003] x\n", "netraw-lint/ignore", "PodSecurityPolicy", "steps", "}}}}", "]]]]", "[[[[",
    "}\n{", "\n  ", "\n    ", "\n      ", "{a: ", "- - - ", "é",
)  # fmt: skip
_NO_TEXT = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\x7f", b"\xff\xfe")
TOKENS = tuple(word.encode() for word in _WORDS) + _NO_TEXT


def seeds(folder: Path = Path(__file__).parent / "seeds") -> list[bytes]:
    """The manifests that mutation begins with, in the order of their names."""
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def mutated(random: Random, texts: list[bytes]) -> bytes:
    """One of some texts, or two of them, changed at a few places."""
    data = random.choice(texts)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        data = _changed(random, data, texts)
    return data


def _changed(random: Random, data: bytes, texts: list[bytes]) -> bytes:
    start, end = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    near = min(start + random.randint(0, 12), len(data))
    match random.randrange(9):
        case 0 | 1 | 2:
            return data[:start] + random.choice(TOKENS) + data[start:]
        case 3:
            return data[:start] + random.choice(TOKENS) + data[near:]
        case 4:
            return data[:start] + data[near:]
        case 5:
            lines = data.split(b"\n")
            one, other = random.randrange(len(lines)), random.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]
            return b"\n".join(lines)
        case 6:
            lines = data.split(b"\n")
            at = random.randrange(len(lines))
            lines[at] = random.choice((b" ", b"  ", b"- ", b"\t", b"")) + lines[at].lstrip(
                b" " * random.randrange(4)
            )
            return b"\n".join(lines)
        case 7:
            return data[:end] + data[start:end][:200] + data[end:]
        case _:
            other = random.choice(texts)
            return data[:start] + other[random.randint(0, len(other)) :]

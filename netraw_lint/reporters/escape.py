"""Untrusted text on its way to a terminal or a build log.

Names, paths and source lines come from whoever opened the pull request. They must not move the cursor, recolour
the screen, or speak to the build agent that prints them.
"""

from __future__ import annotations

# Azure's agent obeys `##vso[` anywhere in a line and `##[` at its start, GitHub's runner `##[` anywhere and
# `::` at the start of a line (azure-pipelines-agent Command.cs, actions/runner ActionCommand.cs); TeamCity
# obeys `##teamcity[`.
_COMMANDS = r"(?i)##(?=(?:vso|teamcity)?\[)"


def printable(text: str) -> str:
    """``text`` on one line, with control, formatting and bidirectional characters written as escapes."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escaped(char) for char in text)
    if "##" not in text:
        return text
    import re

    # One pass is enough: no other command can begin where the two signs were.
    return re.sub(_COMMANDS, "**", text)


def line_start(text: str) -> str:
    """Printable text that begins a line: a leading ``::`` is a command to GitHub's runner."""
    text = printable(text)
    return f"\\{text}" if text.lstrip().startswith("::") else text


def has_command(text: str) -> bool:
    """Whether a build agent that prints a text would obey a line of it."""
    import re

    lines = re.split(r"[\r\n]", text)
    return re.search(_COMMANDS, text) is not None or any(line.lstrip().startswith("::") for line in lines)


def lines_printable(text: str) -> str:
    """A text with line breaks, each line printable; a carriage return before a break is left out."""
    return "".join(f"{printable(line.removesuffix(chr(13)))}\n" for line in text.split("\n")[:-1])


def folded(text: str, width: int) -> list[str]:
    """Printable text in lines of at most ``width`` columns, each fit to begin a line; never breaks a word."""
    lines: list[str] = []
    line = ""
    for word in printable(text).split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".lstrip()
    return [line_start(each) for each in (*lines, line)]


def shortened(text: str, limit: int) -> str:
    """``text`` of at most ``limit`` characters; of a longer one the middle is left out, where a long name stands."""
    if len(text) <= limit:
        return text
    head = (limit - 5) // 2
    return f"{text[:head]} ... {text[len(text) - (limit - 5 - head) :]}"


def brief(text: str, limit: int) -> str:
    """Printable text of at most ``limit`` characters; what will be left out is not escaped first."""
    return shortened(printable(shortened(text, limit)), limit)


def xml(text: str) -> str:
    """Printable text as XML, in an element or between double quotes."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\t", "&#9;")


def json_text(value: object) -> str:
    """A value as indented JSON in printable ASCII, with a final newline; only ``\\u`` escapes change its text."""
    import json

    # A JSON text has `#` in strings only, and agents obey `##[` and `##vso[` in them too.
    return json.dumps(value, indent=2).replace("##", "\\u0023\\u0023") + "\n"


def _escaped(char: str) -> str:
    if char == "\t":
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"

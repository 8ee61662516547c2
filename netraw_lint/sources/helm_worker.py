"""The process that holds the embedded engine: a JSON request per line in, a JSON answer per line out.

Run as a script by helm_sdk.py; it imports nothing of netraw-lint.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def merged(under: Any, over: Any) -> Any:
    """Values over values, as Helm merges files: mappings key by key, everything else as a whole."""
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    result = dict(under)
    for key, value in over.items():
        result[key] = merged(under.get(key), value) if isinstance(value, dict) else value
    return result


def render(request: dict[str, Any]) -> dict[str, str]:
    """The rendered files of a request. Raises whatever the engine raises."""
    import helm_python
    from helm_python import _native

    values: Any = {}
    for path in request["files"]:
        with open(path, encoding="utf-8") as file:
            values = merged(values, helm_python.values_from_yaml(file.read()))
    if request["overlay"]:
        values = merged(values, json.loads(request["overlay"]))
    for text in request["sets"]:
        values = merged(values, json.loads(_native.call_string("helm_strvals_parse", text)))
    # A chart handle keeps what a render made of it: each render loads its own.
    with helm_python.Chart.load(request["chart"]) as chart:
        options = json.dumps(request["options"])
        handle = chart._raw()  # noqa: SLF001 - the options of the versions have no door of their own yet
        rendered = _native.call_string("helm_render", handle, json.dumps(values), options)
    files: dict[str, str] = json.loads(rendered)
    return files


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    # What Go prints must not get between the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin.buffer:
        try:
            answer: dict[str, Any] = {"files": render(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            answer = {"error": f"{error}"}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()

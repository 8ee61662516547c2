"""Where the JSON Schemas and the workload catalogue lie."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def schema_file(name: str) -> str:
    """The path of a file of the schemas folder: inside the wheel, or beside the package in a checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    shipped = os.path.join(package, "schemas", name)
    return shipped if os.path.exists(shipped) else os.path.join(os.path.dirname(package), "schemas", name)


def read_schema(name: str) -> dict[str, Any]:
    """A file of the schemas folder, parsed."""
    import json

    with open(schema_file(name), "rb") as file:
        found: dict[str, Any] = json.load(file)
    return found


def read_catalogue() -> dict[str, Any]:
    """The workload catalogue, parsed."""
    return read_schema("workloads.json")

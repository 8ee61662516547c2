"""The rules as SARIF describes them, from the same docstrings that --explain prints."""

from __future__ import annotations

from netraw_lint import rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

LEVELS = {"error": "error", "warning": "warning", "info": "note"}
# GitHub shows 7.0 and above as high, 4.0 as medium, less as low.
_SECURITY = {"error": "7.0", "warning": "5.0", "info": "2.0"}
# GitHub cuts descriptions here.
_LONGEST = 1024


def descriptors() -> list[dict[str, Any]]:
    """Every rule, those that are off by default included."""
    return [_descriptor(module) for module in rules.MODULES]


def _descriptor(module: ModuleType) -> dict[str, Any]:
    rule = module.RULE
    page = rules.explained(module)
    summary, _, rest = page.partition("\n")
    properties: dict[str, Any] = {"tags": ["kubernetes"], "precision": "high" if rule.opt_in else "very-high"}
    if not rule.code.startswith(("NRL2", "NRL9")):  # those are about exemptions, and what could not be judged
        properties["tags"] += ["security", "external/cwe/cwe-250"]
        properties["security-severity"] = _SECURITY[rule.severity]
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": _section(rest, "What it does") or summary},
        "help": {"text": page, "markdown": f"# {rule.code} {rule.name}\n\n{page}"},
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": not rule.opt_in},
        "properties": properties,
    }


def _section(page: str, title: str) -> str:
    """The text under a heading, its paragraphs unfolded, no longer than a description may be."""
    text = page.partition(f"## {title}\n")[2].partition("\n## ")[0].strip()
    unfolded = "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return unfolded if len(unfolded) <= _LONGEST else f"{unfolded[: _LONGEST - 4]} ..."

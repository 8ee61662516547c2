"""What every manifest begins with: what it does, how to put it to use, and what of the settings is not in it."""

from __future__ import annotations

from netraw_lint.emit.plan import KINDS
from netraw_lint.emit.text import comment
from netraw_lint.reporters.escape import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.emit.plan import Exempt, Plan

CLAIMED = (
    "Names and owner references are claimed by whoever creates a pod: an exemption by name stops mistakes, not"
    " somebody who may create pods in the namespace."
)


def head(engine: str, plan: Plan, *paragraphs: str) -> str:
    """The comment at the top of a manifest."""
    return comment(*told(engine, plan, *paragraphs))


def told(engine: str, plan: Plan, *paragraphs: str) -> list[str]:
    """Its paragraphs; one that begins with two blanks is a command."""
    where, rules = ", ".join(plan.runtimes), ", ".join(plan.codes)
    again = f"  netraw-lint --print-policy {engine} --runtimes {','.join(plan.runtimes)}"
    lines = [
        f"Against containers that can hold NET_RAW on {where}: what netraw-lint reports as {rules}.",
        "Written by",
        again + " --enforce" * plan.enforce,
        "",
        *paragraphs,
    ]
    if plan.carried:
        lines += ["", "Exempt by the settings of netraw-lint (print the policy again when one ends):"]
        lines += [f"- {named(each)}: {about(each)}: {why(each)}" for each in plan.carried]
        if any(not each.any_object for each in plan.carried):
            lines.append(CLAIMED)
    if plan.untold:
        lines += ["", "Not in this policy:", *(f"- {printable(each)}" for each in plan.untold)]
    return [*lines, "", "Exemptions in comments and annotations of manifests are not carried over."]


def named(exempt: Exempt) -> str:
    """What the settings file calls an exemption."""
    return f"exemptions[{exempt.number}]"


def about(exempt: Exempt) -> str:
    """What an exemption is about."""
    kinds = (
        "" if exempt.any_object else "/".join(exempt.kinds) if exempt.kinds != KINDS else "anything called"
    )
    parts = (
        " ".join(filter(None, (kinds, exempt.name))),
        f"container {exempt.container}" if exempt.container is not None else "",
        f"namespace {exempt.namespace}" if exempt.namespace is not None else "",
        "" if exempt.complete else f"for {', '.join(sorted(exempt.codes))}",
    )
    return ", ".join(filter(None, parts)) or "everything"


def why(exempt: Exempt) -> str:
    """The reason of an exemption, and its last day."""
    until = f", until {exempt.until}" if exempt.until else ""
    return printable(f"{exempt.reason}{until}")

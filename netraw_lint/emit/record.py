"""What a printed policy says about itself: the settings it was printed from, in an annotation.

Nobody has to read CEL or Rego to know what such a policy does: printed again from these settings, it is the same.
"""

from __future__ import annotations

import json

from netraw_lint.capabilities import RUNTIMES
from netraw_lint.emit import facts
from netraw_lint.emit.plan import KINDS, Exempt, planned
from netraw_lint.emit.text import block, comment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from netraw_lint.emit.plan import Plan

ANNOTATION = "netraw-lint/policy"


def annotation(plan: Plan) -> str:
    """The annotation, as lines below ``annotations``."""
    told = comment(
        "For netraw-lint --against-policies, which evaluates this policy as long as it agrees.", indent=4
    )
    said = json.dumps({"runtimes": plan.runtimes, "rules": plan.codes})
    exempt = ",\n".join(f"  {json.dumps(_said(each))}" for each in plan.carried)
    text = f'{said[:-1]}, "exemptions": [\n{exempt}\n]}}' if exempt else said
    return f"{told}    {ANNOTATION}: |-\n{block(text, 6)}"


def _said(exempt: Exempt) -> dict[str, Any]:
    found = {
        "number": exempt.number,
        "namespace": exempt.namespace,
        "kinds": None if exempt.kinds == KINDS else exempt.kinds,
        "name": exempt.name,
        "container": exempt.container,
        "rules": None if exempt.complete else sorted(exempt.codes),
        "reason": exempt.reason,
        "until": exempt.until,
    }
    return {key: value for key, value in found.items() if value is not None}


def read(text: str) -> Plan:
    """The plan that an annotation tells of. Raises ValueError for a text that no policy was printed with."""
    try:
        said = json.loads(text)
        runtimes, codes = _chosen(said["runtimes"], RUNTIMES), _chosen(said["rules"], facts.CODES)
        return planned(runtimes, codes, [_exempt(each, codes) for each in said.get("exemptions", ())])
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise ValueError(f"no settings of a policy: {error}") from None


def _chosen(names: list[str], known: tuple[str, ...]) -> tuple[str, ...]:
    if not names or not set(names) <= set(known):
        raise ValueError(f"not among {', '.join(known)}: {names}")
    return tuple(names)


def _exempt(said: dict[str, Any], codes: tuple[str, ...]) -> Exempt:
    texts = [said.get(key) for key in ("namespace", "name", "container", "until")]
    if not all(text is None or isinstance(text, str) for text in (*texts, said["reason"])):
        raise ValueError("an exemption that is none")
    namespace, name, container, until = texts
    about = _chosen(said["rules"], codes) if "rules" in said else codes
    kinds = _chosen(said["kinds"], KINDS) if "kinds" in said else KINDS
    return Exempt(
        int(said["number"]),
        *(namespace, kinds, name, container),
        *(frozenset(about), set(about) == set(codes), said["reason"], until),
    )

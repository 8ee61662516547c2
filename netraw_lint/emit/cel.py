"""The plan in CEL, for ValidatingAdmissionPolicies and Kyverno's ValidatingPolicies alike.

Objects are handed to ``dyn()``: the kinds keep their pods in different places, and a field that only one of them
has would be an error to the API server's type checker. Absent fields are read with the optional syntax, which the API
server knows from 1.29. What is null counts as absent, as it does to the API server, which removes nulls itself.
"""

from __future__ import annotations

from netraw_lint.capabilities import KNOWN
from netraw_lint.emit.head import why
from netraw_lint.emit.names import expression, literal
from netraw_lint.emit.plan import KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from netraw_lint.emit.facts import Term
    from netraw_lint.emit.plan import Check, Exempt, Plan

    Variables = list[tuple[str, str]]

_WINDOWS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")


def pod_spec(obj: str) -> str:
    """The PodSpec in a workload."""
    return f"""\
({obj}.kind == 'Pod' ? {obj}.?spec :
 {obj}.kind == 'PodTemplate' ? {obj}.?template.?spec :
 {obj}.kind == 'CronJob' ? {obj}.?spec.?jobTemplate.?spec.?template.?spec :
 {obj}.?spec.?template.?spec).orValue({{}})"""


def changed() -> str:
    """Whether a request makes pods other than those that are there already.

    Where there is no old object, the API server gives null and Kyverno an empty one.
    """
    new, old = pod_spec("dyn(object)"), pod_spec("dyn(oldObject)")
    return f"oldObject == null || !has(dyn(oldObject).kind) ||\n{new}\n!=\n{old}"


def spared(exempt: Iterable[Exempt]) -> str:
    """Whether a request is about none of the workloads that are exempt as a whole."""
    ways = [f"// {why(each)}\n({covers(each, 'dyn(object)')})" for each in exempt]
    alternatives = " ||\n".join(ways)
    return f"!(\n{alternatives}\n)"


def variables(plan: Plan) -> Variables:
    """Names and expressions of what the validations use."""
    unknown = any(
        "unknown" in (*term.holding, *term.lacking) for check in plan.checks for term in check.terms
    )
    labels = " ||\n".join(
        f"variables.pod.?nodeSelector[?{_quoted(label)}].orValue('') == 'windows'"
        for label in _WINDOWS_LABELS
    )
    lists = " +\n".join(
        _present(f"variables.pod.?{name}") for name in ("containers", "initContainers", "ephemeralContainers")
    )
    found: Variables = [
        ("workload", "dyn(object)"),
        ("pod", pod_spec("variables.workload")),
        ("windows", f"variables.pod.?os.?name.orValue('') == 'windows' ||\n{labels}"),
        ("containers", f"variables.windows ? [] :\n{lists}"),
        ("lists", _lists(unknown)),
    ]
    if unknown:
        found += [("known", _names(sorted(KNOWN), 92)), ("judged", _judged())]
    narrow = {each.number: each for check in plan.checks for each in check.exempt if _about(each)}
    found += [(f"exempt{n}", covers(each, "variables.workload")) for n, each in sorted(narrow.items())]
    source = "variables.judged" if unknown else "variables.lists"
    found += [(holders(n), _holders(check, source)) for n, check in enumerate(plan.checks)]
    return found


def holders(number: int) -> str:
    """The variable that lists the containers that a check refuses."""
    return f"holders{number or ''}"


def message(plan: Plan, number: int) -> str:
    """The expression of what is told about the containers that a check refuses."""
    ends = refusal(plan, plan.checks[number])
    return f"{_quoted(ends[0])} + variables.{holders(number)}.join(', ') +\n{_quoted(ends[1])}"


def refusal(plan: Plan, check: Check) -> tuple[str, str]:
    """What is told about refused containers, before and after their names."""
    where = ", ".join(plan.runtimes)
    which = f" ({', '.join(check.codes)})" if len(plan.checks) > 1 else ""
    return "can hold NET_RAW: ", (
        f'. Write securityContext.capabilities.drop: ["NET_RAW"], add neither NET_RAW nor ALL, and do not run'
        f" privileged{which}. Judged for {where}."
    )


def covers(exempt: Exempt, obj: str) -> str:
    """Whether an exemption is about a workload: by its own kind and name, or by those of the one that made it."""
    parts = []
    if exempt.namespace is not None:
        parts.append(_matches(f"{obj}.metadata.?namespace.orValue('')", exempt.namespace))
    if exempt.kinds != KINDS or exempt.name is not None:
        ways = [_itself(exempt, obj), *_makers(exempt, obj)]
        either = " ||\n ".join(ways)
        parts.append(f"({either})" if len(ways) > 1 else either)
    return " &&\n".join(parts) or "true"


def _itself(exempt: Exempt, obj: str) -> str:
    name = f"{obj}.metadata.?name.orValue('')"
    kind = f"{obj}.kind in {_names(exempt.kinds)}" if exempt.kinds != KINDS else ""
    return " && ".join(filter(None, (kind, _matches(name, exempt.name) if exempt.name is not None else "")))


def _makers(exempt: Exempt, obj: str) -> Iterable[str]:
    owners = f"{obj}.metadata.?ownerReferences.orValue([])"
    pattern = ".*" if exempt.name is None else expression(exempt.name)
    if exempt.owners:
        named = f" && {_matches('o.name', exempt.name)}" if exempt.name is not None else ""
        yield f"{owners}.exists(o, o.kind in {_names(exempt.owners)}{named})"
    if "Deployment" in exempt.kinds:
        suffix = f"'-' + {obj}.metadata.?labels[?'pod-template-hash'].orValue('-')"
        named = f"o.name.matches({_quoted(f'^(?:{pattern})-[a-z0-9]+$')}) && o.name.endsWith({suffix})"
        yield f"{owners}.exists(o, o.kind == 'ReplicaSet' && {named})"
    if "CronJob" in exempt.kinds:
        named = f"o.name.matches({_quoted(f'^(?:{pattern})-[0-9]+$')})"
        yield f"{owners}.exists(o, o.kind == 'Job' && {named})"


def _lists(unknown: bool) -> str:
    # Go's upper case of these two letters is ASCII, so Docker and CRI-O take them for S and I; upperAscii does not.
    letters = r".replace('\u017f', 'S').replace('\u0131', 'I')" if unknown else ""
    lists = "".join(
        f",\n  '{key}': dyn({_present(f'c.?securityContext.?capabilities.?{key}')}\n"
        f"    .map(n, n == null ? '' : n{letters}.upperAscii()))"
        for key in ("add", "drop")
    )
    return f"""\
variables.containers.map(c, {{
  'name': dyn(c.?name.orValue('')),
  'privileged': dyn(c.?securityContext.?privileged.orValue(false) == true){lists}}})"""


def _judged() -> str:
    return """\
variables.lists.map(c, {
  'name': dyn(c.name),
  'privileged': dyn(c.privileged),
  'add': dyn(c.add),
  'drop': dyn(c.drop),
  'unknown': dyn((c.add + c.drop).exists(n, n != 'ALL' &&
    !((n.startsWith('CAP_') ? n.substring(4) : n) in variables.known)))})"""


def _holders(check: Check, source: str) -> str:
    lines = []
    for number, term in enumerate(check.terms):
        end = " ||" if number + 1 < len(check.terms) else ""
        where = f" // {', '.join(term.runtimes)}" if term.runtimes else ""
        lines.append(f"  {_term(term)}{end}{where}")
    terms = "\n".join(lines)
    exempt = "".join(f"\n  !({_exempt(each)}) &&" for each in check.exempt)
    condition = f"{exempt} (\n{terms}\n)" if exempt else f"\n{terms}\n"
    return f"{source}.filter(c,{condition}).map(c, c.name)"


def _exempt(exempt: Exempt) -> str:
    named = _matches("c.name", exempt.container) if exempt.container is not None else ""
    return " && ".join(filter(None, (_about(exempt), named))) or "true"


def _about(exempt: Exempt) -> str:
    """The variable that says whether a workload is exempt; empty where any workload is."""
    return "" if exempt.any_object and exempt.namespace is None else f"variables.exempt{exempt.number}"


def _term(term: Term) -> str:
    facts = [_fact(fact) for fact in term.holding] + [f"!{_fact(fact)}" for fact in term.lacking]
    return f"({' && '.join(facts)})"


def _fact(fact: str) -> str:
    verb, _, name = fact.partition(" ")
    return f"({_quoted(name)} in c.{verb.removesuffix('s')})" if name else f"c.{verb}"


def _present(path: str) -> str:
    """A list that may be absent or null."""
    return f"optional.ofNonZeroValue({path}.orValue([])).orValue([])"


def _matches(value: str, pattern: str) -> str:
    name = literal(pattern)
    return (
        f"{value} == {_quoted(name)}"
        if name
        else f"{value}.matches({_quoted(f'^(?:{expression(pattern)})$')})"
    )


def _names(names: Iterable[str], width: int = 0) -> str:
    """A list, on lines of about ``width`` characters if that is given."""
    lines = [""]
    for name in names:
        if width and len(lines[-1]) > width:
            lines.append("")
        lines[-1] += f"{_quoted(name)}, "
    text = "\n ".join(line.rstrip() for line in lines).rstrip(",")
    return f"[{text}]"


def _quoted(text: str) -> str:
    """A string literal; what is not ASCII is escaped, so that it reads the same in every editor."""
    escaped = "".join(
        f"\\{char}" if char in "\\'" else char if " " <= char <= "~" else f"\\U{ord(char):08x}"
        for char in text
    )
    return f"'{escaped}'"

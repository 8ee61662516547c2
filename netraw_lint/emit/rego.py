"""The plan in Rego, in the dialect that every version of Gatekeeper reads (v0).

Rego's ``upper`` is Go's, the one that the runtimes use. An exemption is data: the constraint's parameters.
"""

from __future__ import annotations

from netraw_lint.capabilities import KNOWN
from netraw_lint.emit import cel
from netraw_lint.emit.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.emit.facts import Term
    from netraw_lint.emit.plan import Check, Plan

_BODY = """\
package netrawlint

# What is in the cluster stays: an update is judged only if it changes the pods.
unchanged {
  input.review.operation == "UPDATE"
  pod_spec(input.review.oldObject) == pod
}

pod = spec {
  spec := pod_spec(input.review.object)
}

pod_spec(object) = spec {
  object.kind == "Pod"
  spec := object.spec
}

pod_spec(object) = spec {
  object.kind == "PodTemplate"
  spec := object.template.spec
}

pod_spec(object) = spec {
  object.kind == "CronJob"
  spec := object.spec.jobTemplate.spec.template.spec
}

pod_spec(object) = spec {
  not object.kind == "Pod"
  not object.kind == "PodTemplate"
  not object.kind == "CronJob"
  spec := object.spec.template.spec
}

windows {
  pod.os.name == "windows"
}

windows {
  labels := {"kubernetes.io/os", "beta.kubernetes.io/os"}
  pod.nodeSelector[labels[_]] == "windows"
}

containers[container] {
  not windows
  lists := {"containers", "initContainers", "ephemeralContainers"}
  container := pod[lists[_]][_]
}

judged[judgement] {
  container := containers[_]
  add := {capability(name) | name := container.securityContext.capabilities.add[_]}
  drop := {capability(name) | name := container.securityContext.capabilities.drop[_]}
  judgement := {
    "name": object.get(container, "name", ""),
    "privileged": privileged(container),
    "add": add,
    "drop": drop,
    "unknown": count([name | (add | drop)[name]; not known(name)]) > 0,
  }
}

privileged(container) {
  container.securityContext.privileged == true
} else = false {
  true
}

capability(name) = upper(name) {
  is_string(name)
}

capability(name) = "" {
  is_null(name)
}

# What CRI-O and Docker know; they start no container that names anything else.
known("ALL")

known(name) {
  capabilities[trim_prefix(name, "CAP_")]
}

"""

_EXEMPT = """\
# An exemption is about the object itself, or about the pods that it makes.
exempt(rule, name) {
  exemption := input.parameters.exemptions[_]
  exemption.rules[_] == rule
  matches(exemption, "namespace", object.get(input.review.object.metadata, "namespace", ""))
  matches(exemption, "container", name)
  is_about(exemption)
}

is_about(exemption) {
  exemption.kinds[_] == input.review.object.kind
  matches(exemption, "name", object.get(input.review.object.metadata, "name", ""))
}

is_about(exemption) {
  owner := input.review.object.metadata.ownerReferences[_]
  exemption.kinds[_] == owner.kind
  matches(exemption, "name", owner.name)
}

is_about(exemption) {
  exemption.kinds[_] == "Deployment"
  owner := input.review.object.metadata.ownerReferences[_]
  owner.kind == "ReplicaSet"
  suffix := concat("", ["-", input.review.object.metadata.labels["pod-template-hash"]])
  endswith(owner.name, suffix)
  matches(exemption, "name", trim_suffix(owner.name, suffix))
}

is_about(exemption) {
  exemption.kinds[_] == "CronJob"
  owner := input.review.object.metadata.ownerReferences[_]
  owner.kind == "Job"
  regex.match("-[0-9]+$", owner.name)
  parts := split(owner.name, "-")
  matches(exemption, "name", concat("-", array.slice(parts, 0, count(parts) - 1)))
}

matches(exemption, key, _) {
  not exemption[key]
}

matches(exemption, key, value) {
  regex.match(exemption[key], value)
}
"""


def source(plan: Plan) -> str:
    """The template's code."""
    names = "".join(f"  {quoted(name)},\n" for name in sorted(KNOWN))
    parts = [_BODY, f"capabilities = {{\n{names}}}\n\n"]
    for number, check in enumerate(plan.checks):
        parts += [_violation(plan, number, check), *(_holds(number, term) for term in check.terms)]
    return "".join(parts) + _EXEMPT


def _violation(plan: Plan, number: int, check: Check) -> str:
    first, last = cel.refusal(plan, check)
    rule = quoted(check.codes[0])
    message = quoted(f"{first}%v{last}")
    return f"""\
violation[{{"msg": msg}}] {{
  not unchanged
  names := {{container.name | container := judged[_]; holds_{number}(container); not exempt({rule}, container.name)}}
  count(names) > 0
  msg := sprintf({message}, [concat(", ", names)])
}}

"""


def _holds(number: int, term: Term) -> str:
    facts = [_fact(fact) for fact in term.holding] + [f"not {_fact(fact)}" for fact in term.lacking]
    where = f"# {', '.join(term.runtimes)}\n" if term.runtimes else ""
    lines = "".join(f"  {fact}\n" for fact in facts)
    return f"{where}holds_{number}(container) {{\n{lines}}}\n\n"


def _fact(fact: str) -> str:
    verb, _, name = fact.partition(" ")
    return f"container.{verb.removesuffix('s')}[{quoted(name)}]" if name else f"container.{verb}"

"""What a policy is asked to do: for which runtimes, which rules, and whom it leaves alone."""

from __future__ import annotations

from fnmatch import fnmatchcase

from netraw_lint import rules, selection
from netraw_lint.emit import facts
from netraw_lint.emit.names import literal
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from netraw_lint.emit.facts import Term
    from netraw_lint.model import Settings

# The kinds that make pods in every cluster, with their API groups; CronJobs and Deployments make them at one remove.
WORKLOADS = {
    "": ("Pod", "PodTemplate", "ReplicationController"),
    "apps": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "batch": ("CronJob", "Job"),
}
KINDS = tuple(kind for kinds in WORKLOADS.values() for kind in kinds)
OWNERS = tuple(kind for kind in KINDS if kind not in ("Pod", "PodTemplate"))


class Exempt(Noun):
    """An exemption of the settings that a cluster can see: shell patterns, each None where anything will do.

    ``kinds`` are the built-in kinds that its pattern covers, all of them where it has none. ``codes`` are the rules of
    the policy that it is about, and ``complete`` says that these are all of them.
    """

    number: int
    namespace: str | None
    kinds: tuple[str, ...]
    name: str | None
    container: str | None
    codes: frozenset[str]
    complete: bool
    reason: str
    until: str | None

    @property
    def any_object(self) -> bool:
        """Whether it is about every object of its namespaces."""
        return self.name is None and self.kinds == KINDS

    @property
    def is_whole(self) -> bool:
        """Whether it is about all that an object holds."""
        return self.complete and self.container is None

    @property
    def is_namespace(self) -> bool:
        """Whether it is about all that one namespace holds."""
        return self.is_whole and self.any_object and bool(self.namespace and literal(self.namespace))

    @property
    def is_container(self) -> bool:
        """Whether it is about containers of one name everywhere."""
        everywhere = self.complete and self.any_object and self.namespace is None
        return everywhere and bool(self.container and literal(self.container))

    @property
    def owners(self) -> tuple[str, ...]:
        """The kinds whose pods it is about too."""
        return tuple(kind for kind in self.kinds if kind in OWNERS)


class Check(Noun):
    """Rules that the same exemptions are about, and when one of them complains about a container."""

    codes: tuple[str, ...]
    terms: tuple[Term, ...]
    exempt: tuple[Exempt, ...]


class Plan(Noun):
    """A policy to write: ``carried`` are the exemptions in it, and ``untold`` says what is not in it, and why.

    The checks name those exemptions that are about some containers or some rules; ``namespace`` is where labels go.
    """

    runtimes: tuple[str, ...]
    codes: tuple[str, ...]
    enforce: bool = False
    namespace: str = "default"
    carried: tuple[Exempt, ...] = ()
    checks: tuple[Check, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def namespaces(self) -> tuple[Exempt, ...]:
        """The exemptions that are namespaces."""
        return tuple(each for each in self.carried if each.is_namespace)

    @property
    def objects(self) -> tuple[Exempt, ...]:
        """The exemptions of other objects with all their containers."""
        return tuple(each for each in self.carried if each.is_whole and not each.is_namespace)


def plan(
    settings: Settings,
    exemptions: Sequence[Mapping[str, str]],
    enforce: bool,
    namespace: str = "default",
    carries: Callable[[Exempt], bool] = lambda _: True,
    because: str = "",
) -> Plan:
    """The policy that refuses what a run with these settings reports about containers.

    ``carries`` says which exemptions its engine can express, and ``because`` why it cannot the others.
    """
    running = selection.defaults(rules.rules()) if settings.rules is None else settings.rules
    codes = tuple(code for code in facts.CODES if code in running)
    untold = [f"{code} is not among the rules that run" for code in facts.CODES if code not in codes]
    carried: list[Exempt] = []
    for number, values in enumerate(exemptions):
        found = _exempt(number, values, codes, settings.today)
        if isinstance(found, Exempt) and carries(found):
            carried.append(found)
        else:
            why = because if isinstance(found, Exempt) else found
            untold.append(f"exemptions[{number}] ({' '.join(values['reason'].split())}): {why}")
    made = planned(settings.runtimes, codes, carried)
    return made.replace(enforce=enforce, namespace=namespace, untold=tuple(untold))


def planned(runtimes: tuple[str, ...], codes: tuple[str, ...], carried: Sequence[Exempt]) -> Plan:
    """A plan in audit mode with these exemptions."""
    narrow = [each for each in carried if not each.is_whole]
    return Plan(runtimes, codes, carried=tuple(carried), checks=tuple(_checks(codes, narrow, runtimes)))


def _checks(codes: Sequence[str], narrow: Sequence[Exempt], runtimes: tuple[str, ...]) -> Iterator[Check]:
    groups: dict[tuple[Exempt, ...], list[str]] = {}
    for code in codes:
        groups.setdefault(tuple(each for each in narrow if code in each.codes), []).append(code)
    for exempt, group in groups.items():
        terms = facts.terms(runtimes, tuple(group))
        if terms:
            yield Check(tuple(group), terms, exempt)


def _exempt(number: int, values: Mapping[str, str], codes: Sequence[str], today: str) -> Exempt | str:
    """An entry of the settings as a cluster can apply it, or why it cannot."""
    if "until" in values and today > values["until"]:
        return f"its last day was {values['until']}"
    wanted = selection.matching(rules.rules(), values["rule"]) if "rule" in values else set(codes)
    empty = [key for key in ("namespace", "kind", "name", "container") if values.get(key) == ""]
    one_object = all(values.get(key) and literal(values[key]) for key in ("namespace", "name"))
    kinds = tuple(kind for kind in KINDS if fnmatchcase(kind, values.get("kind", "*")))
    if empty:
        return f"no object of a cluster has an empty {empty[0]}"
    if not wanted & set(codes):
        return f"{values['rule']} is not about what this policy refuses"
    if "path" in values and not one_object:
        return "a cluster does not see its path, and the rest does not name one object (namespace and name)"
    if not kinds:
        return f"a policy sees no {values['kind']}, but the pods that are made from one; exempt these by name"
    return Exempt(
        number,
        _unless_any(values.get("namespace")),
        kinds,
        _unless_any(values.get("name")),
        _unless_any(values.get("container")),
        frozenset(wanted & set(codes)),
        wanted >= set(codes),
        " ".join(values["reason"].split()),
        values.get("until"),
    )


def _unless_any(pattern: str | None) -> str | None:
    return None if pattern == "*" else pattern

"""--print-policy: the cluster's gate, written from the settings."""

from __future__ import annotations

import re

from netraw_lint import emit, settings
from netraw_lint.emit.plan import plan
from netraw_lint.streams import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from netraw_lint.config import Config

# Settings that accept findings or add kinds where a cluster sees neither files nor lines.
_UNSEEN = {
    "baseline": "the findings in the baseline are not exempt",
    "per-file-ignores": "per-file-ignores does not count: a cluster sees no files",
    "respect-suppressions": "the suppressions of other linters do not count",
    "workloads": "kinds of your own are not matched; the pods that are made from them are",
}


def written(parsed: Namespace, found: Config) -> tuple[str, tuple[str, ...]]:
    """The manifest that is asked for, and what of the settings is not in it.

    Raises UsageError and ConfigError.
    """
    if parsed.print_policy is None:
        raise UsageError("--enforce is about the policy that --print-policy prints")
    if parsed.paths:
        raise UsageError("--print-policy writes a policy from the settings and takes no paths; see --config")
    engine = emit.ENGINES.get(parsed.print_policy)
    if engine is None:
        raise UsageError(f'unknown engine "{parsed.print_policy}": choose from {", ".join(emit.ENGINES)}')
    exemptions = () if parsed.no_ignores else found.get("exemptions")
    merged = settings.merged(parsed, found)
    made = plan(
        merged, exemptions, parsed.enforce, parsed.namespace or "default", engine.carries, engine.because
    )
    if not made.checks:
        raise UsageError("no rule about what containers hold is selected, so there is nothing to refuse")
    if not re.fullmatch("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", made.namespace):
        raise UsageError(f'--namespace: "{made.namespace}" is no name of a namespace')
    if any(each.namespace == made.namespace for each in made.namespaces) and parsed.print_policy == "psa":
        raise UsageError(f"the settings exempt the namespace {made.namespace}: name another with --namespace")
    made = made.replace(untold=(*made.untold, *(told for key, told in _UNSEEN.items() if found.get(key))))
    return engine.manifest(made), made.untold

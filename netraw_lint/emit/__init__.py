"""Writing admission policies that refuse what the linter reports: one module for each engine."""

from __future__ import annotations

from netraw_lint.emit import azure, gatekeeper, kyverno, psa, psp, scc, vap
from netraw_lint.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from netraw_lint.emit.plan import Exempt, Plan


def everything(_exempt: Exempt) -> bool:
    """Whether an engine that knows conditions can express an exemption: any."""
    return True


class Engine(Noun):
    """How a policy is written, which exemptions it can hold, and why not the others."""

    manifest: Callable[[Plan], str]
    carries: Callable[[Exempt], bool] = everything
    because: str = ""


ENGINES = {
    "psa": Engine(psa.manifest, psa.carries, psa.BECAUSE),
    "vap": Engine(vap.manifest),
    "kyverno": Engine(kyverno.manifest),
    "gatekeeper": Engine(gatekeeper.manifest),
    "psp": Engine(psp.manifest, psp.carries, psp.BECAUSE),
    "scc": Engine(scc.manifest, scc.carries, scc.BECAUSE),
    "azure": Engine(azure.manifest, azure.carries, azure.BECAUSE),
}

"""Assignments of Azure Policy's built-in definitions for AKS, as a template that Azure deploys.

Definitions and parameters: Azure/azure-policy, built-in-policies/policyDefinitions/Kubernetes,
ContainerAllowedCapabilities.json (6.1.0) and ContainerNoPrivilege.json (9.1.0).
"""

from __future__ import annotations

from netraw_lint.capabilities import KNOWN, NET_RAW
from netraw_lint.emit.head import told
from netraw_lint.reporters.escape import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from netraw_lint.emit.plan import Exempt, Plan

BECAUSE = "Azure Policy excludes whole namespaces, and containers of a name everywhere"
_DEFINITIONS = "/providers/Microsoft.Authorization/policyDefinitions/"
_CAPABILITIES = "c26596ff-4d70-4e6a-9a30-c2506bd2f80c"
_PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"
# The definitions' defaults, which a list of one's own replaces.
_NAMESPACES = ("azure-arc", "azure-extensions-usage-system", "gatekeeper-system", "kube-system")


def carries(exempt: Exempt) -> bool:
    """Whether the definitions' parameters can say it."""
    return exempt.is_namespace or exempt.is_container


def manifest(plan: Plan) -> str:
    """A template for a deployment to a subscription; JSON has no comments, so they are in its metadata."""
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": {"comments": _comments(plan)},
        "resources": [
            _assignment(
                plan,
                "netraw-lint-capabilities",
                "Containers drop NET_RAW and do not add it",
                _CAPABILITIES,
                {
                    # Exactly what is left when NET_RAW is taken out: the definition is about nothing else then.
                    "allowedCapabilities": sorted(KNOWN - {NET_RAW}),
                    "requiredDropCapabilities": [NET_RAW],
                },
            ),
            _assignment(
                plan,
                "netraw-lint-privileged",
                "Privileged containers hold NET_RAW whatever they drop",
                _PRIVILEGED,
                {},
            ),
        ],
    }
    return json_text(template)


def _assignment(plan: Plan, name: str, title: str, definition: str, own: dict[str, Any]) -> dict[str, Any]:
    namespaces = {each.namespace for each in plan.namespaces}
    containers = {each.container for each in plan.carried if each.is_container}
    parameters = {
        "effect": "Deny" if plan.enforce else "Audit",
        "excludedNamespaces": sorted(map(str, {*_NAMESPACES, *namespaces})),
        "excludedContainers": sorted(map(str, containers)),
        **own,
    }
    return {
        "type": "Microsoft.Authorization/policyAssignments",
        "apiVersion": "2022-06-01",
        "name": name,
        "properties": {
            "displayName": f"netraw-lint: {title}",
            "policyDefinitionId": _DEFINITIONS + definition,
            "parameters": {key: {"value": value} for key, value in parameters.items()},
        },
    }


def _comments(plan: Plan) -> list[str]:
    return told(
        "azure",
        plan,
        "For AKS with the Azure Policy add-on:",
        "  az aks enable-addons --addons azure-policy --resource-group GROUP --name CLUSTER",
        "Deploy it to the subscription with",
        "  az deployment sub create --location LOCATION --template-file FILE",
        "or assign a definition to one cluster, with the parameters below in a file, as",
        f'  az policy assignment create --name netraw-lint --policy {_CAPABILITIES} --params FILE --scope "$(az aks'
        ' show --resource-group GROUP --name CLUSTER --query id --output tsv)"',
        "It refuses." if plan.enforce else "It only audits; --enforce prints the one that refuses.",
        "It differs from the linter: a container must drop NET_RAW or ALL whatever the runtime does by default, must"
        " not add it even where a drop takes it away again, and Windows pods are not told apart. Gatekeeper, which"
        " the add-on runs, compares these names without regard to case and takes a dropped ALL for every name, but"
        " `CAP_NET_RAW` for another name. It sees pods only, not what makes them, and the system's namespaces never.",
    )

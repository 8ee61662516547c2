"""The rules, one module each; a module's docstring is the page that --explain prints.

A rule module has a ``RULE`` and one function per thing it looks at: ``check_container``, ``check_template``,
``check_object``, ``check_policy``, ``check_namespace``, ``check_gate``, ``check_crossed`` or ``check_unreadable``.
"""

from __future__ import annotations

from netraw_lint.rules import (
    admission_policy_admits_net_raw,
    admitted_with_net_raw,
    all_capabilities_added,
    capabilities_on_windows,
    duplicate_key,
    exemption_without_reason,
    expired_exemption,
    ineffective_drop,
    misplaced_capabilities,
    namespace_admits_net_raw,
    net_raw_added,
    net_raw_not_dropped,
    operator_container_not_hardened,
    policy_admits_net_raw,
    privileged_container,
    refused_by_policy,
    removed_policy_api,
    unknown_rule_in_exemption,
    unreadable_manifest,
    unused_exemption,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    from netraw_lint.findings import Rule
    from netraw_lint.model import Finding

    Check = Callable[..., Iterator[Finding]]

MODULES = (
    net_raw_added,
    all_capabilities_added,
    net_raw_not_dropped,
    privileged_container,
    ineffective_drop,
    misplaced_capabilities,
    capabilities_on_windows,
    operator_container_not_hardened,
    duplicate_key,
    policy_admits_net_raw,
    removed_policy_api,
    namespace_admits_net_raw,
    admission_policy_admits_net_raw,
    refused_by_policy,
    admitted_with_net_raw,
    exemption_without_reason,
    expired_exemption,
    unused_exemption,
    unknown_rule_in_exemption,
    unreadable_manifest,
)


def rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    return tuple(module.RULE for module in MODULES)


def checks(subject: str, codes: frozenset[str]) -> tuple[Check, ...]:
    """The checks of the switched-on rules for a subject: ``container``, ``template``, ``policy``, ..."""
    modules: tuple[Any, ...] = MODULES
    return tuple(
        getattr(module, f"check_{subject}")
        for module in modules
        if module.RULE.code in codes and hasattr(module, f"check_{subject}")
    )


def explained(module: ModuleType) -> str:
    """The page of a rule: its docstring."""
    return (module.__doc__ or "").strip()

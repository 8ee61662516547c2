"""What --against-policies means for a run: its rules, and the options that it does not go with."""

from __future__ import annotations

from netraw_lint.streams import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

RULES = ("NRL110", "NRL111", "NRL900")
# A run that changes files, or does not see all of them, is no cross-check.
_NOT_WITH = (
    *("fix", "diff", "add_exemptions", "grant", "baseline", "update_baseline", "since"),
    *("show_containers", "kustomize"),
)


def refuse_other_modes(parsed: Namespace) -> None:
    """Raises UsageError for options that --against-policies does not go with."""
    for name in _NOT_WITH:
        if getattr(parsed, name):
            flag = name.replace("_", "-")
            raise UsageError(f"--against-policies does not go with --{flag}: make it a run of its own")

"""Matching findings with declarations: what is exempt, what is not, and which declarations are no good."""

from __future__ import annotations

from netraw_lint import rules, selection
from netraw_lint.declared import has_date
from netraw_lint.model import Exemption, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from netraw_lint.declared import Declared
    from netraw_lint.model import Settings, Terms


class Accepted:
    """What has been matched so far in a run: the numbers of the settings' entries and identities of the baseline."""

    def __init__(self) -> None:
        self.entries: set[int] = set()
        self.baseline: set[str] = set()


def accept(
    found: Sequence[Finding],
    declarations: Iterable[Declared],
    settings: Settings,
    running: frozenset[str],
    accepted: Accepted,
) -> Iterator[Finding | Exemption]:
    """The findings, exempt or not, and what is wrong with the declarations of the document."""
    usable: list[tuple[Declared, set[str]]] = []
    for declaration in declarations:
        codes, wrong = _checked(declaration, settings.today)
        yield from (finding for finding in wrong if finding.rule in running)
        if codes:
            usable.append((declaration, codes))
    used: set[int] = set()
    for finding in found:
        yield _accepted(finding, usable, used, settings, accepted)
    for number, (declaration, codes) in enumerate(usable):
        ours = declaration.origin in ("comment", "annotation")
        if number not in used and ours and _all_run(codes, running):
            yield from rules.unused_exemption.check_exemption(declaration, codes)


def _all_run(codes: set[str], running: frozenset[str]) -> bool:
    """Whether an exemption would have been used if it were of use: every rule it is for has run."""
    wanted = {rule.code for rule in rules.rules() if rule.code in codes and not rule.opt_in} or codes
    return wanted <= running and rules.unused_exemption.RULE.code in running


def _accepted(
    finding: Finding,
    usable: Sequence[tuple[Declared, set[str]]],
    used: set[int],
    settings: Settings,
    accepted: Accepted,
) -> Finding | Exemption:
    exempt: Exemption | None = None
    for number, (declaration, codes) in enumerate(usable):
        if finding.rule in codes and declaration.covers(finding):
            used.add(number)
            terms = declaration.terms
            exempt = exempt or Exemption(finding, terms.reason, terms.until, declaration.origin)
    for entry in settings.exemptions:
        if entry.terms.holds(settings.today) and entry.covers(finding) and _is_meant(finding, entry.terms):
            accepted.entries.add(entry.number)
            exempt = exempt or Exemption(finding, entry.terms.reason, entry.terms.until, "settings")
    if finding.identity in settings.baseline:
        accepted.baseline.add(finding.identity)
        exempt = exempt or Exemption(finding, "recorded in the baseline", None, "baseline")
    return exempt or finding


def _is_meant(finding: Finding, terms: Terms) -> bool:
    known = rules.rules()
    return not terms.selectors or any(
        finding.rule in selection.matching(known, selector) for selector in terms.selectors
    )


def _checked(declaration: Declared, today: str) -> tuple[set[str], list[Finding]]:
    """The codes that a declaration exempts, none if it is not valid, and what is wrong with it."""
    codes: set[str] = set()
    wrong: list[Finding] = []
    terms = declaration.terms
    if not terms.selectors:
        wrong += rules.unknown_rule_in_exemption.check_exemption(declaration, "", "")
    for selector in terms.selectors:
        try:
            matched = selection.matching(rules.rules(), selector)
        except selection.UnknownRuleError as error:
            wrong += rules.unknown_rule_in_exemption.check_exemption(declaration, selector, error.suggestion)
            continue
        if selector.upper() == "ALL":
            wrong += rules.unknown_rule_in_exemption.check_exemption(declaration, selector, "")
        else:
            codes |= matched
    if not terms.reason:
        wrong += rules.exemption_without_reason.check_exemption(declaration)
        return set(), wrong
    if not has_date(terms) or not terms.holds(today):
        wrong += rules.expired_exemption.check_exemption(declaration, has_date(terms))
        return set(), wrong
    return codes, wrong

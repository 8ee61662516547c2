"""Many changes of one document: proven at once, and where one cannot be, with few proofs the others still are."""

from __future__ import annotations

from typing import Any

import pytest

from netraw_lint.catalogue import Catalogue
from netraw_lint.fix import proof, verify
from netraw_lint.fix.plan import Plan
from netraw_lint.fixing import Fixer, codes
from netraw_lint.model import Settings, Source
from netraw_lint.schemas_dir import read_catalogue

POD = """\
- apiVersion: v1
  kind: Pod
  metadata: {{name: web-{0}}}
  spec:
    containers:
    - name: app
      image: example/app:1
"""
DROPPED = """\
      securityContext:
        capabilities:
          drop:
          - NET_RAW
"""
RULES = frozenset(("NRL001", "NRL002", "NRL003", "NRL005"))


def a_list(pods: int, *, dropped: bool = False, but: frozenset[str] = frozenset()) -> str:
    """A List of Pods; with ``dropped``, as it is when all are fixed but some."""
    items = (
        POD.format(number) + (DROPPED if dropped and f"web-{number}" not in but else "")
        for number in range(pods)
    )
    return "apiVersion: v1\nkind: List\nitems:\n" + "".join(items)


def fixed(
    text: str, monkeypatch: pytest.MonkeyPatch, bad: frozenset[str] = frozenset()
) -> tuple[str, set[str], int]:
    """The text after fixing where the proof of some pods fails, the pods refused, and how many proofs it took."""
    applied, proofs = proof._applied, 0

    def failing(work: proof.Work, planned: Plan) -> str:
        nonlocal proofs
        proofs += 1
        found = {one.template.object.name for each in planned.planned for one in each.change.containers}
        if found & bad:
            raise verify.ProofError("it is to fail")
        return applied(work, planned)

    monkeypatch.setattr(proof, "_applied", failing)
    settings = Settings()
    written: list[bytes] = []

    def commit(_source: Source, data: bytes) -> None:
        written.append(data)

    fixer = Fixer(settings, Catalogue(read_catalogue), codes(settings, RULES, frozenset()), commit)
    list(fixer.over([Source("list.yaml", text.encode())]))
    refused = {about[2].name for about in fixer.refusals if about[2]}
    return (written[0].decode() if written else text), refused, proofs


def test_all_changes_of_a_document_are_proven_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fixed(a_list(200), monkeypatch) == (a_list(200, dropped=True), set(), 1)


def test_few_bad_changes_among_many_cost_few_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = frozenset(("web-3", "web-47"))

    text, refused, proofs = fixed(a_list(64), monkeypatch, bad)

    assert text == a_list(64, dropped=True, but=bad)
    assert refused == bad
    # Twice, since what is refused may have been freed by what was done: all, then the way down to each by halves.
    assert proofs <= 2 * (1 + 2 * 2 * 6)


def test_what_cannot_be_proven_at_all_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = frozenset(f"web-{number}" for number in range(300))

    text, refused, proofs = fixed(a_list(300), monkeypatch, bad)

    assert text == a_list(300)
    assert refused == bad
    assert proofs <= 1 + proof._MOST_PROOFS


def planned(*marks: str) -> Any:
    """A change with edits of these names, for containers of its own."""

    class Some:
        edits = marks

        class change:  # noqa: N801 - as the attribute is called
            containers = (object(),)

    return Some


def test_changes_that_share_an_edit_stay_together() -> None:
    one, two, three, four = planned("a"), planned("b", "c"), planned("c"), planned("a", "c")

    assert proof._groups([one, two, three]) == [[one], [two, three]]
    assert proof._groups([one, two, three, four]) == [[one, two, three, four]]

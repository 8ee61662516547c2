"""What very many containers share is refused for all of them, and looked at once."""

from __future__ import annotations

from typing import Any

import pytest

from netraw_lint.catalogue import Catalogue
from netraw_lint.fix import sharing
from netraw_lint.fixing import Fixer, codes
from netraw_lint.model import Settings, Source
from netraw_lint.schemas_dir import read_catalogue

# The unknown kind uses what the pods share, and nobody knows what for.
THING = """\
apiVersion: v1
kind: List
items:
- apiVersion: example.com/v1
  kind: Thing
  metadata: {name: x}
  spec: &shared
    securityContext: &context
      capabilities:
        add: [NET_RAW]
"""
POD = """\
- apiVersion: v1
  kind: Pod
  metadata: {{name: web-{}}}
  spec:
    containers:
    - name: app
      image: example/app:1
      {}
"""


def refused(text: str) -> set[str]:
    """The reasons why nothing in a text is fixed."""
    settings = Settings()
    safe = codes(settings, frozenset(("NRL001", "NRL003")), frozenset())
    fixer = Fixer(settings, Catalogue(read_catalogue), safe, lambda _source, _data: None)
    source = Source("list.yaml", text.encode())
    assert list(fixer.over([source])) == [source]
    return {refusal.reason for refusal in fixer.refusals.values()}


@pytest.mark.parametrize(
    ("shared", "line"), [("securityContext: *context", 8), ("<<: *shared", 7)], ids=["alias", "merge"]
)
@pytest.mark.parametrize("pods", [1, 3, 200])
def test_a_user_that_wants_no_change_is_named_to_all_others(
    pods: int, shared: str, line: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = 0
    span = sharing._span

    def counting(*given: Any) -> tuple[int, int]:
        nonlocal looked_at
        looked_at += 1
        return span(*given)

    monkeypatch.setattr(sharing, "_span", counting)
    text = THING + "".join(POD.format(number, shared) for number in range(pods))
    if shared.startswith("<<"):
        text = text.replace("&context", "")

    assert refused(text) == {f"an anchor shares it with line {line}, where it must not change"}
    # Each pod once, however many others share it.
    assert looked_at <= 2 * pods + 1


def test_an_anchor_around_the_containers_is_named_with_its_aliases() -> None:
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: &spec
  containers:
  - &one
    name: a
    securityContext: {capabilities: {add: [NET_RAW]}}
other:
  one: *one
  all: *spec
"""

    assert refused(text) == {"an anchor shares it with lines 4, 10 and 11, where it must not change"}

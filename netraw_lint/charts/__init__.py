"""Helm charts: rendered to be judged, reported where they were written, fixed there, and proven by rendering again.

``chart`` reads what a chart says about itself, ``markers`` and ``rendered`` carry lines of templates through a
render, ``placing`` puts a finding at its template, ``governing`` finds the value that decides, ``lint`` judges.
``editing`` and ``templating`` write edits, ``compare`` and ``proof`` prove them, ``fixing`` chooses; ``run`` is the
door to all of it.
"""

from __future__ import annotations

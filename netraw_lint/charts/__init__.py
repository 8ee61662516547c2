"""Helm charts: rendered to be judged, reported where they were written, fixed there, and proven by rendering again.

``chart`` reads what a chart says about itself, ``obstacles`` what it lacks, ``markers`` and ``rendered`` carry lines of templates through a
render, ``placing`` puts a finding at its template, ``governing`` finds the value that decides, ``lint`` judges.
``editing`` and ``templating`` write edits, ``compare``, ``proof`` and ``proving`` prove them, ``fixing`` chooses;
``bounds`` limits all of it, and ``run`` is the door to it.
"""

from __future__ import annotations

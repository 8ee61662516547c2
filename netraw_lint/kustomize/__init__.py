"""Kustomizations: built to be judged, reported where they were written, fixed there, and proven by building again.

``marks`` carries places of files through a build, ``workshop`` holds the copies that are built, ``delivered`` adds what
Argo CD and Flux put on top, ``placing`` puts a finding at its base or patch, ``lint`` judges, ``compare`` and
``fixing`` prove what edits change; ``run`` is the door to all of it.
"""

from __future__ import annotations

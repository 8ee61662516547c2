"""What a GitOps controller deploys from this repository: Argo CD's and Flux's objects that point to a path of it.

``argocd``, ``applicationsets`` and ``flux`` read the objects, ``repository`` decides whether an address means this
repository, ``follow`` is the door: manifests in, ``Delivery`` values out, whoever builds them.
"""

from __future__ import annotations

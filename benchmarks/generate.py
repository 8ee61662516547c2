"""A made-up repository of services, the same on every machine and for every Python, for compare.py to measure on.

    python benchmarks/generate.py DIRECTORY [SERVICES]

The mix is that of 2,762 documents of 158 public charts and of the repositories around them: one document in eight is
a workload, most of the bytes are CustomResourceDefinitions, and most files hold several documents.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

WORDS = "cart checkout catalogue search orders users billing mail gateway metrics audit stock prices reviews".split()

WORKLOAD = """\
apiVersion: apps/v1
kind: {kind}
metadata:
  name: {name}
  namespace: {team}
  labels: &labels
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: {team}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
    spec:
      serviceAccountName: {name}
      securityContext:
        runAsNonRoot: true
      containers:
{containers}      volumes:
      - name: tmp
        emptyDir: {{}}
"""
CONTAINER = """\
      - name: {name}
        image: registry.example/{team}/{name}:1.{version}.0
        args: ["--listen", ":8080", "--log-format=json"]
        env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              apiVersion: v1
              fieldPath: metadata.name
        - name: DATABASE_URL
          value: postgres://{team}-db:5432/{name}
        ports:
        - name: http
          containerPort: 8080
        readinessProbe:
          httpGet: {{path: /ready, port: http}}
          initialDelaySeconds: 5
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 256Mi}}
{security}        volumeMounts:
        - name: tmp
          mountPath: /tmp
"""
DROPS = """\
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop: [ALL]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {team}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
  - name: http
    port: 80
    targetPort: http
"""
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}-config
  namespace: {team}
data:
  application.yaml: |
    listen: :8080
    upstreams:
{lines}"""
ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: {team}
"""
ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: {name}
  namespace: {team}
rules:
- apiGroups: [""]
  resources: ["configmaps", "secrets", "pods"]
  verbs: ["get", "list", "watch"]
"""
NETWORK_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {name}
  namespace: {team}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {name}
  ingress:
  - from:
    - namespaceSelector: {{}}
"""
POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: {name}-drop-all
spec:
  validationFailureAction: Enforce
  rules:
  - name: drop-all
    match:
      any:
      - resources:
          kinds: [Pod]
    validate:
      message: containers of {name} must drop ALL
      pattern:
        spec:
          containers:
          - securityContext:
              capabilities:
                drop: ["ALL"]
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {name}s.{team}.example
spec:
  group: {team}.example
  names:
    kind: {kind}
    plural: {name}s
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
"""
FIELD = """\
          {field}:
            description: |-
              The {field} of a {name}. It is handed to its containers as it is, and a change of it
              restarts them one after the other.
            items:
              properties:
                name:
                  description: Name of the {field}, unique in its list.
                  maxLength: 63
                  pattern: ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$
                  type: string
              type: object
            type: array
"""


class Maker:
    """Makes services, one after the other, from one stream of random numbers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same numbers each time are the point

    def service(self, number: int) -> dict[str, str]:
        """The files of one service: path to text."""
        pick = self.random
        word, team = WORDS[number % len(WORDS)], f"team-{number // 12 % 40}"
        about = {"name": f"{word}-{number}", "team": team}
        folder = f"{team}/{about['name']}"
        base = [
            self.workload(about),
            SERVICE.format(**about),
            ACCOUNT.format(**about),
            *(self.config_map(about, pick.randrange(10, 120)) for _ in range(pick.randrange(1, 4))),
            ROLE.format(kind="Role", **about),
            NETWORK_POLICY.format(**about),
        ]
        files = {f"{folder}/{about['name']}.yaml": "---\n".join(base)}
        files[f"{folder}/production.yaml"] = self.config_map(about, pick.randrange(5, 60))
        if number % 3 == 0:
            files[f"{folder}/policy.yaml"] = POLICY.format(**about)
        if number % 4 == 0:
            files[f"rendered/{about['name']}.yaml"] = self.rendered(about)
        if number % 25 == 0:
            files[f"{team}/crds/{about['name']}.yaml"] = self.definition(
                about, pick.randrange(100, 800) * 1024
            )
        return files

    def workload(self, about: dict[str, str]) -> str:
        """A workload; one container in nine drops nothing."""
        pick = self.random
        containers = ""
        for name in (about["name"], "proxy")[: 1 + (pick.random() < 0.4)]:
            security = "" if pick.random() < 1 / 9 else DROPS
            version = pick.randrange(100)
            containers += CONTAINER.format(name=name, team=about["team"], version=version, security=security)
        kind = pick.choice(("Deployment", "Deployment", "Deployment", "StatefulSet", "DaemonSet"))
        return WORKLOAD.format(kind=kind, replicas=pick.randrange(1, 6), containers=containers, **about)

    def config_map(self, about: dict[str, str], lines: int) -> str:
        """A ConfigMap with a text of so many lines."""
        ports = [self.random.randrange(8000, 9000) for _ in range(lines)]
        text = "".join(
            f"    - http://{about['name']}-{port}.{about['team']}.svc:{port}/api\n" for port in ports
        )
        return CONFIG_MAP.format(lines=text, **about)

    def rendered(self, about: dict[str, str]) -> str:
        """What `helm template` prints for the chart of a service."""
        source = f"---\n# Source: {about['name']}/templates/"
        parts = {
            "serviceaccount.yaml": ACCOUNT.format(**about),
            "configmap.yaml": self.config_map(about, self.random.randrange(20, 400)),
            "clusterrole.yaml": ROLE.format(kind="ClusterRole", **about),
            "service.yaml": SERVICE.format(**about),
            "networkpolicy.yaml": NETWORK_POLICY.format(**about),
            "deployment.yaml": self.workload(about),
        }
        return "".join(f"{source}{file}\n{text}" for file, text in parts.items())

    def definition(self, about: dict[str, str], size: int) -> str:
        """A CustomResourceDefinition of about so many bytes."""
        kind = about["name"].partition("-")[0].title()
        parts = [DEFINITION.format(kind=kind, **about)]
        length = len(parts[0])
        while length < size:
            parts.append(FIELD.format(field=f"option{len(parts)}Containers", **about))
            length += len(parts[-1])
        return "".join(parts)


def write(folder: Path, services: int, seed: int = 8) -> tuple[int, int]:
    """Write so many services below a folder, and say how many files and bytes they are."""
    maker = Maker(seed)
    files = size = 0
    (folder / ".git").mkdir(parents=True, exist_ok=True)
    for number in range(services):
        for path, text in maker.service(number).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8", newline="\n")
            files, size = files + 1, size + len(text)
    return files, size


if __name__ == "__main__":
    made = write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 150)
    print(f"{made[0]:,} files, {made[1]:,} bytes")

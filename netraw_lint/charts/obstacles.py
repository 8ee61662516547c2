"""What has to be done before a chart can be rendered without a network."""

from __future__ import annotations

from netraw_lint.charts import chart
from netraw_lint.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netraw_lint.charts.session import Session


def obstacles(session: Session) -> list[Problem]:
    """What has to be done before a chart can be rendered offline."""
    path = session.plain.path
    if session.about is None:
        return [Problem(path, "render", "Chart.yaml cannot be read as YAML")]
    problems = []
    lacking = chart.missing(session.plain, session.about)
    if lacking:
        names = ", ".join(f"{each.name} ({each.repository or 'no repository'})" for each in lacking)
        problems.append(
            Problem(
                path,
                "render",
                f"not vendored: {names}; netraw-lint downloads nothing: run `helm dependency build {path}` before it, "
                "or set `charts: skip`",
            )
        )
    for name, address in chart.remote_references(session.plain) if not session.wish.ignore_schema else ():
        problems.append(
            Problem(
                session.shown(name),
                "render",
                f"the schema refers to {address}, and netraw-lint asks no network: copy what is meant into the schema, "
                "or set `ignore-schema: true` for this chart under `chart-values` in the settings",
            )
        )
    return problems

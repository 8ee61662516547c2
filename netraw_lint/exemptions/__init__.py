"""Findings that somebody accepted: on the record, with a reason, and no longer than they said.

An exemption is declared in a comment, an annotation, the settings file, another linter's annotation or a baseline.
Every declaration becomes a ``Declared``; ``accept`` matches them with findings, and reports the declarations that
are wrong, expired or of no use.
"""

from __future__ import annotations

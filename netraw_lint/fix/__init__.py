"""Findings to verified edits: text is spliced, never dumped.

``plan`` decides what is to change, ``splice`` where and in whose style, ``edits`` applies, ``verify`` proves. A
document is changed only if all of them agree; whatever is not changed comes back as a Refusal with its reason.
"""

from __future__ import annotations

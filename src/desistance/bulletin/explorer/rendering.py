"""The explorer as one HTML file that needs nothing else: data, style and scripts laid into the template."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from desistance.bulletin.explorer.data import explorer_data
from desistance.bulletin.page.rendering import TEMPLATES as PAGE
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.sections.front import cover_facts, notices
from desistance.study import Study

if TYPE_CHECKING:
    from desistance.disclosure.release import Released

TEMPLATES = Path(__file__).parent / "templates"
# One after the other in one script: look-ups, writing, the drawing, the parts of a view, saving, the start.
SCRIPTS = ("released.js", "writing.js", "chart.js", "parts.js", "saving.js", "explorer.js")
# Marks that turn the direction of what follows would make 39 of a sentence after a label read as 93.
TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# Within a script element nothing may look like markup, and two line ends are none to JSON but are to JavaScript.
UNSAFE = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def render_explorer(released: Released, study: Study) -> str:
    """Write the explorer as one HTML page that works offline, from the file system.

    Parameters
    ----------
    released : Released
        What may be seen; the only source of numbers.
    study : Study
        Labels and words.
    """
    numbers = released_numbers(released)
    script = _joined(['"use strict";', *(_template(name) for name in SCRIPTS)])
    page = (
        _environment()
        .get_template("explorer.html")
        .render(
            title=study.title,
            made_up=numbers.made_up,
            head=cover_facts(numbers, study),
            notices=notices(numbers, study),
            version=numbers.facts["version"],
            style=Markup(
                _joined([(PAGE / "style.css").read_text(encoding="utf-8"), _template("explorer.css")])
            ),
            data=Markup(embedded(explorer_data(released, study))),
            script=Markup(script),
            digest=_digest(script),
        )
    )
    return page.translate(TURNING)


def embedded(data: Any) -> str:
    r"""JSON that can stand in a script element whatever its texts hold.

    >>> print(embedded({"label": "</script>"}))
    {"label":"\u003c/script\u003e"}
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(str.maketrans(UNSAFE))


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _joined(texts: Sequence[str]) -> str:
    return "\n".join(texts)


def _digest(script: str) -> str:
    """Name a script for the content security policy: only these run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

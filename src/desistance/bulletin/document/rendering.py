"""The whole report as one tagged PDF document (PDF/UA-1): content laid into the template and set by typst."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from desistance.bulletin.content import Publication
from desistance.bulletin.document.blocks import report_data
from desistance.bulletin.document.faces import folder
from desistance.bulletin.document.row_heads import with_row_heads
from desistance.errors import ReleaseError

TEMPLATE = Path(__file__).parent / "template.typ"


def render_document(report: Publication, drawings: Mapping[str, str]) -> bytes:
    """Write the report as PDF/UA-1.

    Every text reaches typst as data and is set as it is, so markup in a label does nothing. Nothing is read but the
    template and the fonts of the package, and no date is written: the same report gives the same bytes.

    Parameters
    ----------
    report : Publication
        The report.
    drawings : mapping of str to str
        SVG by the id of its figure; a figure whose drawing is not there is set as its alternative text.

    Raises
    ------
    ReleaseError
        typst cannot set it.
    """
    import typst

    content = json.dumps(report_data(report, drawings), ensure_ascii=False, allow_nan=False)
    try:
        pdf = typst.compile(
            TEMPLATE.read_bytes(),
            format="pdf",
            font_paths=[str(folder())],
            ignore_system_fonts=True,
            sys_inputs={"report": content},
            pdf_standards="ua-1",
        )
    except typst.TypstError as error:
        raise ReleaseError(
            f"the report cannot be set as a PDF document for all readers: {str(error).splitlines()[0]}; look for "
            "unusual characters in the labels of the study, and take them out"
        ) from None
    return with_row_heads(pdf)

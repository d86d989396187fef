"""An ODS package around the content of a workbook: the same content gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

KINDS = ("office", "style", "text", "table", "meta", "config")
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
NAMESPACES = {
    **{kind: f"{OASIS}:{kind}:1.0" for kind in KINDS},
    "number": f"{OASIS}:datastyle:1.0",
    "fo": f"{OASIS}:xsl-fo-compatible:1.0",
    "svg": f"{OASIS}:svg-compatible:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
}
DECLARED = " ".join(f'xmlns:{name}="{address}"' for name, address in NAMESPACES.items())
MOMENT = (1980, 1, 1, 0, 0, 0)  # the zero of archives: a workbook made again has the same bytes
PARTS = ("mimetype", "META-INF/manifest.xml", "meta.xml", "settings.xml", "styles.xml", "content.xml")
UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def package(content: str, styles: str, *, sheets: Sequence[str], title: str, description: str) -> bytes:
    """Pack a spreadsheet in British English, open at the first of its sheets with the cursor in A1.

    Parameters
    ----------
    content, styles : str
        The XML of the two parts.
    sheets : sequence of str
        Names of the sheets, at least one.
    title, description : str
        Of the document, for those who list or search files.
    """
    from odfdo import Document

    container = Document("spreadsheet").container
    for name in container.parts:
        if name not in PARTS:
            container.del_part(name)
    made = {
        "META-INF/manifest.xml": _manifest(),
        "meta.xml": _meta(title, description),
        "settings.xml": _settings(sheets),
        "styles.xml": styles,
        "content.xml": content,
    }
    for name, text in made.items():
        container.set_part(name, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())
    whole = io.BytesIO()
    container.save(whole)
    return _timeless(whole)


def fit(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return UNFIT.sub("", text)


def _timeless(made: io.BytesIO) -> bytes:
    """Pack an archive again with its parts in one order and without the time of packing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(packed, "w") as new:
        for name in PARTS:
            part = zipfile.ZipInfo(name, MOMENT)
            part.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return packed.getvalue()


def _manifest() -> str:
    files = {"/": "application/vnd.oasis.opendocument.spreadsheet", **dict.fromkeys(PARTS[2:], "text/xml")}
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in files.items()
    )
    declared = f'xmlns:manifest="{OASIS}:manifest:1.0" manifest:version="1.3"'
    return f"<manifest:manifest {declared}>{entries}</manifest:manifest>"


def _meta(title: str, description: str) -> str:
    return (
        f'<office:document-meta {DECLARED} office:version="1.3"><office:meta>'
        f"<meta:generator>desistance</meta:generator><dc:title>{escape(fit(title))}</dc:title>"
        f"<dc:description>{escape(fit(description))}</dc:description><dc:language>en-GB</dc:language>"
        "</office:meta></office:document-meta>"
    )


def _settings(sheets: Sequence[str]) -> str:
    """The first sheet open, and the cursor in A1 of every sheet."""
    cursor = "".join(
        f'<config:config-item config:name="CursorPosition{axis}" config:type="int">0</config:config-item>'
        for axis in "XY"
    )
    entries = "".join(
        f"<config:config-item-map-entry config:name={quoteattr(sheet)}>{cursor}</config:config-item-map-entry>"
        for sheet in sheets
    )
    return (
        f'<office:document-settings {DECLARED} office:version="1.3"><office:settings>'
        '<config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed config:name="Views">'
        '<config:config-item-map-entry><config:config-item config:name="ViewId" config:type="string">view1'
        f'</config:config-item><config:config-item-map-named config:name="Tables">{entries}'
        '</config:config-item-map-named><config:config-item config:name="ActiveTable" config:type="string">'
        f"{escape(sheets[0])}</config:config-item></config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set></office:settings></office:document-settings>"
    )

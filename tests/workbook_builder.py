"""Workbooks made by hand: what no program writes, or none that is at hand."""

import zipfile
from xml.sax.saxutils import escape

TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<?xml version="1.0"?>'


def text_cell(place, text):
    """A cell that holds text."""
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def cell(place, value, kind="n", formula=""):
    """Any other cell: a number, `b` a boolean, `e` an error, `str` what a formula gave."""
    told = f"<f>{escape(formula)}</f>" if formula else ""
    return f'<c r="{place}" t="{kind}">{told}<v>{value}</v></c>'


def rows(*lines, first=1):
    """Rows of text from column A on."""
    return "".join(
        f'<row r="{number}">'
        + "".join(text_cell(f"{chr(65 + n)}{number}", t) for n, t in enumerate(line))
        + "</row>"
        for number, line in enumerate(lines, first)
    )


def workbook(path, sheets, states=None, extra=(), head=HEAD):
    """A workbook of sheets by name, each the XML of its rows; `states` hides some; `extra` are further parts."""
    states = states or {}
    listed, related = "", ""
    parts = {"[Content_Types].xml": HEAD + TYPES}
    for number, (name, content) in enumerate(sheets.items(), 1):
        state = f' state="{states[name]}"' if name in states else ""
        listed += f'<sheet name="{escape(name)}" sheetId="{number}"{state} r:id="r{number}"/>'
        related += (
            f'<Relationship Id="r{number}" Type="{RELATED}/worksheet" Target="worksheets/s{number}.xml"/>'
        )
        data = content if "<sheetData>" in content else f"<sheetData>{content}</sheetData>"
        parts[f"xl/worksheets/s{number}.xml"] = f'{head}<worksheet xmlns="{MAIN}">{data}</worksheet>'
    parts["_rels/.rels"] = (
        f'{HEAD}<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{RELATED}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    )
    parts["xl/workbook.xml"] = (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>{listed}</sheets></workbook>'
    )
    parts["xl/_rels/workbook.xml.rels"] = f'{HEAD}<Relationships xmlns="{PACKAGE}">{related}</Relationships>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*parts.items(), *extra]:
            archive.writestr(name, content)
    return path

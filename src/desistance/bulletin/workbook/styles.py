"""How the cells of the workbook are set: one sans serif, sizes, number styles that write numbers as the page does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from desistance.bulletin.language.shown import Part, What

FONT, SIZE, TITLE_SIZE = "Arial", "11pt", "15pt"
SIGNED = frozenset({What.POINTS, What.CHANGE})
MINUS = "\u2212"
# Styles of a package's styles.xml; the cell styles of sheets build on these.
COMMON = f"""<office:document-styles {{namespaces}} office:version="1.3"><office:font-face-decls>
<style:font-face style:name="{FONT}" svg:font-family="{FONT}" style:font-family-generic="swiss"
 style:font-pitch="variable"/></office:font-face-decls><office:styles>
<style:default-style style:family="table-cell"><style:paragraph-properties style:tab-stop-distance="1.25cm"/>
<style:text-properties style:font-name="{FONT}" fo:font-size="{SIZE}" fo:language="en" fo:country="GB"
 style:font-name-asian="{FONT}" style:font-size-asian="{SIZE}" style:language-asian="none" style:country-asian="none"
 style:font-name-complex="{FONT}" style:font-size-complex="{SIZE}" style:language-complex="none"
 style:country-complex="none"/></style:default-style>
<style:style style:name="Default" style:family="table-cell"><style:table-cell-properties
 style:vertical-align="top" fo:padding-top="0.1cm"
 fo:padding-bottom="0.1cm" fo:padding-left="0.2cm" fo:padding-right="0.2cm"/></style:style>
<style:style style:name="Heading_20_1" style:display-name="Heading 1" style:family="table-cell"
 style:parent-style-name="Default"><style:text-properties fo:font-size="{TITLE_SIZE}" fo:font-weight="bold"
 style:font-size-asian="{TITLE_SIZE}" style:font-weight-asian="bold" style:font-size-complex="{TITLE_SIZE}"
 style:font-weight-complex="bold"/></style:style>
<style:style style:name="Heading_20_2" style:display-name="Heading 2" style:family="table-cell"
 style:parent-style-name="Default"><style:table-cell-properties fo:wrap-option="wrap"/><style:text-properties
 fo:font-size="12pt" fo:font-weight="bold"/></style:style>
<style:style style:name="Column_20_heading" style:display-name="Column heading" style:family="table-cell"
 style:parent-style-name="Default"><style:table-cell-properties fo:wrap-option="wrap"
 style:vertical-align="bottom" fo:border-bottom="0.75pt solid #0b0c0c"/><style:paragraph-properties
 fo:text-align="start"/><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Number_20_heading" style:display-name="Number heading" style:family="table-cell"
 style:parent-style-name="Column_20_heading"><style:table-cell-properties
 style:text-align-source="fix"/><style:paragraph-properties fo:text-align="end"/></style:style>
<style:style style:name="Words" style:family="table-cell" style:parent-style-name="Default"><style:table-cell-properties
 fo:wrap-option="wrap" style:text-align-source="fix"/><style:paragraph-properties fo:text-align="start"/></style:style>
<style:style style:name="Mark" style:family="table-cell" style:parent-style-name="Default"><style:table-cell-properties
 style:text-align-source="fix"/><style:paragraph-properties fo:text-align="end"/></style:style>
</office:styles><office:automatic-styles><style:page-layout style:name="page"><style:page-layout-properties
 fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.5cm"
 style:scale-to-X="1" style:scale-to-Y="0"/></style:page-layout></office:automatic-styles><office:master-styles>
<style:master-page style:name="Default" style:page-layout-name="page"/></office:master-styles>
</office:document-styles>"""


def number_style(part: Part) -> str:
    """Name of the cell style that writes a number as the page does: "points-0", "decimal-2"."""
    kind = part.what if part.what in SIGNED | {What.COUNT, What.SHARE} else What.DECIMAL
    return f"{kind}-{_decimals(part)}"


def number_styles(names: Iterable[str]) -> Iterator[str]:
    """Styles of numbers, and of the cells that hold them."""
    for name in sorted(names):
        kind, _, decimals = name.partition("-")
        yield from _number_format(f"format-{name}", What(kind), int(decimals))
        yield (
            f'<style:style style:name="{name}" style:family="table-cell" style:parent-style-name="Mark" '
            f'style:data-style-name="format-{name}"/>'
        )


def column_style(name: str, centimetres: float) -> str:
    """Style of a column of some width."""
    return (
        f'<style:style style:name="{name}" style:family="table-column"><style:table-column-properties '
        f'style:column-width="{centimetres:g}cm"/></style:style>'
    )


ROW = (
    '<style:style style:name="row" style:family="table-row"><style:table-row-properties '
    'style:use-optimal-row-height="true"/></style:style>'
)
SHEET = (
    '<style:style style:name="sheet" style:family="table" style:master-page-name="Default">'
    '<style:table-properties table:display="true" style:writing-mode="lr-tb"/></style:style>'
)


def _decimals(part: Part) -> int:
    exponent = part.value.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return places - 2 if part.what == What.SHARE else places


def _number_format(name: str, what: What, decimals: int) -> Iterator[str]:
    """Number style; numbers below nought have a minus sign instead of a hyphen, signed ones a plus above it."""
    number = (
        f'<number:number number:decimal-places="{decimals}" number:min-decimal-places="{decimals}" '
        'number:min-integer-digits="1" number:grouping="true"/>'
    )
    if what == What.SHARE:
        yield (
            f'<number:percentage-style style:name="{name}">{number}<number:text>%</number:text>'
            "</number:percentage-style>"
        )
        return
    plus = "<number:text>+</number:text>" if what in SIGNED else ""
    nought = (
        f'<style:map style:condition="value()=0" style:apply-style-name="{name}-nought"/>' if plus else ""
    )
    if plus:
        yield f'<number:number-style style:name="{name}-nought" style:volatile="true">{number}</number:number-style>'
    yield (
        f'<number:number-style style:name="{name}-below" style:volatile="true"><number:text>{MINUS}</number:text>'
        f"{number}</number:number-style>"
    )
    yield (
        f'<number:number-style style:name="{name}">{plus}{number}'
        f'<style:map style:condition="value()&lt;0" style:apply-style-name="{name}-below"/>{nought}'
        "</number:number-style>"
    )

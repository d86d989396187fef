"""Files that were made to do harm, or that something went wrong with: each builder writes one and gives its path."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from contextlib import contextmanager
from functools import partial

CANARY = "canary-4711"
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY out SYSTEM "file:///etc/hostname">]>'


def written(name, content):
    """A builder of a file with this content."""

    def build(folder):
        path = folder / name
        path.write_bytes(content() if callable(content) else content)
        return path

    return build


def xlsx(sheet, name="Sheet1", start='<?xml version="1.0"?>'):
    """A workbook of one sheet, whose XML is given as text or as an iterator of bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}"><sheets><sheet name="{name}" sheetId="1" r:id="r1"/>'
            "</sheets></workbook>",
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        with file.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(f'{start}<worksheet xmlns="{SPREADSHEET}"><sheetData>'.encode())
            for piece in [sheet.encode()] if isinstance(sheet, str) else sheet:
                part.write(piece)
            part.write(b"</sheetData></worksheet>")
    return out.getvalue()


def ods(table, start='<?xml version="1.0"?>'):
    """A sheet in the OpenDocument format, whose table is given as XML."""
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        file.writestr("mimetype", kind, zipfile.ZIP_STORED)
        file.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        )
        file.writestr(
            "content.xml",
            f"{start}<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="Sheet1">{table}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def cell(text, reference=""):
    """An inline text cell of a workbook."""
    return f'<c {reference} t="inlineStr"><is><t>{text}</t></is></c>'


def sheet_row(values):
    """One row of a workbook's sheet."""
    return f"<row>{''.join(map(cell, values))}</row>"


def ods_cell(text, more=""):
    """A text cell of an ODS sheet."""
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def ods_row(cells, more=""):
    """One row of an ODS sheet."""
    return f"<table:table-row {more}>{cells}</table:table-row>"


def blanks(n_bytes):
    """Much of nothing, a piece at a time."""
    piece = b" " * 2**20
    return (piece for _ in range(n_bytes // 2**20))


def many_cells():
    """Two million cells that say the same, which pack well."""
    row = f"<row>{cell('x' * 200) * 100}</row>".encode()
    return (row for _ in range(20_000))


def zip_of(*members):
    """A zip file of members (name, content)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return out.getvalue()


PLAIN = f"case_id,service\n{CANARY},S1\n".encode()


def packed(name, opened):
    """A builder of half a gigabyte that packs to nothing, written a piece at a time."""

    def build(folder):
        path = folder / name
        with opened(path) as out:
            out.write(b"case_id,service\n")
            for _ in range(512):
                out.write(b"0" * 2**20)
        return path

    return build


@contextmanager
def zip_member(path):
    """The one member of a zip file, to be written."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("a.csv", "w") as member:
        yield member


FILES = {
    "zip bomb as xlsx": written("bomb.xlsx", lambda: xlsx(blanks(3 << 30))),
    "many cells in a small xlsx": written("cells.xlsx", lambda: xlsx(many_cells())),
    "billion laughs in xlsx": written("laughs.xlsx", lambda: xlsx(sheet_row(["&l9;"]), start=LAUGHS)),
    "outside entity in xlsx": written("outside.xlsx", lambda: xlsx(sheet_row(["&out;"]), start=OUTSIDE)),
    "billion laughs in ods": written("laughs.ods", lambda: ods(ods_row(ods_cell("&l9;")), start=LAUGHS)),
    "outside entity in ods": written("outside.ods", lambda: ods(ods_row(ods_cell("&out;")), start=OUTSIDE)),
    "repeated cells in ods": written(
        "repeated.ods",
        lambda: ods(
            ods_row(
                ods_cell("x", 'table:number-columns-repeated="16384"'), 'table:number-rows-repeated="1048576"'
            )
        ),
    ),
    "absurd repetition in ods": written(
        "absurd.ods",
        lambda: ods(ods_row(ods_cell("x", 'table:number-columns-repeated="99999999999999999999"'))),
    ),
    "a million columns": written("wide.csv", lambda: b",".join(b"c%d" % n for n in range(10**6)) + b"\n1\n"),
    "a million columns in xlsx": written(
        "wide.xlsx", lambda: xlsx(sheet_row([f"c{n}" for n in range(10**6)]))
    ),
    "formulas": written("formulas.csv", b'case_id,service\n=1+1,"=HYPERLINK(""http://x"",""y"")"\n'),
    "NULs": written("nul.csv", b"case_id,service\n\0\0\0,S1\n"),
    "NULs only": written("nuls.csv", b"\0" * 4096),
    "path-like sheet": written("path.xlsx", lambda: xlsx(sheet_row(["a", "b"]), name="../../../tmp/x")),
    "path-like member": written("path.zip", lambda: zip_of(("../../../../tmp/escaped.csv", PLAIN))),
    "absolute member": written("absolute.zip", lambda: zip_of(("/tmp/escaped.csv", PLAIN))),
    "zip in zip": written("nested.zip", lambda: zip_of(("inner.zip", zip_of(("a.csv", PLAIN))))),
    "zip bomb as csv": packed("bomb.zip", zip_member),
    "gzip bomb": packed("bomb.csv.gz", partial(gzip.open, mode="wb")),
    "bz2 bomb": packed("bomb.csv.bz2", partial(bz2.open, mode="wb")),
    "xz bomb": packed("bomb.csv.xz", partial(lzma.open, mode="wb", preset=0)),
    "truncated gzip": written("short.csv.gz", lambda: gzip.compress(PLAIN)[:-6]),
    "truncated xlsx": written("short.xlsx", lambda: xlsx(sheet_row(["a", "b"]))[:-40]),
    "truncated ods": written("short.ods", lambda: ods(ods_row(ods_cell("a")))[:-40]),
    "truncated sav": written("short.sav", b"$FL2@(#) SPSS DATA FILE" + b"\2\0\0\0" * 4),
    "truncated dta": written(
        "short.dta", b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder>"
    ),
    "sav of a million variables": written(
        "many.sav",
        b"$FL2@(#) SPSS DATA FILE".ljust(64)
        + struct.pack("<iiiiid", 2, 2**30, 0, 0, 2**30, 100.0)
        + b" " * 84,
    ),
    "truncated Parquet": written(
        "short.parquet", b"PAR1" + b"\0" * 40 + struct.pack("<i", 2**31 - 1) + b"PAR1"
    ),
    "xlsx under the name csv": written("other.csv", lambda: xlsx(sheet_row(["a", "b"]))),
    "csv under the name xlsx": written("other.xlsx", PLAIN),
    "csv under the name sav": written("other.sav", PLAIN),
    "csv under the name dta": written("other.dta", PLAIN),
    "csv under the name parquet": written("other.parquet", PLAIN),
    "program under the name csv": written("program.csv", b"\x7fELF\2\1\1" + b"\0" * 64 + CANARY.encode()),
    "picture under the name xlsx": written("picture.xlsx", b"\x89PNG\r\n\x1a\n" + b"\0" * 64),
    "huge integers": written("huge.csv", b"case_id,service\n" + b"9" * 10**6 + b",S1\n"),
    "one line without end": written("line.csv", lambda: b"a" * (64 << 20)),
    "open quotation mark": written(
        "quote.csv", lambda: b'case_id,service\n"' + CANARY.encode() + b"x,y\n" * 10**6
    ),
    "blank lines": written("blank.csv", lambda: b"\n" * 10**7),
    "empty": written("empty.xlsx", b""),
    "a folder": lambda folder: (folder / "folder.csv").mkdir() or folder / "folder.csv",
}
DOCUMENTS = {
    "YAML tag": "!!python/object/apply:os.system ['touch escaped']\n",
    "YAML laughs": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    + "columns: *a9\n",
    "YAML recursion": "columns: &x {a: *x}\n",
    "YAML depth": "columns: " + "[" * 10_000 + "]" * 10_000 + "\n",
    "YAML greater depth": "columns: " + "[" * 1_000_000 + "\n",
    "YAML huge integer": "columns: {a: {from: " + "9" * 10_000 + "}}\n",
    "YAML many keys": "columns:\n" + "".join(f"  k{n}: {{from: x}}\n" for n in range(20_000)),
    "YAML NUL": "columns: {a: {from: 'x\0y'}}\n",
    "YAML merge bomb": "a: &a {b: c}\ncolumns: {<<: [" + ", ".join(["*a"] * 10_000) + "]}\n",
}

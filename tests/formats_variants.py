"""The same extract as many programs write it, each with the mapping and choices that reading it back needs.

The committed files of `data/formats` were made by R and LibreOffice (`make.R`); the others are written here, by
pandas, pyreadstat and pyarrow.
"""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyreadstat
from pyarrow import parquet

FOLDER = Path(__file__).with_name("data") / "formats"
PLAIN = ("case_id", "service", "inspected_on", "made_up")
LEVELS = {
    "age": ("10-14", "15-16", "17-18"),
    "gender": ("boy", "girl"),
    "safety_concern": ("low", "medium", "high", "very high"),
    "risk_to_others": ("low", "medium", "high", "very high"),
    "previous_sanctions": ("0", "1-2", "3-5", "6+"),
}
JUDGED = {"yes": 1, "no": 2, "not applicable": 8, "not known": 9}
WORDS = {"yes": "Yes", "no": "No", "not applicable": "N/A", "not known": "Don't know"}


def cases():
    """The extract, every value as text."""
    return pd.read_csv(FOLDER / "cases.csv", dtype=str, keep_default_na=False)


COLUMNS = tuple(cases().columns)
CODED = tuple(name for name in COLUMNS if name not in PLAIN)


def codes_of(column):
    """Number of each answer of a column."""
    if column not in LEVELS:
        return JUDGED
    levels = {level: number for number, level in enumerate(LEVELS[column], 1)}
    return levels | {"not applicable": 8, "not known": 9}


def coded(empty=None):
    """The extract with numbers for answers, as most programs keep them."""
    data = cases().astype(object)
    for column in CODED:
        data[column] = [codes_of(column).get(value, empty) for value in data[column]]
    return data


def mapping(codes=None, dates=None, headings=None, columns=CODED):
    """A mapping: `codes` gives the number or word of each answer of a column."""
    lines = ["columns:"]
    for name in (*COLUMNS[:-1],):
        entry = []
        if headings:
            entry.append(f'from: "{headings(name)}"')
        if codes and name in columns:
            pairs = (f'"{code}": "{answer}"' for answer, code in codes(name).items())
            entry.append(f"codes: {{{', '.join(pairs)}}}")
        if dates and name == "inspected_on":
            entry.append(f'format: "{dates}"')
        if entry:
            lines.append(f"  {name}: {{{', '.join(entry)}}}")
    return "\n".join(lines) + "\n"


def words_of(column):
    """Another word for each answer that is not a level of a breakdown."""
    answers = codes_of(column)
    return {answer: WORDS[answer] for answer in answers if answer in WORDS}


def letters_of(column):
    """What Stata's own missing values stand for."""
    numbers = {answer: number for answer, number in codes_of(column).items() if number < 8}
    return numbers | {"not applicable": ".a", "not known": ".b"}


def spaced(name):
    """A heading as people write it."""
    return name.replace("_", " ").capitalize() + ("?" if name in CODED else "")


CODES = mapping(codes_of)
POINTS = mapping(lambda column: codes_of(column) | {"": "."})


@dataclass(frozen=True)
class Variant:
    """One way to write the extract: what makes its files in a folder, and what reads them back."""

    name: str
    make: Callable[[Path], list[Path]]
    mapping: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)

    def files(self, folder):
        """Write the files, or give those that are committed."""
        return self.make(Path(folder))


def committed(name, mapped=None, **choices):
    """A file that another program wrote once."""
    return Variant(name, lambda folder: [FOLDER / name], mapped, choices)


def text_file(name, content, encoding="utf-8"):
    """A file with a text in it."""

    def make(folder):
        (folder / name).write_bytes(content.encode(encoding))
        return [folder / name]

    return make


def frame_file(name, write):
    """A file that a function writes."""

    def make(folder):
        write(folder / name)
        return [folder / name]

    return make


def csv_text(data=None, **how):
    """The extract as pandas writes it."""
    return (cases() if data is None else data).to_csv(None, index=False, lineterminator="\n", **how)


def packed(name, pack, source="cases.csv"):
    """A committed file in a compressed one."""
    return frame_file(name, lambda path: pack(path, (FOLDER / source).read_bytes()))


def zipped(inside, source):
    """A committed file in an archive, beside what programs put there of their own accord."""

    def write(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/", "")
            archive.writestr("__MACOSX/._cases.csv", "x")
            archive.writestr("folder/read me.pdf", "x")
            archive.write(FOLDER / source, inside)

    return write


def split(*ends):
    """The extract in several files, each of another format."""

    def make(folder):
        data = cases()
        parts = [data[: len(data) // 2], data[len(data) // 2 :]]
        writers = {"csv": pd.DataFrame.to_csv, "parquet": pd.DataFrame.to_parquet}
        paths = [folder / f"part{number}.{end}" for number, end in enumerate(ends, 1)]
        for path, part, end in zip(paths, parts, ends, strict=True):
            writers[end](part, path, index=False)
        return paths

    return make


def categories(data):
    """Every answer as a category."""
    return data.astype({column: "category" for column in CODED})


def parquet_of(table, **how):
    """A writer of a Parquet file of the table that a function gives."""
    return lambda path: parquet.write_table(table(), path, **how)


def dated(data):
    """The extract with dates that are dates."""
    return data.assign(inspected_on=pd.to_datetime(data["inspected_on"]))


def to_stata(path, version, data=None, **how):
    """A file of Stata as pandas writes it."""
    data = dated(categories(cases()) if data is None else data)
    data.to_stata(path, write_index=False, version=version, convert_dates={"inspected_on": "td"}, **how)


def numbers():
    """The extract with numbers for answers, a missing one as pandas and SPSS have it."""
    return coded().astype(dict.fromkeys(CODED, float))


def value_labels():
    """What each number means, by column."""
    return {column: {number: answer for answer, number in codes_of(column).items()} for column in CODED}


def write_sav(path, **how):
    """A file of SPSS as pyreadstat writes it."""
    data = numbers().assign(inspected_on=pd.to_datetime(cases()["inspected_on"]).dt.date)
    pyreadstat.write_sav(data, str(path), variable_value_labels=value_labels(), **how)


def spread():
    """Typed columns as Arrow has them: codes as decimals and small integers, days, dictionaries."""
    data, columns = coded(), {}
    for place, column in enumerate(data.columns):
        values = data[column].tolist()
        if column == "inspected_on":
            columns[column] = pa.array(pd.to_datetime(values)).cast(pa.date32())
        elif column in PLAIN:
            columns[column] = pa.array(values, (pa.string(), pa.large_string())[place % 2])
        else:
            kind = (pa.int8(), pa.float32(), pa.decimal128(5, 2), pa.int64())[place % 4]
            columns[column] = pa.array(values, pa.float64(), from_pandas=True).cast(kind)
    return pa.table(columns)


def words_frame():
    """The extract with other words for yes, no and what is missing."""
    data = cases()
    for column in CODED:
        data[column] = data[column].replace(words_of(column))
    return data


def booleans():
    """Yes and no as true and false where nothing else stands in a column."""
    data, table = cases(), {}
    for column in data.columns:
        values = data[column].tolist()
        is_bool = column in CODED and set(values) <= {"yes", "no", ""}
        table[column] = [{"yes": True, "no": False}.get(value) for value in values] if is_bool else values
    return pa.table(table)


TRUTH = mapping(lambda column: {"yes": "true", "no": "false"} if column not in LEVELS else {"not known": "9"})
COMMITTED = [
    committed("labels.sav"),
    committed("labels.zsav"),
    committed("other_labels.sav", mapping(words_of)),
    committed("codes.sav", CODES),
    committed("text.sav"),
    committed("missing_values.sav"),
    committed("missing_range.sav"),
    *(committed(f"labels_{version}.dta", encoding="utf-8") for version in (8, 10, 12, 13)),
    *(committed(f"labels_{version}.dta") for version in (14, 15)),
    committed("tagged.dta"),
    committed("tagged_codes.dta", mapping(letters_of)),
    committed("text.dta"),
    committed("factors_7.dta", encoding="utf-8"),
    committed("factors_10.dta", mapping(lambda _: {"": ".z"}), encoding="utf-8"),
    committed("titles.xlsx"),
    committed("two_sheets.xlsx", sheet="2020"),
    committed("hidden_sheet.xlsx"),
    committed("formats.xlsx", CODES),
    committed("numbers_as_text.xlsx", CODES),
    committed("merged.xlsx"),
    committed("dates.xlsx"),
    *(committed(f"libreoffice/dates.{end}") for end in ("xlsx", "xls", "ods")),
    committed("libreoffice/dates.csv", mapping(dates="%m/%d/%Y")),
    *(committed(f"libreoffice/titles.{end}") for end in ("xls", "ods")),
    *(committed(f"libreoffice/formats.{end}", CODES) for end in ("xls", "ods")),
    committed("quoted.csv"),
    committed("windows.csv"),
    committed("pipes.txt"),
    committed("points.csv", POINTS),
    committed("decimal_commas.csv"),
    committed("excel_mark.csv"),
    committed("excel_mark_semicolons.csv"),
    committed("readr.tsv"),
    *(committed(f"packed.csv.{end}", CODES) for end in ("gz", "bz2", "xz")),
]
TITLES = "A made-up extract\n\nRun by,nobody\n\n"
WRITTEN = [
    Variant("utf-16.txt", text_file("a.txt", csv_text(sep="\t"), "utf-16")),
    Variant(
        "utf-16 without a mark.txt",
        text_file("a.txt", csv_text(sep="\t"), "utf-16-le"),
        None,
        {"encoding": "utf-16-le"},
    ),
    Variant("mark and quotes.csv", text_file("a.csv", csv_text(quoting=1), "utf-8-sig")),
    Variant(
        "old Macintosh.csv",
        text_file("a.csv", csv_text().replace("\n", "\r"), "mac_roman"),
        None,
        {"encoding": "mac_roman"},
    ),
    Variant(
        "sep line.csv", text_file("a.csv", "sep=;\r\n" + csv_text(sep=";").replace("\n", "\r\n"), "cp1252")
    ),
    Variant("titles.csv", text_file("a.csv", TITLES + csv_text())),
    Variant("blank lines above.csv", text_file("a.csv", "\n\n,,,\n" + csv_text())),
    Variant(
        "blank columns and rows.csv",
        text_file("a.csv", csv_text().replace("\n", ",,\n") + ("," * 43 + "\n") * 9),
    ),
    Variant(
        "headings of people.csv",
        text_file("a.csv", csv_text(cases().rename(columns={n: spaced(n) for n in COLUMNS[:-1]}))),
        mapping(headings=spaced),
    ),
    Variant("other words.csv", text_file("a.csv", csv_text(words_frame())), mapping(words_of)),
    Variant(
        "British dates.csv",
        text_file("a.csv", csv_text(dated(cases()), date_format="%d/%m/%Y")),
        mapping(dates="%d/%m/%Y"),
    ),
    Variant(
        "decimals for codes.csv",
        text_file("a.csv", csv_text(numbers())),
        mapping(lambda c: {a: f"{n}.0" for a, n in codes_of(c).items()}),
    ),
    Variant("shuffled columns.csv", text_file("a.csv", csv_text(cases()[list(COLUMNS[::-1])]))),
    Variant(
        "workbook by another name.csv",
        frame_file("a.csv", lambda path: path.write_bytes((FOLDER / "titles.xlsx").read_bytes())),
    ),
    Variant("text by another name.xls", text_file("a.xls", csv_text(sep="\t"), "cp1252")),
    Variant("categories.parquet", frame_file("a.parquet", lambda path: categories(cases()).to_parquet(path))),
    Variant(
        "snappy.parquet", frame_file("a.parquet", lambda path: cases().to_parquet(path, compression="snappy"))
    ),
    Variant("zstandard.parquet", frame_file("a.parquet", parquet_of(spread, compression="zstd")), CODES),
    Variant(
        "gzip.parquet",
        frame_file("a.parquet", lambda path: dated(cases()).to_parquet(path, compression="gzip")),
    ),
    Variant("floats.parquet", frame_file("a.parquet", lambda path: numbers().to_parquet(path)), CODES),
    Variant(
        "integers.parquet",
        frame_file(
            "a.parquet", lambda path: numbers().astype(dict.fromkeys(CODED, "Int16")).to_parquet(path)
        ),
        CODES,
    ),
    Variant(
        "nulls.parquet", frame_file("a.parquet", lambda path: cases().replace("", None).to_parquet(path))
    ),
    Variant("booleans.parquet", frame_file("a.parquet", parquet_of(booleans)), TRUTH),
    Variant(
        "small row groups.parquet",
        frame_file(
            "a.parquet", parquet_of(lambda: pa.Table.from_pandas(categories(cases())), row_group_size=7)
        ),
    ),
    *(
        Variant(
            f"pandas {version}.dta",
            frame_file("a.dta", lambda path, version=version: to_stata(path, version)),
        )
        for version in (117, 118, 119)
    ),
    Variant("pandas codes.dta", frame_file("a.dta", lambda path: to_stata(path, 118, numbers())), CODES),
    Variant("pyreadstat.sav", frame_file("a.sav", write_sav)),
    Variant("pyreadstat.zsav", frame_file("a.zsav", lambda path: write_sav(path, compress=True))),
    Variant(
        "pyreadstat missing.sav",
        frame_file("a.sav", lambda path: write_sav(path, missing_ranges={c: [8, 9] for c in CODED})),
    ),
    Variant("packed.csv.gz", packed("a.csv.gz", lambda path, text: path.write_bytes(gzip.compress(text)))),
    Variant("packed.txt.bz2", packed("a.txt.bz2", lambda path, text: path.write_bytes(bz2.compress(text)))),
    Variant("packed.xz", packed("a.xz", lambda path, text: path.write_bytes(lzma.compress(text)))),
    Variant(
        "packed.csv.zst",
        packed(
            "a.csv.zst", lambda path, text: path.write_bytes(pa.Codec("zstd").compress(text, asbytes=True))
        ),
    ),
    Variant(
        "packed.sav.gz",
        packed("a.sav.gz", lambda path, text: path.write_bytes(gzip.compress(text)), "labels.sav"),
    ),
    Variant("archive.zip", frame_file("a.zip", zipped("folder/cases.csv", "cases.csv"))),
    Variant(
        "archive of a workbook.zip", frame_file("a.zip", zipped("../../cases.ods", "libreoffice/dates.ods"))
    ),
    Variant("two files of text", split("csv", "csv")),
    Variant("text and Parquet", split("csv", "parquet")),
]
VARIANTS = {variant.name: variant for variant in (*COMMITTED, *WRITTEN)}

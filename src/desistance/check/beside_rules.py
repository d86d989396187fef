"""What is wrong with the table of services and the coded comments, each with the way to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from desistance.check.beside import COMMENTS, SERVICES, Beside
from desistance.check.definition import DOUBT, NOTE, STOPS, FileRead, Finding
from desistance.check.shown import ROW, exact_or_few, rows_in_words
from desistance.check.visible import visible
from desistance.records.comments import LONGEST_QUOTE
from desistance.study import Study

MOST_NAMED = 6  # columns
NAMES = {SERVICES: "table of services", COMMENTS: "coded comments"}
TORN = (
    "a row has more or fewer values than there are headings",
    "Usually an unquoted delimiter or line break in a text: save it again with texts in quotation marks, or as a "
    "workbook.",
)
NO_RECORDS = (
    "a {service} has no accepted record",
    "Write it to the letter as the records do, and look whether its records break a rule.",
)
# What a rule says of the rows that break it, and how to mend them.
RULES = {
    SERVICES: {
        "service_missing": ("a row names no {service}", "Fill it in, as the records have it."),
        "duplicate_service": (
            "a {service} stood in an earlier row",
            "The first row counts, the others are left out. Keep one row for each {service}.",
        ),
        "service_without_records": NO_RECORDS,
        "unknown_code": (
            "{columns} has a code that is neither the study's nor a provider's",
            "Correct it: the study knows {codes}, and study.yaml has the codes of providers. Several providers are "
            "joined by a semicolon.",
        ),
        "provider_and_nobody": ("{columns} names a provider and nobody at once", "Keep one of the two."),
        "not_a_number": (
            "{columns} is not a whole number from 0",
            "Write a number of people in digits alone, or a code for what is missing.",
        ),
        "part_over_whole": (
            "{columns} has more people in the part than there are",
            "Correct the numbers; look whether the two columns were taken for each other.",
        ),
        "wrong_number_of_values": TORN,
    },
    COMMENTS: {
        "passage_missing": ("a row names no passage", "Fill it in: the same name for all its coders."),
        "service_missing": ("a row names no {service}", "Fill it in, as the records have it."),
        "coder_missing": ("a row names no coder", "Fill it in, as the codebook has it."),
        "theme_missing": ("a row has no theme", "Code it, or write none where no theme fits."),
        "direction_missing": ("a theme has no direction", "Write enabler or barrier."),
        "unknown_code": (
            "{columns} has something that the codebook does not",
            "Write coders and themes as the codebook of study.yaml does, a direction as enabler or barrier, "
            "cleared as yes or no. The column made_up may be empty or say made up.",
        ),
        "service_without_records": NO_RECORDS,
        "case_without_record": (
            "a {case} has no accepted record in the {service} that is named",
            "Write both to the letter as the records do, and look whether the record breaks a rule.",
        ),
        "passage_in_two_services": (
            "a passage stands in two {services}",
            "All its rows are left out. Correct them, or give each passage a name of its own.",
        ),
        "passage_in_two_cases": (
            "a passage is about two {cases}, or about one in some of its rows and none in others",
            "All its rows are left out. Correct them, or give each passage a name of its own.",
        ),
        "duplicate_coding": (
            "a coder gives a passage the same theme again",
            "The first row counts. Delete the others, unless another theme was meant.",
        ),
        "none_beside_a_theme": (
            "a coder finds a theme in a passage and also none",
            "All these rows are left out. Keep either none or the themes.",
        ),
        "theme_in_two_directions": (
            "a coder takes a theme of a passage for enabler and barrier at once",
            "Both rows are left out. Keep one, or split the passage.",
        ),
        "direction_without_theme": ("a direction stands beside none", "Delete it, or name the theme."),
        "cleared_without_excerpt": (
            "an excerpt is cleared and is not there",
            "Fill it in, or clear nothing.",
        ),
        "excerpt_too_long": (
            f"a cleared excerpt has more than {LONGEST_QUOTE} characters",
            "Shorten it; somebody must read it again and clear it.",
        ),
        "wrong_number_of_values": TORN,
    },
}


def files_beside(beside: Beside, threshold: int) -> Iterator[FileRead]:
    """Each file with its rows in words."""
    for name, rows in beside.files:
        words = "0" if rows is None else exact_or_few(rows, threshold)
        yield FileRead(visible(name), words, rows is not None, (), holds=NAMES[beside.part])


def beside_findings(
    beside: Beside, study: Study, *, made_up: bool | None, threshold: int
) -> Iterator[Finding]:
    """Whatever is wrong with the table of services or the coded comments.

    `made_up` is whether the records are made up, None where that is not known.
    """
    part, name = beside.part, NAMES[beside.part]
    for where, mistake in beside.mistakes:
        yield _stops(part, where, mistake, "Mend this and check again; the rest was checked.")
    if None not in (made_up, beside.made_up) and beside.made_up != made_up:
        whose = ("made up", "not made up") if beside.made_up else ("not made up", "made up")
        text = f"In the {name} rows are {whose[0]}, and those of the records are {whose[1]}"
        advice = "Give records.files and records.{} of one kind; a column made_up marks what is made up."
        yield _stops("made_up_mixed", part, text, advice.format(part))
    yield from _rejected(beside, study, threshold)
    if beside.n_bare and beside.matched:
        service = study.words["service"]
        yield Finding(
            DOUBT,
            "services_without_row",
            part,
            f"In the {name}, {service[1]} with accepted records have no accepted row",
            "Add a row for each, or mend the one it has: without one it counts as missing in all that is said of "
            f"{service[1]}.",
            rows_in_words(beside.n_bare, beside.n_services, threshold, unit=service),
        )
    if beside.n_read and not beside.matched:
        yield Finding(
            NOTE,
            "not_matched",
            part,
            f"Whether the {name} and the records have the same {study.words['service'][1]} was not looked at",
            "Too few records can be read or accepted. Mend these first, then check again.",
        )


def design_findings(mistake: str, services: str | None, study: Study) -> Iterator[Finding]:
    """What keeps strata, sizes or weights from being taken from the table of services, where the study does that.

    `mistake` is what was wrong when records were counted; `services` names the table, None where there is none.
    """
    if study.design and services is None:
        yield _stops(
            "services_not_given",
            SERVICES,
            "The study takes strata or weights from the table of services (design), and none is given",
            "Name it in the configuration (records.services), or with --services.",
        )
    elif mistake:
        yield _stops(
            "design", Path(services or "").name, mistake, "Mend this and check again; the rest was checked."
        )


def _rejected(beside: Beside, study: Study, threshold: int) -> Iterator[Finding]:
    """Rows that a run would leave out, together and by rule; of a rule with all columns that break it."""
    part, name = beside.part, NAMES[beside.part]
    if not beside.rejected:
        return
    all_rows = len(beside.rejected) == beside.n_read
    yield Finding(
        DOUBT if all_rows else NOTE,
        "rows_rejected",
        part,
        f"In the {name}, rows break a rule",
        f"A run leaves them out and goes on, and lists each with its reasons in rejected_{part}.csv (restricted).",
        rows_in_words(len(beside.rejected), beside.n_read, threshold),
    )
    for kind, columns in _columns(beside.rejected).items():
        text, advice = RULES[part].get(kind, ("the rule {kind} is broken", "Correct the rows."))
        words = _words(study) | {"kind": kind, "columns": _named(columns)}
        n_rows = sum(any(rule.partition(":")[0] == kind for rule in rules) for rules in beside.rejected)
        yield Finding(
            DOUBT,
            kind,
            f"{part}: {'; '.join(columns)}" if columns else part,
            f"In the {name}, {text.format(**words)}",
            advice.format(**words),
            rows_in_words(n_rows, beside.n_read, threshold, unit=ROW),
        )


def _columns(rejected: tuple[tuple[str, ...], ...]) -> dict[str, list[str]]:
    """Rules that are broken, in order of name, each with the columns it is broken in."""
    found = sorted({rule.partition(":")[::2] for rules in rejected for rule in rules})
    return {kind: [column for each, column in found if each == kind and column] for kind, _ in found}


def _named(columns: list[str]) -> str:
    left = len(columns) - MOST_NAMED
    return " or ".join(map(repr, columns[:MOST_NAMED])) + (f" and {left} more" if left > 0 else "")


def _words(study: Study) -> Mapping[str, str]:
    case, service = study.words["case"], study.words["service"]
    words = dict(zip(("case", "cases", "service", "services"), (*case, *service), strict=True))
    return words | {"codes": ", ".join(repr(code) if code else "an empty cell" for code in study.codes)}


def _stops(check: str, where: str, text: str, advice: str) -> Finding:
    return Finding(STOPS, check, visible(where), visible(text, 600), advice)

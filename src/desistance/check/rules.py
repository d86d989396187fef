"""Rules that rows break, each with the way to mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from desistance.check.columns import label_of
from desistance.check.dates import window
from desistance.check.definition import DOUBT, NOTE, STOPS, Finding
from desistance.check.shown import ROW, rows_in_words
from desistance.study import MADE_UP, MISSING, Study

COMMA = "If its numbers have a decimal comma, say decimal: comma in the mapping."
BEGIN_AGAIN = (
    "If numbers begin again in each {service}, several {cases} may share one: give both headings in the mapping "
    "(from: [{service}, number])."
)
OF_SERVICE = "rows_disagree:the service"
# What a rule says of the rows that break it, and how to mend them; {label} is the column's, after the colon.
RULES = {
    "case_missing": (
        "A row has no {case} number",
        "Fill it in, or map another column that tells {cases} apart.",
    ),
    "duplicate_case": (
        "A {case} number stood in an earlier row",
        "The first row counts, the others are left out. If rows are events, ask for one row a {case} or say in "
        "study.yaml which row counts (one_row_per_case); if numbers repeat between {services}, give "
        "both headings in the mapping (from: [{service}, number]).",
    ),
    "service_missing": ("A row names no {service}", "Fill it in: without it the row cannot be counted."),
    "stratum_missing": ("A row names no stratum", "Fill it in, or take the stratum out of the study."),
    "date_unreadable": (
        "{label} is empty or cannot be read",
        "Say in the mapping how dates are written (format), or fill them in.",
    ),
    "date_outside_window": (
        "{label} lies outside the study's window, {window}",
        "Leave out records of other years, or correct the window in study.yaml if it is wrong.",
    ),
    "judged_without_base": (
        "{label} is judged where its base is absent",
        "Such a judgement contradicts the factor: correct one of them, or make it not applicable. Where it is so in "
        "many rows, look at both codes in the mapping.",
    ),
    "weight_not_positive": ("{label} is not a number above 0", f"Correct it. {COMMA}"),
    "services_in_stratum_not_positive": ("{label} is not a number above 0", f"Correct it. {COMMA}"),
    "number_unreadable": (
        "{label} is no number",
        f"Correct it, or say in the mapping which codes are missing. {COMMA}",
    ),
    "outside_bands": ("{label} lies outside every band", "Correct it, or add a band to study.yaml."),
    "years_implausible": (
        "{label} would be below nought or over 120 years",
        "Correct the dates; look at two digits for the year, and at the order of day and month.",
    ),
    "spell_ends_before_start": ("A spell for {label} ends before it starts", "Correct its dates."),
    "spell_unreadable": (
        "A date of a spell for {label} cannot be read",
        "Say in the mapping how dates are written (format), or correct it.",
    ),
    "rows_disagree": (
        "The rows of one {case} say different things of {label}",
        "Only what differs from row to row may differ within a {case}: correct the others. " + BEGIN_AGAIN,
    ),
    OF_SERVICE: (
        "Rows of one {case} number stand under two {services}",
        BEGIN_AGAIN
        + " If a {case} moved, keep the rows of one {service}; look too for a {service} in two spellings.",
    ),
    "missing_code_untranslated": (
        "{label} has codes that the file itself calls missing, and nothing says which kind of missing they are",
        "Say in the mapping which kind each is, under columns, {column}: codes: {{its code: a code of the study}}. The "
        "study knows {missing}.",
    ),
    "wrong_number_of_values": (
        "A row has more or fewer values than there are headings",
        "Usually an unquoted delimiter or line break in a text: export again with texts in quotation marks.",
    ),
    f"unknown_code:{MADE_UP}": (
        "The column made_up holds something else than the mark of made-up records",
        "It may be empty or say made up.",
    ),
}


def rule_findings(
    account: Mapping[str, Any], study: Study, *, told: Collection[str], limit: float, threshold: int
) -> Iterator[Finding]:
    """Rules that rows break, by the account of ingestion.

    `told` are the columns whose codes are told of elsewhere.
    `limit` is the share of rows that may break a rule before a run stops.
    """
    if not account["n_rejected"]:
        return
    stops = too_many_rejects(account, limit)
    unit = study.words["case"] if study.gathers else ROW
    yield Finding(
        STOPS if stops else NOTE,
        "rows_rejected",
        "rows",
        f"Rows break a rule, {'more' if stops else 'no more'} than records.rejects_limit lets pass ({100 * limit:g} "
        "per cent)",
        "A run leaves them out, and lists each with its reasons in rejects.csv (restricted). Mend what follows, "
        "or raise the limit if they can be left out.",
        rows_in_words(account["n_rejected"], account["n_read"], threshold, unit=unit),
    )
    for rule, count in account["rejected_by_rule"].items():
        kind, _, column = rule.partition(":")
        if kind == "unknown_code" and column in told:
            continue
        of_service = rule == f"rows_disagree:{study.service}"
        text, advice = (
            RULES.get(OF_SERVICE if of_service else rule)
            or RULES.get(kind)
            or ("The rule {rule} is broken", "Correct the rows.")
        )
        where = column or _column_of(kind, study)
        words = {"rule": rule, **_words(where, study)}
        yield Finding(
            STOPS if stops else DOUBT,
            kind,
            where,
            text.format(**words),
            advice.format(**words),
            rows_in_words(count, account["n_read"], threshold, unit=unit),
        )


def too_many_rejects(account: Mapping[str, Any], limit: float) -> bool:
    """Whether more rows break a rule than a run lets pass, or all do."""
    return not account["n_accepted"] or account["n_rejected"] > limit * account["n_read"]


def _words(column: str, study: Study) -> dict[str, str]:
    words = {
        "label": label_of(column, study),
        "window": window(study) if study.date else "",
        "column": column,
        "missing": ", ".join(
            repr(code) if code else "an empty cell" for code, state in study.codes.items() if state in MISSING
        ),
    }
    for name in ("case", "service"):
        words |= {name: study.words[name][0], f"{name}s": study.words[name][1]}
    return words


def _column_of(rule: str, study: Study) -> str:
    places = {"case": study.case, "duplicate": study.case, "service": study.service, "stratum": study.stratum}
    places |= {"date": study.date.column if study.date else "", "weight": study.weight}
    places |= {"services": study.services_in_stratum}
    return places.get(rule.partition("_")[0]) or "rows"

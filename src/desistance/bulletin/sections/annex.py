"""The back of the report: method, assumptions, quality of the records, the claim ledger, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desistance.bulletin.captions.choices import robustness_text
from desistance.bulletin.content import Cell, Table
from desistance.bulletin.language.phrases import cases
from desistance.bulletin.language.shorthand import explained
from desistance.bulletin.language.words import (
    LIMIT_WORDS,
    NEAR_WORDS,
    NEAREST,
    WIDEST_INTERVAL,
    counted,
    joined,
    percentage,
    told_count,
)
from desistance.bulletin.reading.cells import HIDDEN
from desistance.bulletin.reading.numbers import Numbers
from desistance.study import Study

HIDDEN_VERDICT = Cell(HIDDEN, kind="verdict", tone="none")
VERDICTS = {
    "holds": ("Holds", "yes"),
    "does_not_hold": ("Does not hold", "no"),
    "undetermined": ("Undetermined", "open"),
    "not_testable": ("Not testable", "none"),
}
BASES = {"by_construction": "By construction", "from_records": "From records", "": "\u2013"}


def word_rules(study: Study) -> Table:
    """The rule that gives a share its word."""
    cases_ = cases(study)
    near = [
        (
            word.phrase.format(cases=cases_),
            f"Within {percentage(NEAREST)} points of {percentage(word.fraction)} per cent, and the interval holds it",
        )
        for word in NEAR_WORDS
    ]
    limits = [
        (
            word.phrase.format(cases=cases_),
            f"The whole interval lies {'above' if word.above else 'below'} {percentage(word.limit)} per cent",
        )
        for word in LIMIT_WORDS
    ]
    return Table(
        id="table-words",
        number=0,
        title="Words for shares, and when each is allowed; the first that fits is used",
        columns=("Words", "Allowed when"),
        rows=tuple((Cell(words, kind="text"), Cell(rule, kind="text")) for words, rule in (*near, *limits)),
        notes=(
            f"For the simple fractions the interval must be no wider than {percentage(WIDEST_INTERVAL)} points, and "
            "\u201cabout\u201d goes before the words unless the share is within half a point of the fraction.",
        ),
        summary="Words for shares, and when each is allowed",
        folded=True,
    )


def rejected_table(
    facts: Mapping[str, object], *, name: str = "table-rejected", title: str = "Rows rejected, by rule broken"
) -> Table | None:
    """Rows that broke a rule, by rule."""
    rules = facts.get("rejected_by_rule") or {}
    if not rules:
        return None
    return Table(
        id=name,
        number=0,
        title=title,
        columns=("Rule", "Rows"),
        rows=tuple(
            (Cell(rule.replace("_", " ").replace(":", ": "), kind="text"), Cell(told_count(n)))
            for rule, n in rules.items()
        ),
        notes=("A row that breaks several rules is counted under each.",),
    )


def told_rejects(facts: Mapping[str, object], part: str) -> Table | None:
    """Rows of what services or coders told that broke a rule."""
    what = {"services": "Rows of the table of services", "comments": "Rows of coded comments"}[part]
    title = f"{what} rejected, by rule broken"
    return rejected_table(facts.get(part) or {}, name=f"table-rejected-{part}", title=title)


def missing_table(facts: Mapping[str, object]) -> Table | None:
    """Accepted rows without an answer, by column and kind."""
    columns = facts.get("missing") or []
    if not columns:
        return None
    return Table(
        id="table-missing",
        number=0,
        title="Answers that are not there, by column and kind",
        columns=("Column", "Not applicable", "Not known", "Not recorded"),
        rows=tuple(
            (
                Cell(str(column["label"]), kind="text"),
                *(Cell(told_count(column[kind])) for kind in ("not_applicable", "not_known", "not_recorded")),
            )
            for column in columns
        ),
        notes=(
            "Not applicable: the question does not arise for the case, so it is outside the base. Not known and not "
            "recorded: the case belongs to the base but has no answer, so it is left out of the share and counted "
            "here.",
        ),
        summary="Answers that are not there, by column",
        folded=len(columns) > 12,
    )


def ledger_table(numbers: Numbers) -> Table | None:
    """Claims that were tested, each with an anchor for links."""
    rows = [row for row in numbers.ledger if not _is_untested(row)]
    if not rows:
        return None
    return Table(
        id="table-ledger",
        number=0,
        title="Claim ledger: what was published, and what these records say",
        columns=(
            "Claim",
            "Statement",
            "As published",
            "From these records",
            "Published method",
            "Design-based (CR2)",
            "Alternatives that agree",
        ),
        rows=tuple(_claim_row(row) for row in rows),
        notes=(
            "Alternatives that agree: of the other reasonable choices with a bearing on the claim, the share under "
            "which the design-based verdict stays; [z] where none has one.",
            *_basis_note(rows),
        ),
        ids=tuple(row["claim"] for row in rows),
    )


def untested_table(numbers: Numbers) -> Table | None:
    """Claims that records like these cannot test, with the reason."""
    rows = [row for row in numbers.ledger if _is_untested(row)]
    if not rows:
        return None
    return Table(
        id="table-untested",
        number=0,
        title="Claims that cannot be tested yet, and why",
        columns=("Claim", "Statement", "As published", "Both methods", "Why"),
        rows=tuple(
            (
                Cell(row["claim"], kind="text"),
                Cell(row["statement"], kind="text"),
                Cell(row["published"], kind="text"),
                _verdict(row["verdict_published_method"]),
                Cell(row["note"], kind="text"),
            )
            for row in rows
        ),
        ids=tuple(row["claim"] for row in rows),
    )


def _is_untested(row: Mapping[str, str]) -> bool:
    return row["verdict_published_method"] == row["verdict_design_based"] == "not_testable"


def _verdict(code: str) -> Cell:
    if code == HIDDEN:
        return HIDDEN_VERDICT
    word, tone = VERDICTS.get(code, (code.replace("_", " "), "open"))
    return Cell(word, kind="verdict", tone=tone)


def _claim_row(row: Mapping[str, str]) -> tuple[Cell, ...]:
    verdicts = {row["verdict_published_method"], row["verdict_design_based"]}
    parted = len(verdicts) > 1 and HIDDEN not in verdicts
    note = ". ".join(text for text in (row["note"].rstrip("."), "The methods part" if parted else "") if text)
    return (
        Cell(row["claim"], kind="text"),
        Cell(row["statement"], small=note, kind="text"),
        Cell(row["published"], kind="text"),
        Cell(row["computed"] or "\u2013", kind="text"),
        _verdict(row["verdict_published_method"]),
        _verdict(row["verdict_design_based"]),
        Cell(HIDDEN if row["robustness"] == HIDDEN else robustness_text(row)),
    )


def _basis_note(rows: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """What the verdicts rest on: one note for each basis, with its claims where there are several."""
    bases: dict[str, list[str]] = {}
    for row in rows:
        bases.setdefault(BASES.get(row["basis"], row["basis"].replace("_", " ")), []).append(row["claim"])
    if len(bases) == 1:
        return tuple(f"Basis of every verdict: {basis[:1].lower()}{basis[1:]}." for basis in bases)
    return tuple(f"{basis}: {joined(claims)}." for basis, claims in bases.items())


def ledger_sentence(numbers: Numbers) -> str:
    """How many claims there are, how many can be tested, and how the two methods decide."""
    tested = [row for row in numbers.ledger if not _is_untested(row)]
    total = len(numbers.ledger)
    texts = [f"{counted(len(tested), ('claim', 'claims'))} of {total} can be tested with records like these."]
    for name, column in (
        ("published method", "verdict_published_method"),
        ("design-based method", "verdict_design_based"),
    ):
        counts = {
            verdict: sum(row[column] == verdict for row in tested)
            for verdict in VERDICTS
            if verdict != "not_testable"
        }
        said = [f"{VERDICTS[verdict][0].lower()}: {n}" for verdict, n in counts.items() if n]
        hidden = sum(row[column] == HIDDEN for row in tested)
        said += [f"verdict hidden: {hidden}"] if hidden else []
        texts.append(f"By the {name}, {', '.join(said)}.")
    if any(HIDDEN in (row["verdict_published_method"], row["verdict_design_based"]) for row in tested):
        texts.append("A hidden verdict is counted neither among those that hold nor among those that do not.")
    return " ".join(texts)


def ledger_sources(numbers: Numbers) -> tuple[str, ...]:
    """Sources of the claims, each once."""
    return tuple(dict.fromkeys(row["source"] for row in numbers.ledger))


def packages_table(facts: Mapping[str, object]) -> Table | None:
    """Versions of the packages that computed and drew."""
    packages = facts.get("packages") or {}
    if not packages:
        return None
    return Table(
        id="table-packages",
        number=0,
        title="Packages",
        columns=("Package", "Version"),
        rows=tuple(
            (Cell(name, kind="text"), Cell(version, kind="text")) for name, version in packages.items()
        ),
    )


def annex_tables(numbers: Numbers, study: Study) -> dict[str, Table | None]:
    """Tables of the annex by name, not yet numbered; None for one that has no rows."""
    made = {
        "words": word_rules(study),
        "rejected": rejected_table(numbers.facts),
        "missing": missing_table(numbers.facts),
        **{f"rejected_{part}": told_rejects(numbers.facts, part) for part in ("services", "comments")},
        "ledger": ledger_table(numbers),
        "untested": untested_table(numbers),
        "packages": packages_table(numbers.facts),
    }
    return {name: table and explained(table, numbers, study) for name, table in made.items()}

"""The data dictionary, made from every study of the project: columns, types, codes, and which measure uses them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from desistance.study import MISSING, STATES, Breakdown, Study, read_study

OPENING = """# Data dictionary

What the records of each study hold, made from its `study.yaml` by `make docs`: to change this page, change the study.
`desistance dictionary studies/NAME` prints the columns of one study. How to bring records with other headings and
codes: [own-records.md](own-records.md).

The records that come with the project are **made up**; a column `made_up`, the same in every row, says so, and every
output repeats it. Anything marked *assumed* is this project's reading where the source does not say.
"""
JUDGED = "codes of judgements"
COMMENTS = (
    ("passage", "one passage; the same for all its coders", "text"),
    ("coder", "who coded it", "coders of the codebook"),
    ("theme", "one theme the coder found", "themes below, or `none`"),
    (
        "direction",
        "whether the passage speaks of it as help or hindrance",
        "`enabler`, `barrier`; empty with `none`",
    ),
    ("excerpt", "words of the passage; restricted unless cleared", "text, or empty"),
    ("cleared", "whether a person has cleared the excerpt for publication", "`yes`, `no`, empty"),
)


def data_dictionary(root: Path) -> str:
    """Markdown of the dictionary of all studies in `studies`, in the order of their folders."""
    folders = sorted(path.parent for path in root.glob("studies/*/study.yaml"))
    parts = [OPENING]
    for folder in folders:
        parts += _study(read_study(folder), folder.name)
    return "\n".join(parts)


def _study(study: Study, folder: str) -> Iterator[str]:
    name = f"`{folder}`"
    yield f"## {_plain(study.title)} ({name})\n"
    said = (study.source[key].rstrip(".") for key in ("citation", "seen_as") if key in study.source)
    yield " ".join(f"{_plain(one)}." for one in said) + "\n"
    yield f"### Columns of the records of {name}\n"
    yield _table(("column", "what it holds", "type", "codes and labels", "used by"), _columns(study))
    if study.derived:
        yield f"### How columns of {name} are derived\n"
        yield "These are not read. What they are found from is read and dropped; it is written nowhere.\n"
        yield "".join(f"- {_plain(what)}: {_plain(how)}\n" for what, how in study.derived)
        yield _table(("read", "kind", "to derive"), _inputs(study))
    yield f"### Codes of judgements of {name}\n"
    yield "The kinds of missing are counted apart and are in no base.\n"
    yield _table(("code", "meaning"), _judgement_codes(study))
    yield f"### Measures of {name}\n"
    yield "A share is of the cases in the base that were answered yes or no.\n"
    yield _table(("measure", "what it is", "items", "base"), _measures(study))
    if study.services:
        yield f"### Table of services of {name}\n"
        yield "One row a service, in a file of its own.\n"
        yield _table(("column", "what it holds", "type", "codes and labels"), _service_columns(study))
        providers = [(_code(one.id), _plain(one.label)) for one in study.services.providers]
        yield _table(
            ("provider", "label"), [*providers, (_code(study.services.nobody), "No one provides it")]
        )
    if study.design:
        yield f"### How cases of {name} were sampled\n"
        yield "Columns of the table of services, one row a service.\n"
        rows = ((_code(column), role.replace("_", " ")) for role, column in study.design.given.items())
        yield _table(("column", "what it holds"), rows)
    if study.codebook:
        yield f"### Coded comments of {name}\n"
        yield "One row a coding, in a file of its own, beside the columns of the case and the service.\n"
        yield _table(("column", "what it holds", "codes"), ((_code(name), *rest) for name, *rest in COMMENTS))
        themes = ((_code(theme.id), _plain(theme.label)) for theme in study.codebook.themes)
        yield _table(("theme", "label"), themes)
    if study.assumptions:
        yield f"### What {name} assumes\n"
        yield "".join(f"- {_plain(what)}: {_plain(why)}\n" for what, why in study.assumptions)


def _columns(study: Study) -> Iterator[tuple[str, ...]]:
    yield (
        _code(study.case),
        f"number of the {study.words['case'][0]}; finds duplicates, then dropped",
        "text",
        "",
        "",
    )
    yield (
        _code(study.service),
        f"{_plain(study.words['service'][0])}: the cluster",
        "text",
        "",
        "all variances",
    )
    if study.date:
        span = f"{study.date.first} to {study.date.last}"
        yield _code(study.date.column), _plain(study.date.label), "date", span, "acceptance of the row"
    for role, kind in (
        ("stratum", "text"),
        ("weight", "positive number"),
        ("services_in_stratum", "whole number"),
    ):
        if getattr(study, role):
            yield _code(getattr(study, role)), role.replace("_", " "), kind, "", "all variances"
    for division in study.divisions:
        yield _division(division)
    for column in study.judgement_columns:
        yield _judgement(study, column)
    yield (
        "`made_up`",
        "marks made-up records, and only those",
        "text",
        "the same in every row",
        "every page and table",
    )


def _inputs(study: Study) -> Iterator[tuple[str, ...]]:
    for name, kind in study.inputs.items():
        used = [_code(each.column) for each in study.derivations if name in each.inputs]
        yield _code(name), kind, ", ".join(used) or "which row of a case counts"
    if study.long:
        yield _code(study.long.item), "item", "what a row is about"
        for pattern, column in study.long.values.items():
            yield _code(column), "judgement", _code(pattern)


def _division(division: Breakdown) -> tuple[str, ...]:
    levels = "; ".join(f"{_code(level.code)} {_plain(level.label)}" for level in division.levels)
    kind, use = ("ordered band", "trends") if division.ordered else ("category", "subgroups")
    reference = "" if division.ordered else f", against {_code(division.reference)}"
    return _code(division.column), _assumed(division.label, division.assumed), kind, levels, use + reference


def _judgement(study: Study, column: str) -> tuple[str, ...]:
    items = [item for item in study.items if item.column == column and not item.derived]
    label = "; ".join(f"{study.measure(item.measure).label}: {item.label}" for item in items)
    uses = [f"{_code(item.measure)}" for item in items]
    based = dict.fromkeys(item.measure for item in study.items if item.base == column)
    uses += [f"base of {_code(measure)}" for measure in based]
    if study.factor_count and column in study.factor_count.columns:
        uses.append(_code(study.factor_count.item))
    assumed = next((item.assumed for item in items if item.assumed), None)
    return _code(column), _assumed(label, assumed), "judgement", JUDGED, ", ".join(uses)


def _judgement_codes(study: Study) -> Iterator[tuple[str, str]]:
    for state in STATES:
        codes = [_code(code) if code else "empty" for code, means in study.codes.items() if means == state]
        if codes:
            yield ", ".join(codes), ("missing: " if state in MISSING else "") + state.replace("_", " ")


def _measures(study: Study) -> Iterator[tuple[str, ...]]:
    for measure in study.measures:
        columns = {item.base for item in measure.items if item.base}
        others = dict.fromkeys(
            item.measure for item in study.items if item.column in columns and not item.derived
        )
        base = f"cases with a yes under {', '.join(map(_code, others))}" if others else "all cases"
        base = "answers to the judgements of other measures" if measure.pooled else base
        yield _code(measure.id), _assumed(measure.title, measure.assumed), str(len(measure.items)), base


def _service_columns(study: Study) -> Iterator[tuple[str, ...]]:
    table = study.services
    yield _code(study.service), _plain(study.words["service"][0]), "text", "as in the records"
    for one in table.provisions:
        codes = "providers below, joined by `;`"
        yield f"`provider_{one.id}`", _assumed(f"who provides: {one.label}", one.assumed), "categories", codes
    for one in table.provisions:
        yield (
            f"`gap_{one.id}`",
            _assumed(f"is access a gap: {one.label}", one.assumed),
            "judgement",
            JUDGED,
        )
    for fact in table.facts:
        yield _code(fact.id), _assumed(fact.label, fact.assumed), "judgement", JUDGED
    for rate in table.rates:
        yield (
            _code(rate.part),
            _assumed(rate.label, rate.assumed),
            "whole number",
            f"no more than {_code(rate.whole)}",
        )
        yield _code(rate.whole), f"of how many: {_plain(rate.label)}", "whole number", "from 0"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _assumed(label: str, reason: str | None) -> str:
    return _plain(label) + (" *(assumed)*" if reason else "")


def _plain(text: str) -> str:
    """Text of a study that Markdown leaves as it is."""
    flat = " ".join(str(text).split())
    return "".join("\\" + each if each in "\\`*_{}[]<>#|$~&!" else each for each in flat)


def _code(text: str) -> str:
    """A name or code as code, whatever marks it holds."""
    fence = "``" if "`" in text else "`"
    room = " " if "`" in text else ""
    return fence + room + text.replace("|", "\\|") + room + fence

"""What a schema cannot say about derivations: inputs that are not there, bands that do not fit, forms that are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from desistance.study.checks import divisions, judged_columns, repeated
from desistance.study.definition import MADE_UP, NO, YES
from desistance.study.derivations import DATE, FORMS, JUDGEMENT, MOST_SERIOUS, NUMBER, form_of
from desistance.study.measures import LISTS, codes_of, ids_of


def _form_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    for column, entry in content.get("derivations", {}).items():
        if form_of(entry) is None:
            forms = "; ".join(" + ".join(form) for form in FORMS)
            found = ", ".join(key for key in entry if key != "assumed") or "nothing"
            yield f"derivations.{column}: found {found}; allowed: {forms}"


def _operand_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    """Names that a derivation reads and that are no input, or one of another kind."""
    known = _known(content)
    for where, kind, name in _operands(content):
        if name not in known[kind]:
            allowed = ", ".join(known[kind]) or f"none; list it among the inputs as {name}: {kind}"
            yield f"{where}: found {name!r}, which is no {kind} that can be read; allowed: {allowed}"


def _known(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """What may be read as each kind: inputs, the date of the study, and judgements that are not derived themselves."""
    inputs, derived = content.get("inputs", {}), _derived(content)
    known = {
        kind: [name for name, each in inputs.items() if each == kind] for kind in (DATE, NUMBER, JUDGEMENT)
    }
    known[DATE] += [content["columns"]["date"]["column"]] if "date" in content["columns"] else []
    known[JUDGEMENT] += [name for name in judged_columns(content) if name not in derived]
    return known


def _derived(content: Mapping[str, Any]) -> list[str]:
    """Columns that derivations or a long layout fill, as often as they do."""
    found = list(content.get("derivations", {}))
    for pattern in content.get("long", {}).get("values", {}):
        name = _placeholder(pattern)
        found += [pattern.replace(name, each) for each in ids_of(name, content)] if name else []
    return found


def _placeholder(pattern: str) -> str | None:
    return next((name for name in LISTS if name in pattern), None)


def _operands(content: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Place, kind and name of everything that is read to derive something else."""
    for column, entry in content.get("derivations", {}).items():
        where = f"derivations.{column}"
        form = (form_of(entry) or ("",))[0]
        if form == "years_from":
            yield f"{where}.years_from", DATE, entry["years_from"]
            yield f"{where}.to", DATE, entry["to"]
        elif form == "number":
            yield f"{where}.number", NUMBER, entry["number"]
        elif form == "within_spells":
            for end in ("start", "end"):
                yield from ((f"{where}.within_spells.{end}", DATE, one) for one in entry[form][end])
            yield f"{where}.at", DATE, entry["at"]
        elif form:
            key = "of" if form == "at_least" else form
            yield from ((f"{where}.{key}", JUDGEMENT, name) for name in entry[key])
    rule = content.get("one_row_per_case")
    if rule and rule["keep"] != MOST_SERIOUS:
        yield "one_row_per_case.by", DATE, rule["by"]


def _input_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    used = {name for _, _, name in _operands(content)}
    columns = content["columns"]
    own = [name for name in columns.values() if isinstance(name, str)]
    own += [columns["date"]["column"]] if "date" in columns else []
    own += [entry["column"] for _, entry in divisions(content)] + judged_columns(content)
    layout = content.get("long", {})
    extra = [layout[key] for key in ("item",) if key in layout] + [*dict.fromkeys(_values(layout))]
    for name in [*content.get("inputs", {}), *extra]:
        if name in own:
            yield f"inputs: {name!r} is a column of the study; give the input another name and map the heading"
        if name != name.strip():
            yield f"inputs: {name!r} begins or ends with a space; records are read without such spaces"
        if name == MADE_UP:
            yield f"inputs: {MADE_UP!r} marks made-up records; give it another name and map the heading"
    yield from repeated("input", [*content.get("inputs", {}), *extra])
    for name in content.get("inputs", {}):
        if name not in used:
            yield f"inputs.{name}: nothing is derived from it; take it out, so that it is not read"


def _values(layout: Mapping[str, Any]) -> Iterable[str]:
    return layout.get("values", {}).values()


def _target_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    judged = judged_columns(content)
    levels = {entry["column"]: [each["code"] for each in entry["levels"]] for _, entry in divisions(content)}
    codes = codes_of(content)
    yield from repeated("derived column", _derived(content))
    for column, entry in content.get("derivations", {}).items():
        where = f"derivations.{column}"
        if column not in judged and column not in levels:
            allowed = ", ".join([*levels, *judged])
            yield f"{where}: no breakdown, band or measure has the column {column!r}; allowed: {allowed}"
        elif "bands" in entry and column in judged:
            yield f"{where}.bands: {column!r} is a judgement, which has no bands"
        elif "bands" in entry and sorted(entry["bands"]) != sorted(levels[column]):
            yield f"{where}.bands: must hold each level of {column!r} once: {', '.join(levels[column])}"
        elif "bands" not in entry and column in levels and not _says_yes_or_no(levels[column], codes):
            allowed = f"{' or '.join(codes[YES])}, and {' or '.join(codes[NO])}"
            yield f"{where}: is yes or no, so {column!r} needs two levels with these codes: {allowed}"


def _says_yes_or_no(levels: list[str], codes: Mapping[str, list[str]]) -> bool:
    states = sorted(state for code in levels for state in (YES, NO) if code in codes[state])
    return len(levels) == 2 and states == sorted((YES, NO))


def _band_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    for column, entry in content.get("derivations", {}).items():
        spans = []
        for code, (low, high) in entry.get("bands", {}).items():
            span = (float("-inf") if low is None else low, float("inf") if high is None else high, code)
            if span[0] > span[1]:
                yield f"derivations.{column}.bands.{code}: the first number is over the second"
            spans.append(span)
        spans.sort()
        for (_, end, one), (start, _, other) in pairwise(spans):
            if start <= end:
                yield f"derivations.{column}.bands: {one!r} and {other!r} have numbers in common"


def _size_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    for column, entry in content.get("derivations", {}).items():
        where, spells = f"derivations.{column}", entry.get("within_spells")
        if spells and len(spells["start"]) != len(spells["end"]):
            found = f"{len(spells['start'])} and {len(spells['end'])}"
            yield f"{where}.within_spells: found {found} columns; allowed: as many of start as of end"
        if entry.get("at_least", 0) > len(entry.get("of", entry)):
            yield f"{where}.at_least: found {entry['at_least']}; allowed: at most {len(entry['of'])}"


def _row_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    rule = content.get("one_row_per_case")
    if rule and rule["keep"] == MOST_SERIOUS:
        derived = _derived(content)
        bands = [each["column"] for each in content.get("bands", []) if each["column"] not in derived]
        if rule["by"] not in bands:
            allowed = ", ".join(bands) or "none"
            yield f"one_row_per_case.by: found {rule['by']!r}; allowed: columns of bands that are read: {allowed}"


def _long_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    layout = content.get("long")
    if not layout:
        return
    patterns = [entry["column"] for entry in content["measures"] if _placeholder(entry["column"])]
    for pattern in layout["values"]:
        if pattern not in patterns:
            allowed = ", ".join(patterns) or "none"
            yield f"long.values: no measure has the column {pattern!r}; allowed: {allowed}"
    if len({_placeholder(pattern) for pattern in layout["values"]}) > 1:
        yield f"long.values: all must hold the same one of {', '.join(LISTS)}; the rows are of one kind"
    codes = [code for each in codes_of(content).values() for code in each]
    for pattern, code in layout.get("without_row", {}).items():
        if pattern not in layout["values"]:
            yield f"long.without_row: found {pattern!r}; allowed: {', '.join(layout['values'])}"
        if code not in codes:
            yield f"long.without_row: found {code!r}; allowed: {', '.join(map(repr, codes))}"


DERIVATION_CHECKS = (
    _form_mistakes,
    _operand_mistakes,
    _input_mistakes,
    _target_mistakes,
    _band_mistakes,
    _size_mistakes,
    _row_mistakes,
    _long_mistakes,
)

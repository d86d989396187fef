"""What a schema cannot say about a study: references that lead nowhere, names used twice, dates the wrong way round."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from desistance.study.definition import EVERYONE, MADE_UP, MISSING, ROLES
from desistance.study.measures import LISTS, codes_of, measure_of, placeholder

SHORTHAND = re.compile(r"\[(?:c|u|x|z|low)\]")
NAMES = ("label", "short", "title")


def _date_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    entry = content["columns"].get("date")
    if entry is None:
        return
    wrong = [end for end in ("first", "last") if not _is_day(entry[end])]
    for end in wrong:
        yield f"columns.date.{end}: found {entry[end]!r}; allowed: a day of the calendar such as 2018-06-01"
    if not wrong and entry["first"] > entry["last"]:
        yield f"columns.date: first ({entry['first']}) is after last ({entry['last']})"


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _measure_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    judged = judged_columns(content)
    for number, entry in enumerate(content["measures"], 1):
        where = f"measures[{number}]"
        name, in_base = placeholder(entry["column"]), placeholder(entry.get("base", ""))
        if name and not content.get(LISTS[name]):
            yield f"{where}.column: {entry['column']!r} needs {LISTS[name]}, but the study lists none"
        if in_base and in_base != name:
            yield f"{where}.base: {entry['base']!r} needs a column with {in_base} too"
            continue
        for item in measure_of(entry, content).items:
            if item.base == item.column:
                yield f"{where}.base: {item.base!r} is the measure's own column"
            elif item.base is not None and item.base not in judged:
                yield f"{where}.base: no measure has the column {item.base!r}; allowed: {', '.join(judged)}"


def _count_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    count = content.get("factor_count")
    if count is None:
        return
    measures = {entry["id"]: entry for entry in content["measures"]}
    if count["measure"] not in measures:
        yield f"factor_count.measure: found {count['measure']!r}; allowed: {', '.join(measures)}"
        return
    size = len(measure_of(measures[count["measure"]], content).items)
    if count["threshold"] > size:
        yield f"factor_count.threshold: found {count['threshold']}; allowed: at most {size}, the items counted"


def _overlap_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    measures = [entry["id"] for entry in content["measures"]]
    if "overlap" in content and "factor_count" in content:
        yield "overlap: a study with factor_count has its combinations already; give one of the two"
    elif "overlap" in content and content["overlap"] not in measures:
        yield f"overlap: found {content['overlap']!r}; allowed: {', '.join(measures)}"


def _level_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    missing = {code for kind in MISSING for code in (kind, *codes_of(content)[kind])}
    for where, entry in divisions(content):
        codes = [level["code"] for level in entry["levels"]]
        yield from repeated(f"{where}: level code", codes)
        if "reference" in entry and entry["reference"] not in codes:
            yield f"{where}.reference: found {entry['reference']!r}; allowed: {', '.join(codes)}"
        for code in sorted(missing.intersection(codes)):
            yield f"{where}.levels: {code!r} stands for a missing value, so it cannot be a level"


def _id_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    count = [content["factor_count"]] if "factor_count" in content else []
    dividing = [entry for _, entry in divisions(content)]
    yield from repeated("id", [entry["id"] for entry in (*content["measures"], *count, *dividing)])
    yield from repeated("factor id", [factor["id"] for factor in content.get("factors", [])])
    yield from repeated("stage id", [stage["id"] for stage in content.get("stages", [])])
    for where, entry in divisions(content):
        if entry["id"] == EVERYONE:
            yield f"{where}.id: {EVERYONE!r} means everyone; give it another id"


def _column_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    roles = {**content["columns"], "date": content["columns"].get("date", {}).get("column")}
    given = [name for name in roles.values() if name is not None]
    others = [*(entry["column"] for _, entry in divisions(content)), *judged_columns(content)]
    yield from repeated("column", [*given, *others])
    for name in others:
        if name in ROLES:
            yield f"column {name!r} may only be the {name} of a case; give it another name and map the heading"
    if MADE_UP in (*given, *others):
        yield f"column {MADE_UP!r} marks made-up records; give it another name and map the heading"


def _space_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    codes = [code for codes in codes_of(content).values() for code in codes]
    codes += [level["code"] for _, entry in divisions(content) for level in entry["levels"]]
    columns = [entry["column"] for _, entry in divisions(content)] + judged_columns(content)
    columns += [name for name in content["columns"].values() if isinstance(name, str)]
    columns += content.get("design", {}).values()
    for name in dict.fromkeys([*codes, *columns]):
        if name != name.strip():
            yield f"{name!r} begins or ends with a space; records are read without such spaces"


def _alternative_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    entries = content.get("alternatives", [])
    levels = {entry["id"]: [level["code"] for level in entry["levels"]] for _, entry in divisions(content)}
    yield from repeated("alternative id", [entry["id"] for entry in entries])
    for number, entry in enumerate(entries, 1):
        where, kinds = (
            f"alternatives[{number}]",
            [key for key in entry if key not in {"id", "label", "assumed"}],
        )
        if len(kinds) != 1:
            yield f"{where}: found {len(kinds)} choices; give exactly one"
        merge = entry.get("merge")
        if merge and merge["division"] not in levels:
            yield f"{where}.merge.division: found {merge['division']!r}; allowed: {', '.join(levels)}"
        elif merge and sorted(code for group in merge["into"] for code in group) != sorted(
            levels[merge["division"]]
        ):
            yield f"{where}.merge.into: must hold each level of {merge['division']!r} once"


def _code_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    yield from repeated("code", [code for codes in codes_of(content).values() for code in codes])


def repeated(what: str, names: list[str]) -> Iterator[str]:
    """Mistakes of names that are used more than once."""
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{what} {name!r} is used {times} times; each must be used once"


def divisions(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Entries of breakdowns and bands with their places."""
    for kind in ("breakdowns", "bands"):
        for number, entry in enumerate(content.get(kind, []), 1):
            yield f"{kind}[{number}]", entry


def judged_columns(content: Mapping[str, Any]) -> list[str]:
    """Columns of all items of all measures, in their order."""
    return [item.column for entry in content["measures"] for item in measure_of(entry, content).items]


def _service_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    entry = content.get("services")
    if entry is None:
        return
    factors = [factor["id"] for factor in content.get("factors", [])]
    codes = [one["code"] for one in entry["providers"]] + [entry["nobody"]]
    yield from repeated("services: code of a provider", codes)
    for kind in ("provisions", "rates"):
        yield from repeated(f"services.{kind}: id", [one["id"] for one in entry.get(kind, [])])
    own = [f"{start}_{one['id']}" for one in entry["provisions"] for start in ("provider", "gap")]
    own += [one["id"] for one in entry.get("facts", [])]
    own += [one[end] for one in entry.get("rates", []) for end in ("part", "whole")]
    yield from repeated("services: column", own)
    for number, one in enumerate(entry["provisions"], 1):
        if one.get("factor", factors[0] if factors else None) not in factors and "factor" in one:
            yield (
                f"services.provisions[{number}].factor: found {one['factor']!r}; allowed: {', '.join(factors)}"
            )
    if entry["wide_range"] > len(entry["provisions"]):
        yield (
            f"services.wide_range: found {entry['wide_range']}; "
            f"allowed: at most {len(entry['provisions'])}, the provisions listed"
        )
    yield from _delivery_mistakes(content, "services")


def _design_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    entry = content.get("design", {})
    if "design" in content and not entry:
        yield "design: names no column of the table of services; name one, or leave the section out"
    for role in entry:
        if role in content["columns"]:
            yield f"design.{role}: columns.{role} is given too, for the records; give one of the two"
    yield from repeated("design: column", [content["columns"]["service"], *entry.values()])
    if MADE_UP in entry.values():
        yield f"design: {MADE_UP!r} marks made-up services; give the column another name"


def _codebook_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    entry = content.get("codebook")
    if entry is None:
        return
    yield from repeated("codebook.themes: id", [one["id"] for one in entry["themes"]])
    for taken in {"none", "all"} & {one["id"] for one in entry["themes"]}:
        yield f"codebook.themes: id: {taken!r} has a meaning of its own in coded comments; give another"
    yield from repeated("codebook.coders: coder", entry["coders"])
    yield from _delivery_mistakes(content, "codebook")


def _delivery_mistakes(content: Mapping[str, Any], part: str) -> Iterator[str]:
    measures = [entry["id"] for entry in content["measures"]]
    if content[part]["delivery"] not in measures:
        yield f"{part}.delivery: found {content[part]['delivery']!r}; allowed: {', '.join(measures)}"


def crosswalk_mistakes(study: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[str]:
    """Lines of a crosswalk that lead to nothing in the study; domains with both or neither of `from` and `none`."""
    measures = {entry["id"]: measure_of(entry, study) for entry in study["measures"]}
    taken = {entry["id"] for kind in ("measures", "breakdowns", "bands") for entry in study.get(kind, [])}
    if content["measure"]["id"] in taken:
        yield f"measure.id: {content['measure']['id']!r} is already an id of the study"
    yield from repeated("domain id", [entry["id"] for entry in content["domains"]])
    for entry in content["domains"]:
        if bool(entry.get("from")) == ("none" in entry):
            yield f"domain {entry['id']}: give either from or none"
        for line in entry.get("from", []):
            if line["measure"] not in measures:
                yield f"domain {entry['id']}: found measure {line['measure']!r}; allowed: {', '.join(measures)}"
                continue
            items = [item.id for item in measures[line["measure"]].items]
            for item in line.get("items", []):
                if item not in items:
                    yield f"domain {entry['id']}: found item {item!r}; allowed: {', '.join(items)}"


def _label_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    """Labels a reader could not tell apart, or would take for the shorthand in place of a number."""
    yield from repeated("factor label", [factor["label"] for factor in content.get("factors", [])])
    for where, entry in divisions(content):
        labels = [level.get("label", level["code"]) for level in entry["levels"]]
        yield from repeated(f"{where}: level label", labels)
    for where, text in _labels(content):
        if found := SHORTHAND.search(text):
            yield f"{where}: holds {found[0]}, which the report puts in place of numbers; take it out"


def _labels(content: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text that is shown as a name, with its place."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key in NAMES and isinstance(value, str):
                yield f"{where}.{key}".lstrip("."), value
            else:
                yield from _labels(value, f"{where}.{key}")
    elif isinstance(content, list):
        for number, value in enumerate(content, 1):
            yield from _labels(value, f"{where}[{number}]")


CHECKS = (
    _label_mistakes,
    _date_mistakes,
    _measure_mistakes,
    _count_mistakes,
    _overlap_mistakes,
    _level_mistakes,
    _id_mistakes,
    _column_mistakes,
    _code_mistakes,
    _alternative_mistakes,
    _space_mistakes,
    _service_mistakes,
    _design_mistakes,
    _codebook_mistakes,
)

"""A study is data, not code: what is measured, over which cases, by which breakdowns.

`study.yaml` is read into frozen objects. The two words used everywhere after this are *item*, one yes/no
column over one base (mental health identified, over all cases; delivery for mental health sufficient, over
the cases where it was identified), and *measure*, the items of one kind together.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desistance.documents import read_document
from desistance.errors import StudyError

YES, NO = "yes", "no"
MISSING = ("not_applicable", "not_known", "not_recorded")
STATES = (YES, NO, *MISSING)
EVERYONE = "all"
ROLES = ("service", "stratum", "date", "weight", "services_in_stratum")  # names of columns after reading
MADE_UP = "made_up"
DESCRIPTIONS = {"id", "label", "assumed"}
DEFAULT_CODES = {
    "yes": ["yes"],
    "no": ["no"],
    "not_applicable": ["not applicable"],
    "not_known": ["not known"],
    "not_recorded": [""],
}
DEFAULT_WORDS = {
    "case": ["case", "cases"],
    "person": ["person", "people"],
    "service": ["service", "services"],
    "factor": ["factor", "factors"],
}


@dataclass(frozen=True)
class Level:
    """One subgroup of a breakdown: its code in the records and its label on the page."""

    code: str
    label: str
    short: str


@dataclass(frozen=True)
class Breakdown:
    """A variable whose levels divide the cases; `ordered` when they are bands, in the order listed."""

    id: str
    label: str
    column: str
    levels: tuple[Level, ...]
    reference: str
    ordered: bool
    assumed: str | None

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the levels, in the study's order."""
        return tuple(level.code for level in self.levels)


@dataclass(frozen=True)
class Item:
    """One yes/no judgement (`column`) over one base: all cases, or those where the column `base` says yes.

    `derived` marks the item that is counted from the factors (three or more), which has no column.
    """

    measure: str
    id: str
    label: str
    short: str
    column: str
    base: str | None
    derived: bool
    assumed: str | None


@dataclass(frozen=True)
class Measure:
    """Items of one kind, tested as one family within each breakdown."""

    id: str
    label: str
    title: str
    says: str
    items: tuple[Item, ...]
    assumed: str | None


@dataclass(frozen=True)
class FactorCount:
    """How many of a measure's items each case has, and the threshold that is reported."""

    measure: str
    item: str
    columns: tuple[str, ...]
    threshold: int


@dataclass(frozen=True)
class DateWindow:
    """The column of dates and the first and last day that belong to the study."""

    column: str
    label: str
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Alternative:
    """Another reasonable choice: exactly one of the choices of the schema (`kind`) with its value."""

    id: str
    label: str
    kind: str
    value: Any


@dataclass(frozen=True)
class Study:
    """Everything the analysis needs to know about what was measured; see `studies/*/study.yaml`.

    `codes` translates a code of the records to one of `STATES`; `digest` identifies the definition.
    """

    id: str
    title: str
    source: Mapping[str, str]
    words: Mapping[str, tuple[str, str]]
    case: str
    service: str
    date: DateWindow | None
    stratum: str | None
    weight: str | None
    services_in_stratum: str | None
    codes: Mapping[str, str]
    measures: tuple[Measure, ...]
    factor_count: FactorCount | None
    breakdowns: tuple[Breakdown, ...]
    bands: tuple[Breakdown, ...]
    alternatives: tuple[Alternative, ...]
    assumptions: tuple[tuple[str, str], ...]
    digest: str

    @property
    def items(self) -> tuple[Item, ...]:
        """All items of all measures, in the study's order."""
        return tuple(item for measure in self.measures for item in measure.items)

    @property
    def divisions(self) -> tuple[Breakdown, ...]:
        """Breakdowns and bands together."""
        return self.breakdowns + self.bands

    @property
    def judgement_columns(self) -> tuple[str, ...]:
        """Yes/no columns of the records, each once, in the study's order."""
        return tuple(dict.fromkeys(item.column for item in self.items if not item.derived))

    def measure(self, measure_id: str) -> Measure:
        """Look a measure up by its id."""
        return next(measure for measure in self.measures if measure.id == measure_id)

    def division(self, division_id: str) -> Breakdown:
        """Look a breakdown or band up by its id."""
        return next(division for division in self.divisions if division.id == division_id)


def read_study(folder: Path) -> Study:
    """Read and check `study.yaml` in a folder.

    Raises
    ------
    StudyError
        The file is missing or wrong; the message lists every mistake with key, what was found and what is allowed.
    """
    path = Path(folder) / "study.yaml"
    content = read_document(path, "study", StudyError, checks=CHECKS)
    digest = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    return _build(content, digest)


def _build(content: Mapping[str, Any], digest: str) -> Study:
    columns = content["columns"]
    measures = tuple(_measure(entry, content.get("factors", [])) for entry in content["measures"])
    count = content.get("factor_count")
    if count:
        measures += (_count_measure(count),)
    return Study(
        id=content["id"],
        title=content["title"],
        source=content["source"],
        words={key: tuple(pair) for key, pair in (DEFAULT_WORDS | content.get("words", {})).items()},
        case=columns["case"],
        service=columns["service"],
        date=_window(columns.get("date")),
        stratum=columns.get("stratum"),
        weight=columns.get("weight"),
        services_in_stratum=columns.get("services_in_stratum"),
        codes={code: state for state, codes in _codes(content).items() for code in codes},
        measures=measures,
        factor_count=_factor_count(count, measures) if count else None,
        breakdowns=tuple(_breakdown(entry, ordered=False) for entry in content.get("breakdowns", [])),
        bands=tuple(_breakdown(entry, ordered=True) for entry in content.get("bands", [])),
        alternatives=tuple(_alternative(entry) for entry in content.get("alternatives", [])),
        assumptions=tuple(_assumptions(content)),
        digest=digest,
    )


def _alternative(entry: Mapping[str, Any]) -> Alternative:
    kind = next(key for key in entry if key not in DESCRIPTIONS)
    return Alternative(entry["id"], entry["label"], kind, entry[kind])


def _codes(content: Mapping[str, Any]) -> dict[str, list[str]]:
    return DEFAULT_CODES | content.get("codes", {})


def _window(entry: Mapping[str, str] | None) -> DateWindow | None:
    if entry is None:
        return None
    first, last = (dt.date.fromisoformat(entry[end]) for end in ("first", "last"))
    return DateWindow(entry["column"], entry.get("label", "Date"), first, last)


def _measure(entry: Mapping[str, Any], factors: list[Mapping[str, str]]) -> Measure:
    if "{factor}" in entry["column"]:
        items = tuple(
            _item(entry, factor["id"], factor["label"], factor.get("short"), factor.get("assumed"))
            for factor in factors
        )
    else:
        items = (_item(entry, entry["id"], entry["label"], entry.get("short"), entry.get("assumed")),)
    title = entry.get("title", entry["label"])
    says = entry.get("says", "the answer was yes in")
    return Measure(entry["id"], entry["label"], title, says, items, entry.get("assumed"))


def _item(entry: Mapping[str, Any], item_id: str, label: str, short: str | None, assumed: str | None) -> Item:
    base = entry.get("base")
    return Item(
        measure=entry["id"],
        id=item_id,
        label=label,
        short=short or label,
        column=entry["column"].replace("{factor}", item_id),
        base=base.replace("{factor}", item_id) if base else None,
        derived=False,
        assumed=assumed,
    )


def _count_measure(entry: Mapping[str, Any]) -> Measure:
    item = Item(entry["id"], entry["id"], entry["label"], entry["label"], entry["id"], None, True, None)
    says = entry.get("says", f"{entry['threshold']} or more were present in")
    return Measure(entry["id"], entry["label"], entry["label"], says, (item,), None)


def _factor_count(entry: Mapping[str, Any], measures: tuple[Measure, ...]) -> FactorCount:
    counted = next(measure for measure in measures if measure.id == entry["measure"])
    return FactorCount(
        entry["measure"], entry["id"], tuple(item.column for item in counted.items), entry["threshold"]
    )


def _breakdown(entry: Mapping[str, Any], *, ordered: bool) -> Breakdown:
    levels = tuple(
        Level(level["code"], level["label"], level.get("short", level["label"])) for level in entry["levels"]
    )
    return Breakdown(
        id=entry["id"],
        label=entry["label"],
        column=entry["column"],
        levels=levels,
        reference=entry.get("reference", levels[0].code),
        ordered=ordered,
        assumed=entry.get("assumed"),
    )


def _assumptions(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "assumed" in content["source"]:
        yield "Place", content["source"]["assumed"]
    for kind, one in (
        ("factors", "Factor"),
        ("measures", "Measure"),
        ("breakdowns", "Breakdown"),
        ("bands", "Band"),
        ("alternatives", "Alternative"),
    ):
        for entry in content.get(kind, []):
            if "assumed" in entry:
                yield f"{one}: {entry['label']}", entry["assumed"]


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
    factors = content.get("factors", [])
    judged = _judged_columns(content)
    for number, entry in enumerate(content["measures"], 1):
        where = f"measures[{number}]"
        templated = "{factor}" in entry["column"]
        if templated and not factors:
            yield f"{where}.column: {entry['column']!r} needs factors, but the study lists none"
        if "{factor}" in entry.get("base", "") and not templated:
            yield f"{where}.base: {entry['base']!r} needs a column with {{factor}} too"
            continue
        for item in _measure(entry, factors).items:
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
    size = len(_measure(measures[count["measure"]], content.get("factors", [])).items)
    if count["threshold"] > size:
        yield f"factor_count.threshold: found {count['threshold']}; allowed: at most {size}, the items counted"


def _level_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    missing = {code for kind in MISSING for code in (kind, *_codes(content)[kind])}
    for where, entry in _divisions(content):
        codes = [level["code"] for level in entry["levels"]]
        yield from _repeated(f"{where}: level code", codes)
        if "reference" in entry and entry["reference"] not in codes:
            yield f"{where}.reference: found {entry['reference']!r}; allowed: {', '.join(codes)}"
        for code in sorted(missing.intersection(codes)):
            yield f"{where}.levels: {code!r} stands for a missing value, so it cannot be a level"


def _id_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    count = [content["factor_count"]] if "factor_count" in content else []
    divisions = [entry for _, entry in _divisions(content)]
    yield from _repeated("id", [entry["id"] for entry in (*content["measures"], *count, *divisions)])
    yield from _repeated("factor id", [factor["id"] for factor in content.get("factors", [])])
    for where, entry in _divisions(content):
        if entry["id"] == EVERYONE:
            yield f"{where}.id: {EVERYONE!r} means everyone; give it another id"


def _column_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    roles = {**content["columns"], "date": content["columns"].get("date", {}).get("column")}
    given = [name for name in roles.values() if name is not None]
    others = [*(entry["column"] for _, entry in _divisions(content)), *_judged_columns(content)]
    yield from _repeated("column", [*given, *others])
    for name in others:
        if name in ROLES:
            yield f"column {name!r} may only be the {name} of a case; give it another name and map the heading"
    if MADE_UP in (*given, *others):
        yield f"column {MADE_UP!r} marks made-up records; give it another name and map the heading"


def _space_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    codes = [code for codes in _codes(content).values() for code in codes]
    codes += [level["code"] for _, entry in _divisions(content) for level in entry["levels"]]
    columns = [entry["column"] for _, entry in _divisions(content)] + _judged_columns(content)
    columns += [name for name in content["columns"].values() if isinstance(name, str)]
    for name in dict.fromkeys([*codes, *columns]):
        if name != name.strip():
            yield f"{name!r} begins or ends with a space; records are read without such spaces"


def _alternative_mistakes(content: Mapping[str, Any]) -> Iterator[str]:
    entries = content.get("alternatives", [])
    levels = {entry["id"]: [level["code"] for level in entry["levels"]] for _, entry in _divisions(content)}
    yield from _repeated("alternative id", [entry["id"] for entry in entries])
    for number, entry in enumerate(entries, 1):
        where, kinds = f"alternatives[{number}]", [key for key in entry if key not in DESCRIPTIONS]
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
    yield from _repeated("code", [code for codes in _codes(content).values() for code in codes])


def _repeated(what: str, names: list[str]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{what} {name!r} is used {times} times; each must be used once"


def _divisions(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind in ("breakdowns", "bands"):
        for number, entry in enumerate(content.get(kind, []), 1):
            yield f"{kind}[{number}]", entry


def _judged_columns(content: Mapping[str, Any]) -> list[str]:
    factors = content.get("factors", [])
    return [item.column for entry in content["measures"] for item in _measure(entry, factors).items]


# What a schema cannot say: references that lead nowhere, names used twice, dates the wrong way round.
CHECKS = (
    _date_mistakes,
    _measure_mistakes,
    _count_mistakes,
    _level_mistakes,
    _id_mistakes,
    _column_mistakes,
    _code_mistakes,
    _alternative_mistakes,
    _space_mistakes,
)

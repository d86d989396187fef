"""`study.yaml`, and `crosswalk.yaml` where there is one, read into the objects of a study."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from desistance.documents import read_document
from desistance.errors import StudyError
from desistance.study.checks import CHECKS, crosswalk_mistakes
from desistance.study.definition import (
    Alternative,
    Bearing,
    Breakdown,
    Codebook,
    Crosswalk,
    DateWindow,
    Domain,
    FactorCount,
    Item,
    Level,
    Measure,
    Named,
    Provision,
    Rate,
    SamplingColumns,
    ServiceTable,
    Study,
)
from desistance.study.derivation_checks import DERIVATION_CHECKS
from desistance.study.derivations import LongLayout, OneRow, derivation_of, long_layout_of, one_row_of
from desistance.study.measures import LISTS, codes_of, ids_of, measure_of

DESCRIPTIONS = {"id", "label", "assumed"}
DEFAULT_WORDS = {
    "case": ["case", "cases"],
    "person": ["person", "people"],
    "service": ["service", "services"],
    "factor": ["factor", "factors"],
}


def read_study(folder: Path) -> Study:
    """Read and check `study.yaml` in a folder, and `crosswalk.yaml` if it is there.

    Raises
    ------
    StudyError
        A file is missing or wrong; the message lists every mistake with key, what was found and what is allowed.
    """
    path, bridge = Path(folder) / "study.yaml", Path(folder) / "crosswalk.yaml"
    content = read_document(path, "study", StudyError, checks=(*CHECKS, *DERIVATION_CHECKS))
    crosswalk = None
    if bridge.exists():
        check = partial(crosswalk_mistakes, content)
        crosswalk = read_document(bridge, "crosswalk", StudyError, checks=[check])
    return _build(content, crosswalk, _digest(path, bridge))


def _digest(*paths: Path) -> str:
    """One digest of all files that are there, whatever their line ends."""
    texts = [path.read_bytes().replace(b"\r\n", b"\n") for path in paths if path.exists()]
    return hashlib.sha256(b"".join(texts)).hexdigest()


def _build(content: Mapping[str, Any], bridge: Mapping[str, Any] | None, digest: str) -> Study:
    columns = content["columns"]
    measures = tuple(measure_of(entry, content) for entry in content["measures"])
    count = content.get("factor_count")
    if count:
        measures += (_count_measure(count),)
    crosswalk = _crosswalk(bridge, measures) if bridge else None
    if bridge:
        measures += (_pooled_measure(bridge, crosswalk),)
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
        codes={code: state for state, codes in codes_of(content).items() for code in codes},
        measures=measures,
        factor_count=_factor_count(count, measures) if count else None,
        overlap=content.get("overlap"),
        breakdowns=tuple(_breakdown(entry, ordered=False) for entry in content.get("breakdowns", [])),
        bands=tuple(_breakdown(entry, ordered=True) for entry in content.get("bands", [])),
        services=_service_table(content["services"]) if "services" in content else None,
        design=SamplingColumns(**content["design"]) if "design" in content else None,
        codebook=_codebook(content["codebook"]) if "codebook" in content else None,
        crosswalk=crosswalk,
        inputs=content.get("inputs", {}),
        derivations=tuple(derivation_of(*entry) for entry in content.get("derivations", {}).items()),
        one_row_per_case=_one_row(content),
        long=_long_layout(content) if "long" in content else None,
        alternatives=tuple(_alternative(entry) for entry in content.get("alternatives", [])),
        assumptions=tuple(_assumptions(content, bridge)),
        digest=digest,
    )


def _one_row(content: Mapping[str, Any]) -> OneRow | None:
    entry = content.get("one_row_per_case")
    return one_row_of(entry, long="long" in content) if entry else None


def _long_layout(content: Mapping[str, Any]) -> LongLayout:
    lists = {name: ids_of(name, content) for name in LISTS}
    return long_layout_of(content["long"], lists, codes_of(content)["not_recorded"][0])


def _alternative(entry: Mapping[str, Any]) -> Alternative:
    kind = next(key for key in entry if key not in DESCRIPTIONS)
    return Alternative(entry["id"], entry["label"], kind, entry[kind])


def _window(entry: Mapping[str, str] | None) -> DateWindow | None:
    if entry is None:
        return None
    first, last = (dt.date.fromisoformat(entry[end]) for end in ("first", "last"))
    return DateWindow(entry["column"], entry.get("label", "Date"), first, last)


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


def _service_table(entry: Mapping[str, Any]) -> ServiceTable:
    provisions = tuple(
        Provision(
            one["id"], one["label"], one.get("short", one["label"]), one.get("factor"), one.get("assumed")
        )
        for one in entry["provisions"]
    )
    rates = tuple(
        Rate(
            one["id"],
            one["label"],
            one.get("short", one["label"]),
            one["part"],
            one["whole"],
            one.get("assumed"),
        )
        for one in entry.get("rates", [])
    )
    return ServiceTable(
        providers=tuple(_named(one, "code") for one in entry["providers"]),
        nobody=entry["nobody"],
        provisions=provisions,
        facts=tuple(_named(one, "id") for one in entry.get("facts", [])),
        rates=rates,
        wide_range=entry["wide_range"],
        delivery=entry["delivery"],
        assumed=entry.get("assumed"),
    )


def _codebook(entry: Mapping[str, Any]) -> Codebook:
    themes = tuple(_named(one, "id") for one in entry["themes"])
    return Codebook(themes, tuple(entry["coders"]), entry["delivery"], entry.get("assumed"))


def _named(entry: Mapping[str, Any], key: str) -> Named:
    return Named(entry[key], entry["label"], entry.get("short", entry["label"]), entry.get("assumed"))


def _crosswalk(content: Mapping[str, Any], measures: tuple[Measure, ...]) -> Crosswalk:
    by_id = {measure.id: [item.id for item in measure.items] for measure in measures}
    domains = tuple(
        Domain(
            id=entry["id"],
            label=entry["label"],
            short=entry.get("short", entry["label"]),
            bearings=tuple(
                Bearing(line["measure"], tuple(line.get("items", by_id[line["measure"]])), line["reason"])
                for line in entry.get("from", [])
            ),
            none=entry.get("none"),
        )
        for entry in content["domains"]
    )
    return Crosswalk(content["measure"]["id"], content["framework"], content["assumed"], domains)


def _pooled_measure(content: Mapping[str, Any], crosswalk: Crosswalk) -> Measure:
    """Domains on which something bears, each with all the items that do."""
    entry = content["measure"]
    items = tuple(
        Item(
            measure=entry["id"],
            id=domain.id,
            label=domain.label,
            short=domain.short,
            column=domain.id,
            base=None,
            derived=True,
            assumed="; ".join(line.reason for line in domain.bearings),
            parts=tuple((line.measure, item) for line in domain.bearings for item in line.items),
        )
        for domain in crosswalk.domains
        if domain.bearings
    )
    return Measure(
        entry["id"],
        entry["label"],
        entry.get("title", entry["label"]),
        entry.get("says", "the answer was yes in"),
        items,
        content["assumed"],
        pooled=True,
    )


def _assumptions(content: Mapping[str, Any], bridge: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if "assumed" in content["source"]:
        yield "Place", content["source"]["assumed"]
    for kind, one in (
        ("factors", "Factor"),
        ("stages", "Stage"),
        ("measures", "Measure"),
        ("breakdowns", "Breakdown"),
        ("bands", "Band"),
        ("alternatives", "Alternative"),
    ):
        for entry in content.get(kind, []):
            if "assumed" in entry:
                yield f"{one}: {entry['label']}", entry["assumed"]
    for column, entry in content.get("derivations", {}).items():
        if "assumed" in entry:
            yield f"Derived: {column}", entry["assumed"]
    for part, what in (("one_row_per_case", "Rows of a case"), ("long", "Layout")):
        if "assumed" in content.get(part, {}):
            yield what, content[part]["assumed"]
    for part, what, lists in (
        (
            "services",
            "Services",
            {"providers": "Provider", "provisions": "Provision", "facts": "Service", "rates": "Rate"},
        ),
        ("codebook", "Coded comments", {"themes": "Theme"}),
    ):
        entry = content.get(part, {})
        if "assumed" in entry:
            yield what, entry["assumed"]
        for kind, one in lists.items():
            yield from (
                (f"{one}: {each['label']}", each["assumed"])
                for each in entry.get(kind, [])
                if "assumed" in each
            )
    if bridge:
        yield "Crosswalk", bridge["assumed"]

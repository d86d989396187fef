"""Released objects made of small simulated records, for any study: the bulletin's tests need nothing else."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import chdtrc

from bulletin import practice_tables, released_tables
from desistance.bulletin.figures import draw_figures, render
from desistance.disclosure.release import Released
from desistance.findings.tables import COLUMNS, TEXT
from desistance.study import DEFAULT_WORDS, Breakdown, Item, Level, Measure, Study, read_study

N_CASES, N_SERVICES, DESIGN_EFFECT = 1168, 43, 1.8
FEW_FACTORS = {"lifestyle", "mental_health", "substance_misuse", "physical_health"}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def study():
    """The study of the bulletin."""
    return read_study(ROOT / "studies" / "bulletin_2021_03")


@pytest.fixture(scope="session")
def released(study):
    """A release of made-up records for the study of the bulletin."""
    return release_of(study)


@pytest.fixture(scope="session")
def short_study(study):
    """The study of the bulletin with four of its ten factors and one of its bands: its page has the same parts."""

    def kept(measure, item):
        return measure not in {"prevalence", "sufficiency"} or item in FEW_FACTORS

    def bearing(one):
        return replace(one, items=tuple(item for item in one.items if kept(one.measure, item)))

    def domain(one):
        lines = tuple(line for line in map(bearing, one.bearings) if line.items)
        return replace(one, bearings=lines)

    def measure(one):
        return replace(one, items=tuple(item for item in one.items if kept(one.id, item.id)))

    columns = tuple(name for name in study.factor_count.columns if name in FEW_FACTORS)
    return replace(
        study,
        measures=tuple(measure(one) for one in study.measures),
        bands=study.bands[:1],
        factor_count=replace(study.factor_count, columns=columns),
        crosswalk=replace(study.crosswalk, domains=tuple(domain(one) for one in study.crosswalk.domains)),
    )


@pytest.fixture(scope="session")
def short_release(short_study):
    """A release of made-up records for the short study."""
    return release_of(short_study)


@pytest.fixture(scope="session")
def small_study():
    """One measure with one item, two breakdowns, no bands, no factors, no date."""
    measure = Measure(
        "immunised",
        "Immunised",
        "Immunisation",
        "immunisation was complete for",
        (_item("immunised", "Immunised"),),
        None,
    )
    breakdowns = (
        _breakdown("place", ("town", "country")),
        _breakdown("schooling", ("none", "primary", "secondary")),
    )
    return Study(
        id="small",
        title="Immunisation of children",
        source={"citation": "A survey"},
        words=DEFAULT_WORDS | {"case": ("child", "children"), "service": ("community", "communities")},
        case="child",
        service="community",
        date=None,
        stratum=None,
        weight=None,
        services_in_stratum=None,
        codes={},
        measures=(measure,),
        factor_count=None,
        breakdowns=breakdowns,
        bands=(),
        alternatives=(),
        assumptions=(),
        digest="0" * 64,
    )


@pytest.fixture(scope="session")
def make_release():
    """The function that makes a release for a study."""
    return release_of


@pytest.fixture(scope="session", autouse=True)
def kept_drawings():
    """Make each drawing once: the same marks give the same bytes, which one test makes sure of by forgetting."""
    kept = cache(render.svg_text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "svg_text", kept)
        yield kept


@pytest.fixture(scope="session")
def draw_files():
    """The function that draws a release as the files of the figures step: SVG by stem."""
    return files_of


@pytest.fixture(scope="session")
def with_hostile_labels():
    """The function that gives every label of a study a text that must be escaped."""
    return hostile


def files_of(released, study):
    """SVG by the stem of its file, wide and narrow."""
    files = {}
    for name, figure in draw_figures(released, study).items():
        files |= {name: figure.wide, f"{name}_narrow": figure.narrow}
    return files


def _item(measure, label):
    return Item(measure, measure, label, label, measure, None, False, None)


def _breakdown(name, codes):
    levels = tuple(Level(code, code.capitalize(), code.capitalize()) for code in codes)
    return Breakdown(name, name.capitalize(), name, levels, codes[0], False, None)


HOSTILE = "<script>alert('x')</script> & \"{{ 7 * 7 }}\" {% raw %} $\\frac{1}{2}$ \u6f22"


def hostile(study):
    """Every label, title and word that a study may choose, made hostile."""

    def item(one):
        return replace(one, label=f"{one.id} {HOSTILE}", short=f"{one.id} {HOSTILE}")

    def division(one):
        levels = tuple(replace(level, label=f"{level.code} {HOSTILE}") for level in one.levels)
        return replace(one, label=f"{one.id} {HOSTILE}", levels=levels)

    def measure(one):
        items = tuple(item(each) for each in one.items)
        return replace(one, label=HOSTILE, title=HOSTILE, says=f"was {HOSTILE} in", items=items)

    def named(ones):
        return tuple(replace(one, label=f"{one.id} {HOSTILE}", short=f"{one.id} {HOSTILE}") for one in ones)

    practice = {}
    if study.services:
        parts = ("providers", "provisions", "facts", "rates")
        services = {part: named(getattr(study.services, part)) for part in parts}
        practice["services"] = replace(study.services, **services)
    if study.codebook:
        practice["codebook"] = replace(study.codebook, themes=named(study.codebook.themes))
    if study.crosswalk:
        domains = named(study.crosswalk.domains)
        practice["crosswalk"] = replace(study.crosswalk, framework=HOSTILE, assumed=HOSTILE, domains=domains)
    return replace(
        study,
        **practice,
        title=HOSTILE,
        source={key: HOSTILE for key in ("citation", "seen_as", "place")},
        words={key: (HOSTILE, HOSTILE) for key in study.words},
        measures=tuple(measure(one) for one in study.measures),
        breakdowns=tuple(division(one) for one in study.breakdowns),
        bands=tuple(division(one) for one in study.bands),
        assumptions=((HOSTILE, HOSTILE),),
    )


def release_of(study, *, made_up=True, protected=False, available=True, ledger=True, compare=False):
    """Tables of simulated records; with `available` false every number is missing and a status says why."""
    answers, divisions = _simulated(study)
    groups = list(_groups(study, divisions))
    services = np.random.default_rng(43).integers(0, N_SERVICES, N_CASES)
    tables = {
        "estimates": _estimates(study, answers, divisions),
        "comparisons": [
            *_comparisons(study, answers, divisions),
            *released_tables.contrasts(study, answers, divisions, DESIGN_EFFECT),
        ],
        "trends": released_tables.trends(study, answers, divisions),
        "means": _means(study, answers, divisions),
        "distributions": _distributions(study, answers, divisions),
        "combinations": released_tables.combination_rows(study, answers, groups),
        "pairs": released_tables.pair_rows(study, answers, groups),
        "adjusted": released_tables.adjusted_rows(study, answers, divisions, DESIGN_EFFECT),
        "variation": released_tables.variation_rows(study, answers, services),
        "funnel": released_tables.funnel_rows(study, answers, services),
        "precision": released_tables.precision(study, answers, divisions, DESIGN_EFFECT),
        "multiverse": released_tables.multiverse_rows(["B09", "B17"]) if ledger else [],
        "ledger": _ledger() if ledger else [],
        "calibration": released_tables.calibration_rows(),
        **practice_tables.tables(study, answers, groups, compare=compare),
    }
    frames = {name: pd.DataFrame(rows, columns=COLUMNS[name]) for name, rows in tables.items()}
    frames = {name: _texts_filled(frame) for name, frame in frames.items()}
    if not available:
        # Simulated rates come from no record, so they are there whatever the records hold.
        frames = {name: frame if name == "calibration" else _emptied(frame) for name, frame in frames.items()}
    frames |= {name: no_rows(name) for name in COLUMNS if name not in frames}
    facts = _facts(study, made_up, protected) | practice_tables.facts(study)
    return Released(**frames, facts=facts)


def no_rows(name):
    return pd.DataFrame({column: pd.Series(dtype=object) for column in COLUMNS[name]})


def _texts_filled(frame):
    """Empty text as the release reads it: "", not missing."""
    return frame.assign(**{name: frame[name].astype(object).fillna("") for name in frame if name in TEXT})


NUMBERS = (
    *("n_yes", "estimate", "ci_low", "ci_high", "p_value", "p_holm", "p_bh", "df2", "icc"),
    *("smallest_increase", "smallest_decrease", "shrunken_lowest", "left_out_lowest"),
    *("estimate_gap", "estimate_other", "estimate_with", "estimate_before", "estimate_now", "share_agreed"),
    *(
        "estimate_services",
        "services_ci_low",
        "estimate_cases",
        "cases_ci_low",
        "n_passages",
        "n_services_gap",
    ),
    *("service_lowest", "service_median", "df"),
)


def _emptied(frame):
    numbers = [name for name in NUMBERS if name in frame]
    emptied = frame.assign(**dict.fromkeys(numbers, np.nan))
    return emptied.assign(status="no_cases") if "status" in frame else emptied


def _simulated(study):
    """Answers by item (NaN outside the base), and levels by division."""
    random = np.random.default_rng(20210521)
    divisions = {d.id: random.choice(d.codes, size=N_CASES) for d in study.divisions}
    answers, by_column = {}, {}
    for item in study.items:
        share = random.uniform(0.1, 0.8)
        lean = sum(0.12 * (divisions[d.id] == d.codes[-1]) for d in study.divisions[:3])
        yes = (random.random(N_CASES) < np.clip(share + lean, 0, 1)).astype(float)
        if item.base:
            yes[by_column[item.base] != 1] = np.nan
        answers[item.measure, item.id] = by_column[item.column] = yes
    if study.factor_count:
        counted = sum(by_column[column] for column in study.factor_count.columns)
        answers[study.factor_count.item, study.factor_count.item] = (
            counted >= study.factor_count.threshold
        ) * 1.0
        answers["number"] = counted
    return answers, divisions


def _groups(study, divisions):
    yield "all", "all", np.ones(N_CASES, dtype=bool)
    for division in study.divisions:
        for code in division.codes:
            yield division.id, code, divisions[division.id] == code


def _estimates(study, answers, divisions):
    for item in study.items:
        for division, code, group in _groups(study, divisions):
            inside = answers[item.measure, item.id][group]
            known = inside[~np.isnan(inside)]
            for name, effect in (("logit_t", DESIGN_EFFECT), ("wilson", 1.0)):
                yield _share_row(item, division, code, known, name, effect)


def _share_row(item, division, code, known, name, effect):
    n, k = len(known), int(known.sum())
    share = k / n
    error = np.sqrt(effect * share * (1 - share) / n)
    return {
        "measure": item.measure,
        "item": item.id,
        "breakdown": division,
        "subgroup": code,
        "n_cases": n,
        "n_yes": k,
        "n_missing": 0,
        "n_services": N_SERVICES,
        "estimate": share,
        "standard_error": error,
        "ci_low": max(0, share - 2 * error),
        "ci_high": min(1, share + 2 * error),
        "interval": name,
        "design_effect": effect if name == "logit_t" else np.nan,
        "status": "ok",
    }


def _comparisons(study, answers, divisions):
    rows = []
    for item in study.items:
        for division in study.divisions:
            statistic = _chi_square(answers[item.measure, item.id], divisions[division.id], division.codes)
            df = len(division.codes) - 1
            for method, effect in (("pearson", 1.0), ("rao_scott", DESIGN_EFFECT), ("cr2", DESIGN_EFFECT)):
                p = float(chdtrc(df, statistic / effect)) if df else np.nan
                row = {"measure": item.measure, "item": item.id, "breakdown": division.id, "method": method}
                rows.append(
                    row
                    | {"reference": "", "subgroup": "", "p_value": p, "status": "ok" if df else "one_level"}
                    | {"df1": df, "df2": 17.25}
                )
    table = pd.DataFrame(
        rows,
        columns=[
            *("measure", "item", "breakdown", "method", "reference", "subgroup"),
            *("df1", "df2", "p_value", "status"),
        ],
    )
    families = table.groupby(["measure", "breakdown", "method"], sort=False)["p_value"]
    sizes = families.transform("size")
    return table.assign(p_holm=(table["p_value"] * sizes).clip(upper=1), p_bh=table["p_value"]).to_dict(
        "records"
    )


def _chi_square(answers, levels, codes):
    known = ~np.isnan(answers)
    total = answers[known].mean()
    groups = [answers[known & (levels == code)] for code in codes]
    return sum(len(group) * (group.mean() - total) ** 2 for group in groups) / (total * (1 - total))


def _means(study, answers, divisions):
    if study.factor_count:
        for division, code, group in _groups(study, divisions):
            numbers = answers["number"][group]
            error = numbers.std() / np.sqrt(len(numbers))
            yield {
                "item": study.factor_count.measure,
                "breakdown": division,
                "subgroup": code,
                "n_cases": len(numbers),
                "n_missing": 0,
                "estimate": numbers.mean(),
                "ci_low": numbers.mean() - 2 * error,
                "ci_high": numbers.mean() + 2 * error,
                "status": "ok",
            }


def _distributions(study, answers, divisions):
    if study.factor_count:
        for division, code, group in _groups(study, divisions):
            numbers = answers["number"][group]
            for number in range(len(study.factor_count.columns) + 1):
                n = int((numbers == number).sum())
                yield [division, code, number, n, n / len(numbers)]


def _ledger():
    made = "by_construction"
    rows = [
        ("B09", "Lifestyle recorded", "prevalence", "lifestyle", "", "75 per cent", "holds", "undetermined"),
        (
            "B17",
            "Lower for some",
            "sufficiency",
            "",
            "looked_after",
            "4 of 10",
            "does_not_hold",
            "undetermined",
        ),
        ("B22", "Many services", "", "", "", "", "not_testable", "not_testable"),
    ]
    names = ("claim", "statement", "measure", "item", "breakdown", "computed")
    for row in rows:
        tested = row[-1] != "not_testable"
        yield dict(zip(names, row, strict=False)) | {
            "source": "A page",
            "published": "many",
            "verdict_published_method": row[-2],
            "verdict_design_based": row[-1],
            "basis": made if tested else "",
            "robustness": 0.75 if tested else np.nan,
            "note": f"Note on {row[0]}",
        }


def _facts(study, made_up, protected):
    dates = ("2018-06-04", "2020-02-21") if study.date else (None, None)
    return {
        "study": study.id,
        "study_sha256": study.digest,
        "made_up": made_up,
        "protected": protected,
        "policy": "default" if protected else "none",
        "n_cases": N_CASES,
        "n_services": N_SERVICES,
        "n_read": N_CASES + 5,
        "n_accepted": N_CASES,
        "n_rejected": 5,
        "rejected_by_rule": {"unknown_code": 4, "outside_window": 2},
        "missing": [
            {"column": "age", "label": "Age", "not_applicable": 0, "not_known": 3, "not_recorded": 9}
        ],
        "first_date": dates[0],
        "last_date": dates[1],
        "files": [{"name": "cases.csv", "sha256": "ab" * 32, "n_rows": N_CASES + 5}],
        "oddities": [
            {"check": "service_with_one_case", "where": "services", "text": "1 service has a single case"}
        ],
        "version": "0.1.0",
        "packages": {"numpy": "2.4.6"},
        "inference": {
            "confidence_level": 0.95,
            "significance_level": 0.05,
            "finite_population_correction": False,
            "small_effective_base": 30,
        },
        "allow": ["service_with_one_case"],
        "rejects_limit": 0.01,
    }

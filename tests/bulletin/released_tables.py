"""The tables that rest on differences, bands, combinations, services and choices, of simulated answers."""

from itertools import combinations

import numpy as np
from scipy.special import chdtrc

POWER, REACH, DF = 0.8, 2.8, 17.25
SERVICES = 43


def _mean(values):
    return float(values.mean()) if len(values) else 0.5


def _inside(share):
    """Away from none and all, so that ratios exist."""
    return float(np.clip(share, 0.01, 0.99))


def contrasts(study, answers, divisions, effect):
    """One row a level other than the reference and method."""
    for item in study.items:
        for division in study.divisions:
            for code in division.codes:
                if code != division.reference:
                    yield from _contrast_rows(answers, divisions, item, division, code, effect)


def _groups_of(answers, divisions, item, division, code):
    known = answers[item.measure, item.id]
    return [
        known[(divisions[division.id] == level) & ~np.isnan(known)] for level in (code, division.reference)
    ]


def _contrast_rows(answers, divisions, item, division, code, effect):
    pair = _groups_of(answers, divisions, item, division, code)
    own, other = (_inside(_mean(group)) for group in pair)
    error = np.sqrt(
        sum(
            effect * share * (1 - share) / max(1, len(group))
            for share, group in zip((own, other), pair, strict=True)
        )
    )
    base = {
        "measure": item.measure,
        "item": item.id,
        "breakdown": division.id,
        "reference": division.reference,
        "subgroup": code,
        "family": f"{item.measure}.{division.id}",
        "status": "ok",
    }
    ends = {"ci_low": own - other - 2.1 * error, "ci_high": own - other + 2.1 * error}
    p = float(chdtrc(1, ((own - other) / error) ** 2))
    tested = {"p_value": p, "p_holm": min(1, 10 * p), "p_bh": p, "df1": 1, "df2": DF}
    for method in ("cr2", "cr3"):
        yield base | ends | tested | {"method": method, "effect": "difference", "estimate": own - other}
    yield base | ends | {"method": "newcombe", "effect": "difference", "estimate": own - other}
    for name, ratio in (
        ("risk_ratio", own / other),
        ("odds_ratio", own / (1 - own) / (other / (1 - other))),
    ):
        ends = {"ci_low": ratio / 1.2, "ci_high": ratio * 1.2}
        yield base | ends | {"method": "linearised", "effect": name, "estimate": ratio}
    if 0.01 < p < 0.1:
        yield base | {"method": "wild_bootstrap", "effect": "difference", "p_value": p}


def precision(study, answers, divisions, effect):
    """Smallest detectable differences of every contrast."""
    for item in study.items:
        for division in study.divisions:
            for code in division.codes:
                if code == division.reference:
                    continue
                pair = _groups_of(answers, divisions, item, division, code)
                share = _mean(np.concatenate(pair))
                reach = REACH * np.sqrt(
                    effect * share * (1 - share) * sum(1 / max(1, len(group)) for group in pair)
                )
                yield {
                    "measure": item.measure,
                    "item": item.id,
                    "breakdown": division.id,
                    "reference": division.reference,
                    "subgroup": code,
                    "n_reference": len(pair[1]),
                    "n_subgroup": len(pair[0]),
                    "share": share,
                    "design_effect": effect,
                    "df": DF,
                    "smallest_increase": reach,
                    "smallest_decrease": -reach * 1.02,
                    "power": POWER,
                    "status": "ok",
                }


def trends(study, answers, divisions):
    """Cochran-Armitage and slope for each item and band; slope and rank tests of the number of factors."""
    named = [(item.measure, item.id, answers[item.measure, item.id]) for item in study.items]
    if study.factor_count:
        named.append(("number_of_factors", "number_of_factors", answers["number"]))
    for measure, item, values in named:
        for band in study.bands:
            score = np.array([band.codes.index(code) for code in divisions[band.id]])
            yield from _trend_rows(measure, item, band.id, values, score)


def _trend_rows(measure, item, band, values, score):
    known = ~np.isnan(values)
    if len(set(score[known])) < 2:
        return
    values, score = values[known], score[known] - score[known].mean()
    slope = (score * values).sum() / (score**2).sum()
    error = values.std() / np.sqrt((score**2).sum()) * 1.3
    p = float(chdtrc(1, (slope / error) ** 2))
    base = {
        "measure": measure,
        "item": item,
        "breakdown": band,
        "family": f"{measure}.{band}",
        "status": "ok",
    }
    tested = {"p_value": p, "p_holm": min(1, 10 * p), "p_bh": p, "df1": 1}
    ends = {"ci_low": slope - 2.1 * error, "ci_high": slope + 2.1 * error}
    yield (
        base
        | tested
        | ends
        | {
            "method": "cr2",
            "effect": "slope_per_band",
            "estimate": slope,
            "df2": DF,
        }
    )
    others = ("kruskal_wallis", "design_rank") if measure == "number_of_factors" else ("cochran_armitage",)
    for method in others:
        yield base | tested | {"method": method, "p_value": p / 2, "effect": ""}


def factor_rows(study, answers):
    """Factors by case, and their ids; none where a study counts no factors."""
    if not study.factor_count:
        return [], None
    items = study.measure(study.factor_count.measure).items
    return [item.id for item in items], np.column_stack([answers[i.measure, i.id] == 1 for i in items])


def combination_rows(study, answers, groups):
    """Cases with exactly each combination, the most frequent first."""
    names, present = factor_rows(study, answers)
    if present is None:
        return
    texts = np.array(["+".join(name for name, yes in zip(names, row, strict=True) if yes) for row in present])
    for division, code, group in groups:
        if division == "all" or division in {band.id for band in study.bands}:
            found, counts = np.unique(texts[group], return_counts=True)
            for text, n in sorted(zip(found, counts, strict=True), key=lambda pair: (-pair[1], pair[0])):
                size = text.count("+") + 1 if text else 0
                yield [division, code, text, size, int(n), n / group.sum()]


def pair_rows(study, answers, groups):
    """Lift of each pair of factors."""
    names, present = factor_rows(study, answers)
    if present is None:
        return
    for division, code, group in groups:
        if division == "all" or division in {band.id for band in study.bands}:
            for first, second in combinations(range(len(names)), 2):
                one, two = present[group, first], present[group, second]
                both = (one & two).sum()
                lift = both * group.sum() / (one.sum() * two.sum())
                numbers = [group.sum(), one.sum(), two.sum(), both, lift, 0.05, lift / 1.1, lift * 1.1, 40]
                yield [division, code, names[first], names[second], *numbers, "ok"]


def adjusted_rows(study, answers, divisions, effect):
    """Average marginal effect of each level, a little nearer nought than the plain difference."""
    for item in study.items:
        for division in study.divisions:
            for code in division.codes:
                if code == division.reference:
                    continue
                first = next(iter(_contrast_rows(answers, divisions, item, division, code, effect)))
                names = ("measure", "item", "breakdown", "reference", "subgroup", "p_value", "p_holm", "p_bh")
                alone = item.id == "physical_health" and division.id == "gender"
                numbers = {key: 0.9 * first[key] for key in ("estimate", "ci_low", "ci_high")}
                numbers["p_exchangeable"] = min(1.0, 1.2 * first["p_value"])
                yield (
                    {name: first[name] for name in (*names, "family")}
                    | ({"status": "separated", "note": "gender"} if alone else numbers | {"status": "ok"})
                    | {"effect": "average_marginal_effect", "df": DF, "n_cases": 1168, "n_services": SERVICES}
                )


def variation_rows(study, answers, services):
    """How much services differ in each item."""
    for item in study.items:
        shares = [share for _, share in _by_service(answers, item, services)]
        mean = _mean(answers[item.measure, item.id][~np.isnan(answers[item.measure, item.id])])
        yield {
            "measure": item.measure,
            "item": item.id,
            "n_cases": int((~np.isnan(answers[item.measure, item.id])).sum()),
            "n_services": SERVICES,
            "estimate": mean,
            "icc": 0.05,
            "icc_ci_low": -0.004,
            "icc_ci_high": 0.11,
            "p_value": 0.01,
            "overdispersion": 1.7,
            "n_outside_95": 6,
            "n_outside_998": 1,
            "shrunken_lowest": (min(shares) + mean) / 2,
            "shrunken_highest": (max(shares) + mean) / 2,
            "left_out_lowest": mean - 0.01,
            "left_out_highest": mean + 0.01,
            "status": "ok",
        }


def funnel_rows(study, answers, services):
    """Size and share of each service, unnamed."""
    for item in study.items:
        for n, share in sorted(_by_service(answers, item, services)):
            yield [item.measure, item.id, n, share]


def _by_service(answers, item, services):
    values = answers[item.measure, item.id]
    for number in range(SERVICES):
        inside = values[(services == number) & ~np.isnan(values)]
        yield len(inside), _mean(inside)


def multiverse_rows(claims):
    """What each tested claim comes to under a few other choices."""
    labels = (
        "Test: Rao-Scott instead of CR2",
        "No adjustment for many tests",
        "Not known counted as no",
        "Services weighted equally",
        "Finite population correction",
        "Each service left out in turn",
    )
    for number, claim in enumerate(claims):
        for place, label in enumerate(labels):
            agrees = ("yes", "no", "", "yes")[(number * 3 + place * 2 + place // 3) % 4]
            yield [
                claim,
                f"alternative_{place}",
                label,
                "holds" if agrees == "yes" else "undetermined",
                agrees,
            ]


def calibration_rows():
    """Rates as a simulation gives them: a test and an interval, headline and not, at two correlations."""
    roles = [("test", "published", 0.3), ("test", "headline", 0.05), ("interval", "ignores services", 0.6)]
    return [
        {
            "quantity": quantity,
            "method": role,
            "role": role,
            "breakdown": "2 subgroups",
            "kind": "by service",
            "base": "largest",
            "n_cases": 1168,
            "share": 0.4,
            "icc": icc,
            "nominal": 0.05,
            "n_runs": 2000,
            "n_answered": 2000,
            "rate": rate + icc,
            "standard_error": 0.005,
            "verdict": "within",
        }
        for quantity, role, rate in [*roles, ("interval", "headline", 0.85)]
        for icc in (0.05, 0.1)
    ]

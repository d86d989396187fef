"""The tables on stages, services, comments, domains and another edition, of simulated answers."""

from itertools import combinations, pairwise

import numpy as np
from scipy.special import chdtrc

from desistance.study import DIRECTIONS

SERVICES, CASES, DF, POWER = 43, 1168, 27.5, 0.8


def tables(study, answers, groups, *, compare):
    """Rows of every such table, by name; none where the study has nothing of the kind."""
    random = np.random.default_rng(2104)
    found = {
        "stages": list(stages(study, answers, groups)),
        "changes": list(changes(study, answers, groups)) if compare else [],
    }
    if study.services:
        found |= {
            "provision": list(provision(study.services, random)),
            "rates": list(rates(study.services)),
            "provision_delivery": list(provision_delivery(study, random)),
        }
    if study.codebook:
        found |= {
            "themes": list(themes(study.codebook, random)),
            "theme_pairs": list(theme_pairs(study.codebook)),
            "theme_delivery": list(theme_delivery(study.codebook, random)),
            "agreement": list(agreement(study.codebook)),
            "quotes": list(quotes(study.codebook)),
        }
    return found


def facts(study):
    """What the account of quality says of services and comments."""
    rows = {
        "n_read": 45,
        "n_accepted": 42,
        "n_rejected": 3,
        "rejected_by_rule": {"unknown_code:gap_girls": 3},
    }
    files = [{"name": "made_up_services.csv", "sha256": "cd" * 32, "n_rows": 45}]
    services = rows | {"files": files, "made_up": True, "n_services_not_described": 1}
    comments = rows | {
        "files": [],
        "made_up": True,
        "n_passages": 40,
        "n_passages_case": 30,
        "n_passages_two_coders": 12,
        "n_passages_disputed": 5,
        "n_quotes": 15,
        "n_not_cleared": 1,
        "n_cleared_without_theme": 1,
    }
    return {
        "services": services if study.services else None,
        "comments": comments if study.codebook else None,
    }


def _tested(difference, error):
    p = float(chdtrc(1, (difference / error) ** 2)) if error else 1.0
    return {
        "estimate": difference,
        "standard_error": error,
        "ci_low": difference - 2.05 * error,
        "ci_high": difference + 2.05 * error,
        "statistic": difference / error if error else 0.0,
        "df": DF,
        "p_value": p,
        "p_holm": min(1.0, 4 * p),
        "p_bh": p,
        "status": "ok",
    }


def _share(values):
    known = values[~np.isnan(values)]
    return len(known), float(known.mean()) if len(known) else 0.5


def _ends(n_yes, n):
    error = 2 * np.sqrt(max(n_yes * (n - n_yes), 1) / n**3)
    return max(0.0, n_yes / n - error), min(1.0, n_yes / n + error)


def stages(study, answers, groups):
    """Each stage and the next, then the first and the last."""
    for measure in (measure for measure in study.measures if measure.staged):
        ids = [item.id for item in measure.items]
        for division, code, group in groups:
            for previous, item in [*pairwise(ids), (ids[0], ids[-1])]:
                pair = [_share(answers[measure.id, one][group]) for one in (previous, item)]
                yield {
                    "measure": measure.id,
                    "breakdown": division,
                    "subgroup": code,
                    "previous": previous,
                    "item": item,
                    "n_previous": pair[0][0],
                    "n_cases": pair[1][0],
                    "family": f"{measure.id}.{division}",
                    **_tested(pair[1][1] - pair[0][1], 0.03),
                }


def changes(study, answers, groups):
    """Every share against one a little different, the second item defined otherwise."""
    for number, item in enumerate(study.items):
        for division, code, group in groups:
            n, share = _share(answers[item.measure, item.id][group])
            before = float(np.clip(share + 0.06 * np.sin(number), 0, 1))
            yield {
                "measure": item.measure,
                "item": item.id,
                "breakdown": division,
                "subgroup": code,
                "n_before": n + 7,
                "n_cases": n,
                "estimate_before": before,
                "estimate_now": share,
                "family": f"{item.measure}.{division}",
                "note": "defined otherwise in the other edition" if number == 1 else "",
                **_tested(share - before, 0.02),
            }


def provision(table, random):
    """Availability, gaps, providers, facts and the wide range, of 43 services of which one did not answer."""
    ids = [one.id for one in table.provisions]
    keys = [("available", one, "") for one in ids] + [("gap", one, "") for one in ids]
    keys += [("provider", one, who.id) for one in ids for who in table.providers]
    keys += [("mix", who.id, "") for who in table.providers] + [("fact", one.id, "") for one in table.facts]
    for group, item, subgroup in [*keys, ("range", "wide_range", "")]:
        n, n_yes = SERVICES - 1, int(random.integers(3, 40))
        low, high = _ends(n_yes, n)
        yield {
            "group": group,
            "item": item,
            "subgroup": subgroup,
            "n_services": n,
            "n_yes": n_yes,
            "n_missing": 1,
            "estimate": n_yes / n,
            "ci_low": low,
            "ci_high": high,
            "interval": "clopper_pearson",
            "status": "ok",
        }


def rates(table):
    """Shares of people, a third of them."""
    for number, one in enumerate(table.rates):
        n, n_yes = 600 + number, 200 + number
        low, high = _ends(n_yes, n)
        yield {
            "item": one.id,
            "n_cases": n,
            "n_yes": n_yes,
            "n_services": SERVICES,
            "n_missing": 0,
            "estimate": n_yes / n,
            "standard_error": 0.02,
            "ci_low": low,
            "ci_high": high,
            "df": DF,
            "service_lowest": 0.05,
            "service_median": 0.31,
            "service_highest": 0.72,
            "status": "ok",
        }


def provision_delivery(study, random):
    """Delivery a few points lower with a gap."""
    for number, one in enumerate(one for one in study.services.provisions if one.item):
        share = float(random.uniform(0.5, 0.7))
        lower = -0.02 * (number + 1)
        yield {
            "provision": one.id,
            "measure": study.services.delivery,
            "item": one.item,
            "n_services_gap": 12,
            "n_services_other": 30,
            "n_cases_gap": 150,
            "n_cases_other": 400,
            "estimate_gap": share + lower,
            "estimate_other": share,
            **_tested(lower, 0.08),
            "p_pearson": 0.04,
            "smallest_decrease": -0.2,
            "power": POWER,
        }


def themes(codebook, random):
    """Services and cases that speak of each theme, in each direction and in either."""
    for theme in codebook.themes:
        for direction in (*DIRECTIONS, "either"):
            n_services, n_cases = int(random.integers(5, 38)), int(random.integers(10, 90))
            services, cases = _ends(n_services, SERVICES), _ends(n_cases, CASES)
            yield {
                "theme": theme.id,
                "direction": direction,
                "n_passages": n_cases + 4,
                "n_services": n_services,
                "n_services_all": SERVICES,
                "estimate_services": n_services / SERVICES,
                "services_ci_low": services[0],
                "services_ci_high": services[1],
                "n_cases": n_cases,
                "n_cases_all": CASES,
                "estimate_cases": n_cases / CASES,
                "cases_ci_low": cases[0],
                "cases_ci_high": cases[1],
                "status": "ok",
            }


def theme_pairs(codebook):
    """Every two themes together in a few cases."""
    for number, (first, second) in enumerate(combinations(codebook.themes, 2)):
        yield [first.id, second.id, number % 5, number, 50, 60, number / (110 - number)]


def theme_delivery(codebook, random):
    """Delivery in cases whose comments speak of a theme."""
    for theme in codebook.themes:
        for direction in DIRECTIONS:
            difference = float(random.uniform(-0.15, 0.15))
            yield {
                "theme": theme.id,
                "direction": direction,
                "measure": codebook.delivery,
                "n_services": 20,
                "n_with": 120,
                "n_without": 5000,
                "estimate_with": 0.66 + difference,
                "estimate_without": 0.66,
                **_tested(difference, 0.06),
            }


def agreement(codebook):
    """Kappa for two coders and alpha for all, over all themes and for each; full agreement on the last."""
    for theme in ("all", *(theme.id for theme in codebook.themes)):
        whole = theme == codebook.themes[-1].id
        for coefficient, coders, estimate in (("kappa", "coder 1 & coder 2", 0.68), ("alpha", "all", 0.71)):
            yield {
                "theme": theme,
                "coefficient": coefficient,
                "coders": coders,
                "n_passages": 89,
                "n_services": 30,
                "share_agreed": 1.0 if whole else 0.77,
                "estimate": 1.0 if whole else estimate,
                "ci_low": np.nan if whole else estimate - 0.09,
                "ci_high": np.nan if whole else estimate + 0.08,
                "interval": "none" if whole else "jackknife",
                "status": "no_variation" if whole else "ok",
            }


def quotes(codebook):
    """Five cleared passages for each of three themes: three as enabler, two as barrier."""
    for theme in codebook.themes[:3]:
        for number in range(5):
            yield [theme.id, DIRECTIONS[number % 2], f"Words {number} on <{theme.id}>."]

"""Small published folders, made of a few hundred invented children and hidden by hand.

The children have an age and a gender, and none to three of the factors a, b and c. Three of the young have factor c.
That count is hidden, and with it all that would give it away: the same of the middle age (margins), what is done about
it (its base is this count), and how many factors the young and those of middle age have (their sum is that of the
factors).
"""

import csv
import json
import math
from itertools import combinations, product
from statistics import NormalDist

from scipy import stats

AGES, GENDERS, FACTORS = ("young", "middle", "old"), ("boy", "girl"), ("a", "b", "c")
DIVISIONS = {"age": AGES, "gender": GENDERS}
SETS = [frozenset(some) for size in range(4) for some in combinations(FACTORS, size)]
HIDDEN = "[c]"
HIDDEN_AGES = ("young", "middle")
LEVEL, EFFECT, T = 0.95, 1.5, 2.02
POLICY = {
    "label": "Small counts hidden",
    "protect": True,
    "largest_unsafe": 5,
    "smallest_base": 10,
    "reliable_base": 30,
    "zeros": "shown",
    "missing": "shown",
    "round_to": 1,
    "significant_digits": 4,
    "candidates": 6,
}


def children():
    """One dictionary a child."""
    found = []
    for number, (age, gender, factors) in enumerate(product(AGES, GENDERS, SETS)):
        size = 9 + (number * 7) % 6
        if age == "young" and "c" in factors:
            size = (
                1
                if (gender, len(factors)) in {("boy", 1), ("boy", 3)}
                or (gender, factors)
                == (
                    "girl",
                    frozenset("ac"),
                )
                else 0
            )
        found += [{"age": age, "gender": gender, "factors": factors, "place": place} for place in range(size)]
    return found


def is_done(child, factor):
    """Whether enough is done about a factor: yes, no, or None where nobody said."""
    if factor == "a" and child["age"] == "old" and child["place"] == 1:
        return None
    return child["place"] % 5 not in (1, 4)


def groups(people):
    """Everyone, then the children of each level of each division."""
    yield "all", "all", people
    for division, levels in DIVISIONS.items():
        for level in levels:
            yield division, level, [child for child in people if child[division] == level]


def judged(people, measure, item):
    """Yes, base and missing of an item."""
    if measure == "prevalence":
        answers = [item in child["factors"] for child in people]
    elif measure == "two_or_more":
        answers = [len(child["factors"]) >= 2 for child in people]
    elif measure == "domains":
        parts = [judged(people, "sufficiency", part) for part in ("a", "b")]
        return tuple(sum(numbers) for numbers in zip(*parts, strict=True))
    else:
        answers = [is_done(child, item) for child in people if item in child["factors"]]
    return sum(one is True for one in answers), sum(one is not None for one in answers), answers.count(None)


ITEMS = [
    *(("prevalence", factor) for factor in FACTORS),
    *(("sufficiency", factor) for factor in FACTORS),
    ("two_or_more", "two_or_more"),
    ("domains", "t1"),
]


def is_hidden(measure, item, division, level):
    """What is hidden of an item: factor c, and what is done about it, of the young and those of middle age."""
    return (
        item == "c"
        and measure in ("prevalence", "sufficiency")
        and division == "age"
        and level in HIDDEN_AGES
    )


def wilson(yes, base):
    """Ends of Wilson's interval."""
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    p = yes / base
    middle, scale = p + z * z / (2 * base), 1 + z * z / base
    half = z * math.sqrt(p * (1 - p) / base + z * z / (4 * base * base))
    return (middle - half) / scale, (middle + half) / scale


def logit_ends(yes, base):
    """Ends of an interval that is symmetric on the logit scale, with a design effect."""
    p = yes / base
    error = math.sqrt(EFFECT * p * (1 - p) / (base - 1))
    half = T * error / (p * (1 - p))
    return [1 / (1 + math.exp(-(math.log(p / (1 - p)) + sign * half))) for sign in (-1, 1)]


def printed(number):
    """A number with four significant digits."""
    return f"{float(f'{number:.3e}'):.12g}"


def estimates(people):
    """Two rows a share, and the truth of those that are hidden."""
    for (measure, item), (division, level, own) in product(ITEMS, list(groups(people))):
        yes, base, missing = judged(own, measure, item)
        shared = {"measure": measure, "item": item, "breakdown": division, "subgroup": level}
        counts = {"n_cases": base, "n_yes": yes, "n_missing": missing, "n_services": 1}
        for interval in ("logit_t", "wilson"):
            row = (
                shared
                | counts
                | statistics_of_share(yes, base, interval)
                | {"interval": interval, "status": "ok"}
            )
            if interval == "wilson" and measure == "domains":
                continue
            if is_hidden(measure, item, division, level):
                row |= dict.fromkeys(("n_yes", "estimate", "standard_error", "ci_low", "ci_high"), HIDDEN)
                row |= {"design_effect": HIDDEN, "status": "suppressed"}
                row |= {"n_cases": HIDDEN} if measure == "sufficiency" else {}
            yield row


def statistics_of_share(yes, base, interval):
    """Share, error and interval of one row."""
    p = yes / base
    if interval == "wilson":
        error, ends, effect = math.sqrt(p * (1 - p) / base), wilson(yes, base), ""
    elif 0 < yes < base:
        error, ends = math.sqrt(EFFECT * p * (1 - p) / (base - 1)), logit_ends(yes, base)
        effect = printed(EFFECT)
    else:
        error, ends, effect = 0.0, (p, p), ""
    numbers = {"estimate": p, "standard_error": error, "ci_low": ends[0], "ci_high": ends[1]}
    return {name: printed(number) for name, number in numbers.items()} | {
        "design_effect": effect,
        "df": 42,
        "icc": "",
    }


def comparisons(people):
    """Pearson's test of every item, and every level against the first: difference, risk ratio and odds ratio."""
    for (measure, item), (division, levels) in product(ITEMS, DIVISIONS.items()):
        if measure == "domains":
            continue
        own = {level: judged([c for c in people if c[division] == level], measure, item) for level in levels}
        row = {
            "measure": measure,
            "item": item,
            "breakdown": division,
            "family": f"{measure}.{division}",
            "status": "ok",
        }
        any_hidden = any(is_hidden(measure, item, division, level) for level in levels)
        test = row | pearson([pair[:2] for pair in own.values()])
        yield blank(test, any_hidden, ("estimate", "statistic", "p_value", "p_holm", "p_bh"))
        for level in levels[1:]:
            hidden = any(is_hidden(measure, item, division, one) for one in (levels[0], level))
            for contrast in contrasts(own[level][:2], own[levels[0]][:2]):
                whole = row | contrast | {"reference": levels[0], "subgroup": level}
                yield blank(whole, hidden, ("estimate", "ci_low", "ci_high"))


def blank(row, hidden, names):
    """The row with numbers hidden, if they are to be."""
    if not hidden:
        return row
    status = {"status": "suppressed"} if "status" in row else {}
    return row | {name: HIDDEN for name in names if name in row} | status


def pearson(pairs):
    """Pearson's test by another library."""
    found = stats.chi2_contingency([[yes, base - yes] for yes, base in pairs], correction=False)
    size = sum(base for _, base in pairs)
    numbers = {"estimate": math.sqrt(found[0] / size), "statistic": found[0], "p_value": found[1]}
    return {"method": "pearson", "effect": "cramers_v", "df1": len(pairs) - 1} | {
        name: printed(number) for name, number in numbers.items()
    }


def contrasts(own, reference):
    """Newcombe's difference with its interval, the ratio of risks and that of odds."""
    p, q = own[0] / own[1], reference[0] / reference[1]
    (low_p, high_p), (low_q, high_q) = wilson(*own), wilson(*reference)
    below, above = math.hypot(p - low_p, high_q - q), math.hypot(high_p - p, q - low_q)
    numbers = {"estimate": p - q, "ci_low": p - q - below, "ci_high": p - q + above}
    yield {"method": "newcombe", "effect": "difference"} | {
        name: printed(one) for name, one in numbers.items()
    }
    if p > 0 and 0 < q < 1 and p < 1:
        yield {"method": "linearised", "effect": "risk_ratio", "estimate": printed(p / q)}
        odds = p * (1 - q) / (q * (1 - p))
        yield {"method": "linearised", "effect": "odds_ratio", "estimate": printed(odds)}


def distributions(people):
    """Children with each number of factors."""
    for division, level, own in groups(people):
        for number in range(4):
            count = sum(len(child["factors"]) == number for child in own)
            row = {"breakdown": division, "subgroup": level, "n_factors": number, "n_cases": count}
            row["estimate"] = printed(count / len(own))
            yield blank(row, division == "age" and level in HIDDEN_AGES, ("n_cases", "estimate"))


def means(people):
    """The mean number of factors."""
    for division, level, own in groups(people):
        row = {"item": "number_of_factors", "breakdown": division, "subgroup": level, "n_cases": len(own)}
        row |= {"n_missing": 0, "n_services": 1, "status": "ok"}
        row["estimate"] = printed(sum(len(child["factors"]) for child in own) / len(own))
        yield blank(row, division == "age" and level in HIDDEN_AGES, ("estimate",))


def pairs(people):
    """Two factors together, of everyone."""
    for first, second in combinations(FACTORS, 2):
        sizes = [
            sum(some <= child["factors"] for child in people) for some in ({first}, {second}, {first, second})
        ]
        names = dict(zip(("n_first", "n_second", "n_both"), sizes, strict=True))
        lift = sizes[2] * len(people) / (sizes[0] * sizes[1])
        row = {
            "breakdown": "all",
            "subgroup": "all",
            "first": first,
            "second": second,
            "n_cases": len(people),
        }
        yield row | names | {"estimate": printed(lift), "status": "ok"}


def combinations_of(people):
    """Every combination of factors, of everyone."""
    for some in SETS:
        count = sum(child["factors"] == some for child in people)
        row = {
            "breakdown": "all",
            "subgroup": "all",
            "combination": "+".join(sorted(some)),
            "n_factors": len(some),
        }
        yield row | {"n_cases": count, "estimate": printed(count / len(people))}


def precision(people):
    """Bases once more, and the share of two levels together."""
    for (measure, item), (division, levels) in product(ITEMS, DIVISIONS.items()):
        own = {level: judged([c for c in people if c[division] == level], measure, item) for level in levels}
        for level in levels[1:]:
            (yes, base, _), (other_yes, other_base, _) = own[level], own[levels[0]]
            row = {
                "measure": measure,
                "item": item,
                "breakdown": division,
                "reference": levels[0],
                "subgroup": level,
            }
            row |= {"n_reference": other_base, "n_subgroup": base, "power": 0.8, "status": "ok"}
            row["share"] = printed((yes + other_yes) / (base + other_base))
            for column, one in (("n_reference", levels[0]), ("n_subgroup", level)):
                if is_hidden(measure, item, division, one):
                    row |= {"share": HIDDEN, "status": "suppressed"}
                    row |= {column: HIDDEN} if measure == "sufficiency" else {}
            yield row


def themes(people):
    """One theme of the comments: nobody mentions it both as an enabler and as a barrier."""
    for direction, count in (("enabler", 40), ("barrier", 30), ("either", 70)):
        row = {"theme": "trust", "direction": direction, "n_passages": count + 2 * (direction != "barrier")}
        row |= {
            "n_services": 9,
            "n_services_all": 20,
            "n_cases": count,
            "n_cases_all": len(people),
            "status": "ok",
        }
        yield row | {"estimate_cases": printed(count / len(people))}


TABLES = {
    "estimates": estimates,
    "comparisons": comparisons,
    "distributions": distributions,
    "means": means,
    "pairs": pairs,
    "combinations": combinations_of,
    "precision": precision,
    "themes": themes,
}


def structure():
    """What release.json says of the study."""

    def item(name, base=None, parts=()):
        return {"base": base, "parts": list(parts), "label": f"Factor {name}", "short": name}

    return {
        "divisions": {name: list(levels) for name, levels in DIVISIONS.items()},
        "breakdowns": list(DIVISIONS),
        "bands": [],
        "measures": {
            "prevalence": {"items": {f: item(f) for f in FACTORS}, "staged": False, "pooled": False},
            "sufficiency": {
                "items": {f: item(f, f"prevalence.{f}") for f in FACTORS},
                "staged": False,
                "pooled": False,
            },
            "two_or_more": {"items": {"two_or_more": item("two or more")}, "staged": False, "pooled": False},
            "domains": {
                "items": {"t1": item("t1", None, ["sufficiency.a", "sufficiency.b"])},
                "staged": False,
                "pooled": True,
            },
        },
        "combined": "prevalence",
        "factor_count": {"measure": "prevalence", "item": "two_or_more", "threshold": 2, "n_factors": 3},
        "labels": {
            name: {
                "label": name.title(),
                "levels": {level: {"label": level, "short": level} for level in levels},
            }
            for name, levels in DIVISIONS.items()
        },
        "themes": {"trust": {"label": "Trust", "short": "Trust"}},
        "weighted": False,
    }


def release(people, policy):
    """The facts of a release."""
    gaps = [
        {"column": name, "label": name.title(), "not_applicable": 0, "not_known": 0, "not_recorded": 0}
        for name in DIVISIONS
    ]
    return {
        "study": "invented",
        "made_up": True,
        "n_cases": len(people),
        "n_services": 20,
        "first_date": "2020-01-01",
        "last_date": "2020-12-31",
        "files": [{"name": "cases.csv", "sha256": f"{len(people):064x}"}],
        "missing": gaps,
        "inference": {"confidence_level": LEVEL},
        "policy": "default",
        "disclosure": dict(policy),
        "structure": structure(),
    }


def publish(folder, columns, *, people=None, policy=POLICY):
    """Write a published folder; ``columns`` names the columns of each table."""
    people = children() if people is None else people
    (folder / "tables").mkdir(parents=True)
    for name, rows in TABLES.items():
        write(folder / f"tables/{name}.csv", columns[name], rows(people))
    (folder / "release.json").write_text(json.dumps(release(people, policy), indent=1), encoding="utf-8")
    return folder


def write(path, columns, rows):
    """Write one table; what a row lacks is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rows_of(folder, table):
    """The rows of a published table."""
    with (folder / f"tables/{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def change(folder, table, where, **cells):
    """Put other text into cells of the rows that agree with ``where``; how many rows were changed."""
    rows, changed = rows_of(folder, table), 0
    for row in rows:
        if all(row[name] == value for name, value in where.items()):
            row |= {name: str(value) for name, value in cells.items()}
            changed += 1
    write(folder / f"tables/{table}.csv", list(rows[0]), rows)
    return changed

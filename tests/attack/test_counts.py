"""An outsider who reads only the tables: what was planted is found and named, and nothing else."""

import json
import math

import pytest
from scipy import stats

from attack import publications as made
from desistance.attack import AttackError, Statement, attack, documents
from desistance.findings.tables import COLUMNS

YOUNG = {"measure": "prevalence", "item": "c", "breakdown": "age", "subgroup": "young"}
MIDDLE = {**YOUNG, "subgroup": "middle"}
WILSON = {**YOUNG, "interval": "wilson"}
HEADLINE = {**YOUNG, "interval": "logit_t"}
KEY = ("yes", "prevalence", "c", "age", "young")
PEARSON = {"measure": "prevalence", "item": "c", "breakdown": "age", "method": "pearson"}


@pytest.fixture
def folder(tmp_path):
    return made.publish(tmp_path / "published", COLUMNS)


def run(folder, previous=None):
    return attack(folder, previous, time_limit=60)


def truth(measure="prevalence", item="c", level="young"):
    """Yes and base that the builder hid."""
    return made.judged([child for child in made.children() if child["age"] == level], measure, item)[:2]


def found(folder, kind, key=KEY, previous=None):
    """Whether the attack finds a count, and names the kind of leak."""
    account = run(folder, previous)
    return any(one.key == key and (one.kind == kind or kind in one.relations) for one in account.breaches)


def test_a_folder_hidden_by_hand_withstands_the_attack(folder):
    account = run(folder)
    assert account.holds
    assert account.breaches == ()
    assert account.n_hidden == 14
    assert account.least_candidates >= 6


def test_a_margin_less_the_cells_shown_is_found(folder):
    assert made.change(folder, "estimates", MIDDLE, n_yes=truth(level="middle")[0]) == 2
    assert found(folder, "margin")


def test_the_base_of_what_is_done_is_the_count_of_the_factor(folder):
    where = {**MIDDLE, "measure": "sufficiency"}
    made.change(folder, "estimates", where, n_cases=truth("sufficiency", level="middle")[1])
    assert found(folder, "shared_base", ("yes", "prevalence", "c", "age", "middle"))
    assert found(folder, "margin")


def test_the_number_of_factors_gives_the_sum_of_the_factors_away(folder):
    young = [child for child in made.children() if child["age"] == "young"]
    mean = sum(len(child["factors"]) for child in young) / len(young)
    made.change(folder, "means", {"breakdown": "age", "subgroup": "young"}, estimate=made.printed(mean))
    account = run(folder)
    (breach,) = [one for one in account.breaches if one.key == KEY]
    assert {"mean", "number_of_factors"} <= set(breach.relations)


def test_the_counts_of_each_number_of_factors_give_it_away(folder):
    young = [child for child in made.children() if child["age"] == "young"]
    for number in range(4):
        where = {"breakdown": "age", "subgroup": "young", "n_factors": str(number)}
        made.change(
            folder, "distributions", where, n_cases=sum(len(child["factors"]) == number for child in young)
        )
    assert found(folder, "number_of_factors")


def test_what_is_put_together_less_one_part_is_the_other(folder):
    """Two levels of one part are hidden, but not those of the whole and of the other part."""
    numbers = ("n_yes", "estimate", "standard_error", "ci_low", "ci_high", "design_effect")
    where = {"measure": "sufficiency", "item": "a", "breakdown": "age"}
    for level in ("middle", "old"):
        made.change(folder, "estimates", {**where, "subgroup": level}, **dict.fromkeys(numbers, made.HIDDEN))
    made.change(
        folder, "comparisons", where, estimate="[c]", ci_low="[c]", ci_high="[c]", statistic="", p_value=""
    )
    made.change(folder, "precision", where, share=made.HIDDEN)
    assert found(folder, "pooled", ("yes", "sufficiency", "a", "age", "old"))


def test_a_percentage_with_a_known_base_is_found(folder):
    yes, base = truth()
    made.change(folder, "estimates", WILSON, estimate=made.printed(yes / base))
    assert found(folder, "percentage")


@pytest.mark.parametrize("end", [0, 1])
def test_one_end_of_an_interval_is_found(folder, end):
    column = ("ci_low", "ci_high")[end]
    made.change(folder, "estimates", WILSON, **{column: made.printed(made.wilson(*truth())[end])})
    assert found(folder, "interval_end")


def test_the_middle_of_a_headline_interval_is_the_share(folder):
    low, high = made.logit_ends(*truth())
    made.change(folder, "estimates", HEADLINE, ci_low=made.printed(low), ci_high=made.printed(high))
    assert found(folder, "interval_end")


def test_an_interval_for_rare_outcomes_is_undone(folder):
    yes, base = truth()
    effective = base / made.EFFECT
    x = yes / base * effective
    low = stats.beta.ppf((1 - made.LEVEL) / 2, x, effective - x + 1)
    high = stats.beta.ppf((1 + made.LEVEL) / 2, x + 1, effective - x)
    ends = {"ci_low": made.printed(low), "ci_high": made.printed(high)}
    made.change(folder, "estimates", HEADLINE, interval="korn_graubard", **ends)
    assert found(folder, "interval_end")


def test_a_standard_error_of_independent_cases_is_found(folder):
    yes, base = truth()
    error = math.sqrt(yes / base * (1 - yes / base) / base)
    made.change(folder, "estimates", WILSON, standard_error=made.printed(error))
    assert found(folder, "standard_error")


def test_a_standard_error_with_its_design_effect_is_found(folder):
    yes, base = truth()
    error = math.sqrt(made.EFFECT * yes / base * (1 - yes / base) / (base - 1))
    made.change(
        folder,
        "estimates",
        HEADLINE,
        standard_error=made.printed(error),
        design_effect=made.printed(made.EFFECT),
    )
    assert found(folder, "standard_error")


def pearson_row():
    return made.pearson([truth(level=level) for level in made.AGES])


def test_a_chi_square_with_known_margins_is_found(folder):
    made.change(folder, "comparisons", PEARSON, statistic=pearson_row()["statistic"])
    assert found(folder, "chi_square")


def test_the_strength_of_an_association_is_found(folder):
    made.change(folder, "comparisons", PEARSON, estimate=pearson_row()["estimate"])
    assert found(folder, "chi_square")


@pytest.mark.parametrize(("column", "factor"), [("p_value", 1), ("p_holm", 3), ("p_bh", 1.5)])
def test_a_p_value_with_known_margins_is_found(folder, column, factor):
    counts = [truth(level=level) for level in made.AGES]
    p_value = (
        factor * stats.chi2_contingency([[yes, base - yes] for yes, base in counts], correction=False)[1]
    )
    made.change(folder, "comparisons", PEARSON, **{column: made.printed(p_value)})
    assert found(folder, "p_value")


@pytest.mark.parametrize(
    ("effect", "kind"), [("difference", "difference"), ("risk_ratio", "ratio"), ("odds_ratio", "ratio")]
)
def test_a_difference_and_a_ratio_beside_a_shown_share_are_found(folder, effect, kind):
    """Old is compared with young: its own count is shown."""
    rows = {row["effect"]: row for row in made.contrasts(truth(level="old"), truth())}
    where = {**PEARSON, "method": rows[effect]["method"], "effect": effect, "subgroup": "old"}
    assert made.change(folder, "comparisons", where, estimate=rows[effect]["estimate"]) == 1
    assert found(folder, kind)


def test_an_interval_of_a_difference_is_found(folder):
    row = next(made.contrasts(truth(level="old"), truth()))
    where = {**PEARSON, "method": "newcombe", "effect": "difference", "subgroup": "old"}
    made.change(folder, "comparisons", where, ci_high=row["ci_high"])
    assert found(folder, "interval_end")


def test_the_share_of_two_levels_together_is_found(folder):
    (yes, base), (other_yes, other_base) = truth(), truth(level="old")
    share = made.printed((yes + other_yes) / (base + other_base))
    where = {"measure": "prevalence", "item": "c", "breakdown": "age", "subgroup": "old"}
    assert made.change(folder, "precision", where, share=share) == 1
    assert found(folder, "percentage")


def test_a_count_that_another_table_shows_is_found(folder):
    where = {"measure": "sufficiency", "item": "c", "breakdown": "age", "subgroup": "middle"}
    made.change(folder, "precision", where, n_subgroup=truth("sufficiency", level="middle")[1])
    account = run(folder)
    (breach,) = [one for one in account.breaches if one.key == ("base", "sufficiency", "c", "age", "middle")]
    assert breach.kind == "shown_count"
    assert "precision.csv" in breach.where


def test_a_small_count_that_is_shown_is_found(folder):
    made.change(folder, "estimates", WILSON, n_yes=truth()[0])
    assert found(folder, "shown_count")


def test_what_remains_of_a_base_is_found(folder):
    where = {"measure": "sufficiency", "item": "b", "breakdown": "age", "subgroup": "old"}
    base = int(
        next(row for row in made.rows_of(folder, "estimates") if where.items() <= row.items())["n_cases"]
    )
    for table in ("estimates", "comparisons", "precision"):
        rows = [
            row for row in made.rows_of(folder, table) if row["item"] != "b" and row["measure"] != "domains"
        ]
        made.write(folder / f"tables/{table}.csv", COLUMNS[table], rows)
    shown = {
        **where,
        "n_cases": base,
        "n_yes": base - 2,
        "n_missing": 0,
        "interval": "wilson",
        "status": "ok",
    }
    rows = [*made.rows_of(folder, "estimates"), shown]
    made.write(folder / "tables/estimates.csv", COLUMNS["estimates"], rows)
    assert found(folder, "remainder", ("no", "sufficiency", "b", "age", "old"))


def test_cases_in_both_directions_are_found(folder):
    made.change(folder, "themes", {"direction": "either"}, n_cases=68, estimate_cases="")
    assert found(folder, "theme", ("both_directions", "trust"))


def test_the_lift_of_a_pair_gives_the_pair_away(folder):
    """One pair and the numbers that would give it away are hidden first."""
    where = {"breakdown": "all", "first": "a", "second": "c"}
    made.change(folder, "pairs", where, n_both=made.HIDDEN)
    made.write(folder / "tables/combinations.csv", COLUMNS["combinations"], [])
    for number in range(4):
        made.change(
            folder, "distributions", {"n_factors": str(number)}, n_cases=made.HIDDEN, estimate=made.HIDDEN
        )
    assert found(folder, "ratio", ("both", "all", "all", "a", "c"))


def test_an_edition_with_two_more_children_is_found(folder, tmp_path):
    fewer = made.children()
    dropped = [child for child in fewer if child["age"] == "old" and child["factors"] == {"a"}][:2]
    previous = made.publish(
        tmp_path / "previous", COLUMNS, people=[child for child in fewer if child not in dropped]
    )
    account = run(folder, previous)
    assert {one.kind for one in account.breaches} == {"edition"}
    assert any(one.key == ("yes", "prevalence", "a", "age", "old") for one in account.breaches)


def test_what_one_edition_hides_and_the_other_shows_is_found(folder, tmp_path):
    previous = made.publish(tmp_path / "previous", COLUMNS, policy={**made.POLICY, "protect": False})
    made.change(previous, "estimates", MIDDLE, n_yes=truth(level="middle")[0])
    assert found(folder, "edition", ("yes", "prevalence", "c", "age", "middle"), previous)


def test_the_same_edition_twice_adds_nothing(folder, tmp_path):
    previous = made.publish(tmp_path / "previous", COLUMNS)
    account = run(folder, previous)
    assert account.holds
    assert account.relations["edition"] > 0


def test_editions_of_other_children_do_not_meet(folder, tmp_path):
    fewer = made.children()[2:]
    previous = made.publish(tmp_path / "previous", COLUMNS, people=fewer)
    facts = json.loads((previous / "release.json").read_text())
    facts |= {"first_date": "2018-01-01", "last_date": "2018-12-31"}
    (previous / "release.json").write_text(json.dumps(facts))
    assert run(folder, previous).holds


def test_two_tables_that_contradict_each_other_stop_the_attack(folder):
    where = {"measure": "prevalence", "item": "a", "breakdown": "age", "subgroup": "old"}
    made.change(folder, "precision", where, n_subgroup=1)
    with pytest.raises(AttackError, match="contradict"):
        run(folder)


def test_margins_that_do_not_add_up_stop_the_attack(folder):
    where = {"measure": "prevalence", "item": "a", "breakdown": "gender", "subgroup": "boy"}
    made.change(folder, "estimates", where, n_yes=7)
    with pytest.raises(AttackError, match="contradict"):
        run(folder)


@pytest.mark.parametrize("text", ["few", "1,168", "12%", "nan"])
def test_text_where_a_number_should_be_stops_the_attack(folder, text):
    made.change(folder, "estimates", WILSON, n_yes=text)
    with pytest.raises(AttackError, match="n_yes"):
        run(folder)


def test_half_a_child_stops_the_attack(folder):
    made.change(folder, "estimates", {**WILSON, "item": "a"}, n_yes="30.5")
    with pytest.raises(AttackError, match="whole number"):
        run(folder)


def test_a_table_nobody_knows_stops_the_attack(folder):
    (folder / "tables/secrets.csv").write_text("n_cases\n3\n")
    with pytest.raises(AttackError, match="secrets"):
        run(folder)


def test_a_column_nobody_knows_stops_the_attack(folder):
    rows = made.rows_of(folder, "means")
    made.write(folder / "tables/means.csv", [*COLUMNS["means"], "n_few"], rows)
    with pytest.raises(AttackError, match="n_few"):
        run(folder)


@pytest.mark.parametrize("name", ["disclosure", "structure"])
def test_a_release_that_does_not_tell_its_policy_stops_the_attack(folder, name):
    facts = json.loads((folder / "release.json").read_text())
    del facts[name]
    (folder / "release.json").write_text(json.dumps(facts))
    with pytest.raises(AttackError, match=name):
        run(folder)


def test_where_nothing_is_hidden_there_is_nothing_to_attack(tmp_path):
    policy = {**made.POLICY, "protect": False}
    account = run(made.publish(tmp_path / "published", COLUMNS, policy=policy))
    assert not account.protected
    assert "nothing to attack" in account.as_text()


def test_the_account_names_no_count_and_has_the_same_bytes_twice(folder):
    made.change(folder, "estimates", WILSON, standard_error="0.0219", estimate="0.04")
    made.change(folder, "estimates", MIDDLE, n_yes=truth(level="middle")[0])
    first, second = run(folder), run(folder)
    assert first.as_text() == second.as_text()
    assert json.dumps(first.as_record()) == json.dumps(second.as_record())
    for breach in first.breaches:
        assert not any(character.isdigit() for character in breach.kind + "".join(breach.relations))
    assert not first.holds


def test_a_count_that_cannot_be_bounded_in_time_is_no_success(folder):
    account = attack(folder, time_limit=0.0)
    assert account.unsettled
    assert not account.holds


def test_a_combination_that_is_not_listed_is_what_remains_of_its_number(tmp_path):
    seldom = [child for child in made.children() if child["factors"] == {"b", "c"}][3:]
    people = [child for child in made.children() if child not in seldom]
    folder = made.publish(tmp_path / "published", COLUMNS, people=people)
    rows = [row for row in made.rows_of(folder, "combinations") if row["combination"] != "b+c"]
    made.write(folder / "tables/combinations.csv", COLUMNS["combinations"], rows)
    assert found(folder, "combination", ("combination", "all", "all", "b+c"))


def funnel(folder, points, item="a"):
    """Points of services, and the table that says how many services there are."""
    of = {"measure": "prevalence", "item": item}
    rows = [of | {"n_cases": base, "estimate": made.printed(yes / base)} for yes, base in points]
    made.write(folder / "tables/funnel.csv", COLUMNS["funnel"], rows)
    yes, base, _ = made.judged(made.children(), "prevalence", item)
    row = of | {"n_cases": base, "n_services": 3, "estimate": made.printed(yes / base), "status": "ok"}
    made.write(folder / "tables/variation.csv", COLUMNS["variation"], [row])
    return yes, base


def test_services_that_are_many_enough_may_have_a_point(folder):
    yes, base = funnel(folder, [])
    funnel(folder, [(40, 100), (60, 120), (yes - 100, base - 220)])
    assert run(folder).holds


def test_a_small_share_of_a_service_is_found(folder):
    yes, base = funnel(folder, [])
    funnel(folder, [(3, 100), (60, 120), (yes - 63, base - 220)])
    assert found(folder, "percentage", ("yes", "service 1", "prevalence", "a"))


def test_the_one_service_without_a_point_is_found(folder):
    yes, base = funnel(folder, [])
    funnel(folder, [(60, 120), (yes - 63, base - 132)])
    key = ("yes", "unlisted services", "prevalence", "a")
    assert any(one.key == key and "funnel" in one.relations for one in run(folder).breaches)


def statement(monkeypatch, **said):
    """Let the documents say something of the hidden count."""
    one = Statement(**{"key": KEY, "kind": "sentence", "where": "bulletin.html", "text": "", **said})
    monkeypatch.setattr(documents, "statements", lambda folder, hidden, structure: ([one], ["bulletin.html"]))


def test_a_text_that_says_a_count_is_found(folder, monkeypatch):
    yes = truth()[0]
    statement(monkeypatch, unit="count", low=yes, high=yes)
    assert found(folder, "sentence")


def test_a_text_that_says_a_share_is_found(folder, monkeypatch):
    yes, base = truth()
    statement(monkeypatch, unit="share", low=yes / base - 0.005, high=yes / base + 0.005)
    assert found(folder, "sentence")


def test_a_text_about_another_count_gives_this_one_away(folder, monkeypatch):
    """Nothing small is said, but a margin less what is said."""
    yes = truth(level="middle")[0]
    key = ("yes", "prevalence", "c", "age", "middle")
    statement(monkeypatch, key=key, unit="count", low=yes - 1, high=yes + 1, kind="alternative_text")
    assert found(folder, "alternative_text")


@pytest.mark.parametrize("unit", ["ci_low", "ci_high", "standard_error"])
def test_a_drawing_of_an_interval_is_found(folder, monkeypatch, unit):
    yes, base = truth()
    numbers = dict(zip(("ci_low", "ci_high"), made.wilson(yes, base), strict=True))
    numbers["standard_error"] = math.sqrt(yes / base * (1 - yes / base) / base)
    statement(monkeypatch, kind="drawing", unit=unit, low=numbers[unit] - 0.001, high=numbers[unit] + 0.001)
    assert found(folder, "drawing")


def test_the_two_ends_of_a_drawn_headline_interval_give_the_share_away(folder, monkeypatch):
    ends = made.logit_ends(*truth())
    said = [
        Statement(KEY, "drawing", "figure.svg, bar 3", unit, end - 0.0005, end + 0.0005, "")
        for unit, end in zip(("ci_low", "ci_high"), ends, strict=True)
    ]
    monkeypatch.setattr(documents, "statements", lambda folder, hidden, structure: (said, ["figure.svg"]))
    assert found(folder, "drawing")


def test_two_places_that_say_otherwise_are_both_looked_at(folder, monkeypatch):
    said = [Statement(KEY, "sentence", f"page {number}", "count", number, number, "") for number in (4, 9)]
    monkeypatch.setattr(documents, "statements", lambda folder, hidden, structure: (said, ["page"]))
    account = run(folder)
    assert {one.where for one in account.breaches if one.key == KEY} >= {"page 4", "page 9"}


def test_a_text_that_says_little_is_no_leak(folder, monkeypatch):
    statement(monkeypatch, unit="share", low=0.0, high=0.5)
    assert run(folder).holds


def test_a_number_that_the_count_cannot_be_is_noted_and_not_used(folder, monkeypatch):
    statement(monkeypatch, unit="count", low=5000, high=5000)
    account = run(folder)
    assert account.holds
    assert any("bulletin.html" in one for one in account.not_tried)


@pytest.fixture
def rounded(tmp_path):
    """The same publication with every count rounded to a multiple of 5."""
    folder = made.publish(tmp_path / "rounded", COLUMNS, policy={**made.POLICY, "round_to": 5})
    for table in made.TABLES:
        rows = made.rows_of(folder, table)
        counts = [
            name for name in rows[0] if name.startswith("n_") and name not in ("n_factors", "n_services")
        ]
        for row in rows:
            row |= {name: str(5 * round(int(row[name]) / 5)) for name in counts if row[name].isdigit()}
        made.write(folder / f"tables/{table}.csv", COLUMNS[table], rows)
    return folder


def test_rounded_counts_are_known_to_within_their_rounding_only(rounded):
    account = run(rounded)
    assert account.holds
    assert any("rounded" in one for one in account.not_tried)


def test_a_percentage_beside_a_rounded_base_is_found(rounded):
    yes, base = truth()
    made.change(rounded, "estimates", WILSON, estimate=made.printed(yes / base))
    assert found(rounded, "percentage")


def test_a_count_of_a_service_shows_that_a_base_is_no_smaller(folder):
    """A base that is hidden has at least as many cases as services."""
    where = {"measure": "sufficiency", "item": "c", "breakdown": "age", "subgroup": "middle"}
    made.change(folder, "estimates", where, n_services=truth("sufficiency", level="middle")[1])
    assert found(folder, "services", ("yes", "prevalence", "c", "age", "young"))

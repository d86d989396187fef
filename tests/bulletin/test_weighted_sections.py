"""What the report says where cases have weights, services have strata, or there is one breakdown only."""

from dataclasses import replace

import pytest

from desistance.bulletin.captions.services import funnels_figure
from desistance.bulletin.figures import drawings
from desistance.bulletin.figures.marks import Text
from desistance.bulletin.inline import plain
from desistance.bulletin.publication import publication
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.sections.adjustment import adjusted_section
from desistance.bulletin.sections.between import services_section
from desistance.bulletin.sections.protection import protection_texts
from desistance.statistics.variation import funnel

WEIGHED = 0.15
CHANCE = "the test finds no more variation than chance could bring"


@pytest.fixture(scope="module")
def weighted_study(small_study):
    return replace(small_study, weight="weight", stratum="area", date=None)


@pytest.fixture(scope="module")
def weighted_release(weighted_study, make_release):
    """Weights raise every share by 15 points; services beyond the limits are counted as the findings count them."""
    made = make_release(weighted_study, ledger=False)
    estimates = made.estimates.copy()
    own = estimates["interval"] != "wilson"
    for name in ("estimate", "ci_low", "ci_high"):
        estimates.loc[own, name] = (estimates.loc[own, name] + WEIGHED).clip(upper=0.99)
    sizes = made.funnel["n_cases"].astype(int)
    yes = (made.funnel["estimate"] * sizes).round().astype(int)
    outside = funnel(yes, sizes, winsorised=0.1, levels=(0.95, 0.998)).n_outside
    variation = made.variation.assign(
        estimate=made.variation["estimate"] + WEIGHED, n_outside_95=outside[0], n_outside_998=outside[1]
    )
    design = {"equal_weights": False, "n_strata": 3, "strata": []}
    return replace(made, estimates=estimates, variation=variation, facts=made.facts | {"design": design})


def with_facts(released, **facts):
    return replace(released, facts=released.facts | facts)


def term(report, name):
    method = next(section for section in report.annex if section.id == "method")
    return plain(next(one.text for one in method.terms if one.name == name))


# Funnels


def test_figure_caption_table_and_text_count_services_around_the_unweighted_share(
    weighted_release, weighted_study
):
    numbers = released_numbers(weighted_release)
    figure, row = funnels_figure(numbers, weighted_study), numbers.variation[0]
    panel = figure.plan.panels[0]
    sizes = weighted_release.funnel["n_cases"]
    unweighted = (weighted_release.funnel["estimate"] * sizes).sum() / sizes.sum()
    assert panel.target == pytest.approx(unweighted, rel=1e-9)
    assert row.estimate == pytest.approx(unweighted + WEIGHED)
    services = figure.data.iloc[0]
    assert services["Outside the 95% limits"] == str(row.n_outside_95)
    assert services["Outside the 99.8% limits"] == str(row.n_outside_998)
    section = services_section((figure,), numbers, weighted_study)
    verb = "is" if row.n_outside_95 == 1 else "are"
    text = plain(" ".join(section.paragraphs))
    assert f"{row.n_outside_95} of 43 {verb} outside the 95 per cent limits" in text
    assert f"{row.n_outside_95} outside the 95 per cent limits" in figure.alt
    assert "each counted once, without weights" in figure.notes[0]
    assert "All children without weights, %" in figure.data.columns
    for drawing in drawings(figure.plan, made_up=True):
        said = " ".join(mark.text for mark in drawing.marks if isinstance(mark, Text))
        assert f"Unweighted {round(100 * unweighted)}%" in said


def test_where_all_weights_are_equal_nothing_is_said_of_them(weighted_release, weighted_study):
    design = weighted_release.facts["design"] | {"equal_weights": True}
    released = with_facts(weighted_release, design=design)
    figure = funnels_figure(released_numbers(released), weighted_study)
    assert figure.plan.panels[0].target_label == "All"
    assert "weights" not in " ".join(figure.notes)
    tables = [table for section in publication(released, weighted_study).sections for table in section.tables]
    assert not any("of weighted" in note for table in tables for note in table.notes)


# Percentages


def test_every_table_and_figure_with_percentages_says_that_they_are_weighted(
    weighted_release, weighted_study
):
    report = publication(weighted_release, weighted_study)
    found = {table.id: " ".join(table.notes) for section in report.sections for table in section.tables}
    shares = next(name for name in found if name == "table-immunised")
    assert "Percentages and differences are of weighted children" in found[shares]
    assert "Wilson\u2019s interval is not weighted" in found[shares]
    assert "Percentages and differences are of weighted children" in found["table-adjusted"]
    assert "limits are around the share without weights" in found["table-services"]
    assert "of weighted" not in found["table-weights"]
    services = next(section for section in report.sections if section.id == "services")
    assert "Share, % of weighted children" in services.tables[0].columns
    topic = next(section for section in report.sections if shares in [table.id for table in section.tables])
    assert topic.figures
    assert all("of weighted children" in " ".join(figure.notes) for figure in topic.figures)


def test_one_share_that_weights_change_is_not_counted_out_of_one(weighted_release, weighted_study):
    report = publication(weighted_release, weighted_study)
    section = next(section for section in report.sections if section.id == "weights")
    assert section.heading == "Weights change the one share by a percentage point or more"


# Strata and the finite population correction


def test_the_method_says_which_tests_know_no_strata(weighted_release, weighted_study):
    said = term(publication(weighted_release, weighted_study), "Sampling and weights")
    assert "drawn from 3 strata, and variances are taken within these. That holds for shares" in said
    assert "tested by CR2, which takes no account of strata; nor do the jackknife and the bootstrap" in said
    assert "cautious as a rule" in said


def test_the_method_says_which_tests_have_no_finite_population_correction(weighted_release, weighted_study):
    inference = weighted_release.facts["inference"] | {"finite_population_correction": True}
    said = term(publication(with_facts(weighted_release, inference=inference), weighted_study), "Target")
    assert "A finite population correction is made for shares" in said
    assert "tested by CR2 without it, and the jackknife and the bootstrap have none" in said
    assert "The two may part." in said


# Between services


@pytest.mark.parametrize(("p", "says"), [(0.6, CHANCE), (0.01, "they differ more than by chance")])
def test_services_that_do_not_differ_significantly_are_not_said_to_be_alike(
    small_study, make_release, p, says
):
    made = make_release(small_study, ledger=False)
    made = replace(made, variation=made.variation.assign(p_value=p))
    section = services_section((), released_numbers(made), small_study)
    text = plain(" ".join(section.paragraphs))
    assert f"; {says} (likelihood ratio test" in text
    assert "no more than chance" not in text


# Adjusted differences


def adjusted_of(released, study):
    return adjusted_section(released_numbers(released), study)


def test_adjusted_differences_name_their_breakdown(small_study, make_release):
    made = make_release(small_study, ledger=False)
    plain_rows = made.comparisons["method"].eq("cr2") & made.comparisons["subgroup"].ne("")
    shift = made.comparisons["estimate"].where(~plain_rows, made.comparisons["estimate"] + 0.5)
    section = adjusted_of(replace(made, comparisons=made.comparisons.assign(estimate=shift)), small_study)
    groups = [row[1].text for row in section.tables[0].rows]
    assert groups == [
        "Place: Country against Town",
        "Schooling: Primary against None",
        "Schooling: Secondary against None",
    ]
    furthest = next(text for text in map(plain, section.paragraphs) if "moves furthest" in text)
    assert any(f"\u201c{group}\u201d" in furthest for group in groups)


@pytest.mark.parametrize(("moved", "said"), [(0.0099, False), (0.0101, True)])
def test_a_move_of_less_than_a_point_is_not_told(small_study, make_release, moved, said):
    made = make_release(small_study, ledger=False)
    keys = ["measure", "item", "breakdown", "subgroup"]
    plain_rows = made.comparisons[made.comparisons["method"].eq("cr2")].set_index(keys)["estimate"]
    same = [plain_rows.loc[tuple(key)] + moved for key in made.adjusted[keys].itertuples(index=False)]
    section = adjusted_of(replace(made, adjusted=made.adjusted.assign(estimate=same)), small_study)
    assert any("moves furthest" in text for text in section.paragraphs) is said


def test_with_one_breakdown_nothing_is_held_equal(small_study, make_release):
    study = replace(small_study, breakdowns=small_study.breakdowns[1:])
    made = make_release(study, ledger=False)
    assert len(made.adjusted)
    assert adjusted_of(made, study) is None
    report = publication(made, study)
    names = {one.name for section in report.annex for one in section.terms}
    assert "Between services" in names
    assert "Adjusted differences" not in names


# Disclosure control, and headlines


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (0, 1, "Of 273 counts none is hidden by the rule; 1 is hidden so that no other can be worked out."),
        (0, 3, "Of 273 counts none is hidden by the rule; 3 are hidden so that no other can be worked out."),
        (0, 0, "Of 273 counts none is hidden."),
        (2, 1, "Of 273 counts, 2 are hidden by the rule and 1 more to protect these."),
    ],
)
def test_counts_that_protect_none_that_is_small_are_told_as_such(
    small_study, make_release, first, second, says
):
    policy = {"n_counts": 273, "n_hidden_first": first, "n_hidden_second": second}
    made = with_facts(make_release(small_study, ledger=False, protected=True), disclosure=policy)
    assert says in " ".join(protection_texts(released_numbers(made), small_study))


def test_a_headline_does_not_repeat_what_its_measure_says(small_study, make_release):
    measure = small_study.measures[0]
    items = tuple(replace(measure.items[0], id=name, label=name, short=name, column=name) for name in "xyz")
    answered = replace(measure, says="the answer was yes for", items=items)
    study = replace(small_study, measures=(answered,))
    report = publication(make_release(study, ledger=False), study)
    headline = next(figure.headline for section in report.sections for figure in section.figures)
    assert headline.count("the answer was yes".capitalize()) == 1
    assert headline.lower().count("the answer was yes") == 1
    assert " and least often for " in headline

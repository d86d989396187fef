"""How certain, by which method, how visible and how robust: what the page says of each and when it refuses to."""

import re
from dataclasses import replace

import pytest

from bulletin.test_page import Page, numbers_of
from desistance.bulletin.captions import planned_figures
from desistance.bulletin.inline import plain
from desistance.bulletin.language import sentences
from desistance.bulletin.language.differences import (
    Agreement,
    agreement,
    methods_agree,
    sizes_said,
    unseen,
    unseen_sentence,
)
from desistance.bulletin.page.rendering import render_bulletin
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.reading.results import Detectable
from desistance.bulletin.reading.topics import design_verdicts, extremes, focus
from desistance.bulletin.sections.key_findings import key_findings
from desistance.bulletin.sections.topic_sections import sections

NEW = ("trends", "combinations", "pairs", "adjusted", "variation", "funnel", "precision", "multiverse")


def with_p(released, method, p):
    """The release with every p-value of one method over all levels set."""
    table = released.comparisons
    rows = (table["method"] == method) & (table["subgroup"] == "")
    changed = table.assign(**{name: table[name].mask(rows, p) for name in ("p_value", "p_holm", "p_bh")})
    return replace(released, comparisons=changed)


def made_sections(released, study):
    numbers = released_numbers(released)
    return {each.id: each for each in sections(planned_figures(numbers, study), numbers, study)}


def test_the_verdict_of_headings_is_that_of_cr2_and_of_no_other_method(released, study):
    headings = {section.heading for section in made_sections(released, study).values()}
    rao_scott = made_sections(with_p(released, "rao_scott", 1.0), study)
    assert {section.heading for section in rao_scott.values()} == headings
    silent = made_sections(with_p(released, "cr2", 1.0), study)
    assert "none of 10 factors differ" in silent["prevalence-by-subgroup"].heading.lower()


@pytest.mark.parametrize(
    ("ordinary", "design", "found"),
    [
        (True, True, Agreement.BOTH),
        (True, False, Agreement.ORDINARY),
        (False, True, Agreement.DESIGN),
        (False, False, Agreement.NEITHER),
        (None, True, Agreement.UNKNOWN),
        (False, None, Agreement.UNKNOWN),
    ],
)
def test_two_verdicts_are_put_together(ordinary, design, found):
    assert methods_agree(ordinary, design) is found


def test_where_the_methods_part_the_table_the_text_and_the_figure_say_so(released, study):
    parted = with_p(with_p(released, "cr2", 1.0), "pearson", 0.0)
    numbers = released_numbers(parted)
    item, division = study.measure("sufficiency").items[0], study.division("gender")
    assert agreement(numbers, item, division) is Agreement.ORDINARY
    html = render_bulletin(parted, study, {})
    assert html.count("published method only") > 100
    assert "significant by the published method alone" in html


def test_a_significant_difference_is_never_called_invisible(released, study):
    numbers = released_numbers(with_p(released, "cr2", 0.0))
    pairs = [(item, division) for item in study.items for division in study.divisions]
    assert not any(unseen(numbers, item, division) for item, division in pairs)


def test_a_difference_is_called_invisible_only_below_the_smallest_that_would_be_seen(released, study):
    measure, division = study.measure("prevalence"), study.division("gender")
    silent = with_p(released, "cr2", 1.0)
    for size, n_hidden in ((0.0, 0), (1.0, len(measure.items))):
        precision = released.precision.assign(smallest_increase=size, smallest_decrease=-size)
        numbers = released_numbers(replace(silent, precision=precision))
        assert sum(bool(unseen(numbers, item, division)) for item in measure.items) == n_hidden
        text = plain(unseen_sentence(measure, division, numbers, study))
        assert ("only differences of about 100 points or more would have been" in text) == bool(n_hidden)
    assert "could not have been seen" not in render_bulletin(
        replace(
            silent,
            precision=released.precision.iloc[:0],
            provision_delivery=released.provision_delivery.iloc[:0],
        ),
        study,
        {},
    ).replace("that it could not have been seen by this rule", "").replace("Could not", "")


def test_the_smallest_visible_difference_goes_the_way_of_the_one_found():
    reach = Detectable(0.1, -0.2, 0.8)
    assert (reach.smallest(0.05), reach.smallest(-0.05), reach.smallest(None)) == (0.1, 0.2, 0.1)
    assert Detectable(None, -0.2, 0.8).smallest(0.05) is None


def test_the_key_finding_on_differences_quotes_how_many_alternatives_agree(released, study):
    numbers = released_numbers(released)
    division = focus(numbers, study, study.measure("sufficiency"))
    ledger = released.ledger.assign(breakdown=["", division.id, ""], robustness=[1.0, 0.585, float("nan")])
    findings = key_findings(released_numbers(replace(released, ledger=ledger)), study)
    claim, verdict = ledger.loc[1, ["claim", "verdict_design_based"]]
    said = [plain(each.evidence) for each in findings if each.claims == (claim,)]
    verdict = "is undetermined" if verdict == "undetermined" else verdict.replace("_", " ")
    assert any(f"claim {claim} {verdict}, as under 59 per cent of alternatives" in each for each in said), (
        said
    )


def test_the_ledger_gives_the_share_of_alternatives_and_shorthand_without_any(released, study):
    ledger = released.ledger.assign(robustness=[0.585, float("nan"), float("nan")])
    page = Page(render_bulletin(replace(released, ledger=ledger), study, {}))
    rows = {element["id"]: element["text"] for element in page.all("tr") if "id" in element}
    assert "59%" in rows["B09"]
    assert "[z]" in rows["B17"]


@pytest.mark.parametrize("name", NEW)
def test_the_page_stays_whole_without_a_table(short_study, short_release, name, draw_files):
    bare = replace(short_release, **{name: getattr(short_release, name).iloc[:0]})
    page = Page(render_bulletin(bare, short_study, draw_files(bare, short_study)))
    assert f"tables/{name}.csv" not in {element["href"] for element in page.all("a")}


def test_the_page_stays_whole_without_any_of_them(short_study, small_study, make_release, draw_files):
    for one in (short_study, small_study):
        full = make_release(one, ledger=False)
        bare = replace(full, **{name: getattr(full, name).iloc[:0] for name in NEW})
        Page(render_bulletin(bare, one, draw_files(bare, one)))


def test_statuses_of_the_regression_are_explained_in_words(released, study):
    adjusted = made_sections(released, study)["adjusted"]
    notes = " ".join(note for table in adjusted.tables for note in table.notes)
    assert "hysical health: gender" in notes


def test_every_decimal_of_the_further_sections_is_in_a_released_table(released, study):
    tables = {
        "bands": (released.trends, "estimate", "ci_low", "ci_high"),
        "combinations": (released.pairs, "estimate", "ci_low", "ci_high"),
        "services": (released.variation, "icc", "icc_ci_low", "icc_ci_high", "p_value"),
    }
    made = made_sections(released, study)
    for name, (table, *columns) in tables.items():
        allowed = set(numbers_of(table, *columns)) | {"99.8"}
        found = re.findall(r"\d+\.\d+", " ".join(map(plain, made[name].paragraphs)))
        assert found
        assert set(found) <= allowed, name


def test_no_service_is_named(released, study):
    text = " ".join(map(plain, made_sections(released, study)["services"].paragraphs))
    assert "No youth offending team is named" in text
    assert "not a finding of good or bad practice" in text.replace("and not", "not")


def test_a_size_of_one_point_is_no_points():
    assert "about 1 point" in sizes_said([0.001, 0.014])
    assert "points" not in plain(sizes_said([0.001, 0.014]))
    assert "points" in plain(sizes_said([0.001, 0.016]))


def test_of_many_factors_that_differ_the_widest_are_named(short_release, short_study, monkeypatch):
    numbers, measure = released_numbers(short_release), short_study.measure("sufficiency")
    division = max(short_study.divisions, key=lambda each: len(design_verdicts(numbers, measure, each).found))
    found = design_verdicts(numbers, measure, division).found
    assert len(found) > 1
    gaps = {item: (ends := extremes(numbers, item, division))[1].exact - ends[3].exact for item in found}
    monkeypatch.setattr(sentences, "MOST_NAMED", 1)
    monkeypatch.setattr(sentences, "FEW_NAMED", 1)
    said = sentences.counts_sentence(measure, division, numbers, short_study)
    assert f": above all {max(gaps, key=gaps.get).label.lower()} (" in plain(said).lower()
    assert said.count(" per cent for ") == 1
    monkeypatch.setattr(sentences, "MOST_NAMED", len(found))
    assert "above all" not in sentences.counts_sentence(measure, division, numbers, short_study)

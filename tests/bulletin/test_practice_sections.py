"""Stages, services, comments, domains, editions and what follows: true to the tables, plain where they are silent."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bulletin.test_figures import boxes_of_text
from bulletin.test_page import Page, numbers_of
from desistance.bulletin import inline
from desistance.bulletin.captions import FURTHER
from desistance.bulletin.captions.stages import largest_fall, staged_measures, stages_headline
from desistance.bulletin.figures import drawings
from desistance.bulletin.language.evidence import change_said, n_of_services, of_services
from desistance.bulletin.language.words import p_value
from desistance.bulletin.page.rendering import render_bulletin
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.reading.practice import released_practice
from desistance.bulletin.reading.results import Share, Test
from desistance.bulletin.sections.changes import changes_section
from desistance.bulletin.sections.comments import MOST_QUOTES, comments_section
from desistance.bulletin.sections.domains import domains_section
from desistance.bulletin.sections.implications import implications_section
from desistance.bulletin.sections.key_findings import key_findings
from desistance.bulletin.sections.practice_findings import claims_on
from desistance.bulletin.sections.provision import provision_section
from desistance.bulletin.sections.stages import stages_section
from desistance.bulletin.sections.told import told_parts
from desistance.study import DIRECTIONS

BUILDERS = {
    "stages": stages_section,
    "provision": provision_section,
    "comments": comments_section,
    "domains": domains_section,
    "changes": changes_section,
}
IDS = (*BUILDERS, "implications")
TABLES = (
    *("stages", "changes", "provision", "rates", "provision_delivery"),
    *("themes", "theme_pairs", "theme_delivery", "agreement", "quotes"),
)


@pytest.fixture(scope="module")
def both(study, make_release):
    """A release with another edition beside it."""
    return make_release(study, compare=True)


@pytest.fixture(scope="module")
def numbers(both):
    return released_numbers(both)


@pytest.fixture(scope="module")
def made(numbers, study):
    return {name: section(name, numbers, study) for name in IDS}


@pytest.fixture(scope="module")
def html(both, study):
    return render_bulletin(both, study, {})


@pytest.fixture(scope="module")
def make_section(numbers, study):
    """The function that makes one section again with other tables on practice, or other facts."""

    def make(name, released):
        changed = replace(numbers, practice=released_practice(released), facts=released.facts)
        return section(name, changed, study)

    return make


def section(name, numbers, study):
    if name == "implications":
        return implications_section(numbers, study)
    figure = FURTHER[name](numbers, study)
    return BUILDERS[name]((figure,) if figure else (), numbers, study)


@pytest.fixture(scope="module")
def bare_study(study):
    """The study with nothing asked of services, no codebook, no stages and no crosswalk."""
    measures = tuple(m for m in study.measures if not (m.staged or m.pooled))
    return replace(study, measures=measures, services=None, codebook=None, crosswalk=None)


def said(section):
    """Heading and paragraphs of a section and its parts."""
    return inline.plain(" ".join([section.heading, *section.paragraphs, *map(said, section.parts)]))


def with_test(released, table, **numbers):
    return replace(released, **{table: getattr(released, table).assign(**numbers)})


def emptied(released, names):
    """The release with every number of some tables missing; counts stay."""
    tables = {}
    for name in names:
        table = getattr(released, name)
        floats = [column for column in table if table[column].dtype == float]
        tables[name] = table.assign(**dict.fromkeys(floats, np.nan))
    return replace(released, **tables)


def test_the_sections_stand_in_order_between_the_judgements_and_the_combinations(html):
    order = re.findall(r'<h2 id="(.*?)"', html)
    assert [name for name in order if name in IDS] == list(IDS)
    assert order.index("changes") < order.index("combinations")
    assert order.index("implications") + 1 == order.index("method")


def test_a_study_without_such_parts_has_none_of_it_and_the_rest_is_the_same(bare_study, html, make_release):
    page = Page(render_bulletin(make_release(bare_study), bare_study, {}))
    text = " ".join(element["text"] for element in page.all("h2", "h3", "p"))
    assert not re.search(r"Coded comments|Table of services|crosswalk|CAMHS", text)
    assert not {f"tables/{name}.csv" for name in TABLES} & {a["href"] for a in page.all("a")}
    order = [name for name in re.findall(r'<h2 id="(.*?)"', html) if name not in BUILDERS]
    assert [element["id"] for element in page.all("h2")] == order


@pytest.mark.parametrize("name", TABLES)
def test_each_section_does_without_a_table(both, make_section, name):
    bare = replace(both, **{name: getattr(both, name).iloc[:0]})
    for each in set(IDS) - {"domains"}:  # which has no such table
        make_section(each, bare)


def test_numbers_that_are_missing_leave_a_plain_statement(both, study):
    hollow = emptied(both, [*TABLES, "estimates"])
    numbers = released_numbers(hollow)
    made = {name: section(name, numbers, study) for name in IDS}
    for each in made.values():
        text = " ".join([said(each), *map(cell_text, each.tables), *(one.text for one in each.implications)])
        assert not re.search(r"\bnan\b|\(\)|  |: \.| ,", text), (each.id, text)
    assert "no shares are available" in said(made["stages"])
    assert "is not available" in said(made["provision"])
    assert "How far coders agree is not available" in said(made["comments"])
    key_findings(numbers, study)


def cell_text(table):
    return " ".join(f"{cell.text} {cell.small}".strip() for row in table.rows for cell in row)


def test_every_table_cell_without_a_number_holds_shorthand(both, make_section):
    hollow = emptied(both, TABLES)
    for name in ("provision", "comments", "changes"):
        for table in make_section(name, hollow).tables:
            assert "[x]" in cell_text(table) or table.id == "table-providers"  # which holds counts alone
            assert all(cell.text for row in table.rows for cell in row), table.id


def test_the_numbers_of_each_section_are_in_its_tables(made, both, study):
    tables = {
        "stages": [(both.stages, "estimate", "ci_low", "ci_high", "p_holm")],
        "provision": [
            (both.provision, "estimate", "ci_low", "ci_high", "n_yes", "n_services"),
            (both.rates, "estimate", "ci_low", "ci_high", "n_cases", "service_lowest", "service_median"),
            (both.rates, "service_highest"),
            (both.provision_delivery, "estimate", "ci_low", "ci_high", "p_holm", "smallest_decrease"),
        ],
        "comments": [
            (both.themes, "estimate_cases", "cases_ci_low", "cases_ci_high", "n_cases", "n_services"),
            (both.agreement, "estimate", "ci_low", "ci_high", "n_passages"),
            (both.theme_delivery, "estimate", "ci_low", "ci_high", "p_holm"),
        ],
        "changes": [
            (both.changes, "estimate", "ci_low", "ci_high", "p_holm", "estimate_before", "estimate_now")
        ],
    }
    shares = [both.estimates, "estimate", "ci_low", "ci_high", "n_cases"]
    for name, sources in tables.items():
        allowed = {number for table, *columns in [*sources, shares] for number in numbers_of(table, *columns)}
        allowed |= {
            str(whole(n)) for table, *columns in [*sources, shares] for c in columns for n in table[c]
        }
        allowed |= {str(n) for n in range(len(study.items) + 1)} | {"95", "80", "43", "0.001"}
        allowed |= set(re.findall(r"\d+", labels(study)))
        allowed |= {
            p_value(p, 0.05) for table, *columns in sources if "p_holm" in columns for p in table["p_holm"]
        }
        allowed |= {str(len(both.stages)), str(len(both.changes)), *counts_of(both, study)}
        for text in map(inline.plain, made[name].paragraphs):
            for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text):
                assert number.replace(",", "") in allowed, (name, number, text)


def whole(number):
    return int(number) if number == number else ""


def labels(study):
    texts = [level.label for division in study.divisions for level in division.levels]
    texts += [one.label for one in study.services.rates]
    return " ".join(texts)


def counts_of(released, study):
    """How many changes and differences there are, in all and significant, as sentences count them."""
    pooled = [measure.id for measure in study.measures if measure.pooled]
    for name in ("stages", "changes", "theme_delivery"):
        table = getattr(released, name)
        table = table[~table["measure"].isin(pooled)]
        groups = table[table["breakdown"] != "all"] if "breakdown" in table else table
        real = groups["p_holm"] < 0.05
        yield from map(str, (len(groups), real.sum(), (real & (groups["estimate"] < 0)).sum()))
        rows = table[table["breakdown"] == "all"] if "breakdown" in table else table
        found = rows["p_holm"] < 0.05
        for n in (
            found.sum(),
            (found & (rows["estimate"] > 0)).sum(),
            (found & (rows["estimate"] < 0)).sum(),
        ):
            yield from (str(n), str(n - 3))
    yield from (str(value) for value in released.facts["comments"].values() if isinstance(value, int))


def test_where_sufficiency_is_lost_is_the_largest_significant_fall_between_neighbours(both, numbers, study):
    measures = staged_measures(numbers, study)
    rows = both.stages[(both.stages["breakdown"] == "all") & (both.stages["p_holm"] < 0.05)]
    ids = [item.id for item in measures[0].items]
    neighbours = list(pairwise(ids))
    single = rows[[pair in neighbours for pair in zip(rows["previous"], rows["item"], strict=True)]]
    worst = single.loc[single["estimate"].idxmin()]
    found = largest_fall(measures, numbers)
    assert (found.measure, found.previous, found.item) == (worst["measure"], worst["previous"], worst["item"])
    assert f"from {worst['previous']} to {worst['item']}" in stages_headline(measures, numbers, study)


@pytest.mark.parametrize(
    ("single", "whole_way", "heading"),
    [
        (1.0, 1.0, "No fall from one stage to another is significant"),
        (1.0, 0.001, "no single step between two stages stands out"),
        (0.001, 1.0, "Sufficiency is lost most from assessment to planning"),
    ],
)
def test_the_heading_on_stages_says_no_more_than_the_tests(
    both, study, make_section, single, whole_way, heading
):
    ids = [item.id for item in next(measure for measure in study.measures if measure.staged).items]
    ends = both.stages["previous"].eq(ids[0]) & both.stages["item"].eq(ids[-1])
    first = both.stages["item"].eq(ids[1])
    p_holm = np.where(ends, whole_way, np.where(first, single, 1.0))
    changed = with_test(both, "stages", p_holm=p_holm, estimate=-0.1)
    assert heading in make_section("stages", changed).heading


def test_the_figure_on_stages_draws_the_shares_of_everyone_and_of_two_groups(made, numbers, study):
    figure = made["stages"].figures[0]
    assert len(figure.plan.panels) == len(staged_measures(numbers, study))
    assert len(figure.plan.groups) == 3
    for measure, panel in zip(staged_measures(numbers, study), figure.plan.panels, strict=True):
        shares = [numbers.share(measure.id, item.id).estimate for item in measure.items]
        assert [drawn.value for drawn in panel.lines[0]] == shares
        assert all(drawn.low is None for line in panel.lines[1:] for drawn in line)


def test_delivery_is_called_lower_only_where_the_test_says_so(both, make_section):
    for p, low in ((1.0, False), (0.001, True)):
        changed = with_test(both, "provision_delivery", p_holm=p, p_value=p)
        texts = [each.text for each in make_section("implications", changed).implications]
        assert any("delivery is lower where access to" in text.lower() for text in texts) == low
        assert (
            any("do not show that delivery is lower where access is a gap" in text for text in texts) != low
        )
        assert ("no difference is significant" in said(make_section("provision", changed))) != low


def test_the_ordinary_test_stands_beside_the_one_that_respects_services(made, both):
    table = next(table for table in made["provision"].tables if table.id == "table-provision-delivery")
    place = table.columns.index("Pearson, p")
    assert [row[place].text for row in table.rows] == [
        p_value(p, 0.05) for p in both.provision_delivery["p_pearson"]
    ]
    n = len(both.provision_delivery)
    assert f"calls {n} of {n} significant" in said(made["provision"])


def test_what_few_services_cannot_show_is_said(made, both):
    text = inline.plain(made["provision"].paragraphs[0])
    half = (both.provision["ci_high"] - both.provision["ci_low"]).max() / 2
    assert f"up to {half * 100:.0f} points to either side" in text
    assert "No youth offending team is named" in text


def test_gaps_are_ranked(both, study, made):
    table = next(table for table in made["provision"].tables if table.id == "table-provision")
    gaps = [int(row[6].text) for row in table.rows if row[6].text != "[z]"]
    assert len(gaps) == len(study.services.provisions)
    assert gaps == sorted(gaps, reverse=True)


def test_only_cleared_passages_are_shown_escaped_and_not_too_many(made, both, html):
    shown = [quote.text for quote in made["comments"].quotes]
    cleared = both.quotes.groupby(["theme", "direction"])["excerpt"].apply(
        lambda own: list(own)[:MOST_QUOTES]
    )
    assert sorted(shown) == sorted(text for texts in cleared for text in texts)
    assert "1 excerpt not cleared is not shown anywhere" in said(made["comments"])
    blocks = re.findall(r"<blockquote>.*?</blockquote>.*?</div>", html, re.DOTALL)
    assert len(blocks) == len(shown)
    assert all("Made-up records" in block and "<relationships>" not in block for block in blocks)


def test_a_change_is_written_with_its_interval_and_p_value(numbers):
    test = Test(0.0008, 0.0031, 0.0031, "ok", "", -0.114, -0.184, -0.041)
    assert change_said(test, numbers) == (
        "\u221211 points, 95 per cent interval \u221218 to \u22124, Holm p = 0.003"
    )
    assert change_said(Test(), numbers) == "not available"


def test_a_share_of_services_is_written_with_its_number_and_interval(numbers, study):
    share = Share(n_cases=43, n_yes=21, estimate=21 / 43, low=0.333, high=0.645)
    assert of_services(share, numbers, study) == (
        "21 of 43 youth offending teams (49 per cent, 95 per cent interval 33 to 65)"
    )
    assert (
        n_of_services(Share(n_cases=43, n_yes=0, estimate=0.0), study) == "none of 43 youth offending teams"
    )


def test_without_cleared_passages_the_page_says_that_none_is_shown(both, make_section):
    bare = replace(both, quotes=both.quotes.iloc[:0])
    found = make_section("comments", bare)
    assert not found.quotes
    assert "No passage has been cleared by a person" in said(found)


def test_agreement_is_given_without_a_word_for_how_good_it_is(made, both):
    text = said(made["comments"])
    alpha = both.agreement[
        (both.agreement["theme"] == "all") & (both.agreement["coefficient"] == "alpha")
    ].iloc[0]
    assert f"Krippendorff\u2019s alpha for all coders and themes is {alpha['estimate']:.2f}" in text
    assert not re.search(r"substantial|moderate|good agreement|almost perfect|fair", text)


def test_domains_are_said_to_be_assumed_before_any_number_and_never_added_up(made, study):
    first, unit = made["domains"].paragraphs[:2]
    assert "assumed, line by line" in first
    assert not re.search(r"\d+ per cent", first)
    assert "judgements (answers), not cases" in unit
    assert "domains are never added up" in unit


def test_the_crosswalk_gives_a_reason_for_every_line_and_for_every_empty_domain(made, study):
    table = next(table for table in made["domains"].tables if table.id == "table-crosswalk")
    reasons = [row[2].text for row in table.rows]
    lines = [line.reason for domain in study.crosswalk.domains for line in domain.bearings]
    bare = [domain.none for domain in study.crosswalk.domains if not domain.bearings]
    assert sorted(reasons) == sorted([*lines, *bare])
    assert all(
        domain.short.lower() in said(made["domains"]).lower()
        for domain in study.crosswalk.domains
        if domain.none
    )


def test_domains_by_division_name_no_method_that_takes_answers_as_independent(made):
    for part in made["domains"].parts:
        for table in part.tables:
            assert not any("Pearson" in column for column in table.columns)
        assert "published method" not in said(part)


def test_changes_warn_where_definitions_differ(made, both, make_section):
    text = said(made["changes"])
    assert "not everything is defined alike" in text
    plain = with_test(both, "changes", note="")
    assert "defined alike" not in said(make_section("changes", plain))
    figure = made["changes"].figures[0]
    assert sum(label.endswith("*") for label in figure.plan.labels) == 1


def test_the_figure_of_changes_keeps_its_text_on_the_sheet(made):
    for drawing in drawings(made["changes"].figures[0].plan, made_up=True):
        for text, left, _, right, _ in boxes_of_text(drawing):
            assert -1 <= left <= right <= drawing.width + 1, text


def test_the_other_edition_is_called_as_the_configuration_says(both, make_section):
    named = replace(both, facts={**both.facts, "compare": {"label": "the edition of 2019"}})
    assert "since the edition of 2019" in make_section("changes", named).heading
    none = with_test(named, "changes", p_holm=1.0)
    assert make_section("changes", none).heading.startswith("No change since the edition of 2019")


def test_each_practice_finding_links_to_the_claims_about_it(numbers, study):
    theme, gap = (
        f"theme.{study.codebook.themes[0].id}.{DIRECTIONS[0]}",
        f"gap.{study.services.provisions[0].id}",
    )
    rows = zip(numbers.ledger, (theme, gap, ""), strict=True)
    changed = replace(numbers, ledger=tuple({**row, "measure": "", "item": item} for row, item in rows))
    assert claims_on(changed, [f"theme.{study.codebook.themes[0].id}"]) == ("B09",)
    found = {claim for finding in key_findings(changed, study) for claim in finding.claims}
    assert {"B09", "B17"} <= found


def test_every_implication_leads_to_a_place_on_the_page(html, made):
    ids = {element["id"] for element in Page(html).elements if "id" in element}
    links = [each.section[0] for each in made["implications"].implications]
    assert set(links) <= ids
    assert {"stages", "provision", "comments", "domains", "changes", "ledger"} <= set(links)


def test_statements_that_the_data_do_not_bear_out_are_named(made, both):
    rows = both.ledger[both.ledger["verdict_design_based"] == "undetermined"]
    text = next(each.text for each in made["implications"].implications if "neither confirm" in each.text)
    assert all(f"{claim}, " in text for claim in rows["claim"])
    assert all(statement[1:].rstrip(".") in text for statement in rows["statement"])
    assert "\u201c" not in text, "a claim in this report's words is no quotation"


def test_made_up_implications_say_that_they_are_no_advice(made, both, make_section):
    assert "nothing here is advice" in made["implications"].paragraphs[0]
    real = replace(both, facts={**both.facts, "made_up": False})
    assert "made up" not in make_section("implications", real).paragraphs[0]


def test_what_was_told_is_accounted_for(numbers, study, html):
    for text in (
        "Rows read: 45 = 42 accepted + 3 rejected.",
        "1 youth offending team with records has no accepted row",
    ):
        assert text in html
    assert "unknown code: gap girls" in html
    assert "1 excerpt was not cleared by a person, and appears nowhere" in html
    bare = replace(numbers, facts={**numbers.facts, "services": None, "comments": None})
    texts = " ".join(text for part in told_parts(bare, study) for text in part.paragraphs)
    assert "No table of youth offending teams was given" in texts
    assert "No coded comments were given" in texts


def test_abbreviations_are_explained_where_a_label_uses_them(html):
    terms = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html)
    assert ("CAMHS", "Child and Adolescent Mental Health Services") in terms
    assert ("NEET", "not in education, employment or training") in terms


def test_every_table_can_be_downloaded_when_it_has_rows(html):
    for name in TABLES:
        assert f'href="tables/{name}.csv"' in html

"""The page where numbers are hidden: every place is marked, and no sentence speaks of what cannot be seen."""

import random
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pandas as pd
import pytest

from desistance.bulletin.captions import planned_figures
from desistance.bulletin.inline import plain
from desistance.bulletin.language.words import exact_share, told_count
from desistance.bulletin.page.rendering import marked_up, render_bulletin
from desistance.bulletin.reading.cells import hidden_names, mark_of
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.reading.results import Share
from desistance.bulletin.sections.annex import annex_tables, ledger_sentence, ledger_table
from desistance.bulletin.sections.key_findings import key_findings
from desistance.bulletin.sections.protection import protection_texts
from desistance.bulletin.sections.tables import frame_cells, level_table, missing_notes, missing_notes_of
from desistance.bulletin.sections.told import told_parts
from desistance.bulletin.sections.topic_sections import sections
from desistance.disclosure.policy import read_policy
from desistance.findings.tables import COLUMNS, TEXT

TABLES = [name for name in COLUMNS if name not in ("quotes", "calibration", "ledger", "multiverse")]
VERDICTS = ("computed", "verdict_published_method", "verdict_design_based", "robustness")
POLICY = read_policy("default").as_facts()
# Tables that count verdicts, or choose their rows by rank: what they hold depends on what is shown.
COUNTED = ("-verdicts", "table-pairs-ends", "table-combinations-bands", "table-ledger")


def protected(released, **policy):
    """The same release, under a policy that hides small counts."""
    facts = released.facts | {"protected": True, "policy": "default", "disclosure": POLICY | policy}
    return replace(released, facts=facts)


def hidden(released, name, rows, columns=None):
    """The release with the numbers of some rows of a table hidden."""
    table = getattr(released, name)
    columns = columns or [one for one in table if one not in TEXT and one not in ("n_factors", "n_services")]
    table = table.astype(dict.fromkeys(columns, object))
    mask = pd.Series(rows, index=table.index)
    for column in columns:
        table.loc[mask & table[column].notna(), column] = "[c]"
    if "status" in table:
        table.loc[mask & (table["status"] == "ok"), "status"] = "suppressed"
    return replace(released, **{name: table})


def hidden_at_random(released, share, seed):
    """Any row of any table hidden with the same chance; combinations and services are left out instead."""
    draw = random.Random(seed)
    for name in TABLES:
        table = getattr(released, name)
        rows = [draw.random() < share for _ in range(len(table))]
        if name in ("combinations", "funnel"):
            kept = table[[not row for row in rows]]
            released = replace(released, **{name: kept})
        elif len(table):
            released = hidden(released, name, rows)
    for name, columns in (("ledger", VERDICTS), ("multiverse", ("verdict", "agrees"))):
        verdicts = getattr(released, name)[columns[-2]]
        rows = [verdict != "not_testable" and draw.random() < share for verdict in verdicts]
        released = hidden(released, name, rows, list(columns))
    return protected(released)


KEPT = {}  # sections that were made already, beside the release they were made from


def made(released, study):
    """Sections by id, with their parts; made once for each release."""
    if id(released) not in KEPT:
        numbers = released_numbers(released)
        found = sections(planned_figures(numbers, study), numbers, study)
        KEPT[id(released)] = released, {each.id: each for one in found for each in (one, *one.parts)}
    return KEPT[id(released)][1]


def tables_of(released, study):
    """Every table of the page by id."""
    annex = annex_tables(released_numbers(released), study).values()
    found = [table for section in made(released, study).values() for table in section.tables]
    return {table.id: table for table in (*found, *annex) if table is not None}


def rows_by_label(table):
    """Rows under their leading labels and how often these came before."""
    seen, found = Counter(), {}
    for row in table.rows:
        labels = []
        for cell in row[:2]:
            if cell.kind != "text":
                break
            labels.append(cell.text.removesuffix(" [u]"))
        seen[tuple(labels)] += 1
        found[(*labels, seen[tuple(labels)])] = row
    return found


def texts_of(released, study):
    """Every sentence of the page that is written from numbers."""
    numbers = released_numbers(released)
    texts = [text for finding in key_findings(numbers, study) for text in (finding.text, finding.evidence)]
    for section in made(released, study).values():
        texts += [section.heading, *section.paragraphs, *(each.text for each in section.implications)]
        texts += [note for table in section.tables for note in (table.title, *table.notes)]
    return [plain(text) for text in (*texts, ledger_sentence(numbers), *protection_texts(numbers, study))]


def said(released, study, name):
    section = made(released, study)[name]
    return plain(" ".join([section.heading, *section.paragraphs]))


def of(table, **keys):
    """Mask of the rows of a table with these keys."""
    return [all(row[name] == value for name, value in keys.items()) for row in table.to_dict("records")]


@pytest.fixture(scope="module")
def before(short_release, short_study):
    return {name: rows_by_label(table) for name, table in tables_of(short_release, short_study).items()}


@pytest.fixture(scope="module", params=[(0.1, 1), (0.5, 2), (1.0, 3)], ids=str)
def veiled(request, short_release):
    """Releases with more and more hidden at random."""
    return hidden_at_random(short_release, *request.param)


def test_every_cell_says_what_it_said_before_or_that_it_is_hidden(veiled, short_study, before):
    after = tables_of(veiled, short_study)
    assert set(after) >= set(before) - {"table-pairs-ends", "table-changes-groups"}
    for name, rows in before.items():
        if name.endswith(COUNTED) or name not in after:
            continue
        shown = rows_by_label(after[name])
        assert set(shown) == set(rows), name
        for label, row in rows.items():
            for old, new in zip(row, shown[label], strict=True):
                assert new.text in (old.text, "[c]"), (name, label, old, new)
                assert new.text != "[c]" or not new.small, (name, label, new)


def test_no_sentence_holds_what_is_no_number(veiled, short_study):
    for text in texts_of(veiled, short_study):
        assert not re.search(r"\bnan\b|\bNone\b(?! of)|\(\)|  |: \.| ,|\[c\] \w+ cent|\[c\]%", text), text


def test_no_cell_has_shorthand_beside_a_number_where_much_is_hidden(veiled, short_study):
    for table in tables_of(veiled, short_study).values():
        for row in table.rows:
            for cell in row[1:]:
                if cell.kind != "text" and "[" in cell.text + cell.small:
                    assert not re.search(r"\d", cell.text + cell.small), (table.id, cell)


def test_every_table_with_a_hidden_number_explains_the_mark_once(veiled, short_study):
    for table in tables_of(veiled, short_study).values():
        held = any("[c]" in cell.text + cell.small for row in table.rows for cell in row)
        notes = [note for note in table.notes if note.startswith("[c]: hidden so that no ")]
        assert len(notes) == held, table.id


def test_hidden_numbers_are_not_counted_among_those_that_could_not_be_computed(short_release, short_study):
    shares = short_release.estimates
    one = hidden(short_release, "estimates", of(shares, item="lifestyle", breakdown="all"))
    table = tables_of(one, short_study)["table-prevalence"]
    assert not any("[x]" in note for note in table.notes)
    assert any(note.startswith("[c]: hidden") for note in table.notes)


def test_reasons_are_given_for_numbers_that_nobody_hid():
    everything = frozenset({"estimate", "low", "high"})
    assert missing_notes([Share(status="one_service", hidden=everything)]) == ()
    assert missing_notes([Share(status="one_service", hidden=frozenset({"estimate"}))]) != ()
    assert missing_notes_of(["suppressed"]) == ()
    assert missing_notes_of(["suppressed", "no_cases"]) == ("[x] not available: no cases in the base (1).",)


def test_a_rank_is_of_the_factors_that_are_shown(short_release, short_study):
    shares = short_release.estimates
    lead = "of the 3 factors that are shown, "
    assert lead not in said(short_release, short_study, "sufficiency").lower()
    one = hidden(
        short_release, "estimates", of(shares, measure="sufficiency", item="lifestyle", breakdown="all")
    )
    assert said(one, short_study, "sufficiency").lower().count(lead) == 2
    text = " ".join(finding.text for finding in key_findings(released_numbers(one), short_study))
    assert lead in text.lower()
    implied = " ".join(each.text for each in made(one, short_study)["implications"].implications)
    assert lead in implied.lower()


def test_the_most_frequent_factor_is_so_among_those_shown(short_release, short_study):
    shares = short_release.estimates
    top = said(short_release, short_study, "prevalence").lower()
    assert "than any other factor" in top
    assert "that is shown" not in top
    least = min(
        (row.estimate, row.item)
        for row in shares.itertuples()
        if (row.measure, row.breakdown) == ("prevalence", "all")
    )
    one = hidden(short_release, "estimates", of(shares, measure="prevalence", item=least[1], breakdown="all"))
    assert "than any other factor that is shown" in said(one, short_study, "prevalence")


def test_a_count_of_tests_is_out_of_those_shown(short_release, short_study):
    tests = short_release.comparisons
    assert "of 4 factors differ" in said(short_release, short_study, "prevalence-by-subgroup")
    rows = of(tests, measure="prevalence", item="lifestyle", breakdown="age")
    one = hidden(short_release, "comparisons", rows)
    text = said(one, short_study, "prevalence-by-subgroup")
    assert re.search(r"By age, (\w+ of the|all) 3 factors that are shown differ", text)
    assert "By gender" in text
    assert re.search(r"By gender, \w+ of 4 factors", text)


def test_a_hidden_adjusted_p_value_is_neither_for_nor_against(short_release, short_study):
    tests = short_release.comparisons
    rows = of(tests, measure="prevalence", item="lifestyle", breakdown="age", method="cr2", subgroup="")
    one = hidden(short_release, "comparisons", rows, ["p_holm"])
    text = said(one, short_study, "prevalence-by-subgroup")
    assert re.search(
        r"By age, \w+ of 4 factors differs? significantly by the \w+ method and (\w+ of the|all) 3 shown",
        text,
    )
    row = rows_by_label(tables_of(one, short_study)["table-prevalence-verdicts"])["Age", 1]
    assert row[2].small == "of 3 shown"
    assert not row[1].small


def test_where_every_test_is_hidden_the_text_says_so_and_counts_nothing(short_release, short_study):
    one = hidden(short_release, "comparisons", of(short_release.comparisons, measure="prevalence"))
    text = said(one, short_study, "prevalence-by-subgroup")
    assert text.startswith("Every test of a difference is hidden")
    assert "By age, every test is hidden." in text
    assert "none of" not in text


def test_a_hidden_test_of_a_single_measure_is_not_called_no_difference(short_release, short_study):
    rows = of(short_release.comparisons, measure="three_or_more", breakdown="gender")
    text = said(hidden(short_release, "comparisons", rows), short_study, "number-of-factors")
    assert "test by gender is hidden" in text
    assert not re.search(r"differ[^.]*by [^.]*gender", text)


def test_the_gap_of_a_division_with_a_hidden_level_is_hidden(short_release, short_study):
    rows = of(
        short_release.estimates, measure="prevalence", item="lifestyle", breakdown="age", subgroup="10-14"
    )
    one = hidden(short_release, "estimates", rows)
    row = rows_by_label(tables_of(one, short_study)["table-prevalence-age"])["Lifestyle", 1]
    assert [row[1].text, row[4].text] == ["[c]", "[c]"]
    by_age = next(
        text
        for text in made(one, short_study)["prevalence-by-subgroup"].paragraphs
        if text.startswith("By age")
    )
    assert "lifestyle" in by_age
    assert not re.search(r"lifestyle \(", by_age)


def test_a_hidden_difference_is_not_worked_out_from_two_shares(short_release, short_study):
    rows = of(short_release.comparisons, measure="prevalence", item="lifestyle", breakdown="gender")
    one = hidden(short_release, "comparisons", rows)
    row = rows_by_label(tables_of(one, short_study)["table-prevalence-gender"])["Lifestyle", 1]
    assert row[1].text.isdigit()
    assert row[2].text.isdigit()
    assert row[3].text == "[c]"


def test_the_distribution_adds_nothing_up(short_release, short_study):
    plain = rows_by_label(tables_of(short_release, short_study)["table-distribution"])
    one = hidden(
        short_release, "distributions", of(short_release.distributions, breakdown="all", n_factors=4)
    )
    rows = rows_by_label(tables_of(one, short_study)["table-distribution"])
    assert [cell.text for cell in rows["4", 1]][1:] == ["[c]", "[c]"]
    assert all(rows[name] == plain[name] for name in plain if name[0] != "4")


def test_combinations_are_counted_among_those_that_can_be_shown(short_release, short_study):
    table = short_release.combinations
    assert "There are " in said(short_release, short_study, "combinations")
    one = protected(replace(short_release, combinations=table[table["n_cases"] >= 6]))
    text = said(one, short_study, "combinations")
    assert "There are " not in text
    assert "can be shown, of those with at least 6 cases each" in text
    assert "The most frequent of those shown" in text


def test_a_band_without_a_combination_to_show_keeps_its_row(short_release, short_study):
    table = short_release.combinations
    one = protected(replace(short_release, combinations=table[table["breakdown"] == "all"]))
    rows = tables_of(one, short_study)["table-combinations-bands"].rows
    assert len(rows) == 2
    assert [cell.text for cell in rows[0][4:]] == ["[c]", "[c]", "[c]"]


def test_pairs_are_counted_among_those_shown(short_release, short_study):
    rows = of(short_release.pairs, breakdown="all", first="lifestyle", second="mental_health")
    rows = rows if any(rows) else [number == 0 for number in range(len(rows))]
    text = said(hidden(short_release, "pairs", rows), short_study, "combinations")
    assert "Of the 5 pairs that are shown" in text


def test_a_claim_with_a_hidden_verdict_is_counted_apart(short_release, short_study):
    one = hidden(short_release, "ledger", of(short_release.ledger, claim="B09"), list(VERDICTS))
    numbers = released_numbers(one)
    text = ledger_sentence(numbers)
    assert "verdict hidden: 1" in text
    assert "neither among those that hold nor among those that do not" in text
    assert "holds: " not in text
    row = rows_by_label(tables_of(one, short_study)["table-ledger"])["B09", "Lifestyle recorded", 1]
    assert [cell.text for cell in row[3:]] == ["[c]"] * 4
    assert [cell.tone for cell in row[4:6]] == ["none", "none"]
    half = hidden(short_release, "ledger", of(short_release.ledger, claim="B09"), ["verdict_design_based"])
    assert "methods part" not in ledger_table(released_numbers(half)).rows[0][1].small
    assert "methods part" in ledger_table(released_numbers(short_release)).rows[0][1].small
    implied = " ".join(each.text for each in made(one, short_study)["implications"].implications)
    assert "Lifestyle recorded" not in implied


def test_rows_with_a_small_base_are_marked_beside_their_label(short_release, short_study):
    shares = short_release.estimates.copy()
    rows = of(shares, measure="prevalence", item="lifestyle", breakdown="age", subgroup="10-14")
    shares.loc[rows, "status"] = "low_reliability"
    one = protected(replace(short_release, estimates=shares))
    table = tables_of(one, short_study)["table-prevalence-age"]
    row = rows_by_label(table)["Lifestyle", 1]
    assert row[0].small == "[u] 10 to 14"
    assert all("[u]" not in cell.text + cell.small for cell in row[1:])
    assert "[u]: a base of 10 to 29, so what rests on it is unreliable." in table.notes
    shares.loc[of(shares, measure="three_or_more", breakdown="gender", subgroup="girl"), "status"] = (
        "low_reliability"
    )
    numbers = released_numbers(replace(short_release, estimates=shares))
    measure, divisions = short_study.measure("three_or_more"), short_study.divisions
    labels = [row[0].text for row in level_table(measure, divisions, numbers, short_study).rows]
    assert [label for label in labels if "[u]" in label] == ["Gender: Girls [u]"]


def test_services_are_said_to_differ_in_so_many_of_those_shown(short_release, short_study):
    number = len(short_release.variation)
    one = hidden(short_release, "variation", [row < 2 for row in range(number)])
    assert re.search(rf"(of the|all) {number - 2} shares that are shown", said(one, short_study, "services"))


def test_hidden_ranges_over_services_are_marked_and_not_spoken_of(short_release, short_study):
    columns = ["left_out_lowest", "left_out_highest", "shrunken_lowest", "shrunken_highest"]
    one = hidden(short_release, "variation", [True] * len(short_release.variation), columns)
    assert "left out in turn, no share" not in said(one, short_study, "services")
    assert "with chance taken out" not in said(one, short_study, "services")
    row = tables_of(one, short_study)["table-services"].rows[0]
    assert [row[4].text, row[9].text] == ["[c]", "[c]"]
    rates = hidden(
        short_release, "rates", [True] * len(short_release.rates), ["service_lowest", "service_highest"]
    )
    assert "over youth offending teams" not in said(rates, short_study, "provision")


def test_changes_between_stages_are_counted_among_those_shown(short_release, short_study):
    steps = short_release.stages
    number = sum(steps["breakdown"] != "all")
    draw = [row.breakdown != "all" and row.Index % 2 == 0 for row in steps.itertuples()]
    text = said(hidden(short_release, "stages", draw), short_study, "stages")
    assert f"of the {number - sum(draw)} changes that are shown" in text


def test_a_lead_says_how_many_differences_are_shown(short_release, short_study):
    rows = of(short_release.adjusted, breakdown="gender")
    text = said(hidden(short_release, "adjusted", rows), short_study, "adjusted")
    assert "that is shown" in text.split(".")[0] or "that are shown" in text.split(".")[0]
    assert "Of the differences shown, the one that moves furthest" in text


def test_the_page_says_near_the_top_and_under_disclosure_control_what_is_hidden(short_release, short_study):
    one = protected(short_release, n_hidden_first=812, n_hidden_second=604, n_counts=9123)
    html = re.sub(r'<span class="heard">[^<]*</span>', "", render_bulletin(one, short_study, {}))
    assert "Do not publish" not in html
    assert html.index("[c] stands in place of a number") < html.index('id="prevalence"')
    for words in (
        "Policy: small counts hidden (default).",
        "is 1 to 5, or when its base is under 10. Nought by itself is shown.",
        "Rows with a base of 10 to 29 are shown and marked [u].",
        "still be any of at least 6 numbers",
        "Statistics are rounded to 4 significant digits",
        "Of 9,123 counts, 812 are hidden by the rule and 604 more to protect these.",
    ):
        assert words in html


def test_a_stricter_policy_is_put_into_words(short_release, short_study):
    one = replace(
        protected(short_release), facts=protected(short_release, **read_policy("strict").as_facts()).facts
    )
    text = " ".join(protection_texts(released_numbers(one), short_study))
    assert "is 9 or less, nought included, or when its base is under 10" in text
    assert "Nought by itself is shown" not in text
    assert "rounded to a multiple of 5" in text
    assert "2 significant digits" in text
    coarse = protected(short_release, coarse=True, missing="hidden")
    text = " ".join(protection_texts(released_numbers(coarse), short_study))
    assert "time limit" in text
    assert "without an answer is treated like any other" in text


def test_without_protection_the_page_still_warns(short_release, short_study):
    html = render_bulletin(short_release, short_study, {})
    assert "Do not publish: small counts are not protected." in html
    assert "No disclosure control was applied (policy: none)" in html
    assert "[c] stands in place" not in html


def test_when_everything_is_hidden_the_page_is_whole_and_says_so(short_release, short_study):
    html = render_bulletin(hidden_at_random(short_release, 1.0, 11), short_study, {})
    assert "every share is hidden to protect confidentiality" in html
    assert not re.search(r">(nan|None)<", html)


def test_a_hidden_cell_can_be_heard_and_is_escaped():
    assert marked_up("[c]", set()) == '[c]<span class="heard"> hidden to protect confidentiality</span>'
    assert "small base" in marked_up("Girls [u]", set())
    assert marked_up("<b>", set()) == "&lt;b&gt;"
    assert marked_up("75", set()) == "75"


def test_counts_of_an_account_may_be_hidden(short_release, short_study):
    assert (told_count(1168), told_count("[c]")) == ("1,168", "[c]")
    account = short_release.facts["comments"] | {"n_passages_case": "[c]", "n_rejected": "[c]"}
    facts = short_release.facts | {"comments": account, "rejected_by_rule": {"unknown_code": "[c]"}}
    one = replace(short_release, facts=facts)
    text = " ".join(told_parts(released_numbers(one), short_study)[1].paragraphs)
    assert "+ [c] rejected" in text
    assert "on a single case" not in text
    assert tables_of(one, short_study)["table-rejected"].rows[0][1].text == "[c]"


def test_percentages_come_from_the_counts_behind_a_rounded_estimate():
    assert exact_share(349, 1000, 0.349) == Fraction(349, 1000)
    assert exact_share(2049, 4100, 0.4998) == Fraction(2049, 4100)
    assert exact_share(1469, 2000, 0.7345) == Fraction(1469, 2000)
    assert exact_share(1, 3, 0.33) == Fraction(33, 100)
    assert exact_share(0, 12, 0.0) == 0


def test_a_row_knows_which_of_its_numbers_are_hidden():
    share = Share(n_cases=40, hidden=hidden_names({"k": "[c]", "n": 40.0}, {"n_yes": "k", "n_cases": "n"}))
    assert (share.mark("n_yes"), share.mark("n_cases"), share.mark("low")) == ("[c]", "[x]", "[x]")
    assert (mark_of("[x]", "[c]"), mark_of("[x]")) == ("[c]", "[x]")


def test_the_data_of_a_figure_name_the_columns_with_a_small_base():
    frame = pd.DataFrame(
        [{"Factor": "Lifestyle", "Girls, %": "41 [u] (20 to 60)", "Boys, %": "50 (48 to 52)"}]
    )
    label, girls, boys = frame_cells(frame)[0]
    assert (label.text, label.small) == ("Lifestyle", "[u] Girls")
    assert (girls.text, girls.small, boys.text) == ("41", "20 to 60", "50")

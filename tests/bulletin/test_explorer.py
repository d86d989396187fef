"""The explorer's page: true to the released tables and to the report, for any study, whatever its labels hold."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from bulletin.test_hidden_words import hidden_at_random
from desistance.attack.documents import statements
from desistance.attack.statements import HiddenShare
from desistance.bulletin.explorer.data import explorer_data
from desistance.bulletin.explorer.rendering import embedded, render_explorer
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.sections.difference_tables import difference_table, effects_table
from desistance.bulletin.sections.tables import level_table, overall_table
from desistance.disclosure.structure import structure_of
from desistance.steps.explorer import main

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
VERDICT = re.compile(r"is (?:not )?significant at|that is (?:not )?significant")
ENDINGS = "</script><script>alert(1)</script>", "<!--", "\u2028\u2029", "&amp;"


@pytest.fixture(scope="module")
def data(short_release, short_study):
    return explorer_data(short_release, short_study)


@pytest.fixture(scope="module")
def html(short_release, short_study):
    return render_explorer(short_release, short_study)


def objects(rows):
    """Rows under one row of names, as dictionaries."""
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def row_of(data, table, *keys):
    names = ("measure", "item", "breakdown", "level")
    (found,) = [row for row in objects(data[table]) if tuple(row[name] for name in names) == keys]
    return found


def view_of(data, measure, item=None, breakdown=None):
    keys = {"measure": measure, "item": item, "breakdown": breakdown}
    (found,) = [view for view in data["views"] if {name: view.get(name) for name in keys} == keys]
    return found


def hide(released, name, where, columns):
    """The release with some columns of the rows that hold `where` hidden."""
    table = getattr(released, name).astype(dict.fromkeys(columns, object))
    mask = pd.Series(True, index=table.index)
    for column, value in where.items():
        mask &= table[column] == value
    assert mask.any()
    for column in columns:
        table.loc[mask & table[column].notna(), column] = "[c]"
    return replace(released, **{name: table})


def test_every_share_is_there_with_its_released_numbers(data, short_release):
    shares = {
        tuple(row[name] for name in ("measure", "item", "breakdown", "level")): row
        for row in objects(data["estimates"])
    }
    table = short_release.estimates
    headline = table[table["interval"] != "wilson"]
    assert len(shares) == len(headline) > 100
    for row in headline.to_dict("records"):
        found = shares[row["measure"], row["item"], row["breakdown"], row["subgroup"]]
        for name in ("n_cases", "n_yes", "n_missing", "n_services", "estimate", "ci_low", "ci_high"):
            assert found[name] == row[name]


def test_shares_read_as_in_the_report(data, short_release, short_study):
    numbers = released_numbers(short_release)
    measure = short_study.measure("prevalence")
    rows = {row[0].text: row for row in overall_table(measure, numbers, short_study).rows}
    for item in measure.items:
        _, base, yes, percent, ends, _, effect = rows[item.label]
        found = row_of(data, "estimates", "prevalence", item.id, "all", "all")
        assert [f"{found[name]:,}" for name in ("n_cases", "n_yes")] == [base.text, yes.text]
        shown = [found[name] for name in ("per_cent", "per_cent_interval", "design_effect_shown")]
        assert shown == [percent.text, ends.text, effect.text]


def test_shares_by_group_read_as_in_the_report(data, short_release, short_study):
    numbers = released_numbers(short_release)
    measure = short_study.measure("three_or_more")
    table = level_table(measure, short_study.divisions, numbers, short_study)
    found = [
        (row["per_cent"], row["per_cent_interval"])
        for row in objects(data["estimates"])
        if row["measure"] == "three_or_more"
    ]
    assert found == [(row[3].text, row[4].text) for row in table.rows]


def test_tests_and_differences_read_as_in_the_report(data, short_release, short_study):
    numbers = released_numbers(short_release)
    measure, gender = short_study.measure("prevalence"), short_study.division("gender")
    tests = {
        row[0].text: row for row in difference_table(measure, gender, numbers, short_study, folded=False).rows
    }
    sizes = {row[0].text: row for row in effects_table(measure, (gender,), numbers, short_study).rows}
    for item in measure.items:
        view = view_of(data, "prevalence", item.id, "gender")
        row = tests[item.label]
        assert [view["p_cr2"], view["p_pearson"]] == [row[5].text, row[7].text]
        assert [view["significant_by"], view["seen"]] == [row[-1].text, row[-1].small]
        points = row_of(data, "differences", "prevalence", item.id, "gender", "girl")
        cell = sizes[item.label][2]
        assert [points["points_difference"], points["points_interval"]] == [cell.text, cell.small]
        assert sizes[item.label][-1].text.removesuffix(" or more") in (
            points["points_up"],
            points["points_down"],
        )


def test_the_words_name_the_test_behind_a_verdict(data, short_study):
    for view in data["views"]:
        for sentence in view["words"]:
            if VERDICT.search(sentence):
                assert re.search(r"CR2 test|Pearson\u2019s|Cochran-Armitage|Kruskal-Wallis", sentence)
    (lead, *_) = view_of(data, "prevalence", "mental_health", "gender")["words"]
    assert re.match(
        "By the design-based CR2 test with Holm\u2019s adjustment, the difference by gender is ", lead
    )


def test_what_could_not_have_been_seen_is_said_where_it_is_so(data):
    unseen = [view for view in data["views"] if view.get("seen") == "could not have been seen"]
    others = [view for view in data["views"] if view.get("seen") == ""]
    assert unseen
    assert others
    said = "A difference of the size found could not have been seen"
    assert all(any(said in text for text in view["words"]) for view in unseen)
    assert not any(said in text for view in others for text in view["words"])


def test_a_hidden_test_has_no_verdict_and_says_that_it_is_hidden(short_release, short_study):
    where = {"measure": "prevalence", "item": "lifestyle", "breakdown": "gender"}
    hidden = hide(short_release, "comparisons", where, ["p_value", "p_holm", "p_bh"])
    view = view_of(explorer_data(hidden, short_study), "prevalence", "lifestyle", "gender")
    assert not any(VERDICT.search(sentence) for sentence in view["words"])
    assert "whether the difference by gender is significant is hidden [c]" in view["words"][0]
    assert (view["p_cr2"], view["p_pearson"], view["significant_by"]) == ("[c]", "[c]", "[c]")


def test_a_hidden_share_is_hidden_in_every_place(short_release, short_study):
    where = {"measure": "prevalence", "item": "lifestyle", "breakdown": "gender", "subgroup": "girl"}
    columns = ["n_yes", "estimate", "ci_low", "ci_high", "design_effect"]
    hidden = hide(short_release, "estimates", where, columns)
    row = row_of(explorer_data(hidden, short_study), "estimates", "prevalence", "lifestyle", "gender", "girl")
    names = ("n_yes", "estimate", "ci_low", "ci_high", "per_cent", "per_cent_interval", "design_effect_shown")
    assert {row[name] for name in names} == {"[c]"}
    assert isinstance(row["n_cases"], int)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_hidden_each_cell_is_as_it_was_or_hidden(data, seed, short_release, short_study):
    less = explorer_data(hidden_at_random(short_release, 0.3, seed), short_study)
    texts = {
        "estimates": ("per_cent", "per_cent_interval", "design_effect_shown"),
        "differences": ("points_difference", "points_interval", "points_up", "points_down"),
        "means": ("mean_level_shown", "interval_shown"),
    }
    n_hidden = 0
    for name, columns in texts.items():
        for old, new in zip(objects(data[name]), objects(less[name]), strict=True):
            assert all(new[column] in (old[column], "[c]") for column in columns)
            n_hidden += sum(new[column] == "[c]" for column in columns)
    assert n_hidden > 50
    for view in less["views"]:
        if view.get("p_cr2") == "[c]":
            assert not VERDICT.search(view["words"][0])
            assert "hidden [c]" in view["words"][0]
            assert view["significant_by"] == "[c]"


def test_the_attack_reads_the_data_and_finds_a_number_that_should_be_hidden(
    short_release, short_study, tmp_path
):
    band, item = short_study.bands[0], short_study.measure("prevalence").items[0]
    level, structure = band.levels[0], structure_of(short_study)
    names = ({"prevalence", "Factor identified"}, {item.id, item.label}, {level.code, level.label})
    key = ("yes", "prevalence", item.id, band.id, level.code)
    share = HiddenShare(key, "estimates", tuple(map(frozenset, names)))

    def said(release):
        text = render_explorer(release, short_study)
        (tmp_path / "explorer.html").write_text(text, encoding="utf-8")
        return {one.unit: one.low for one in statements(tmp_path, [share], structure)[0]}

    shown = row_of(explorer_data(short_release, short_study), "estimates", *key[1:])
    assert said(short_release)["count"] == shown["n_yes"]
    columns = ["n_cases", "n_yes", "estimate", "ci_low", "ci_high", "design_effect"]
    keys = {"measure": "prevalence", "item": item.id, "breakdown": band.id}
    gone = hide(short_release, "estimates", {**keys, "subgroup": level.code}, columns)
    for name in ("comparisons", "precision"):
        table = getattr(gone, name)
        numbers = [one for one in table if table[one].dtype.kind in "fi"]
        gone = hide(gone, name, keys, numbers)
    assert said(gone) == {}


def test_a_claim_stands_with_every_view_whose_numbers_it_rests_on(data, short_release):
    claims = {claim["claim"]: claim for claim in data["claims"]}
    ledger = short_release.ledger.set_index("claim")
    named = ledger[ledger["measure"] != ""]
    assert len(named)
    for claim, row in named.iterrows():
        key = f"{row['measure']}/{row['item'] or '*'}/{row['breakdown'] or 'all'}"
        assert key in claims[claim]["touches"]
        assert claims[claim]["statement"] == row["statement"]


def test_the_numbers_a_claim_uses_lead_to_it(short_release, short_study):
    uses = (
        "shares/prevalence/lifestyle/all/all;tests/prevalence/gender/cr2/p_holm;"
        "means/previous_sanctions/0;trends/three_or_more/three_or_more/age/cr2/p_holm;services/theme.one"
    )
    row = {"claim": "Z1", "statement": "s", "published": "p", "measure": "", "item": "", "uses": uses}
    blank = dict.fromkeys(short_release.ledger.columns, "")
    ledger = pd.DataFrame([blank | row])
    (claim,) = explorer_data(replace(short_release, ledger=ledger), short_study)["claims"]
    assert claim["touches"] == [
        "prevalence/lifestyle/all",
        "prevalence/*/gender",
        "number_of_factors/number_of_factors/previous_sanctions",
        "three_or_more/three_or_more/age",
    ]


def test_only_the_page_s_own_scripts_may_run(html):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert (rules["default-src"], rules["connect-src"]) == ("'none'", "'none'")
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", html)
    assert not re.search(r"\bon\w+=\"", html)


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_text_ends_the_data(ending):
    text = embedded({"label": ending})
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == {"label": ending}


def test_hostile_labels_stay_whole_and_inside_the_data(make_release, small_study, with_hostile_labels):
    hostile = with_hostile_labels(small_study)
    page = render_explorer(make_release(hostile, ledger=False), hostile)
    data = json.loads(DATA.search(page)[1])
    assert [one["label"] for one in data["breakdowns"]] == [one.label for one in hostile.breakdowns]
    assert page.count("<script") == 2
    assert "alert('x')</script>" not in page


def test_no_label_turns_the_direction_of_what_follows(make_release, small_study):
    first, *rest = small_study.breakdowns
    label = "\u202e\u2067Place"
    study = replace(small_study, title=label, breakdowns=(replace(first, label=label), *rest))
    page = render_explorer(make_release(study, ledger=False), study)
    assert "<h1>Place</h1>" in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)


@pytest.mark.parametrize(
    "kind", ["no breakdowns", "no bands", "one breakdown", "nothing available", "no ledger", "no rows"]
)
def test_a_study_with_less_still_has_its_views(kind, small_study, make_release):
    study = small_study
    if kind == "no breakdowns":
        study = replace(small_study, breakdowns=())
    elif kind == "one breakdown":
        study = replace(small_study, breakdowns=small_study.breakdowns[:1])
    released = make_release(study, available=kind != "nothing available", ledger=kind != "no ledger")
    if kind == "no rows":
        released = replace(released, estimates=released.estimates[:0])
    data = json.loads(DATA.search(render_explorer(released, study))[1])
    (measure,) = data["measures"]
    assert measure["by"] == ([] if kind == "no rows" else [one.id for one in study.breakdowns])
    views = [view for view in data["views"] if view["measure"] == measure["measure"]]
    assert len(views) == 1 + len(measure["by"])
    assert all(view["words"] for view in views)


def test_made_up_records_are_called_so_and_others_are_not(html, make_release, small_study):
    real = render_explorer(make_release(small_study, made_up=False, ledger=False), small_study)
    assert "These records are made up." in html
    assert json.loads(DATA.search(html)[1])["made_up"]
    without_scripts = re.sub(r"<script>.*?</script>", "", real, flags=re.DOTALL)
    assert not re.search("made.up (?:records|example)|are made up", without_scripts, re.IGNORECASE)
    assert "Do not publish: small counts are not protected." in real


def test_the_same_release_gives_the_same_bytes(html, short_release, short_study):
    assert render_explorer(short_release, short_study) == html


def test_the_step_writes_the_page_from_the_released_folder(tmp_path, monkeypatch, short_release, html):
    from desistance.steps import explorer

    monkeypatch.setattr(explorer, "read_released", lambda folder: short_release)
    monkeypatch.setattr(explorer, "read_study", lambda folder: folder)
    monkeypatch.setattr(explorer, "render_explorer", lambda released, study: html)
    main(tmp_path, tmp_path, tmp_path / "explorer.html")
    assert (tmp_path / "explorer.html").read_bytes() == html.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["explorer.html"]

"""Editions side by side: what moved, by how much, and where definitions differ."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from desistance.errors import RecordsError, TallyError
from desistance.findings.changes import OTHERWISE, UNKNOWN, Edition, changes
from desistance.findings.tables import CHANGE_COLUMNS, read_table
from desistance.records.files import other_tally
from desistance.settings import Inference, Other
from desistance.statistics.differences import share_differences
from desistance.statistics.robust import Correction
from desistance.steps import findings as findings_step
from desistance.tallies import TABLES, count_records, write_tally
from records_builder import STUDY, Ingested, case, csv_text, small_study

INFERENCE = Inference(0.95, 0.05, False, 30)


def edition(folder, share, *, text=STUDY, seed=1, n_cases=240, **values):
    """A made-up edition in six services, in which a share of cases has the factor drugs."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(seed)
    rows = []
    for number in range(n_cases):
        drugs = "yes" if random.random() < share else "no"
        rows.append(
            case(
                number,
                team="ABCDEF"[number % 6],
                drugs=drugs,
                delivery_drugs=("yes" if random.random() < 0.6 else "no")
                if drugs == "yes"
                else "not applicable",
                **values,
            )
        )
    (folder / "cases.csv").write_text(csv_text(rows), encoding="utf-8")
    study = small_study(folder / "study", text)
    read = Ingested(folder, [folder / "cases.csv"], study)
    return count_records([read.records], study, read.account), study


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("editions")
    before, study = edition(folder / "before", 0.3)
    now, _ = edition(folder / "now", 0.6, seed=2)
    return before, now, study


def row(table, **keys):
    found = table[np.logical_and.reduce([table[name] == value for name, value in keys.items()])]
    assert len(found) == 1
    return found.iloc[0]


EVERYONE = {"measure": "prevalence", "item": "drugs", "breakdown": "all"}


def test_no_other_edition_gives_no_rows(editions):
    table = changes(editions[1], None, editions[2], INFERENCE)
    assert list(table.columns) == CHANGE_COLUMNS
    assert table.empty


def test_a_share_that_doubled_is_found_with_both_editions_shares(editions):
    before, now, study = editions
    found = row(changes(now, Edition(before, same_services=False), study, INFERENCE), **EVERYONE)
    assert (found["n_before"], found["n_cases"]) == (240, 240)
    assert found["estimate"] == pytest.approx(found["estimate_now"] - found["estimate_before"])
    assert found["ci_low"] < found["estimate"] < found["ci_high"]
    assert found["p_holm"] < 0.01
    assert found["note"] == ""


def drugs_by_service(tally):
    rows = tally.counts.query("item == 'drugs' and measure == 'prevalence' and by == 'all breakdowns'")
    rows = rows.groupby("service")[["n_yes", "n_no"]].sum()
    return rows["n_yes"].to_numpy(), (rows["n_yes"] + rows["n_no"]).to_numpy()


@pytest.mark.parametrize("same_services", [False, True])
def test_services_are_the_clusters_of_both_editions(editions, same_services):
    """The same services stand once, with both years' cases; different ones stand beside each other."""
    before, now, study = editions
    found = row(changes(now, Edition(before, same_services), study, INFERENCE), **EVERYONE)
    sides = [drugs_by_service(before), drugs_by_service(now)]
    if same_services:
        yes, base = (np.column_stack([sides[0][k], sides[1][k]]) for k in (0, 1))
    else:
        none = np.zeros(6, dtype=int)
        yes, base = (
            np.vstack([np.column_stack([sides[0][k], none]), np.column_stack([none, sides[1][k]])])
            for k in (0, 1)
        )
    test = share_differences(
        yes, base, yes, base, reference=0, correction=Correction.CR2, confidence_level=0.95
    )
    assert found["standard_error"] == pytest.approx(test.standard_error.item(), rel=1e-12)
    assert found["df"] == pytest.approx(test.df.item(), rel=1e-12)


def test_an_edition_beside_itself_has_not_moved(editions):
    _, now, study = editions
    table = changes(now, Edition(now, same_services=True), study, INFERENCE)
    assert (table["estimate"].fillna(0) == 0).all()
    assert set(table["breakdown"]) == {"all", "sex", "concern"}
    assert not (table["p_value"] < 0.999).any()


def test_an_item_defined_otherwise_is_compared_with_a_warning(editions, tmp_path):
    before, _, _ = editions
    text = STUDY.replace("{id: drugs, label: Drugs}", "{id: drugs, label: Drugs or alcohol}")
    now, study = edition(tmp_path, 0.6, text=text, seed=2)
    table = changes(now, Edition(before, same_services=False), study, INFERENCE)
    assert row(table, **EVERYONE)["note"] == OTHERWISE
    assert row(table, **EVERYONE | {"item": "home"})["note"] == ""


def test_a_division_with_other_levels_is_left_out_and_the_rest_stays(editions, tmp_path):
    before, _, _ = editions
    text = STUDY.replace("{code: low, label: Low}", "{code: low, label: Low}, {code: mid, label: Middle}")
    now, study = edition(tmp_path, 0.6, text=text, seed=2)
    table = changes(now, Edition(before, same_services=False), study, INFERENCE)
    assert set(table["breakdown"]) == {"all", "sex"}


def test_an_edition_that_does_not_say_how_it_was_defined_is_compared_with_a_warning(editions):
    before, now, study = editions
    silent = replace(
        before, facts={k: v for k, v in before.facts.items() if k not in ("definitions", "levels")}
    )
    table = changes(now, Edition(silent, same_services=False), study, INFERENCE)
    assert set(table["breakdown"]) == {"all"}
    assert set(table["note"]) == {UNKNOWN}


def test_made_up_and_other_editions_are_not_compared(editions):
    before, now, study = editions
    made_up = replace(before, facts={**before.facts, "made_up": True})
    with pytest.raises(TallyError, match="one of the two editions is made up"):
        changes(now, Edition(made_up, same_services=False), study, INFERENCE)


def with_columns(tally, names):
    """A tally that has each column of items under other names."""
    items = {
        by: replace(
            block, columns={own: values for name, values in block.columns.items() for own in names(name)}
        )
        for by, block in tally.items.items()
    }
    return replace(tally, items=items)


def test_the_tally_of_another_study_is_refused(editions):
    before, now, study = editions
    strange = with_columns(before, lambda name: [f"something_else.{name.partition('.')[2]}"])
    with pytest.raises(TallyError, match="measures nothing that this study does"):
        changes(now, Edition(strange, same_services=False), study, INFERENCE)


def test_an_item_that_only_the_other_edition_had_counts_nowhere(editions):
    before, now, study = editions
    wider = with_columns(before, lambda name: [name, name.replace(".home.", ".dropped.")])
    tables = [
        changes(now, Edition(tally, same_services=False), study, INFERENCE) for tally in (before, wider)
    ]
    pd.testing.assert_frame_equal(*tables)


def test_a_level_nobody_had_last_time_is_left_out(editions, tmp_path):
    _, now, study = editions
    boys, _ = edition(tmp_path, 0.3, sex="boy")
    table = changes(now, Edition(boys, same_services=False), study, INFERENCE)
    assert "girl" not in set(table.loc[table["breakdown"] == "sex", "subgroup"])
    assert isinstance(table, pd.DataFrame)
    assert table["status"].ne("").all()


def test_the_step_reads_the_other_edition_from_the_folder_of_its_tally(editions, tmp_path):
    before, now, study = editions
    paths = {}
    for name, tally in (("before", before), ("now", now)):
        folder = tmp_path / name
        folder.mkdir()
        paths[name] = {table: folder / f"{table}.parquet" for table in TABLES} | {
            "facts": folder / "facts.json"
        }
        write_tally(tally, paths[name])
    for table in ("answers", "marks"):  # as an edition made before services were asked has it
        paths["before"][table].unlink()
    small_study(tmp_path / "study")
    other = Other(str(tmp_path / "before"))
    out = tmp_path / "changes.csv"
    tables = {"changes": out}
    findings_step.main(
        paths["now"] | other_tally(other),
        tmp_path / "study",
        vars(INFERENCE),
        tables,
        {"tally": other.tally, "label": other.label, "same_services": False},
    )
    expected = changes(now, Edition(before, same_services=False), study, INFERENCE)
    found = read_table(out)
    assert found["estimate"].to_numpy() == pytest.approx(expected["estimate"].to_numpy())


def test_a_folder_without_a_tally_is_refused(tmp_path):
    with pytest.raises(RecordsError, match="is not the tally of another edition"):
        other_tally(Other(str(tmp_path)))

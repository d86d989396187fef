"""The benchmark's own parts: its records, what it makes of times, how it goes on, and the page it writes."""

import csv
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))
import history
import page
import records
from against import agreement, command
from measuring import measured, numbers
from parts import TESTS72
from session import Session

from desistance.study import read_study
from records_builder import STUDY, Ingested, small_study

ROOT = Path(__file__).resolve().parent.parent
STUDIES = (
    "studies/bulletin_2021_03",
    "studies/thematic_2016",
    "bench/studies/tests72",
    "bench/studies/country",
)


def made(path, study="bench/studies/tests72", cases=300, services=7, seed=1):
    records.make_records(read_study(ROOT / study), path, cases=cases, services=services, seed=seed)
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Twenty thousand cases, more than one block."""
    path = made(tmp_path_factory.mktemp("table") / "records.csv", cases=20_000, services=43)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("study", STUDIES)
def test_no_made_up_row_is_rejected(tmp_path, study, suffix):
    path = made(tmp_path / f"made{suffix}", study)
    account = Ingested(tmp_path, [path], read_study(ROOT / study)).account
    assert (account["n_accepted"], account["n_rejected"], account["made_up"]) == (300, 0, True)


def test_a_study_whose_cases_have_several_rows_is_refused(tmp_path):
    gathers = "one_row_per_case: {keep: latest, by: seen_on}\nbreakdowns:\n"
    study = small_study(tmp_path, STUDY.replace("breakdowns:\n", gathers))
    with pytest.raises(SystemExit, match="derives columns or gathers rows"):
        records.make_records(study, tmp_path / "made.csv", cases=3, services=2, seed=1)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_one_seed_gives_the_same_bytes_and_another_others(tmp_path, suffix):
    files = [
        made(tmp_path / f"{number}{suffix}", seed=seed).read_bytes() for number, seed in enumerate((1, 1, 2))
    ]
    assert files[0] == files[1] != files[2]


def test_cases_of_another_seed_are_others_too():
    """Dates are drawn with the cases, not with the services."""
    study = read_study(TESTS72)
    dates = [
        records.block(records.population(study, services=7, seed=seed), 0)[study.date.column]
        for seed in (1, 2)
    ]
    assert dates[0].to_pylist() != dates[1].to_pylist()


def test_rows_do_not_depend_on_how_many_follow(tmp_path):
    few, many = (
        made(tmp_path / f"{cases}.csv", cases=cases).read_bytes() for cases in (300, records.BLOCK + 10)
    )
    assert many.startswith(few)
    assert many.count(b"\n") == records.BLOCK + 11


def test_case_numbers_are_unique_and_every_row_is_marked(table):
    assert table["case_id"].is_unique
    assert set(table["made_up"]) == {"made up"}


def test_services_differ_in_size_and_in_shares(table):
    yes = (table["factor_01"] == "yes").groupby(table["service"]).agg(["mean", "size"])
    assert yes["size"].max() > 3 * yes["size"].min()
    expected = np.sqrt(yes["mean"].mean() * (1 - yes["mean"].mean()) / yes["size"].mean())
    assert yes["mean"].std() > 2 * expected


def test_factors_are_of_middling_frequency_and_go_together(table):
    factors = table[[f"factor_{number:02d}" for number in range(1, 13)]] == "yes"
    assert factors.mean().between(0.08, 0.65).all()
    pairs = itertools.combinations(factors.columns, 2)
    assert all(np.corrcoef(factors[one], factors[other])[0, 1] > 0 for one, other in pairs)


def test_every_kind_of_missing_occurs(table):
    assert set(table["delivery_factor_01"]) == {"yes", "no", "not applicable", "not known", ""}
    assert {"not known", ""} <= set(table["age"])


def test_the_exponent_of_a_power_is_found():
    sizes = [10**5, 10**6, 10**7]
    assert history.exponent(sizes, [0.2 * size**1.3 for size in sizes]) == pytest.approx(1.3)
    assert history.exponent(sizes, [4.0, 4.0, 4.0]) == pytest.approx(0)


def test_what_a_command_prints_as_name_and_number_is_kept_with_its_time_and_memory():
    found = measured(
        [sys.executable, "-c", "held = bytearray(64 * 2**20); print('work 1.5'); print('and more words')"]
    )
    assert found["work"] == 1.5
    assert found["seconds"] > 0
    assert 64 < found["memory"] < 2000  # a process that was not begun yet counts with its parent's
    assert numbers("work much\nmore than this\n") == {}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system has no such counters")
def test_memory_is_that_of_a_process_and_its_children_together():
    held = "import subprocess, sys, time; held = b'x' * (200 * 2**20)"
    code = f"{held}; subprocess.run([sys.executable, '-c', {f'{held}; time.sleep(1)'!r}])"
    # From a small process, because one that is not begun yet counts with its parent's memory.
    small = f"from measuring import measured; print(measured([{sys.executable!r}, '-c', {code!r}])['memory'])"
    told = subprocess.run(
        [sys.executable, "-c", small], cwd=ROOT / "bench", capture_output=True, text=True, check=True
    )
    assert 400 < float(told.stdout) < 500


def test_a_command_that_fails_stops_the_benchmark_with_what_it_said():
    with pytest.raises(SystemExit, match="no such thing"):
        measured([sys.executable, "-c", "import sys; sys.exit('no such thing')"])


def test_an_interrupted_session_goes_on_and_changed_code_is_measured_anew(tmp_path):
    script = "from pathlib import Path; path = Path('ran'); path.open('a').write('x')"
    words = {"words": [sys.executable, "-c", script], "options": {"folder": tmp_path}}
    for digest, runs, ran in (("one", 1, 1), ("one", 3, 3), ("one", 3, 3), ("other", 1, 4)):
        Session(tmp_path / "session", runs=runs).measure({"name": words | {"digest": digest}})
        assert len((tmp_path / "ran").read_text()) == ran


def write_results(folder, share=0.5, items=("home",)):
    folder.mkdir()
    for name in ("estimates", "tests"):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(
                [["item", "breakdown", "estimate"], *([item, "age", share] for item in items)]
            )
    return folder


def test_programs_agree_or_the_benchmark_stops(tmp_path):
    ours = write_results(tmp_path / "ours", items=("home", "drugs"))
    more = write_results(tmp_path / "more", share=0.5 + 1e-9, items=("home", "drugs", "school"))
    assert agreement(ours, more) == (pytest.approx(2e-9, rel=1e-3), 4)
    with pytest.raises(SystemExit, match="does not agree: estimate of home age"):
        agreement(ours, write_results(tmp_path / "other", share=0.500001, items=("home", "drugs")))
    with pytest.raises(SystemExit, match="1 of 2 rows of estimates are not there"):
        agreement(ours, write_results(tmp_path / "fewer"))
    with pytest.raises(SystemExit, match="does not agree"):
        agreement(ours, write_results(tmp_path / "none", share="NA", items=("home", "drugs")))


def test_this_project_and_pandas_by_hand_find_the_same(tmp_path):
    path = made(tmp_path / "made_300_7_digest.csv")
    for name in ("ours", "pandas_scipy"):
        (tmp_path / name).mkdir()
        given = command(sys.executable, f"{name}.py", path, tmp_path / name, TESTS72)
        assert measured(given["words"], **given["options"])["work"] > 0
    largest, n_compared = agreement(tmp_path / "ours", tmp_path / "pandas_scipy")
    assert largest < 1e-9
    assert n_compared > 800


def lines(**given):
    """Two parts as the history gives them."""
    machine = {"processor": "A processor", "cores": 2, "memory_gib": 8, "system": "Linux"}
    line = {"date": "2026-01-31", "version": "1.2.3", "machine": machine, "versions": {"python": "3.13.0"}}
    return {part: line | {"part": part, "numbers": numbers} for part, numbers in given.items()}


def test_the_page_shows_numbers_promises_and_machine():
    found = lines(
        start={"start.clean_over_one_process": 1.5, "start.second_over_empty": 1.31},
        peers={
            "peers.1168.ours.memory": 170.0,
            "peers.1168.survey.whole": 2.5,
            "peers.1168.survey.work": 12.34,
            "peers.1168.survey.memory": 243.0,
        },
        growth={
            "growth.tally": 1.0,
            "growth.after": 0.05,
            "growth.100000.tally": 1,
            "growth.100000.after": 1,
        },
    )
    text = page.render(found)
    assert "| clean run, over one process | 1.5 | at most 1.8 |" in text
    assert "| second run, over an empty workflow | **1.31** (not at most 1.2) | at most 1.2 |" in text
    assert "| survey | 1,168 | 2.5 | 12.3 | 243 | 2 / 10 |" in text
    assert "| exponent | 1 |  | 0.05 |  |" in text
    assert "Version 1.2.3 on 2026-01-31; A processor, 2 cores, 8 GiB, Linux; python 3.13.0." in text


def test_the_history_keeps_the_last_line_of_each_part(tmp_path):
    path = tmp_path / "history.jsonl"
    for value in (1.23456, 2.34567):
        history.append("start", {"start.memory": value}, date="", versions={"R": "4.2.2"}, history=path)
    history.append("scan", {"scan.memory": 9.0}, date="", versions={}, history=path)
    found = history.last(path)
    assert found["start"]["numbers"] == {"start.memory": 2.346}
    assert found["start"]["versions"]["R"] == "4.2.2"
    assert found.keys() == {"start", "scan"}


def test_the_page_is_what_the_history_says():
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.render(history.last()), (
        "docs/benchmark.md is not what the history says; run make bench ARGS=page"
    )

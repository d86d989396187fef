"""`desistance tally` and `desistance combine`: what many sites count is what counting all at once gives."""

import csv
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from desistance.cli import main
from desistance.disclosure.accounts import without_sources
from desistance.tallies import combining
from desistance.tallies.combining import combined
from desistance.tallies.portable import members_of, read_portable
from records_builder import STUDY, case, csv_text
from travel_builder import Site, rows_of

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "data" / "example"
BULLETIN = ROOT / "studies" / "bulletin_2021_03"
CANARY = "Zebedee"


@pytest.fixture
def site(tmp_path, monkeypatch):
    made = Site(tmp_path / "site", monkeypatch)
    made.at_home()
    return made


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def split_by_service(path, folder):
    """A file for each service in a table, by service."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for service in {row["service"] for row in rows}:
        found[service] = folder / f"{path.stem}_{service}.csv"
        own = [row for row in rows if row["service"] == service]
        found[service].write_text(csv_text(own), encoding="utf-8")
    return found


def test_the_tally_of_43_services_is_that_of_their_pooled_records(tmp_path, monkeypatch):
    """Tables to the byte, excerpts, and all facts that a release lets out: all that anything published is made from.

    Records, descriptions of services and comments are each split by service; some services have no comments.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESISTANCE_KEY", str(tmp_path / "keys" / "key"))
    # Another process for each file would take most of the time, and is tested elsewhere.
    monkeypatch.setattr(combining, "read_portable", partial(read_portable, guarded=False))
    kinds = {name: EXAMPLE / f"made_up_{name}.csv" for name in ("cases", "services", "comments")}
    parts = {name: split_by_service(path, tmp_path) for name, path in kinds.items()}

    def tally(out, **files):
        options = [
            word for name in ("services", "comments") if name in files for word in (f"--{name}", files[name])
        ]
        words = ["tally", files["cases"], "--study", BULLETIN, "--out", out, *options]
        assert main([str(word) for word in words]) == 0
        return Path(out)

    sites = [
        tally(
            tmp_path / f"{service}.tally",
            **{name: found[service] for name, found in parts.items() if service in found},
        )
        for service in parts["cases"]
    ]
    assert (len(sites), len(parts["services"]), len(parts["comments"])) == (43, 43, 40)
    pooled, whole = (combined(paths) for paths in ([tally(tmp_path / "pooled.tally", **kinds)], sites))
    one, other = (members_of(made.tally) for made in (pooled, whole))
    assert [name for name in one if one[name] != other[name]] == ["facts.json"]
    assert without_sources(pooled.tally.facts) == without_sources(whole.tally.facts)
    assert json.dumps(without_sources(pooled.tally.facts)) == json.dumps(without_sources(whole.tally.facts))
    assert pooled.quotes == whole.quotes
    assert len(whole.quotes) > 3


def test_a_tally_says_what_was_read_and_who_signs(site, capsys):
    out = site.tally(rows_of("A", range(12)))
    heard = capsys.readouterr().out
    manifest = read_portable(out).manifest
    assert "12 rows read = 12 accepted + 0 rejected" in heard
    assert "12 cases, services: 1, study small" in heard
    assert manifest.key in heard
    assert manifest.content in heard


def test_the_key_is_made_on_first_use_and_used_again(site):
    first = read_portable(site.tally(rows_of("A", range(3)), "one"), guarded=False).manifest
    second = read_portable(site.tally(rows_of("B", range(3)), "two"), guarded=False).manifest
    assert first.key == second.key
    made = site.folder / "keys" / "key.sign"
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.read_bytes() != (site.folder / "keys" / "key").read_bytes()


def test_a_signing_key_that_others_can_read_is_refused(site, capsys):
    site.tally(rows_of("A", range(3)))
    (site.folder / "keys" / "key.sign").chmod(0o644)
    words = ["tally", str(site.folder / "site.csv"), "--study", str(site.study), "--out", "x.tally"]
    assert main(words) == 1
    assert "the key of signatures" in capsys.readouterr().err
    assert not Path("x.tally").exists()


def test_nothing_stays_behind_but_the_tally_and_the_keys(site):
    before = files_in(site.folder)
    site.tally(rows_of("A", range(12)), "one")
    keys = ["keys/key", "keys/key.lock", "keys/key.sign", "keys/key.sign.lock"]
    assert files_in(site.folder) == sorted([*before, "one.csv", "one.tally", *keys])
    assert list(Path.cwd().iterdir()) == []


def test_no_case_number_is_in_a_tally(site):
    out = site.tally(rows_of("A", range(12), case_id=CANARY)[:1] + rows_of("A", range(2, 9)))
    assert CANARY.encode() not in out.read_bytes()
    assert all(CANARY.encode() not in content for content in members_of(read_portable(out).tally).values())


def test_a_tally_as_json(site, capsys):
    out = site.tally(rows_of("A", range(12)), "site", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["n_read"], told["n_cases"], told["n_services"], told["disclosure"]) == (12, 12, 1, None)
    assert told["content_sha256"] == read_portable(out).manifest.content
    assert [odd["check"] for odd in told["oddities"]][:1] == ["one_service"]


def test_too_many_rejects_stop_it_and_nothing_is_written(site, capsys):
    rows = [*rows_of("A", range(12)), case(13, team="A", drugs=CANARY), case(14, team="A", sex=CANARY)]
    path = site.folder / "site.csv"
    path.write_text(csv_text(rows), encoding="utf-8")
    words = ["tally", str(path), "--study", str(site.study), "--out", "x.tally"]
    assert main(words) == 1
    heard = capsys.readouterr().err
    assert "records.rejects_limit" in heard
    assert "desistance check" in heard
    assert CANARY not in heard
    assert list(Path.cwd().iterdir()) == []


def test_a_configuration_gives_the_choices_of_a_run(site, capsys):
    rows = [*rows_of("A", range(12)), case(13, team="A", drugs="odd")]
    Path("mine.csv").write_text(csv_text(rows).replace(",", ";"), encoding="utf-8")
    config = {
        "study": str(site.study),
        "records": {"files": "mine.csv", "rejects_limit": 0.5, "delimiter": "semicolon"},
    }
    Path("config.yaml").write_text(json.dumps(config), encoding="utf-8")
    assert main(["tally", "--configfile", "config.yaml", "--out", "x.tally"]) == 0
    assert "13 rows read = 12 accepted + 1 rejected" in capsys.readouterr().out
    assert main(["tally", "--config", "config.yaml", "--out", "y.tally", "--delimiter", "comma"]) == 1


def test_without_records_it_says_how_to_name_them(site, capsys):
    assert main(["tally", "--study", str(site.study), "--out", "x.tally"]) == 1
    assert "--config" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["tally", "combine"])
def test_a_file_that_is_there_is_not_replaced_unless_asked(site, capsys, name):
    out = site.tally(rows_of("A", range(12)))
    more = ["--study", str(site.study)] if name == "tally" else []
    given = site.folder / ("site.csv" if name == "tally" else "site.tally")
    assert main([name, str(given), "--out", str(out), *more]) == 1
    assert "--force" in capsys.readouterr().err


# Disclosure


def large(team, numbers):
    """Cases of which every pattern has many, and all say the same."""
    same = {"drugs": "yes", "home": "no", "delivery_drugs": "yes", "delivery_home": "not applicable"}
    return rows_of(team, numbers, **same)


def test_a_tally_with_small_counts_does_not_leave_when_that_is_checked(site, capsys):
    path = site.folder / "site.csv"
    path.write_text(csv_text(rows_of("A", range(12))), encoding="utf-8")
    words = ["tally", str(path), "--study", str(site.study), "--out", "x.tally", "--check-disclosure"]
    assert main(words) == 1
    heard = capsys.readouterr().err
    assert "must not leave, and nothing was written" in heard
    assert "counts (" in heard
    assert "fewer breakdowns" in heard
    assert not Path("x.tally").exists()


def test_a_tally_without_small_counts_leaves_and_says_under_which_policy(site, capsys):
    out = site.tally(
        large("A", range(60)) + large("B", range(60, 120)), "site", "--check-disclosure", "default"
    )
    told = read_portable(out).manifest.disclosure
    assert told["policy"] == "default"
    assert told["n_counts"] > 20
    assert "no small count under the policy default" in capsys.readouterr().out


@pytest.mark.parametrize(
    "odd",
    [
        {"team": "C"},
        {"sex": "not known"},
        {"concern": "not recorded"},
        {"drugs": "not known", "delivery_drugs": "not known"},
        {"delivery_drugs": "no"},
    ],
)
def test_one_child_who_differs_in_anything_keeps_a_tally_from_leaving(site, odd):
    rows = large("A", range(60)) + large("B", range(60, 120))
    path = site.folder / "site.csv"
    path.write_text(csv_text([*rows, rows[0] | {"case_id": "x"} | odd]), encoding="utf-8")
    words = ["tally", str(path), "--study", str(site.study), "--out", "x.tally", "--check-disclosure"]
    assert main(words) == 1
    assert not Path("x.tally").exists()


def test_a_service_with_few_cases_keeps_a_tally_from_leaving(site, capsys):
    """Eight cases who are all alike: no count is small, but the service is."""
    alike = {"sex": "boy", "concern": "low"}
    few = [row | alike for row in large("B", range(60, 68))]
    path = site.folder / "site.csv"
    path.write_text(csv_text(large("A", range(60)) + few), encoding="utf-8")
    words = ["tally", str(path), "--study", str(site.study), "--out", "x.tally", "--check-disclosure"]
    assert main(words) == 1
    assert "stand in: services (1 of 2)." in capsys.readouterr().err


def test_a_policy_of_the_configuration_is_the_one_that_is_checked(site, capsys):
    rows = large("A", range(60)) + large("B", range(60, 120))
    Path("mine.csv").write_text(csv_text(rows), encoding="utf-8")
    policy = {"based_on": "default", "name": "careful", "largest_unsafe": 40, "smallest_base": 41}
    policy |= {"reliable_base": 41, "candidates": 41}
    config = {"study": str(site.study), "records": {"files": "mine.csv"}, "disclosure": {"policy": policy}}
    Path("config.yaml").write_text(json.dumps(config), encoding="utf-8")
    assert main(["tally", "--config", "config.yaml", "--out", "x.tally", "--check-disclosure"]) == 1
    assert "under the policy careful" in capsys.readouterr().err


def test_a_policy_that_protects_nothing_is_no_check(site, capsys):
    path = site.folder / "site.csv"
    path.write_text(csv_text(large("A", range(60))), encoding="utf-8")
    words = ["tally", str(path), "--study", str(site.study), "--out", "x.tally", "--check-disclosure", "none"]
    assert main(words) == 1
    assert "protects nothing" in capsys.readouterr().err


# Combining


@pytest.fixture
def two(tmp_path, monkeypatch):
    return [
        Site(tmp_path / team, monkeypatch).tally(rows_of(team, range(9 * n, 9 * n + 9)))
        for n, team in enumerate("AB")
    ]


def test_a_combined_tally_says_its_parts_and_is_signed_by_the_combiner(site, two, capsys):
    out = site.combine(*two)
    heard = capsys.readouterr().out
    made, parts = read_portable(out).manifest, [read_portable(path).manifest for path in two]
    assert "18 cases, services: 2, counted in 2 parts" in heard
    assert all(part.content[:16] in heard for part in parts)
    assert len({made.key, *(part.key for part in parts)}) == 3


def test_a_combined_tally_as_json(site, two, capsys):
    capsys.readouterr()
    site.combine(*two, more=["--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["n_cases"], told["n_services"], told["remarks"]) == (18, 2, [])
    assert sorted(part["content_sha256"] for part in told["parts"]) == sorted(
        read_portable(path, guarded=False).manifest.content for path in two
    )


def test_only_trusted_keys_are_taken_where_they_are_listed(site, two, tmp_path, capsys):
    keys = [read_portable(path).manifest.key for path in two]
    listed = tmp_path / "keys.txt"
    listed.write_text(f"{keys[0]} The north\n{keys[1]} The south\n")
    site.combine(*two, more=["--trusted", str(listed)])
    assert "The north" in capsys.readouterr().out
    listed.write_text(f"{keys[0]} The north\n")
    words = ["combine", *map(str, two), "--out", "x.tally", "--trusted", str(listed)]
    assert main(words) == 1
    assert "B/site.tally is signed with the key" in capsys.readouterr().err
    assert not Path("x.tally").exists()


def test_the_study_can_be_asked_for(site, two, tmp_path, monkeypatch, capsys):
    other = Site(tmp_path / "other", monkeypatch, STUDY.replace("label: Home", "label: House"))
    site.combine(*two, more=["--study", str(site.study)])
    assert main(["combine", str(two[0]), "--out", "x.tally", "--study", str(other.study)]) == 1
    assert "prevalence.home" in capsys.readouterr().err


def test_what_is_unusual_is_said_apart_from_what_was_made(site, two, capsys):
    copy = two[0].with_name("copy.tally")
    copy.write_bytes(two[0].read_bytes())
    capsys.readouterr()
    site.combine(*two, copy)
    heard = capsys.readouterr()
    assert "is counted once" in heard.err
    assert "note" not in heard.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["tally", "{csv}", "--study", "{study}", "--out", "{out}"], 0),
        (["tally", "{csv}", "--study", "{study}"], 2),
        (["combine", "{csv}", "--out", "{out}"], 1),
        (["combine", "--out", "{out}"], 2),
    ],
)
def test_both_commands_end_with_the_codes_of_all_commands(site, words, code):
    path = site.folder / "site.csv"
    path.write_text(csv_text(rows_of("A", range(12))), encoding="utf-8")
    named = {"csv": path, "study": site.study, "out": site.folder / "made.tally"}
    typed = [sys.executable, "-m", "desistance.cli", *(word.format(**named) for word in words)]
    ended = subprocess.run(typed, capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    assert (ended.returncode, named["out"].exists()) == (code, code == 0)
    assert b"Traceback" not in ended.stderr

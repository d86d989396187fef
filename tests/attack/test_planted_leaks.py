"""A leak of each kind planted in a publication: the attack finds every one, and nothing where nothing is planted."""

import shutil

import pytest
import yaml

from attack import plants
from desistance.attack import attack
from desistance.documents import read_document
from desistance.errors import StudyError
from project import copy_project

FACTORS = {"lifestyle", "mental_health", "speech_language", "physical_health"}
STUDY = "studies/bulletin_2021_03"


def cut_down(project):
    """The study of the bulletin with four factors, one band, and neither stages, services, comments nor claims."""
    path = project / STUDY / "study.yaml"
    content = read_document(path, "study", StudyError)
    content["factors"] = [one for one in content["factors"] if one["id"] in FACTORS]
    content["measures"] = [one for one in content["measures"] if one["id"] in ("prevalence", "sufficiency")]
    content["bands"] = [one for one in content["bands"] if one["id"] == "risk_to_others"]
    content["alternatives"] = content["alternatives"][:1]
    for name in ("stages", "services", "codebook"):
        del content[name]
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    for name in ("claims", "crosswalk"):
        (project / STUDY / f"{name}.yaml").unlink()
    config = {"study": STUDY, "records": {"files": "data/example/made_up_cases.csv"}}
    (project / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


@pytest.fixture(scope="module")
def results(tmp_path_factory, quick_run):
    """The results of a run over a part of the example, under the default policy."""
    project = copy_project(tmp_path_factory.mktemp("planted") / "a project")
    cut_down(project)
    code, text = quick_run(project)
    assert code == 0, text
    return project / "results"


@pytest.fixture
def published(results, tmp_path):
    """A copy of what was published, to plant in."""
    return shutil.copytree(results / "published", tmp_path / "published")


def row_for(kind, folder, restricted):
    rows = plants.hidden_rows(folder, restricted)
    assert rows, "the example hides nothing"
    if kind == "shared_base":
        rows = [row for row in rows if plants.based_on(folder, row)]
    return rows[0]


def test_without_a_plant_the_attack_finds_nothing(results):
    found = attack(results / "published", None, time_limit=60)
    assert found.holds, found.as_text()
    assert found.n_hidden > 20
    assert found.least_candidates >= 6


@pytest.mark.parametrize("kind", plants.PLANTS)
def test_a_planted_leak_is_found_and_named(results, published, kind):
    row = row_for(kind, published, results / "restricted")
    earlier = plants.PLANTS[kind](published, results / "restricted", row)
    found = attack(published, earlier, time_limit=60)
    assert kind in {breach.kind for breach in found.breaches}, found.as_text()
    assert not found.holds


def test_an_earlier_edition_that_hides_the_same_gives_nothing_away(results, published):
    found = attack(results / "published", published, time_limit=60)
    assert found.holds, found.as_text()


def test_an_account_holds_no_count(results, published):
    """Neither the words nor the record of an attack that got through say what was found out."""
    row = row_for("percentage", published, results / "restricted")
    plants.percentage(published, results / "restricted", row)
    found = attack(published, None, time_limit=60)
    true = row.truth["wilson"]
    named = [line for line in found.as_text().splitlines() if row.item in line and row.subgroup in line]
    assert named
    for line in named:
        words = line.replace(",", " ").replace(":", " ").split()
        assert f"{true['n_yes']:.0f}" not in words
        assert f"{true['estimate']:.2f}"[1:] not in line

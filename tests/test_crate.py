"""The provenance of a publication: read back, held to its profiles, and the same bytes wherever it is made."""

import datetime as dt
import hashlib
import json
import re
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from rocrate import vocabs
from rocrate.rocrate import ROCrate

from desistance import __version__
from desistance.bulletin.crate.choices import choices_of
from desistance.bulletin.crate.files import File
from desistance.bulletin.crate.writing import NO_DATE, Run, crate_text
from desistance.findings.tables import COLUMNS
from desistance.provenance import (
    APART,
    PACKAGE,
    RENDERING,
    code_digest,
    code_mark,
    code_of,
    code_of_publication,
)
from desistance.settings import read_settings, write_choices
from desistance.steps import choices, crate
from desistance.study import read_study
from project import ROOT

STUDY = ROOT / "studies" / "bulletin_2021_03"
DIGEST = "ab" * 32
FACTS = {
    "study": "bulletin_2021_03",
    "made_up": True,
    "first_date": "2018-06-04",
    "last_date": "2020-02-21",
    "files": [{"name": "cases_1.csv", "sha256": DIGEST, "n_rows": 6}, {"name": "b.sav", "sha256": DIGEST}],
    "services": {"files": [{"name": "services.ods", "sha256": DIGEST}]},
    "comments": None,
    "version": __version__,
    "packages": {"numpy": "2.4.6", "snakemake": "9.27.1"},
    "policy": "default",
}
MAPPING = "columns: {}\n"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}


def stage(folder, **facts):
    """Put a few published files into a folder, with what tables are called."""
    (folder / "tables").mkdir(parents=True)
    (folder / "figures").mkdir()
    (folder / "release.json").write_text(json.dumps(FACTS | facts), encoding="utf-8")
    (folder / "bulletin.html").write_bytes(b"<!doctype html>\n")
    (folder / "figures" / "services_narrow.svg").write_bytes(b"<svg/>\n")
    (folder / "figures" / ".snakemake_timestamp").write_bytes(b"")
    for name in COLUMNS:
        (folder / "tables" / f"{name}.csv").write_bytes(b"measure\n")
    return folder


def chosen(folder, **parts):
    """A run's choices as the workflow writes them."""
    config = {"study": "studies/bulletin_2021_03", "records": {"files": "x.csv"}} | parts
    paths = write_choices(read_settings(config), folder / "choices")
    return {name: choices(path) for name, path in paths.items()}


def made(folder, facts=None, **parts):
    """The folder after the step, and the graph of its crate by identifier."""
    staged = stage(folder / "staged", **(facts or {}))
    crate.main(
        staged,
        STUDY,
        ROOT / "Snakefile",
        code_of("crate"),
        chosen(folder, **parts),
        staged / "ro-crate-metadata.json",
        staged / "Snakefile.txt",
    )
    return staged, graph_of(staged)


def graph_of(staged):
    content = json.loads((staged / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    return {entity["@id"]: entity for entity in content["@graph"]}


def ids(value):
    return [one["@id"] for one in (value if isinstance(value, list) else [value])]


def of_type(graph, kind):
    return [one for one in graph.values() if kind in one["@type"]]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A staged folder with its crate, and the crate's graph."""
    return made(tmp_path_factory.mktemp("crate"))


@pytest.fixture(scope="module")
def graph(published):
    return published[1]


def test_the_library_reads_the_crate_and_finds_every_file(published):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = ROCrate(published[0])
    assert read.version == "1.1"
    assert read.mainEntity.id == "Snakefile.txt"
    names = {path.relative_to(published[0]).as_posix() for path in published[0].rglob("*") if path.is_file()}
    described = {entity.id for entity in read.data_entities}
    assert described == names - {"ro-crate-metadata.json", "figures/.snakemake_timestamp"}


def test_every_reference_leads_to_an_entity_and_every_identifier_is_there_once(published):
    graph = published[1]
    content = json.loads((published[0] / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert len(content["@graph"]) == len(graph)
    outside = {"https://w3id.org/ro/crate/1.1"}
    outside |= {"https://doi.org/10.1093/bioinformatics/bts480", "https://snakemake.readthedocs.io"}
    for entity in graph.values():
        for value in entity.values():
            linked = value if isinstance(value, list) else [value]
            assert {one["@id"] for one in linked if isinstance(one, dict)} <= set(graph) | outside


def test_the_crate_is_an_ro_crate(graph):
    """RO-Crate 1.1: what its descriptor and its root must have."""
    descriptor, root = graph["ro-crate-metadata.json"], graph["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert "https://w3id.org/ro/crate/1.1" in ids(descriptor["conformsTo"])
    assert root["@type"] == "Dataset"
    for needed in ("name", "description", "datePublished", "license"):
        assert root[needed]
    dt.date.fromisoformat(root["datePublished"])
    for entity in graph.values():
        assert not entity["@id"].startswith(("/", "file:"))


def test_the_crate_holds_a_workflow(graph):
    """Workflow RO-Crate 1.0: a main workflow with its language, a licence, both profiles named."""
    assert set(ids(graph["./"]["conformsTo"])) == PROFILES
    assert "https://w3id.org/workflowhub/workflow-ro-crate/1.0" in ids(
        graph["ro-crate-metadata.json"]["conformsTo"]
    )
    (main,) = ids(graph["./"]["mainEntity"])
    assert graph[main]["@type"] == ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
    assert graph[main]["alternateName"] == "Snakefile"
    (language,) = ids(graph[main]["programmingLanguage"])
    assert language == "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
    assert graph[language]["@type"] == "ComputerLanguage"
    assert graph[language]["version"] == FACTS["packages"]["snakemake"]


def test_the_crate_tells_of_a_run(graph):
    """Process and Workflow Run Crate 0.5: an action whose instrument is the main workflow, with values."""
    for profile in PROFILES:
        assert graph[profile]["@type"] == "CreativeWork"
        assert graph[profile]["version"] == profile.rsplit("/", 1)[1]
    (action,) = of_type(graph, "CreateAction")
    assert graph["./"]["mentions"] == [{"@id": action["@id"]}]
    assert ids(action["instrument"]) == ids(graph["./"]["mainEntity"])
    assert set(ids(action["result"])) == set(ids(graph["./"]["hasPart"])) - {"Snakefile.txt"}
    parameters = of_type(graph, "FormalParameter")
    assert {one["@id"] for one in parameters} == set(ids(graph["Snakefile.txt"]["input"]))
    assert all(one["additionalType"] in {"File", "Text", "Number", "Boolean"} for one in parameters)
    values = [one for one in of_type(graph, "PropertyValue") if one["@id"] != "#code"]
    for value in values:
        (parameter,) = ids(value["exampleOfWork"])
        assert graph[parameter]["name"] == value["name"]
        assert value["@id"] in ids(action["object"])
    assert len(values) == len(parameters)


def test_every_term_is_one_that_the_contexts_define(published):
    content = json.loads((published[0] / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert content["@context"] == [
        "https://w3id.org/ro/crate/1.1/context",
        "https://w3id.org/ro/terms/workflow-run/context",
    ]
    known = set(vocabs.RO_CRATE["@context"]) | {"sha256", "@id", "@type"}
    assert {term for entity in content["@graph"] for term in entity} <= known


def test_every_published_file_has_its_digest_size_and_kind(published):
    staged, graph = published
    for name in ids(graph["./"]["hasPart"]):
        data = (staged / name).read_bytes()
        assert graph[name]["sha256"] == hashlib.sha256(data).hexdigest()
        assert graph[name]["contentSize"] == str(len(data))
        assert graph[name]["encodingFormat"] != "application/octet-stream"
        assert not graph[name]["description"].startswith("A published file")
    assert graph["figures/services_narrow.svg"]["encodingFormat"] == "image/svg+xml"


def test_the_study_is_described_by_digest_and_records_are_neither_included_nor_named(published):
    staged, graph = published
    (action,) = of_type(graph, "CreateAction")
    used = [graph[name] for name in ids(action["object"])]
    assert not [one for one in used if one["@id"].startswith("#input-")]
    study = {one["name"]: one for one in used if one["@id"].startswith("#study-")}
    assert set(study) == {f"bulletin_2021_03/{name}.yaml" for name in ("study", "crosswalk", "claims")}
    for name, one in study.items():
        assert one["sha256"] == hashlib.sha256((STUDY.parent / name).read_bytes()).hexdigest()
        assert "exampleOfWork" not in one
    assert "cases_1" not in json.dumps(graph)
    assert not list(staged.rglob("*cases_1*"))


def test_the_choices_of_the_run_are_told_with_their_defaults(tmp_path):
    graph = made(
        tmp_path, inference={"confidence_level": 0.9}, records={"files": "x", "allow": ["one_service"]}
    )[1]
    value = {one["name"]: one["value"] for one in of_type(graph, "PropertyValue")}
    assert value["inference.confidence_level"] == 0.9
    assert graph["#parameter-inference.confidence_level"]["defaultValue"] == 0.95
    assert value["records.allow"] == "one_service"
    assert value["disclosure.policy"] == "default"
    assert value["inference.finite_population_correction"] is False
    assert graph["#parameter-inference.finite_population_correction"]["additionalType"] == "Boolean"
    assert graph["#parameter-records.rejects_limit"]["description"].startswith("share of rows")


def test_no_choice_is_forgotten_but_folders(tmp_path):
    """Every key of the configuration is told, or is a file that is told by its digest, or a folder of this machine."""
    folders = {
        "results",
        "compare.tally",
        "records.files",
        "records.services",
        "records.comments",
        "records.mapping",
        "records.parts",  # in how many parts records were read does not show in what is made of them
    }
    compare = {"tally": "other/tally", "label": "2020"}
    told = {one.name for one in choices_of(chosen(tmp_path, compare=compare), FACTS)}
    schema = json.loads((PACKAGE / "schemas" / "config.schema.json").read_text(encoding="utf-8"))[
        "properties"
    ]
    keys = {"study", "results"}
    for part in ("records", "inference", "disclosure"):
        keys |= {f"{part}.{key}" for key in schema[part]["properties"]}
    keys |= {f"compare.{key}" for key in schema["compare"]["anyOf"][1]["properties"]}
    assert told == keys - folders


def test_no_path_of_this_machine_is_told(tmp_path):
    mapping = tmp_path / "our mapping.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    staged, graph = made(
        tmp_path,
        records={"files": str(tmp_path / "x.csv"), "mapping": str(mapping)},
        disclosure={"previous": str(tmp_path / "published")},
        compare={"tally": str(tmp_path / "tally")},
    )
    text = (staged / "ro-crate-metadata.json").read_text(encoding="utf-8")
    for secret in (str(tmp_path), str(ROOT), str(Path.home()), tmp_path.name):
        assert secret not in text
    (entity,) = (one for one in graph.values() if one.get("name") == "our mapping.yaml")
    assert entity["sha256"] == hashlib.sha256(MAPPING.encode()).hexdigest()
    assert graph["#choice-disclosure.previous"]["value"] is True


def test_the_same_input_gives_the_same_bytes_elsewhere_and_later(published, tmp_path, monkeypatch):
    monkeypatch.setattr("rocrate.model.root_dataset.iso_now", lambda: "2099-01-01T00:00:00+00:00")
    again = made(tmp_path / "elsewhere with spaces")[0]
    for name in ("ro-crate-metadata.json", "Snakefile.txt"):
        assert (again / name).read_bytes() == (published[0] / name).read_bytes()
    text = (again / "ro-crate-metadata.json").read_text(encoding="utf-8")
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-", text)
    assert not re.search(r"\d\d:\d\d", text)


def test_another_file_makes_another_run(published, tmp_path):
    staged = stage(tmp_path / "staged")
    (staged / "bulletin.html").write_bytes(b"<!doctype html>\n<title>x</title>\n")
    outputs = staged / "ro-crate-metadata.json", staged / "Snakefile.txt"
    crate.main(staged, STUDY, ROOT / "Snakefile", code_of("crate"), chosen(tmp_path), *outputs)
    runs = [of_type(graph, "CreateAction")[0]["@id"] for graph in (published[1], graph_of(staged))]
    assert runs[0] != runs[1]


def test_made_up_records_are_said_to_be_wherever_they_are_told_of(graph):
    for name in [*ids(graph["./"]["hasPart"]), "./", of_type(graph, "CreateAction")[0]["@id"]]:
        if name != "Snakefile.txt":
            assert "Made-up records: nothing here is about real children" in graph[name]["description"], name
    assert graph["./"]["name"].startswith("Made-up records: ")


def test_real_records_are_not_called_made_up_and_their_terms_are_left_to_the_publisher(tmp_path):
    staged, graph = made(tmp_path, {"made_up": False})
    assert "ade-up" not in (staged / "ro-crate-metadata.json").read_text(encoding="utf-8")
    assert "publisher" in graph[ids(graph["./"]["license"])[0]]["description"]
    assert ids(graph["Snakefile.txt"]["license"]) == ["https://spdx.org/licenses/MIT"]


def test_a_release_that_does_not_say_is_taken_to_be_made_up(graph):
    study = read_study(STUDY)
    file = File("Snakefile.txt", DIGEST, "The workflow", 1)
    facts = {name: value for name, value in FACTS.items() if name != "made_up"}
    run = Run(facts, study, file, (), (), (), (), DIGEST, FACTS["packages"], "3.11")
    assert "Made-up records" in crate_text(run)


def test_records_without_dates_say_that_the_date_means_nothing(tmp_path):
    root = made(tmp_path, {"first_date": None, "last_date": None})[1]["./"]
    assert root["datePublished"] == NO_DATE
    assert NO_DATE in root["description"]
    assert "temporalCoverage" not in root


def test_the_period_of_the_records_is_told(graph):
    assert graph["./"]["temporalCoverage"] == "2018-06-04/2020-02-21"
    assert graph["./"]["datePublished"] == "2020-02-21"


def test_the_software_is_told_with_versions(graph):
    package = graph["#desistance"]
    assert package["softwareVersion"] == __version__
    needed = {
        graph[name]["name"]: graph[name]["softwareVersion"] for name in ids(package["softwareRequirements"])
    }
    assert set(needed) == {"Python", *FACTS["packages"], *RENDERING}
    assert needed["numpy"] == FACTS["packages"]["numpy"]
    assert graph[ids(package["identifier"])[0]]["value"] == code_digest(code_of("crate"))


def test_hostile_names_stay_whole():
    title = '<script>alert("1")</script> {{ x }} =HYPERLINK("a") \u202e ' + "long " * 40
    study = replace(read_study(STUDY), title=title)
    name = "tables/a b#c?d%20 'é.csv"
    file = File("Snakefile.txt", DIGEST, "The workflow", 1)
    result = File(name, DIGEST, "A published file", 1)
    inputs = [("mapping", File('"><b>.yaml', DIGEST, "Mapping"))] * 2
    run = Run(FACTS, study, file, inputs, (), (), (result,), DIGEST, FACTS["packages"], "3.11")
    graph = {one["@id"]: one for one in json.loads(crate_text(run))["@graph"]}
    assert title in graph["./"]["name"]
    assert graph["tables/a%20b%23c%3Fd%2520%20%27%C3%A9.csv"]["name"] == name
    assert graph["#input-1"]["name"] == graph["#input-2"]["name"] == '"><b>.yaml'


def test_the_code_version_is_what_the_description_says(tmp_path, monkeypatch):
    monkeypatch.setattr("desistance.provenance.PACKAGE", tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.py").write_bytes(b"1\r\n2\r\n")
    (tmp_path / "a.py").write_bytes(b"")
    paths = [tmp_path / "b" / "z.py", tmp_path / "a.py"]
    texts = {"a.py": b"", "b/z.py": b"1\n2\n"}
    lines = [f"{hashlib.sha256(text).hexdigest()}  {name}\n" for name, text in texts.items()]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert code_digest(paths) == code_digest(reversed(paths)) == expected
    (tmp_path / "b" / "z.py").write_bytes(b"1\n2\n")
    assert code_digest(paths) == expected
    (tmp_path / "b" / "z.py").write_bytes(b"1\n3\n")
    assert code_digest(paths) != expected


def test_the_mark_of_code_changes_with_any_file_or_name(tmp_path):
    marks = set()
    for folder, name, text in [("a", "x.py", "1"), ("b", "x.py", "2"), ("c", "y.py", "1")]:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
        marks.add(code_mark([str(tmp_path / folder / name)]))
    files = [str(path) for path in tmp_path.rglob("*.py")]
    marks |= {code_mark(files), code_mark(reversed(files))}
    assert len(marks) == 4


def test_the_code_of_a_publication_is_that_of_every_step_which_makes_a_part_of_it():
    steps = {path.stem for path in (PACKAGE / "steps").glob("*.py")} - {"__init__"}
    assert set(APART) < steps
    code = set(code_of_publication())
    assert code == set().union(*(code_of(step) for step in steps - set(APART)))
    assert not [name for name in code if "/attack/" in name or name.endswith(("publish.py", "cli.py"))]


def test_templates_of_a_rendering_are_part_of_its_code():
    names = {
        Path(name).relative_to(PACKAGE.relative_to(Path.cwd())).as_posix() for name in code_of("bulletin")
    }
    templates = (PACKAGE / "bulletin" / "page" / "templates").iterdir()
    assert {f"bulletin/page/templates/{path.name}" for path in templates} <= names
    assert not [name for name in code_of("tally") if "templates" in name]


SNAKEFILE = (ROOT / "Snakefile").read_text(encoding="utf-8")


def rule_text(name):
    return SNAKEFILE.split(f"\nrule {name}:")[1].split("\nrule ")[0]


def test_snakemake_reports_on_published_files_only():
    """What is marked for `snakemake --report` is an output of the rule that publishes, and all of these are marked."""
    marked = r"\breport\(\s*(?:directory\()?f?\"([^\"]+)\""
    everywhere, publishing = re.findall(marked, SNAKEFILE), re.findall(marked, rule_text("publish"))
    assert everywhere == publishing
    outputs = re.findall(r"f\"(\{PUBLISHED\}/[^\"]+)\"", rule_text("publish").split("output:")[1])
    assert sorted(publishing) == sorted(outputs)
    assert all(name.startswith("{PUBLISHED}/") for name in publishing)


def test_every_caption_is_there_and_used():
    named = set(re.findall(r"\"(report/\w+\.rst)\"", SNAKEFILE))
    assert named == {f"report/{path.name}" for path in (ROOT / "report").glob("*.rst")}


def test_the_rule_of_the_crate_reruns_when_code_or_study_changes():
    text = rule_text("crate")
    assert "code=code_of_publication()" in text
    for name in ("**DEFINED", "CLAIMS", '"Snakefile"', "**CHOICES", "**RELEASED"):
        assert name in text


def test_the_crate_is_made_of_the_released_object_code_and_study_alone(tmp_path, monkeypatch):
    """Nothing restricted is opened: the step reads what is staged, the study, the choices and the code."""
    opened = []
    read = Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, *rest, **more: (opened.append(self), read(self, *rest, **more))[1]
    )
    staged, _ = made(tmp_path)
    allowed = (staged, STUDY, PACKAGE, tmp_path / "choices", ROOT / "Snakefile")
    assert opened
    packages = [path for path in opened if path.name == "METADATA"]
    strays = [path for path in opened if not any(path.resolve().is_relative_to(each) for each in allowed)]
    assert strays == packages


def test_a_stale_crate_is_not_told_of_in_the_new_one(published, tmp_path):
    again = tmp_path / "staged"
    shutil.copytree(published[0], again)
    outputs = again / "ro-crate-metadata.json", again / "Snakefile.txt"
    crate.main(again, STUDY, ROOT / "Snakefile", code_of("crate"), chosen(tmp_path), *outputs)
    assert outputs[0].read_bytes() == (published[0] / outputs[0].name).read_bytes()


def test_the_workflow_beside_the_crate_is_the_one_that_ran(published):
    text = (published[0] / "Snakefile.txt").read_text(encoding="utf-8")
    assert text == SNAKEFILE


def test_the_study_cited_is_the_source(graph):
    source = yaml.safe_load((STUDY / "study.yaml").read_text(encoding="utf-8"))["source"]
    assert graph["#source"]["name"] == source["citation"]

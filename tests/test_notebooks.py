"""The notebooks: stripped of outputs, run on the results of the example, and right where an oracle can tell."""

import ast
import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from project import ROOT, copy_project

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HIDDEN_FACTOR = "physical_health"
DIGITS = str.maketrans("[],\n", "    ")
LOOK, ASK, CHECK = "1_look_at_the_findings", "2_ask_a_new_question", "3_check_a_claim_by_hand"
# In a process of its own: what Jupyter warns of is no concern of these tests, and its loop ends with it.
EXECUTE = """
import json, sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

path, folder = sys.argv[1:]
book = nbformat.read(path, as_version=4)
client = NotebookClient(book, timeout=100, kernel_name="running", resources={"metadata": {"path": folder}})
client.execute()
outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
told = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
images = sum("image/png" in output.get("data", {}) for output in outputs)
print(json.dumps({"text": "\\n".join(told), "images": images}))
"""


def cells(path, kind):
    book = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == kind]


@pytest.fixture(scope="module")
def project(tmp_path_factory, quick_run):
    """A project with restricted and released results, and what is released as if it were published.

    The policy protects nothing, which spares the search for what to hide; the shares of one factor are then hidden.
    """
    project = copy_project(tmp_path_factory.mktemp("notebooks") / "with spaces")
    shutil.copytree(ROOT / "notebooks", project / "notebooks")
    policy = "disclosure={policy: none}"
    code, text = quick_run(project, "results/restricted/staged/release.json", "--config", policy)
    assert code == 0, text
    results = project / "results"
    shutil.copytree(results / "restricted/staged", results / "published")
    hide(results / "published/tables/estimates.csv", measure="prevalence", item=HIDDEN_FACTOR)
    return project


def hide(path, **where):
    """Put [c] in place of the numbers of some rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if all(row[name] == value for name, value in where.items()):
            row |= dict.fromkeys(("n_yes", "estimate", "standard_error", "ci_low", "ci_high"), "[c]")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def execute(tmp_path_factory):
    """The function that runs a notebook of a project from a folder, on this very Python, and gives what it shows."""
    from ipykernel.kernelspec import write_kernel_spec

    jupyter = tmp_path_factory.mktemp("jupyter")
    write_kernel_spec(jupyter / "kernels" / "running")
    places = ("JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = os.environ | dict.fromkeys(places, str(jupyter))

    def run(project, name, folder):
        path = project / "notebooks" / f"{name}.ipynb"
        return subprocess.run(
            [sys.executable, "-c", EXECUTE, str(path), str(folder)],
            env=environment | {"PYTHONPATH": str(project / "src")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def shown(done):
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_there_are_three_notebooks():
    assert [path.stem for path in NOTEBOOKS] == [LOOK, ASK, CHECK]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_no_outputs_and_no_trace_of_a_machine(path):
    book = json.loads(path.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        assert not cell.get("outputs"), path.name
        assert cell.get("execution_count") is None
        assert cell["metadata"] == {}
    assert book["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_first_that_the_records_are_made_up(path):
    first = cells(path, "markdown")[0]
    assert "made up: nothing here is about real children" in first
    assert ("restricted" in first) == ("results/restricted" in first or path.stem == CHECK)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_reads_results_and_defines_no_function(path):
    code = "\n".join(cells(path, "code"))
    defining = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node for node in ast.walk(ast.parse(code)) if isinstance(node, defining)]
    assert "random" not in code
    assert "to_csv" not in code


def test_the_first_notebook_shows_what_was_published(project, execute):
    told = shown(execute(project, LOOK, project / "notebooks"))
    assert "Made-up records: 1,168 cases in 43 services" in told["text"]
    assert told["images"] == 1
    assert "Mental health " in told["text"]
    assert "Physical health " not in told["text"]
    with (project / "results/published/tables/comparisons.csv").open(encoding="utf-8") as file:
        expected = {
            row["item"]: float(row["p_holm"]) < 0.05
            for row in csv.DictReader(file)
            if (row["measure"], row["breakdown"]) == ("sufficiency", "looked_after")
            and (row["method"], row["effect"]) == ("cr2", "difference")
        }
    assert set(expected.values()) == {True, False}
    lines = [line.split() for line in told["text"].splitlines()]
    verdicts = {line[0]: line[-1] for line in lines if line and line[-1] in ("True", "False")}
    assert verdicts == {item: str(verdict) for item, verdict in expected.items()}


def test_the_second_notebook_asks_of_the_tally_what_the_records_answer(project, execute):
    told = shown(execute(project, ASK, project))
    assert "RESTRICTED" in told["text"]
    with (project / "data/example/made_up_cases.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["lifestyle"] == "yes"]
    bases = Counter(
        (row["age"], row["looked_after"]) for row in rows if row["delivery_lifestyle"] in ("yes", "no")
    )
    ages = ("10-14", "15-16", "17-18")
    table = [[bases[age, looked_after] for looked_after in ("no", "yes")] for age in ages]
    printed = [int(word) for word in told["text"].split("array(")[1].split(")")[0].translate(DIGITS).split()]
    assert printed == [count for row in table for count in row]


def test_the_third_notebook_comes_to_the_verdict_of_the_ledger(project, execute):
    assert (
        "By hand and by the package: the same"
        in shown(execute(project, CHECK, project / "notebooks"))["text"]
    )


def test_the_third_notebook_stops_where_the_ledger_says_something_else(project, execute, tmp_path):
    spoilt = tmp_path / "project"
    shutil.copytree(project, spoilt, ignore=shutil.ignore_patterns(".snakemake", "staged", "published"))
    ledger = spoilt / "results/restricted/ledger.csv"
    said, other = (f"holds,{verdict},by_construction,1,Intervals" for verdict in ("undetermined", "holds"))
    text = ledger.read_text(encoding="utf-8")
    assert said in text
    ledger.write_text(text.replace(said, other), encoding="utf-8")
    done = execute(spoilt, CHECK, spoilt)
    assert done.returncode
    assert 'assert design_based == claim["verdict_design_based"]' in done.stderr

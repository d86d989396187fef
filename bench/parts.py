"""What is measured, part by part. Each function gives numbers by name, as the history keeps them."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import yaml
from against import PEERS, TOLERANCE, agreement, command, every_column
from history import exponent
from session import ROOT, digest_of

EXAMPLE, TESTS72, COUNTRY = (
    ROOT / "studies" / "bulletin_2021_03",
    ROOT / "bench" / "studies" / "tests72",
    ROOT / "bench" / "studies" / "country",
)
PARTS_OF_PROJECT = ("Snakefile", "config.yaml", "profiles", "studies", "src", "data")
SIZES = (10**3, 10**4, 10**5, 10**6, 10**7)
FITTED_FROM = 10**5


def start(session):
    """Clean and second runs of the example, over one process and an empty workflow."""
    with tempfile.TemporaryDirectory() as name:
        project, empty, apart = _project(Path(name)), Path(name) / "empty", Path(name) / "apart"
        for folder in (empty, apart):
            folder.mkdir()
        # What one process makes, a second run of the workflow would make again.
        alone = _project(apart)
        (empty / "Snakefile").write_text("rule done:\n    output: 'done'\n    shell: 'touch done'\n")
        code, snakemake = _own_code(), [sys.executable, "-m", "snakemake"]
        inside = {"folder": project, "environment": {"PYTHONPATH": str(project / "src")}}

        def clean():
            for made in ("results", ".snakemake"):
                shutil.rmtree(project / made, ignore_errors=True)

        one = [sys.executable, ROOT / "bench" / "one_process.py"]
        long = {
            "start/one process": {
                "words": one,
                "before": lambda: shutil.rmtree(alone / "results", ignore_errors=True),
                "options": {"folder": alone, "environment": {"PYTHONPATH": str(alone / "src")}},
            },
            "start/clean run": {"words": snakemake, "before": clean, "options": inside},
        }
        # Apart, because what long runs leave to be written strikes whatever comes next; and more often.
        nothing = [*snakemake, "--cores", "all"]
        short = {
            "start/second run": {"words": snakemake, "options": inside},
            "start/empty workflow": {"words": nothing, "options": inside | {"folder": empty}},
            "start/help": {"words": [sys.executable, "-m", "desistance.cli", "--help"], "options": inside},
            "start/python": {"words": [sys.executable, "-c", "pass"], "options": inside},
        }
        took = session.measure({each: {"digest": code, **given} for each, given in long.items()})
        _run_once(snakemake, inside, project)
        _run_once(nothing, {"folder": empty, "environment": {}}, empty)
        getattr(os, "sync", int)()  # which Windows lacks
        took |= session.measure({each: {"digest": code, **given} for each, given in short.items()}, times=3)
    seconds = {each.partition("/")[2]: found["seconds"] for each, found in took.items()}
    return {
        "start.clean_over_one_process": seconds["clean run"] / seconds["one process"],
        "start.second_over_empty": seconds["second run"] / seconds["empty workflow"],
        "start.help_over_python": seconds["help"] / seconds["python"],
        "start.memory": took["start/clean run"]["memory"],
    }


def peers(session, programs, *, only=None, largest=10**6):
    """The 72 tests with this project and with all that is installed, whole processes and the work alone."""
    numbers = {}
    for cases in (1168, 10**5, 10**6):
        if cases > largest:
            continue
        records, prefix = session.records(TESTS72, cases, suffix=".csv"), f"peers/{cases}"
        rooms = {"ours": session.room(f"{prefix}/ours")}
        commands = {f"{prefix}/ours": command(sys.executable, "ours.py", records, rooms["ours"], TESTS72)}
        for peer in PEERS:
            if peer.name in programs and cases <= peer.up_to and (not only or peer.name in only):
                rooms[peer.name] = session.room(f"{prefix}/{peer.name}")
                words = command(
                    programs[peer.name][0], peer.script, records, rooms[peer.name], TESTS72, peer.extra
                )
                commands[f"{prefix}/{peer.name}"] = words
        took = {name.rpartition("/")[2]: found for name, found in session.measure(commands).items()}
        ours = took.pop("ours")
        numbers[f"peers.{cases}.ours.memory"] = ours["memory"]
        for name, found in took.items():
            numbers[f"peers.{cases}.{name}.whole"] = found["seconds"] / ours["seconds"]
            numbers[f"peers.{cases}.{name}.work"] = found["work"] / ours["work"]
            numbers[f"peers.{cases}.{name}.memory"] = found["memory"]
            if name != "duckdb":
                largest_difference, n_compared = agreement(rooms["ours"], rooms[name])
                print(
                    f"  {name}: {n_compared} numbers agree, to {largest_difference:.1g} ({TOLERANCE:g} is asked)"
                )
    return numbers


def growth(session, *, largest=10**7, services=43):
    """Counting, and everything after it, from a thousand cases to ten million; all steps in one process."""
    sizes = [size for size in SIZES if size <= largest]
    commands = {}
    with tempfile.TemporaryDirectory() as name:
        for cases in sizes:
            records = session.records(EXAMPLE, cases, services=services)
            folder = _configured(Path(name) / str(cases), records, EXAMPLE)
            words = [sys.executable, ROOT / "bench" / "steps.py"]
            inside = {"folder": folder, "environment": {"PYTHONPATH": str(ROOT / "src")}}
            commands[f"growth/{cases}"] = {"words": words, "digest": _own_code(), "options": inside}
        took = session.measure(commands)
    found = {cases: took[f"growth/{cases}"] for cases in sizes}
    numbers = {}
    for part in ("tally", "after"):
        fitted = [size for size in sizes if size >= FITTED_FROM]
        if len(fitted) > 1:
            numbers[f"growth.{part}"] = exponent(fitted, [found[size][part] for size in fitted])
        for cases in sizes:
            numbers[f"growth.{cases}.{part}"] = found[cases][part] / found[min(FITTED_FROM, sizes[-1])][part]
            numbers[f"growth.{cases}.{part}_memory"] = found[cases][f"{part}_memory"]
    return numbers


# What DuckDB does with every value, and what stands for it in the names of numbers.
OVER = {"rows": "_rows", "hash": "", "length": "_length"}


def scan(session, programs, *, cases=10**7):
    """Reading and counting over a plain scan of the same columns by DuckDB, and over pyarrow's parsing of CSV."""
    numbers, columns = {}, every_column(EXAMPLE)
    for suffix in (".parquet", ".csv"):
        records, kind = session.records(EXAMPLE, cases, suffix=suffix), suffix[1:]
        scripts = {"ours": (sys.executable, "tally_alone.py", ())}
        if kind == "csv":
            scripts["pyarrow"] = (sys.executable, "pyarrow_csv.py", ())
        elif "duckdb" in programs:
            scripts |= {f"duckdb {of}": (programs["duckdb"][0], "duckdb_scan.py", (of,)) for of in OVER}
        commands = {
            f"scan/{kind}/{name}": command(
                program, script, records, session.folder, EXAMPLE, extra, columns=columns
            )
            for name, (program, script, extra) in scripts.items()
        }
        took = {name.rpartition("/")[2]: found for name, found in session.measure(commands).items()}
        ours = took.pop("ours")
        numbers["scan.memory" if kind == "parquet" else "scan.csv.memory"] = ours["memory"]
        for name, floor in took.items():
            over = f"scan.{kind}{OVER.get(name.removeprefix('duckdb '), '')}"
            numbers |= {
                f"{over}.work": ours["work"] / floor["work"],
                f"{over}.whole": ours["seconds"] / floor["seconds"],
            }
    return numbers


def bulletin(session, *, cases=10**7, services=43, study=EXAMPLE):
    """The whole workflow on very many cases, over the same on 1,168 of as many services."""
    commands = {}
    with tempfile.TemporaryDirectory() as name:
        for number in (1168, cases):
            project = _project(Path(name) / str(number))
            _configured(project, session.records(study, number, services=services), study)
            inside = {"folder": project, "environment": {"PYTHONPATH": str(project / "src")}}
            commands[f"bulletin/{study.name}/{services}/{number}"] = {
                "words": [sys.executable, "-m", "snakemake"],
                "digest": _own_code(),
                "options": inside,
                "before": lambda project=project: [
                    shutil.rmtree(project / made, ignore_errors=True) for made in ("results", ".snakemake")
                ],
            }
        few, many = session.measure(commands).values()
    prefix = f"bulletin.{study.name}.{services}.{cases}"
    return {f"{prefix}.over_1168": many["seconds"] / few["seconds"], f"{prefix}.memory": many["memory"]}


def _own_code():
    return digest_of(
        *(ROOT / name for name in ("Snakefile", "src", "bench/one_process.py", "bench/steps.py"))
    )


def _project(folder):
    """A copy of the project, so that results stand apart."""
    project = folder / "project"
    project.mkdir(parents=True)
    for part in PARTS_OF_PROJECT:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, project / part)
    return project


def _configured(folder, records, study):
    """Put the choices of a run on some records, and no others, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    # With very many services one may have a single case.
    records = {"files": str(records.resolve()), "allow": ["service_with_one_case"]}
    choices = {"study": str(study), "records": records}
    (folder / "config.yaml").write_text(yaml.safe_dump(choices), encoding="utf-8")
    shutil.copy(ROOT / "Snakefile", folder / "Snakefile")
    return folder


def _run_once(words, options, folder):
    """Make what is to be there before a run, unless it is."""
    from measuring import measured

    if not any((folder / made).exists() for made in ("results", "done")):
        measured(words, **options)

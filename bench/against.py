"""Which programs the same work is done with, whether they are installed, and whether they find the same."""

import csv
import shutil
import subprocess
import sys
from dataclasses import dataclass

from session import ROOT, digest_of

SCRIPTS = ROOT / "bench" / "peers"
TOLERANCE = 1e-6
LEAST_P = 1e-15
KEYS = ("item", "breakdown", "level")


@dataclass(frozen=True)
class Peer:
    """One script, what it needs, the largest number of cases it is asked for, and what it leaves out."""

    name: str
    script: str
    package: str
    up_to: int
    leaves_out: str
    extra: tuple[str, ...] = ()


PEERS = (
    Peer(
        "survey",
        "survey.R",
        "survey",
        10**6,
        "nothing; `svyciprop` as it is by default",
        ("logit",),
    ),
    Peer(
        "survey_xlogit",
        "survey.R",
        "survey",
        10**6,
        "nothing; `svyciprop` told to take the same interval without fitting a model for it",
        ("xlogit",),
    ),
    Peer(
        "tableone",
        "tableone.R",
        "tableone",
        10**5,
        "standard errors, intervals, and of the test all but p",
    ),
    Peer("svy", "svy_python.py", "svy", 10**5, "nothing"),
    Peer(
        "pandas_scipy",
        "pandas_scipy.py",
        "scipy",
        10**6,
        "nothing, but has no such test: the script writes out variance and F, for one stratum and no weights",
    ),
    Peer("duckdb", "duckdb_scan.py", "duckdb", 10**7, "everything but reading: the floor", ("hash",)),
)


def version_in_r(package):
    """Version of a package of R, or none."""
    if not shutil.which("Rscript"):
        return None
    words = ["Rscript", "-e", f"cat(as.character(packageVersion('{package}')))"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    return said.stdout if said.returncode == 0 else None


def version_in_python(package, python):
    """Version of a package of one interpreter, or none."""
    words = [python, "-c", f"import importlib.metadata as m; print(m.version('{package}'))"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    return said.stdout.strip() if said.returncode == 0 else None


def installed(pythons):
    """Of each peer that there is: the program that runs it, and the version."""
    found = {}
    for peer in PEERS:
        if peer.script.endswith(".R"):
            if version := version_in_r(peer.package):
                found[peer.name] = "Rscript", version
            continue
        for python in pythons:
            if version := version_in_python(peer.package, python):
                found[peer.name] = python, version
                break
    return found


def command(program, script, records, room, study, extra=(), *, columns=None):
    """Words and digest of one script on one file; `columns` are service, breakdowns and items to read."""
    service, breakdowns, items = columns or columns_of(study)
    words = [
        program,
        SCRIPTS / script,
        records,
        room,
        service,
        ",".join(breakdowns),
        ",".join(items),
        study,
        *extra,
    ]
    code = [SCRIPTS / script, *sorted(SCRIPTS.glob("common.*"))]
    code += [SCRIPTS / "counted.py", ROOT / "src" / "desistance"] if program == sys.executable else []
    environment = {"PYTHONPATH": str(ROOT / "src")} if program == sys.executable else {}
    digest = digest_of(*code) + records.stem.rpartition("_")[2] + "".join(extra)
    return {"words": words, "digest": digest, "options": {"environment": environment}}


def columns_of(study):
    """Service, columns of the breakdowns, and columns of the items."""
    from desistance.study import read_study

    read = read_study(study)
    return read.service, [each.column for each in read.breakdowns], list(read.judgement_columns)


def every_column(study):
    """All that the study asks for, as if they were items."""
    from desistance.study import read_study

    first, *others = read_study(study).record_columns
    return first, others[:1], others[1:]


def agreement(ours, theirs):
    """Largest relative difference of any number that both give, and how many numbers that were.

    This project's rows must all be among the other's, which may have more: where a share is 0 or 1 there is no logit
    interval. p-values that differ by less than 1e-15 count as equal: some are 1 less a number
    next to 1.
    """
    largest, n_compared = 0.0, 0
    for name in ("estimates", "tests"):
        mine, other = (_table(folder / f"{name}.csv") for folder in (ours, theirs))
        if not mine or mine.keys() - other.keys():
            raise SystemExit(
                f"{theirs.name}: {len(mine.keys() - other.keys())} of {len(mine)} rows of {name} are not there"
            )
        for key, row in mine.items():
            for column in row.keys() & other[key].keys():
                one, two = row[column], other[key][column]
                alike = column.startswith("p_value") and abs(one - two) < LEAST_P
                difference = 0.0 if alike or one == two else abs(one - two) / max(abs(one), abs(two))
                largest, n_compared = max(largest, difference), n_compared + 1
                if not difference <= TOLERANCE:
                    raise SystemExit(
                        f"{theirs.name} does not agree: {column} of {' '.join(key)} is {two}, here {one}"
                    )
    return largest, n_compared


def _table(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        tuple(row[key] for key in KEYS if key in row): {
            name: float(text) if text not in ("NA", "") else float("nan")
            for name, text in row.items()
            if name not in KEYS
        }
        for row in rows
    }

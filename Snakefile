"""One command regenerates the bulletin. Files and configuration keys are named here; nothing is computed."""

import shlex
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from desistance.errors import DesistanceError
from desistance.provenance import code_of
from desistance.records.sources import source_files
from desistance.settings import read_settings
from desistance.steps import failures
from desistance.study import read_study

# Snakemake puts the path of Python unquoted into a shell command, and it may hold a space.
sys.executable = shlex.quote(sys.executable)


configfile: "config.yaml"


try:
    SETTINGS = read_settings(config)
    FILES = source_files(SETTINGS.files)
    read_study(Path(SETTINGS.study))
except DesistanceError as error:
    raise WorkflowError(f"{type(error).__name__}: {error}") from None

INFERENCE = vars(SETTINGS.inference)
STUDY = f"{SETTINGS.study}/study.yaml"
CLAIMS = [path for path in [f"{SETTINGS.study}/claims.yaml"] if Path(path).exists()]
RESTRICTED = f"{SETTINGS.results}/restricted"
PUBLISHED = f"{SETTINGS.results}/published"
LOGS = f"{SETTINGS.results}/logs"
TALLY = {
    name: f"{RESTRICTED}/tally/{name}.parquet"
    for name in ("counts", "factor_numbers", "combinations", "services")
} | {"facts": f"{RESTRICTED}/tally/facts.json"}
TABLES = ("estimates", "comparisons", "means", "distributions", "ledger")
RELEASED = {name: f"{PUBLISHED}/tables/{name}.csv" for name in TABLES} | {
    "facts": f"{PUBLISHED}/release.json"
}
STARTED = time.time()
LOCK = FileLock(f"{SETTINGS.results}/.lock")


onstart:
    try:
        LOCK.acquire(timeout=0)
    except Timeout:
        raise WorkflowError(
            f"another run writes to {SETTINGS.results}; wait for it to end, then try again"
        )


onerror:
    # Said at the very end, because Snakemake's own account of a failed job is long.
    for message in failures(Path(LOGS), since=STARTED):
        print(f"\n{message}", file=sys.stderr)


rule all:
    input:
        f"{PUBLISHED}/bulletin.html",
    message:
        "All done"


rule records:
    input:
        files=FILES,
        mapping=SETTINGS.mapping or [],
        study=STUDY,
        code=code_of("records"),
    output:
        records=f"{RESTRICTED}/records.parquet",
        rejects=f"{RESTRICTED}/rejects.csv",
        quality=f"{RESTRICTED}/quality.json",
    log:
        f"{LOGS}/records.log",
    params:
        study=SETTINGS.study,
        mapping=SETTINGS.mapping,
        delimiter=SETTINGS.delimiter,
        encoding=SETTINGS.encoding,
    message:
        "Reading records"
    script:
        "src/desistance/steps/records.py"


rule tally:
    input:
        records=rules.records.output.records,
        quality=rules.records.output.quality,
        study=STUDY,
        code=code_of("tally"),
    output:
        **TALLY,
    log:
        f"{LOGS}/tally.log",
    params:
        study=SETTINGS.study,
        rejects_limit=SETTINGS.rejects_limit,
        allow=list(SETTINGS.allow),
    message:
        "Counting cases"
    script:
        "src/desistance/steps/tally.py"


rule estimates:
    input:
        **TALLY,
        study=STUDY,
        code=code_of("estimates"),
    output:
        table=f"{RESTRICTED}/estimates.csv",
    log:
        f"{LOGS}/estimates.log",
    params:
        study=SETTINGS.study,
        inference=INFERENCE,
    message:
        "Estimating shares"
    script:
        "src/desistance/steps/estimates.py"


rule comparisons:
    input:
        **TALLY,
        study=STUDY,
        code=code_of("comparisons"),
    output:
        table=f"{RESTRICTED}/comparisons.csv",
    log:
        f"{LOGS}/comparisons.log",
    params:
        study=SETTINGS.study,
        inference=INFERENCE,
    message:
        "Comparing subgroups"
    script:
        "src/desistance/steps/comparisons.py"


rule means:
    input:
        **TALLY,
        study=STUDY,
        code=code_of("means"),
    output:
        means=f"{RESTRICTED}/means.csv",
        distributions=f"{RESTRICTED}/distributions.csv",
    log:
        f"{LOGS}/means.log",
    params:
        study=SETTINGS.study,
        inference=INFERENCE,
    message:
        "Counting factors for each case"
    script:
        "src/desistance/steps/means.py"


rule ledger:
    input:
        estimates=rules.estimates.output.table,
        comparisons=rules.comparisons.output.table,
        means=rules.means.output.means,
        facts=TALLY["facts"],
        study=STUDY,
        claims=CLAIMS,
        code=code_of("ledger"),
    output:
        table=f"{RESTRICTED}/ledger.csv",
    log:
        f"{LOGS}/ledger.log",
    params:
        study=SETTINGS.study,
        significance_level=SETTINGS.inference.significance_level,
    message:
        "Holding published claims against the findings"
    script:
        "src/desistance/steps/ledger.py"


rule release:
    input:
        estimates=rules.estimates.output.table,
        comparisons=rules.comparisons.output.table,
        means=rules.means.output.means,
        distributions=rules.means.output.distributions,
        ledger=rules.ledger.output.table,
        facts=TALLY["facts"],
        code=code_of("release"),
    output:
        **RELEASED,
    log:
        f"{LOGS}/release.log",
    params:
        inference=INFERENCE,
        records={"rejects_limit": SETTINGS.rejects_limit, "allow": list(SETTINGS.allow)},
    message:
        "Releasing what may be seen"
    script:
        "src/desistance/steps/release.py"


rule figures:
    input:
        **RELEASED,
        study=STUDY,
        code=code_of("figures"),
    output:
        folder=directory(f"{PUBLISHED}/figures"),
    log:
        f"{LOGS}/figures.log",
    params:
        published=PUBLISHED,
        study=SETTINGS.study,
    message:
        "Drawing figures"
    script:
        "src/desistance/steps/figures.py"


rule bulletin:
    input:
        **RELEASED,
        figures=rules.figures.output.folder,
        study=STUDY,
        code=code_of("bulletin"),
    output:
        page=f"{PUBLISHED}/bulletin.html",
    log:
        f"{LOGS}/bulletin.log",
    params:
        published=PUBLISHED,
        study=SETTINGS.study,
    message:
        "Writing the bulletin"
    script:
        "src/desistance/steps/bulletin.py"

"""One command regenerates the bulletin. Files and configuration keys are named here; nothing is computed."""

import logging
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path

from desistance.between_runs import join_run, must_be_writable, stamp, take_lock, tidy
from desistance.disclosure.policy import earlier_publication, read_policy
from desistance.errors import DesistanceError
from desistance.provenance import code_mark, code_of, code_of_publication
from desistance.records.files import STORED, other_tally, source_files, stored_files, told_files
from desistance.settings import make_private, read_settings, write_choices
from desistance.steps import ENDED, failures, forget_failures, in_words
from desistance.study import read_study

# Snakemake puts the path of Python unquoted into a shell command, and it may hold a space.
sys.executable = shlex.quote(sys.executable)
# On a full disk Snakemake's log cannot be written either; that is not worth a traceback for each message.
logging.raiseExceptions = False


# A configuration that names its study stands alone: no choice of another study's leaks into it.
if "study" not in config:

    configfile: "config.yaml"


@contextmanager
def explained():
    """An error that a user can mend is said without a traceback."""
    try:
        yield
    except (DesistanceError, OSError) as error:
        raise WorkflowError(in_words(error)) from None


with explained():
    SETTINGS = read_settings(config)
    FILES = [*source_files(SETTINGS.files), *stored_files(SETTINGS.files)]
    SERVICES = told_files(SETTINGS.services, "records.services") + stored_files(SETTINGS.services)
    COMMENTS = told_files(SETTINGS.comments, "records.comments") + stored_files(SETTINGS.comments)
    OTHER = other_tally(SETTINGS.compare)
    POLICY = read_policy(SETTINGS.disclosure.policy)
    PREVIOUS = earlier_publication(SETTINGS.disclosure.previous)
    GATHERS = read_study(Path(SETTINGS.study)).gathers


report: "report/workflow.rst"


STUDY = f"{SETTINGS.study}/study.yaml"
CROSSWALK = [path for path in [f"{SETTINGS.study}/crosswalk.yaml"] if Path(path).exists()]
CLAIMS = [path for path in [f"{SETTINGS.study}/claims.yaml"] if Path(path).exists()]
RESTRICTED = f"{SETTINGS.results}/restricted"
STAGED = f"{RESTRICTED}/staged"
PUBLISHED = f"{SETTINGS.results}/published"
LOGS = f"{RESTRICTED}/logs"
CALIBRATION = f"{SETTINGS.results}/calibration"
# Simulated on these records where that was asked for, else what is kept for the made-up example.
CALIBRATED = [
    path
    for path in (f"{CALIBRATION}/calibration.csv", "docs/calibration/calibration.csv")
    if Path(path).exists()
]


def restricted(*names):
    return {name: f"{RESTRICTED}/{name}.csv" for name in names}


TALLY = {
    name: f"{RESTRICTED}/tally/{name}.parquet"
    for name in (
        *("counts", "factor_numbers", "combinations", "services"),
        *("answers", "passages", "marks", "codings"),
    )
} | {"facts": f"{RESTRICTED}/tally/facts.json"}
FINDINGS = restricted("estimates", "comparisons", "trends", "means", "distributions", "stages", "changes")
MODELS = restricted("combinations", "pairs", "adjusted", "variation", "funnel", "precision")
PRACTICE = restricted(
    "provision", "rates", "provision_delivery", "themes", "theme_pairs", "theme_delivery", "agreement"
)
LEDGER = restricted("ledger", "multiverse")
QUOTES = restricted("quotes")
TABLES = [*FINDINGS, *MODELS, *PRACTICE, *LEDGER, *QUOTES, "calibration"]
RELEASED = {name: f"{STAGED}/tables/{name}.csv" for name in TABLES} | {"facts": f"{STAGED}/release.json"}
# Rows of one case may stand anywhere where they are gathered; else one job reads each part.
N_PARTS = 1 if GATHERS else SETTINGS.parts
PARTS = (
    [f"{RESTRICTED}/parts/{place + 1}-of-{N_PARTS}.part" for place in range(N_PARTS)] if N_PARTS > 1 else []
)
with explained():
    make_private(Path(RESTRICTED))
    # Where Snakemake keeps copies of what is in object storage while a step works with them. It removes the folder
    # when nothing is left in it, and would make one that others can look into.
    make_private(Path(".snakemake/storage"))
    Path(".snakemake/storage/.keep").touch()
    if not workflow.is_main_process:
        # A job on another machine, which reads this file again in the middle of the run that it belongs to.
        join_run(Path(SETTINGS.results))
    # Before Snakemake looks at any file, because another run deletes and dates files while it looks.
    elif not take_lock(Path(SETTINGS.results)):
        raise WorkflowError(
            f"another run writes to {SETTINGS.results}, or a step that it left behind when it was ended by force; "
            "wait for it to end, then try again"
        )
    else:
        must_be_writable(Path(RESTRICTED), Path(PUBLISHED), Path(".snakemake"))
        tidy(Path(RESTRICTED), Path(PUBLISHED), Path(CALIBRATION))
    CHOICES = {
        name: local(path) for name, path in write_choices(SETTINGS, Path(f"{RESTRICTED}/choices")).items()
    }


def placed(path):
    """A file where it is: in object storage, or here even if results go there."""
    return storage.s3(path) if str(path).startswith(STORED) else local(str(path))


def sources(step, code=None, **named):
    """Files of a step that no other step makes, and one whose name changes when any of them or the code does."""
    with explained():
        known = f"{step}-{code_mark(code or code_of(step))}"
        named |= {"seen": stamp(Path(f"{RESTRICTED}/sources"), known, named)}
    return {
        name: placed(paths) if isinstance(paths, (str, Path)) else [placed(path) for path in paths]
        for name, paths in named.items()
    }


DEFINED = {"study": STUDY, "crosswalk": CROSSWALK}


onstart:
    forget_failures(Path(LOGS))


onerror:
    # Said at the very end, because Snakemake's own account of a failed job is long.
    for message in dict.fromkeys(failures(Path(LOGS))) or [ENDED]:
        print(f"\n{message}", file=sys.stderr)


rule all:
    input:
        f"{PUBLISHED}/bulletin.html",
    message:
        "All done"


rule part:
    input:
        **sources("part", **DEFINED, files=FILES, comments=COMMENTS, mapping=SETTINGS.mapping or []),
        reading=CHOICES["reading"],
    output:
        part=f"{RESTRICTED}/parts/{{place}}-of-{{of}}.part",
    log:
        f"{LOGS}/part-{{place}}-of-{{of}}.log",
    message:
        "Reading part {wildcards.place} of {wildcards.of}"
    script:
        "src/desistance/steps/part.py"


rule tally:
    input:
        **sources(
            "tally",
            **DEFINED,
            files=FILES,
            services=SERVICES,
            comments=COMMENTS,
            mapping=SETTINGS.mapping or [],
        ),
        parts=PARTS,
        reading=CHOICES["reading"],
        limits=CHOICES["limits"],
    output:
        **TALLY,
        **QUOTES,
    log:
        **restricted("rejects", "disagreements", "rejected_services", "rejected_comments"),
        text=f"{LOGS}/tally.log",
        quality=f"{RESTRICTED}/quality.json",
        # As logs these stay when the step stops because of what stands in them.
    threads: 8
    message:
        "Reading and counting records"
    script:
        "src/desistance/steps/tally.py"


rule findings:
    input:
        **TALLY,
        **sources("findings", **DEFINED, **OTHER),
        compare=CHOICES["compare"],
        inference=CHOICES["inference"],
    output:
        **FINDINGS,
    log:
        f"{LOGS}/findings.log",
    priority: 1
    message:
        "Estimating shares and comparing subgroups"
    script:
        "src/desistance/steps/findings.py"


rule models:
    input:
        **TALLY,
        **sources("models", **DEFINED),
        inference=CHOICES["inference"],
    output:
        **MODELS,
    log:
        f"{LOGS}/models.log",
    message:
        "Combinations, adjusted differences and variation between services"
    script:
        "src/desistance/steps/models.py"


rule practice:
    input:
        **TALLY,
        **sources("practice", **DEFINED),
        inference=CHOICES["inference"],
    output:
        **PRACTICE,
    log:
        f"{LOGS}/practice.log",
    priority: 1
    message:
        "What services provide and what comments speak of"
    script:
        "src/desistance/steps/practice.py"


rule ledger:
    input:
        **TALLY,
        **FINDINGS,
        **PRACTICE,
        **sources("ledger", **DEFINED, claims=CLAIMS),
        inference=CHOICES["inference"],
    output:
        **LEDGER,
    log:
        f"{LOGS}/ledger.log",
    message:
        "Holding published claims against the findings"
    script:
        "src/desistance/steps/ledger.py"


rule release:
    input:
        **FINDINGS,
        **MODELS,
        **PRACTICE,
        **LEDGER,
        **QUOTES,
        **CHOICES,
        **sources(
            "release", **DEFINED, **{name: path for name, path in OTHER.items() if name == "other_facts"}
        ),
        facts=TALLY["facts"],
        calibration=local(CALIBRATED[:1]),
    output:
        **RELEASED,
        record=f"{RESTRICTED}/disclosure_record.json",
    log:
        f"{LOGS}/release.log",
    message:
        "Hiding small counts and all that would give them away"
    script:
        "src/desistance/steps/release.py"


rule figures:
    input:
        **RELEASED,
        **sources("figures", **DEFINED),
    output:
        folder=directory(f"{STAGED}/figures"),
    log:
        f"{LOGS}/figures.log",
    priority: 1
    message:
        "Drawing figures"
    script:
        "src/desistance/steps/figures.py"


rule bulletin:
    input:
        **RELEASED,
        **sources("bulletin", **DEFINED),
        figures=rules.figures.output.folder,
    output:
        page=f"{STAGED}/bulletin.html",
    log:
        f"{LOGS}/bulletin.log",
    message:
        "Writing the bulletin as a page"
    script:
        "src/desistance/steps/bulletin.py"


rule document:
    input:
        **RELEASED,
        **sources("document", **DEFINED),
        figures=rules.figures.output.folder,
    output:
        document=f"{STAGED}/bulletin.pdf",
    log:
        f"{LOGS}/document.log",
    priority: 1
    message:
        "Setting the bulletin as a PDF document"
    script:
        "src/desistance/steps/document.py"


rule workbook:
    input:
        **RELEASED,
        **sources("workbook", **DEFINED),
    output:
        workbook=f"{STAGED}/tables.ods",
        metadata=f"{STAGED}/tables/csv-metadata.json",
    log:
        f"{LOGS}/workbook.log",
    message:
        "Writing the tables as a workbook"
    script:
        "src/desistance/steps/workbook.py"


rule explorer:
    input:
        **RELEASED,
        **sources("explorer", **DEFINED),
    output:
        page=f"{STAGED}/explorer.html",
    log:
        f"{LOGS}/explorer.log",
    message:
        "Writing the explorer"
    script:
        "src/desistance/steps/explorer.py"


MADE = {
    "figures": rules.figures.output.folder,
    "page": rules.bulletin.output.page,
    "document": rules.document.output.document,
    "workbook": rules.workbook.output.workbook,
    "metadata": rules.workbook.output.metadata,
    "explorer": rules.explorer.output.page,
}


rule crate:
    input:
        **RELEASED,
        **MADE,
        **CHOICES,
        **sources(
            "crate",
            **DEFINED,
            mapping=SETTINGS.mapping or [],
            claims=CLAIMS,
            snakefile="Snakefile",
            code=code_of_publication(),
        ),
    output:
        crate=f"{STAGED}/ro-crate-metadata.json",
        workflow=f"{STAGED}/Snakefile.txt",
    log:
        f"{LOGS}/crate.log",
    message:
        "Writing down how everything was made"
    script:
        "src/desistance/steps/crate.py"


rule attack:
    input:
        **RELEASED,
        **MADE,
        **sources("attack", previous=PREVIOUS),
        crate=rules.crate.output.crate,
        workflow=rules.crate.output.workflow,
        disclosure=CHOICES["disclosure"],
    output:
        account=f"{RESTRICTED}/attack.json",
        text=f"{RESTRICTED}/attack.txt",
    log:
        f"{LOGS}/attack.log",
    message:
        "Trying to find out what is hidden"
    script:
        "src/desistance/steps/attack.py"


rule publish:
    input:
        **RELEASED,
        **MADE,
        **sources("publish"),
        crate=rules.crate.output.crate,
        workflow=rules.crate.output.workflow,
        account=rules.attack.output.account,
    output:
        page=report(f"{PUBLISHED}/bulletin.html", caption="report/bulletin.rst", category="Report"),
        document=report(f"{PUBLISHED}/bulletin.pdf", caption="report/document.rst", category="Report"),
        workbook=report(f"{PUBLISHED}/tables.ods", caption="report/workbook.rst", category="Report"),
        explorer=report(f"{PUBLISHED}/explorer.html", caption="report/explorer.rst", category="Report"),
        crate=report(f"{PUBLISHED}/ro-crate-metadata.json", caption="report/crate.rst", category="Checking"),
        workflow=report(f"{PUBLISHED}/Snakefile.txt", caption="report/snakefile.rst", category="Checking"),
        statement=report(
            f"{PUBLISHED}/disclosure_statement.md", caption="report/statement.rst", category="Checking"
        ),
        facts=report(f"{PUBLISHED}/release.json", caption="report/release.rst", category="Checking"),
        tables=[
            report(
                f"{PUBLISHED}/tables/{name}.csv",
                caption="report/table.rst",
                category="Tables",
                labels={"table": name},
            )
            for name in TABLES
        ],
        metadata=report(
            f"{PUBLISHED}/tables/csv-metadata.json", caption="report/columns.rst", category="Tables"
        ),
        figures=report(
            directory(f"{PUBLISHED}/figures"),
            patterns=["{figure,.*(?<!_narrow)}.svg"],
            caption="report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{LOGS}/publish.log",
    message:
        "Publishing what withstood the attack"
    script:
        "src/desistance/steps/publish.py"


rule calibration:
    input:
        **TALLY,
        **sources("calibration", **DEFINED),
        inference=CHOICES["inference"],
    output:
        table=f"{CALIBRATION}/calibration.csv",
        markdown=f"{CALIBRATION}/calibration.md",
    log:
        f"{LOGS}/calibration.log",
    threads: 2
    message:
        "Simulating how often tests reject and intervals hold (about six minutes)"
    script:
        "src/desistance/steps/calibration.py"

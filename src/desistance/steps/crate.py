"""Say which files, choices and code made what is to be published, as an RO-Crate beside it."""

import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from desistance.bulletin.crate.choices import choices_of
from desistance.bulletin.crate.files import INPUTS, published_files, seen_file, study_files
from desistance.bulletin.crate.writing import Run, crate_text
from desistance.provenance import RENDERING, code_digest, code_of_publication
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study


def main(
    staged: str | Path,
    study: str | Path,
    snakefile: str | Path,
    code: Iterable[str | Path],
    chosen: Mapping[str, Any],
    crate: str | Path,
    workflow: str | Path,
) -> None:
    """Copy the workflow beside what it made, describe every file there, and write the crate last.

    `code` are the source files with a part in what is published; `chosen` the run's choices by group.
    """
    staged, study, crate, workflow = Path(staged), Path(study), Path(crate), Path(workflow)
    with whole(workflow) as part:
        part.write_text(Path(snakefile).read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
    facts = json.loads((staged / "release.json").read_text(encoding="utf-8"))
    names = {path.relative_to(staged).as_posix() for path in (crate, workflow)}
    run = Run(
        facts=facts,
        study=read_study(study),
        workflow=seen_file(workflow, workflow.name, "The workflow: which rule makes which file from which"),
        inputs=_mapping(chosen),
        study_files=study_files(study),
        choices=list(choices_of(chosen, facts)),
        results=published_files(staged, without=names),
        code=code_digest(code),
        packages=facts["packages"] | {name: version(name) for name in RENDERING},
        python=platform.python_version(),
    )
    with whole(crate) as part:
        part.write_text(crate_text(run), encoding="utf-8", newline="\n")
    LOG.info("the crate tells how %s files were made", len(run.results))


def _mapping(chosen: Mapping[str, Any]) -> list[tuple[str, Any]]:
    path = chosen["reading"]["mapping"]
    return [("mapping", seen_file(Path(path), Path(path).name, INPUTS["mapping"]))] if path else []


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        groups = ("reading", "limits", "inference", "compare", "disclosure")
        main(
            Path(snakemake.input.facts).parent,
            Path(snakemake.input.study).parent,
            snakemake.input.snakefile,
            code_of_publication(),
            {name: choices(snakemake.input[name]) for name in groups},
            **snakemake.output,
        )

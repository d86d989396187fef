"""A Workflow Run RO-Crate: who reads it learns which files and choices, and which code, made each published file.

Profiles: Workflow Run Crate 0.5, which builds on Process Run Crate 0.5, Workflow RO-Crate 1.0 and RO-Crate 1.1. Nothing
in it is drawn at random or taken from a clock, so that the same input gives the same bytes: it has no time of the run,
and the library's random identifiers and its date of today are replaced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desistance.bulletin.crate.choices import Choice
from desistance.bulletin.crate.entities import MADE_UP, data_file, entity, made_up_note, used_file
from desistance.bulletin.crate.files import INPUTS, File

if TYPE_CHECKING:
    from rocrate.model.entity import Entity
    from rocrate.rocrate import ROCrate

    from desistance.study import Study

RUN_TERMS = "https://w3id.org/ro/terms/workflow-run/context"
PROFILES = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
)
MIT = "https://spdx.org/licenses/MIT"
# A date must be given. Where the records carry none, this one says so plainly.
NO_DATE = "1970-01-01"


@dataclass(frozen=True)
class Run:
    """What a crate tells of: facts of the release, the study, files, choices, and the software with its versions.

    `inputs` come with what each is an input of; `code` is the digest of the package's source.
    """

    facts: Mapping[str, Any]
    study: Study
    workflow: File
    inputs: Sequence[tuple[str, File]]
    study_files: Sequence[File]
    choices: Sequence[Choice]
    results: Sequence[File]
    code: str
    packages: Mapping[str, str]
    python: str

    @property
    def made_up(self) -> bool:
        """Whether the records are made up; true when the release does not say."""
        return bool(self.facts.get("made_up", True))


def crate_text(run: Run) -> str:
    """Text of `ro-crate-metadata.json` for a folder that holds the results and the workflow of a run."""
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version="1.1")
    crate.metadata.extra_contexts.append(RUN_TERMS)
    _describe_root(crate, run)
    software = _software(crate, run)
    slots = {kind: _slot(crate, kind) for kind in dict.fromkeys(kind for kind, _ in run.inputs)}
    parameters = {choice.name: _parameter(crate, choice) for choice in run.choices}
    workflow = _workflow(crate, run, software, [*slots.values(), *parameters.values()])
    used = [
        *_inputs(crate, run, slots),
        *(_study_file(crate, number, file, run) for number, file in enumerate(run.study_files, start=1)),
        *(_choice(crate, choice, parameters[choice.name]) for choice in run.choices),
    ]
    results = [data_file(crate, file, run.made_up) for file in run.results]
    action = entity(
        crate,
        f"#run-{_run_digest(run)[:16]}",
        "CreateAction",
        name=f"Run of the workflow for the study {run.study.id}",
        description=f"The command `snakemake`.{made_up_note(run.made_up)}",
        instrument=workflow,
        object=used,
        result=results,
        actionStatus="http://schema.org/CompletedActionStatus",
    )
    crate.root_dataset["mentions"] = [action]
    return json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False) + "\n"


def _describe_root(crate: ROCrate, run: Run) -> None:
    facts, root = run.facts, crate.root_dataset
    period = [facts.get("first_date"), facts.get("last_date")]
    mark, warning = ("Made-up records: ", f"{MADE_UP} ") if run.made_up else ("", "")
    dated = "the last day of the records" if period[1] else f"{NO_DATE}, as these records carry no date"
    crate.name = f"{mark}{run.study.title}, what is published and how it was made"
    crate.description = (
        f"{warning}Everything published of one run, with the study and choices it was made from. Records are neither "
        "included nor named. No clock enters, so that the same input gives the same bytes: datePublished "
        f"is {dated}, not the day of the run."
    )
    root["datePublished"] = period[1] or NO_DATE
    if all(period):
        root["temporalCoverage"] = "/".join(period)
    root["license"] = _licence(crate, run.made_up)
    root["isBasedOn"] = entity(
        crate,
        "#source",
        "CreativeWork",
        name=run.study.source["citation"],
        description=run.study.source.get("seen_as"),
    )
    profiles = [entity(crate, link, "CreativeWork", name=name, version=v) for link, name, v in PROFILES]
    root["conformsTo"] = profiles
    crate.metadata["conformsTo"] = [{"@id": crate.metadata.profile}, profiles[-1]]


def _licence(crate: ROCrate, made_up: bool) -> Entity:
    mit = entity(crate, MIT, "CreativeWork", name="MIT License", identifier="MIT", url=MIT)
    if made_up:
        return mit
    said = "The terms of use of these results are for their publisher to state; the code is under the MIT licence."
    return entity(crate, "#terms", "CreativeWork", name="Terms not stated", description=said)


def _software(crate: ROCrate, run: Run) -> Entity:
    """Describe the package, the packages it needs and Python; give the package."""
    needed = [
        entity(
            crate,
            f"https://pypi.org/project/{name}/{version}/",
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
            url=f"https://pypi.org/project/{name}/{version}/",
        )
        for name, version in sorted(run.packages.items())
    ]
    python = entity(
        crate,
        "#python",
        "SoftwareApplication",
        name="Python",
        softwareVersion=run.python,
        url="https://www.python.org/",
    )
    code = entity(
        crate,
        "#code",
        "PropertyValue",
        name="code version",
        propertyID="SHA-256",
        value=run.code,
        description="Digest of the source files that have a part in what is published, one line a file: its SHA-256 "
        "(line ends as on Unix), two spaces, its name within the package",
    )
    return entity(
        crate,
        "#desistance",
        "SoftwareApplication",
        name="desistance",
        softwareVersion=run.facts["version"],
        identifier=code,
        license={"@id": MIT},
        softwareRequirements=[python, *needed],
    )


def _workflow(crate: ROCrate, run: Run, software: Entity, slots: list[Entity]) -> Entity:
    from rocrate.model.computerlanguage import snakemake

    language = crate.add(snakemake(crate, version=run.packages["snakemake"]))
    authors = entity(crate, "#developers", "Organization", name="The desistance developers")
    workflow = data_file(
        crate,
        run.workflow,
        False,
        alternateName="Snakefile",
        programmingLanguage=language,
        version=run.facts["version"],
        author=authors,
        license={"@id": MIT},
        softwareRequirements=software,
        input=slots,
    )
    # The library's own class for a workflow would take the title of the file from its name.
    workflow.properties()["@type"] = ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
    crate.mainEntity = workflow
    return workflow


def _slot(crate: ROCrate, kind: str) -> Entity:
    name = f"records.{kind}"
    return entity(
        crate,
        f"#parameter-{name}",
        "FormalParameter",
        name=name,
        description=INPUTS[kind],
        additionalType="File",
        valueRequired=False,
    )


def _parameter(crate: ROCrate, choice: Choice) -> Entity:
    return entity(
        crate,
        f"#parameter-{choice.name}",
        "FormalParameter",
        name=choice.name,
        description=choice.description,
        additionalType=choice.kind,
        defaultValue=choice.default,
        valueRequired=choice.default is None,
    )


def _choice(crate: ROCrate, choice: Choice, parameter: Entity) -> Entity:
    return entity(
        crate,
        f"#choice-{choice.name}",
        "PropertyValue",
        name=choice.name,
        value=choice.value,
        exampleOfWork=parameter,
    )


def _inputs(crate: ROCrate, run: Run, slots: Mapping[str, Entity]) -> Iterator[Entity]:
    """Describe the files that were read, each as what the workflow asked for."""
    for number, (kind, file) in enumerate(run.inputs, start=1):
        yield used_file(crate, f"#input-{number}", file, run.made_up, exampleOfWork=slots[kind])


def _study_file(crate: ROCrate, number: int, file: File, run: Run) -> Entity:
    size = str(file.n_bytes)
    return used_file(crate, f"#study-{number}", file, False, contentSize=size)


def _run_digest(run: Run) -> str:
    """One digest of all that went in and all that came out, in place of a random identifier."""
    files = [run.workflow, *(file for _, file in run.inputs), *run.study_files, *run.results]
    lines = [f"{file.name} {file.sha256}" for file in files]
    lines += [f"{choice.name} {choice.value}" for choice in run.choices] + [run.code]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()

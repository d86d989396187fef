"""Read records, the table of services and coded comments: typed rows, rejects with reasons, an account of quality."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pyarrow import parquet

from desistance.between_runs import SCRATCH
from desistance.errors import RecordsError
from desistance.records.comments import coded_comments
from desistance.records.design_table import NOT_ASKED, Sampling, cases_by_service, sampled_services
from desistance.records.identifiers import own_key
from desistance.records.ingest import Accepted, ingest
from desistance.records.mapping import read_mapping
from desistance.records.progress import progress
from desistance.records.services import described_services
from desistance.records.told import Told, write_told
from desistance.steps import LOG, choices, logged, whole
from desistance.study import Study, read_study


def main(
    files: list[str],
    services: str | None,
    comments: list[str],
    mapping: str | None,
    study: str | Path,
    delimiter: str,
    encoding: str,
    outputs: Mapping[str, str],
    sheet: str | None = None,
) -> None:
    """Ingest; print rows read, accepted and rejected."""
    definition = read_study(Path(study))
    sources = read_mapping(Path(mapping) if mapping else None, definition)
    key = own_key(results=[_results(Path(outputs["records"]))])
    passages = coded_comments([Path(name) for name in comments], definition, key=key) if comments else None
    accepted = Accepted()
    with ExitStack() as stack:
        parts = {name: stack.enter_context(whole(path)) for name, path in outputs.items()}
        with (
            parts["rejects"].open("w", encoding="utf-8", newline="") as out,
            progress("Reading records") as seen,
        ):
            account = ingest(
                [Path(name) for name in files],
                sources,
                definition,
                delimiter=delimiter,
                encoding=encoding,
                sheet=sheet,
                scratch=Path(outputs["records"]).parent / SCRATCH,
                key=key,
                records=parts["records"],
                rejects=out,
                marks=passages.marks if passages else None,
                accepted=accepted,
                seen=seen,
            )
        sampling = _sampling(services, definition, parts["records"])
        described = services and (definition.services or not definition.design)
        told = described_services(Path(services), definition, accepted.services) if described else Told()
        coded = passages.told(accepted) if passages else Told()
        _refuse_mixture(account, {"services": told.account or sampling.account, "comments": coded.account})
        write_told(Told({**told.tables, **coded.tables}), parts)
        if "design" in parts:
            parquet.write_table(sampling.table, parts["design"], compression="zstd")
        account |= {"services": told.account, "comments": coded.account}
        account |= {"design": sampling.account} if definition.design else {}
        text = json.dumps(account, indent=1, ensure_ascii=False) + "\n"
        parts["quality"].write_text(text, encoding="utf-8")
    if "gathered" in account:
        LOG.info("{n_rows:,} rows gathered into {n_cases:,} cases".format(**account["gathered"]))
    _say("cases" if "gathered" in account else "rows", account)
    for name, part in (("services", account["services"]), ("codings", account["comments"])):
        if part:
            _say(name, part)


def _results(records: Path) -> Path:
    """The folder of all results, of which typed records stand in the private part."""
    folder = records.resolve().parent
    return folder.parent if folder.name == "restricted" else folder


def _sampling(services: str | None, study: Study, records: Path) -> Sampling:
    """What the table of services says of sampling, where the study takes that from there."""
    if not study.design:
        return NOT_ASKED
    if not services:
        raise RecordsError(
            "study.yaml takes strata or weights from the table of services (design), and none is given; "
            "name it in the configuration (records.services)"
        )
    return sampled_services(Path(services), study, cases_by_service(records))


def _refuse_mixture(records: Mapping[str, Any], told: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Made-up services or comments would pass for real ones beside real records, and the reverse."""
    for name, account in told.items():
        if account and account["n_read"] and account["made_up"] != records["made_up"]:
            which = (
                "made up and the records are not" if account["made_up"] else "not made up and the records are"
            )
            raise RecordsError(
                f"the {name} are {which}; made-up and other records must not be mixed: give records.files and "
                f"records.{name} of one kind (a column made_up marks what is made up)"
            )


def _only(files: list[str]) -> str | None:
    """The table of services, of which there may be one."""
    if len(files) > 1:
        raise RecordsError(
            f"records.services matches {len(files)} files; give one table of services, one row a service"
        )
    return next(iter(files), None)


def _say(what: str, account: Mapping[str, Any]) -> None:
    LOG.info(
        "%s %s read = %s accepted + %s rejected",
        f"{account['n_read']:,}",
        f"made-up {what}" if account["made_up"] else what,
        f"{account['n_accepted']:,}",
        f"{account['n_rejected']:,}",
    )


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input.files,
            _only(snakemake.input.get("services", [])),
            snakemake.input.get("comments", []),
            study=Path(snakemake.input.study).parent,
            **choices(snakemake.input.reading),
            outputs=snakemake.output,
        )

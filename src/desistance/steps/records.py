"""Read records, the table of services and coded comments: typed rows, rejects with reasons, an account of quality."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from desistance.errors import RecordsError
from desistance.records.comments import coded_comments
from desistance.records.ingest import Accepted, ingest
from desistance.records.mapping import read_mapping
from desistance.records.services import described_services
from desistance.records.told import Told, write_told
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study


def main(
    files: list[str],
    services: str | None,
    comments: list[str],
    mapping: str | None,
    study: str | Path,
    delimiter: str,
    encoding: str,
    outputs: Mapping[str, str],
) -> None:
    """Ingest; print rows read, accepted and rejected."""
    definition = read_study(Path(study))
    sources = read_mapping(Path(mapping) if mapping else None, definition)
    passages = coded_comments([Path(name) for name in comments], definition) if comments else None
    accepted = Accepted()
    with ExitStack() as stack:
        parts = {name: stack.enter_context(whole(path)) for name, path in outputs.items()}
        with parts["rejects"].open("w", encoding="utf-8", newline="") as out:
            account = ingest(
                [Path(name) for name in files],
                sources,
                definition,
                delimiter=delimiter,
                encoding=encoding,
                records=parts["records"],
                rejects=out,
                marks=passages.marks if passages else None,
                accepted=accepted,
            )
        told = described_services(Path(services), definition, accepted.services) if services else Told()
        coded = passages.told(accepted) if passages else Told()
        _refuse_mixture(account, {"services": told.account, "comments": coded.account})
        write_told(Told({**told.tables, **coded.tables}), parts)
        account |= {"services": told.account, "comments": coded.account}
        text = json.dumps(account, indent=1, ensure_ascii=False) + "\n"
        parts["quality"].write_text(text, encoding="utf-8")
    _say("rows", account)
    for name, part in (("services", account["services"]), ("codings", account["comments"])):
        if part:
            _say(name, part)


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

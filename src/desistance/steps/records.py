"""Read the files of records: typed records, rejects with reasons, an account of quality."""

import json
from pathlib import Path

from desistance.records.ingest import ingest
from desistance.records.mapping import read_mapping
from desistance.steps import LOG, choices, logged, whole
from desistance.study import read_study


def main(
    files: list[str],
    mapping: str | None,
    study: str | Path,
    delimiter: str,
    encoding: str,
    records: str,
    rejects: str,
    quality: str,
) -> None:
    """Ingest; print rows read, accepted and rejected."""
    definition = read_study(Path(study))
    sources = read_mapping(Path(mapping) if mapping else None, definition)
    paths = [Path(name) for name in files]
    with whole(records) as records_part, whole(rejects) as rejects_part, whole(quality) as quality_part:
        with rejects_part.open("w", encoding="utf-8", newline="") as out:
            account = ingest(
                paths,
                sources,
                definition,
                delimiter=delimiter,
                encoding=encoding,
                records=records_part,
                rejects=out,
            )
        quality_part.write_text(json.dumps(account, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    kind = "made-up rows" if account["made_up"] else "rows"
    LOG.info(
        "%s %s read = %s accepted + %s rejected",
        f"{account['n_read']:,}",
        kind,
        f"{account['n_accepted']:,}",
        f"{account['n_rejected']:,}",
    )


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        reading = choices(snakemake.input.reading)
        main(snakemake.input.files, study=Path(snakemake.input.study).parent, **reading, **snakemake.output)

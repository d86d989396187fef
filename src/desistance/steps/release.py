"""Make the released object, the only thing that anything published is drawn from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desistance.disclosure.release import TABLES, release
from desistance.findings.tables import read_table, write_table
from desistance.provenance import software
from desistance.steps import LOG, logged, whole


def main(
    restricted: Mapping[str, str],
    inference: Mapping[str, Any],
    records: Mapping[str, Any],
    released: Mapping[str, str],
) -> None:
    """Read the restricted tables, write what may be seen."""
    facts = json.loads(Path(restricted["facts"]).read_text(encoding="utf-8"))
    facts |= {"inference": dict(inference), **records, **software()}
    let_out = release({name: read_table(Path(restricted[name])) for name in TABLES}, facts)
    for name in TABLES:
        with whole(released[name]) as part:
            write_table(getattr(let_out, name), part)
    with whole(released["facts"]) as part:
        part.write_text(json.dumps(let_out.facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    LOG.info("released under the policy %s: small counts are not protected", let_out.facts["policy"])


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, **snakemake.params, released=snakemake.output)

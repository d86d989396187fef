"""Make the released object, the only thing that anything published is drawn from."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desistance.disclosure.release import release
from desistance.findings.tables import COLUMNS
from desistance.provenance import software
from desistance.steps import LOG, choices, logged, whole


def main(
    restricted: Mapping[str, str],
    inference: Mapping[str, Any],
    limits: Mapping[str, Any],
    compare: Mapping[str, Any] | None,
    calibration: str | None,
    released: Mapping[str, str],
) -> None:
    """Read the restricted tables, write what may be seen."""
    facts = json.loads(Path(restricted["facts"]).read_text(encoding="utf-8"))
    facts |= {"inference": dict(inference), **limits, "compare": _edition(compare, restricted), **software()}
    tables = {
        name: Path(restricted[name]).read_text(encoding="utf-8") for name in COLUMNS if name != "calibration"
    }
    tables["calibration"] = _calibration(calibration, facts)
    let_out, facts = release(tables, facts)
    for name, text in let_out.items():
        with whole(released[name]) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    with whole(released["facts"]) as part:
        text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
        part.write_text(text, encoding="utf-8", newline="\n")
    LOG.info("released under the policy %s: small counts are not protected", facts["policy"])


def _edition(compare: Mapping[str, Any] | None, restricted: Mapping[str, str]) -> dict[str, Any] | None:
    """What the other edition is called, how large it was, and whether its services are these."""
    if compare is None:
        return None
    told = json.loads(Path(restricted["other_facts"]).read_text(encoding="utf-8"))
    size = {name: told[name] for name in ("n_cases", "n_services", "study", "first_date", "last_date")}
    return {"label": compare["label"], "same_services": compare["same_services"], **size}


def _calibration(path: str | None, facts: Mapping[str, Any]) -> str:
    """Simulated error rates, where they were simulated on the sizes of these records; else a table without rows."""
    heading = ",".join(COLUMNS["calibration"]) + "\n"
    text = Path(path).read_text(encoding="utf-8") if path else heading
    sizes = [int(row["n_cases"]) for row in csv.DictReader(text.splitlines())]
    return text if sizes and max(sizes) == facts["n_cases"] else heading


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        inference, limits = choices(snakemake.input.inference), choices(snakemake.input.limits)
        calibration = next(iter(snakemake.input.get("calibration", [])), None)
        compare = choices(snakemake.input.compare)
        main(snakemake.input, inference, limits, compare, calibration, snakemake.output)

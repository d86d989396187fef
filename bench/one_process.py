"""Every step of the workflow, one after the other, in one Python process: what the workflow is measured against."""

from pathlib import Path

import yaml

from desistance.findings.tables import COLUMNS
from desistance.provenance import code_of_publication
from desistance.records.files import source_files
from desistance.settings import read_settings

FINDINGS = ("estimates", "comparisons", "trends", "means", "distributions", "stages", "changes")
CALIBRATED = "docs/calibration/calibration.csv"
MODELS = ("combinations", "pairs", "adjusted", "variation", "funnel", "precision")


def main():
    settings = read_settings(yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8")))
    inference, study = vars(settings.inference), settings.study
    restricted, published = Path(settings.results) / "restricted", Path(settings.results) / "published"
    staged = restricted / "staged"
    made = {name: str(restricted / f"{name}.csv") for name in COLUMNS}

    from desistance.records.told import LISTED
    from desistance.steps import (
        attack,
        bulletin,
        crate,
        document,
        explorer,
        figures,
        findings,
        ledger,
        models,
        practice,
        publish,
        release,
        workbook,
    )
    from desistance.steps import tally as count
    from desistance.tallies import TABLES

    tally = {name: str(restricted / "tally" / f"{name}.parquet") for name in TABLES}
    tally["facts"] = made["facts"] = str(restricted / "tally" / "facts.json")
    released = {name: str(staged / "tables" / f"{name}.csv") for name in COLUMNS} | {
        "facts": str(staged / "release.json"),
        "record": str(restricted / "disclosure_record.json"),
    }
    listed = {name: str(restricted / f"{name}.csv") for name in ("rejects", *LISTED)}
    listed["quality"] = str(restricted / "quality.json")

    reading = {name: getattr(settings, name) for name in ("mapping", "delimiter", "encoding", "sheet")}
    limits = {"rejects_limit": settings.rejects_limit, "allow": list(settings.allow)}
    beside = [[each] if each else [] for each in (settings.services, settings.comments)]
    files = [str(path) for path in source_files(settings.files)]
    count.main(files, *beside, study, reading, limits, tally, listed)
    findings.main(tally, study, inference, {name: made[name] for name in FINDINGS})
    models.main(tally, study, inference, {name: made[name] for name in MODELS})
    practice.main(tally, study, inference, made)
    ledger.main(made, tally, study, inference, {name: made[name] for name in ("ledger", "multiverse")})
    disclosure = vars(settings.disclosure)
    chosen = {"inference": inference, "limits": limits, "compare": None, "disclosure": disclosure}
    calibrated = CALIBRATED if Path(CALIBRATED).exists() else None
    release.main(made, study, chosen, calibrated, released)
    figures.main(str(staged), study, str(staged / "figures"))
    bulletin.main(str(staged), str(staged / "figures"), study, str(staged / "bulletin.html"))
    document.main(str(staged), str(staged / "figures"), study, str(staged / "bulletin.pdf"))
    workbook.main(str(staged), study, str(staged / "tables.ods"), str(staged / "tables/csv-metadata.json"))
    explorer.main(str(staged), study, str(staged / "explorer.html"))
    code, groups = code_of_publication(), {**chosen, "reading": reading}
    crate.main(
        staged, study, "Snakefile", code, groups, staged / "ro-crate-metadata.json", staged / "Snakefile.txt"
    )
    account = str(restricted / "attack.json")
    attack.main(staged, None, settings.disclosure.time_limit, account, str(restricted / "attack.txt"))
    publish.main(staged, account, published)


if __name__ == "__main__":
    main()

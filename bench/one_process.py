"""Every step of the workflow, one after the other, in one Python process: what the workflow is measured against."""

from pathlib import Path

import yaml

from desistance.findings.tables import COLUMNS
from desistance.settings import read_settings


def main():
    settings = read_settings(yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8")))
    inference, study = vars(settings.inference), settings.study
    restricted, published = Path(settings.results) / "restricted", Path(settings.results) / "published"
    made = {name: str(restricted / f"{name}.csv") for name in COLUMNS}
    tally = {
        name: str(restricted / "tally" / f"{name}.parquet")
        for name in ("counts", "factor_numbers", "combinations", "services")
    }
    tally["facts"] = made["facts"] = str(restricted / "tally" / "facts.json")
    released = {name: str(published / "tables" / f"{name}.csv") for name in made} | {
        "facts": str(published / "release.json")
    }
    records = {name: str(restricted / file) for name, file in FILES.items()}

    from desistance.steps import bulletin, figures, findings, ledger, models, release
    from desistance.steps import records as read
    from desistance.steps import tally as count

    read.main([settings.files], settings.mapping, study, settings.delimiter, settings.encoding, **records)
    count.main(
        records["records"], records["quality"], study, settings.rejects_limit, list(settings.allow), tally
    )
    findings.main(tally, study, inference, {name: made[name] for name in FINDINGS})
    models.main(tally, study, inference, {name: made[name] for name in MODELS})
    ledger.main(made, tally, study, inference, {name: made[name] for name in ("ledger", "multiverse")})
    limits = {"rejects_limit": settings.rejects_limit, "allow": list(settings.allow)}
    release.main(made, inference, limits, None, released)
    figures.main(str(published), study, str(published / "figures"))
    bulletin.main(str(published), str(published / "figures"), study, str(published / "bulletin.html"))


FINDINGS = ("estimates", "comparisons", "trends", "means", "distributions")
MODELS = ("combinations", "pairs", "adjusted", "variation", "funnel", "precision")
FILES = {"records": "records.parquet", "rejects": "rejects.csv", "quality": "quality.json"}

if __name__ == "__main__":
    main()

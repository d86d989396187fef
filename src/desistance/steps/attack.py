"""Attack what would be published, as an outsider would; a breach stops the run before anything is published."""

import json
from pathlib import Path

from desistance.attack import AttackError, attack
from desistance.errors import ReleaseError
from desistance.steps import LOG, choices, logged, whole


def main(staged: str | Path, previous: str | None, time_limit: float, account: str, text: str) -> None:
    """Attack a folder, alone and with an earlier one; write what was tried."""
    try:
        found = attack(Path(staged), Path(previous) if previous else None, time_limit=time_limit)
    except AttackError as error:
        raise ReleaseError(f"the attack cannot be made, so nothing is published: {error}") from None
    if not found.holds:
        why = "nothing is published, because hidden counts could be found out, or not be bounded in time"
        raise ReleaseError(f"{why}.\n{found.as_text()}")
    for path, content in ((account, json.dumps(found.as_record(), indent=1) + "\n"), (text, found.as_text())):
        with whole(path) as part:
            part.write_text(content, encoding="utf-8", newline="\n")
    LOG.info("%s", found.as_text().splitlines()[0])


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        chosen = choices(snakemake.input.disclosure)
        staged = Path(snakemake.input.facts).parent
        main(staged, chosen["previous"], chosen["time_limit"], **snakemake.output)

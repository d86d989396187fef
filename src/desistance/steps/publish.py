"""Move what withstood the attack to where it is published, with a statement for the output checker."""

import json
import os
import shutil
from pathlib import Path

from desistance.disclosure.statement import disclosure_statement
from desistance.errors import ReleaseError
from desistance.provenance import digest_of
from desistance.steps import LOG, logged, whole

STATEMENT = "disclosure_statement.md"


def main(staged: str | Path, account: str, published: str | Path) -> None:
    """Copy every staged file, each moved into place whole, and write the statement."""
    source, target = Path(staged), Path(published)
    files = sorted(path for path in source.rglob("*") if path.is_file() and not path.name.startswith("."))
    names = [path.relative_to(source).as_posix() for path in files]
    _refuse_strays(target, {*names, STATEMENT})
    facts = json.loads((source / "release.json").read_text(encoding="utf-8"))
    attacked = json.loads(Path(account).read_text(encoding="utf-8"))
    hashes = dict(zip(names, map(digest_of, files), strict=True))
    for path, name in zip(files, names, strict=True):
        with whole(target / name) as part:
            shutil.copyfile(path, part)
    with whole(target / STATEMENT) as part:
        part.write_text(disclosure_statement(facts, attacked, hashes), encoding="utf-8", newline="\n")
    LOG.info("%s files are in %s", len(files) + 1, target)


def _refuse_strays(target: Path, expected: set[str]) -> None:
    """Take away figures and tables of an earlier run; refuse any other file that nobody attacked."""
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if not path.is_file() or name in expected or path.name.startswith("."):
            continue
        if name.startswith(("tables/", "figures/")):
            os.remove(path)
            continue
        raise ReleaseError(
            f"{path} was not made by this run and was not attacked; move it out of {target}, then run again"
        )


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        staged, published = Path(snakemake.input.facts).parent, Path(snakemake.output.page).parent
        main(staged, snakemake.input.account, published)

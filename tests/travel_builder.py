"""Tallies that travel, made of small records: shared by the tests of their files, of combining and of the commands."""

import hashlib
import json
import zipfile

from desistance.cli import main
from desistance.tallies.portable import MANIFEST, NAMES, SIGNATURE
from desistance.tallies.signing import Signer
from records_builder import STUDY, case, csv_text, small_study

OTHER = Signer(b"somebody else's key, 32 bytes ..")


class Site:
    """A place with records and a key of its own, where `desistance tally` is run."""

    def __init__(self, folder, monkeypatch, study=STUDY):
        self.folder, self._patch = folder, monkeypatch
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Elsewhere").mkdir(exist_ok=True)
        self.study = folder / "study"
        small_study(self.study, study)

    def at_home(self):
        self._patch.chdir(self.folder / "Elsewhere")
        self._patch.setenv("DESISTANCE_KEY", str(self.folder / "keys" / "key"))

    def tally(self, rows, name="site", *more):
        """Count rows; the path of the tally."""
        path, out = self.folder / f"{name}.csv", self.folder / f"{name}.tally"
        path.write_text(csv_text(rows), encoding="utf-8")
        self.at_home()
        words = ["tally", str(path), "--study", str(self.study), "--out", str(out), "--force", *more]
        assert main(words) == 0
        return out

    def combine(self, *paths, name="all", more=()):
        self.at_home()
        out = self.folder / f"{name}.tally"
        assert main(["combine", *map(str, paths), "--out", str(out), "--force", *more]) == 0
        return out


def rows_of(team, numbers, **values):
    """Cases of one service."""
    return [case(number, team=team, **values) for number in numbers]


def members_in(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path, members, packing=zipfile.ZIP_STORED):
    """The archive with other members, in the order given; the path."""
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def signed_anew(path, signer=OTHER, inside=None, **changed):
    """The tally with other members or other words in its manifest, signed by somebody so that all digests are right."""
    found = members_in(path) | (inside or {})
    told = json.loads(found[MANIFEST])
    told["members"] = {
        name: {"sha256": hashlib.sha256(found[name]).hexdigest(), "n_bytes": len(found[name])}
        for name in NAMES[2:]
    }
    told |= {"key": signer.public, **changed}
    found[MANIFEST] = (json.dumps(told, indent=1, sort_keys=True) + "\n").encode()
    found[SIGNATURE] = signer.signature(found[MANIFEST])
    return rewritten(path, found)

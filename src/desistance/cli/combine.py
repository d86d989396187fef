"""`desistance combine`: tallies of several sites made one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from desistance.cli.command import Commands, add_json, command, print_json
from desistance.cli.draft_mapping import refuse_to_replace

if TYPE_CHECKING:
    from desistance.tallies.combining import Combined
    from desistance.tallies.manifest import Manifest


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "combine",
        _combine,
        "make one tally of those that `desistance tally` wrote at several sites",
        "Add tallies of one study, each counted where its records are. Refuses files that were altered, are not "
        "signed, or were counted by another study or other definitions, and made-up beside other records. A file given "
        "twice is counted once, and the order of the files does not matter. The sum is signed with your own key and "
        "can be combined again.",
        examples=[
            "north.tally south.tally --out all.tally",
            "sites/*.tally --trusted keys.txt --study studies/mine --out all.tally",
        ],
    )
    parser.add_argument("files", type=Path, metavar="FILE", nargs="+", help="tallies")
    parser.add_argument("--out", type=Path, required=True, help="the file to write, such as all.tally")
    parser.add_argument(
        "--trusted",
        type=Path,
        metavar="KEYS",
        help="file of the keys that are taken: one and a name on each line",
    )
    parser.add_argument(
        "--study", type=Path, help="folder with study.yaml, which the tallies must be counted by"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    add_json(parser)


def _combine(chosen: argparse.Namespace) -> None:
    from desistance.steps import whole
    from desistance.study import read_study
    from desistance.tallies.combining import combined
    from desistance.tallies.portable import write_portable
    from desistance.tallies.signing import own_signer, trusted_keys

    refuse_to_replace([chosen.out], force=chosen.force)
    trusted = trusted_keys(chosen.trusted) if chosen.trusted else None
    study = read_study(chosen.study) if chosen.study else None
    made = combined(chosen.files, trusted=trusted, study=study)
    signer = own_signer()
    with whole(chosen.out) as part:
        manifest = write_portable(part, made.tally, quotes=made.quotes, signer=signer, parts=made.parts)
    _tell(chosen, made, manifest, trusted or {})


def _tell(chosen: argparse.Namespace, made: Combined, manifest: Manifest, trusted: dict[str, str]) -> None:
    from desistance.tallies.signing import fingerprint

    if chosen.json:
        print_json(
            {
                "file": str(chosen.out),
                **{name: getattr(manifest, name) for name in ("study", "study_sha256", "version", "made_up")},
                **{name: made.tally.facts[name] for name in ("n_read", "n_accepted", "n_rejected")},
                **{name: getattr(manifest, name) for name in ("n_cases", "n_services")},
                "content_sha256": manifest.content,
                "key": manifest.key,
                "fingerprint": fingerprint(manifest.key),
                "parts": [{"content_sha256": part.content, "key": part.key} for part in made.parts],
                "remarks": list(made.remarks),
            }
        )
        return
    for part in made.parts:
        name = f", {trusted[part.key]}" if part.key in trusted else ""
        print(f"{part.content[:16]}  signed with {fingerprint(part.key)}{name}")
    print(
        f"{chosen.out}: {manifest.n_cases:,} {'made-up ' * manifest.made_up}cases, services: {manifest.n_services:,}, "
        f"counted in {len(made.parts):,} parts; SHA-256 of its content {manifest.content}\n"
        f"signed with the key {manifest.key} (fingerprint {fingerprint(manifest.key)})"
    )
    for remark in made.remarks:
        print(f"note: {remark}", file=sys.stderr)

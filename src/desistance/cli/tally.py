"""`desistance tally`: records counted where they are, as one signed file that can be carried elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from desistance.cli.command import Commands, add_json, command, print_json
from desistance.cli.draft_mapping import add_reading, refuse_to_replace, scratch_in

if TYPE_CHECKING:
    from desistance.disclosure.policy import Policy
    from desistance.settings import Settings
    from desistance.study import Study
    from desistance.tallies import Tally
    from desistance.tallies.manifest import Manifest
    from desistance.tallies.small_counts import SmallCounts

STUDY = Path("studies/bulletin_2021_03")
CONFIGURED = ""  # --check-disclosure without a policy


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "tally",
        _tally,
        "count records where they are, as one signed file for `desistance combine`",
        "Read records as a run would and write what it would count of them as one signed file: counts by service and "
        "pattern, and no record. The file can be carried to where the report is made. Many of its counts are small, so "
        "it goes only where records may go, unless --check-disclosure lets it out. Nothing else stays behind.",
        examples=[
            "data/raw/cases.csv --study studies/mine --out site.tally",
            "cases.sav --study studies/mine --mapping mapping.yaml --services services.ods --out site.tally",
            "--config config.yaml --out site.tally --check-disclosure",
        ],
    )
    parser.add_argument(
        "files", metavar="FILE", nargs="*", help="files of records, or patterns; default: those of --config"
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write, such as site.tally")
    parser.add_argument(
        "--study", type=Path, help=f"folder with study.yaml (default without --config: {STUDY})"
    )
    parser.add_argument("--mapping", help="mapping file, where headings or codes are not the study's")
    parser.add_argument("--services", metavar="FILE", help="table of services")
    parser.add_argument(
        "--comments", metavar="PATTERN", nargs="+", help="files of coded comments, or patterns"
    )
    add_reading(parser)
    parser.add_argument(
        "--config", "--configfile", type=Path, help="configuration of a run, for all that is not said here"
    )
    parser.add_argument(
        "--check-disclosure",
        metavar="POLICY",
        nargs="?",
        const=CONFIGURED,
        help="write nothing where a count is small under this policy (default: that of the configuration)",
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    add_json(parser)


def _tally(chosen: argparse.Namespace) -> None:
    from desistance.cli.counted import counted
    from desistance.records.progress import progress
    from desistance.steps import whole
    from desistance.study import read_study
    from desistance.tallies.portable import write_portable
    from desistance.tallies.signing import own_signer

    settings = _settings(chosen)
    policy = _policy(chosen, settings)
    refuse_to_replace([chosen.out], force=chosen.force)
    results = Path(settings.results)
    signer = own_signer(results=[results])
    study = read_study(Path(settings.study))
    comments = tuple(chosen.comments or filter(None, [settings.comments]))
    with scratch_in(results) as scratch, progress("Reading records") as seen:
        tally, quotes = counted(settings, study, comments, scratch=scratch, seen=seen)
    looked = _looked_at(tally, policy)
    with whole(chosen.out) as part:
        manifest = write_portable(
            part,
            tally,
            quotes=quotes,
            signer=signer,
            disclosure={"policy": policy.name, "n_counts": sum(each.n_counts for each in looked)}
            if policy
            else None,
        )
    _tell(chosen, manifest, tally, study)


def _settings(chosen: argparse.Namespace) -> Settings:
    """The choices of a run: those of the configuration, else the defaults of one, and what was said beside."""
    from desistance.documents import read_document
    from desistance.errors import SettingsError
    from desistance.settings import read_settings

    name = str(chosen.config) if chosen.config else "what was asked"
    config = read_document(chosen.config, "config", SettingsError) if chosen.config else {"study": str(STUDY)}
    if not chosen.files and not chosen.config:
        raise SettingsError("no records are named; give files, or a configuration that names them (--config)")
    said = {
        "files": chosen.files,
        **{key: getattr(chosen, key) for key in ("mapping", "services", "delimiter", "encoding", "sheet")},
    }
    records = {**config.get("records", {}), **{key: value for key, value in said.items() if value}}
    study = {"study": str(chosen.study)} if chosen.study else {}
    return read_settings({**config, **study, "records": records}, name=name)


def _policy(chosen: argparse.Namespace, settings: Settings) -> Policy | None:
    from desistance.disclosure.policy import read_policy
    from desistance.errors import SettingsError

    if chosen.check_disclosure is None:
        return None
    policy = read_policy(chosen.check_disclosure or settings.disclosure.policy)
    if not policy.protect:
        raise SettingsError(
            f"the policy {policy.name!r} protects nothing, so there is nothing to check; name another with "
            "--check-disclosure, or leave it out"
        )
    return policy


def _looked_at(tally: Tally, policy: Policy | None) -> tuple[SmallCounts, ...]:
    """Counts of each table, where they are all large enough to leave; nothing without a policy."""
    from desistance.errors import TallyError
    from desistance.tallies.small_counts import small_counts

    if policy is None:
        return ()
    least = 1 - policy.is_unsafe(0)
    looked = small_counts(tally, least=least, most=policy.largest_unsafe, smallest_base=policy.smallest_base)
    small = [f"{each.table} ({each.n_small:,} of {each.n_counts:,})" for each in looked if each.n_small]
    if small:
        raise TallyError(
            f"under the policy {policy.name} this tally must not leave, and nothing was written. Counts of {least} to "
            f"{policy.largest_unsafe} cases, or services with fewer than {policy.smallest_base}, stand in: "
            f"{', '.join(small)}. Count with fewer breakdowns, bands and factors (a study of your own), under fewer "
            "and larger services, or over more months; or leave --check-disclosure out and send the file only to a "
            "place that is as safe for it as this one"
        )
    return looked


def _tell(chosen: argparse.Namespace, manifest: Manifest, tally: Tally, study: Study) -> None:
    from desistance.findings.oddities import oddities
    from desistance.tallies.signing import fingerprint

    facts, odd = tally.facts, oddities(tally, study)
    told = {
        "file": str(chosen.out),
        **{name: getattr(manifest, name) for name in ("study", "study_sha256", "version", "made_up")},
        **{name: facts[name] for name in ("n_read", "n_accepted", "n_rejected", "n_cases", "n_services")},
        "disclosure": manifest.disclosure,
        "content_sha256": manifest.content,
        "key": manifest.key,
        "fingerprint": fingerprint(manifest.key),
        "oddities": [{"check": each.check, "where": each.where, "text": each.text} for each in odd],
    }
    if chosen.json:
        print_json(told)
        return
    rows = "cases" if "gathered" in facts else "rows"
    kind = f"made-up {rows}" if manifest.made_up else rows
    print(
        f"{facts['n_read']:,} {kind} read = {facts['n_accepted']:,} accepted + {facts['n_rejected']:,} rejected\n"
        f"{manifest.n_cases:,} cases, services: {manifest.n_services:,}, study {manifest.study} "
        f"(SHA-256 {manifest.study_sha256[:12]})"
    )
    for each in odd:
        print(f"odd, if this were all there is: {each.text}")
    print(
        f"{chosen.out}: SHA-256 of its content {manifest.content}\n"
        f"signed with the key {manifest.key} (fingerprint {fingerprint(manifest.key)})"
    )
    checked = (
        f"no small count under the policy {manifest.disclosure['policy']}" if manifest.disclosure else ""
    )
    print(checked or "not checked for small counts: send it only where records may go")

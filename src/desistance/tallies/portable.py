"""A tally as one file, `.tally`: to be carried from where records may not leave, signed, and read with suspicion."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desistance.errors import RecordsError, TallyError
from desistance.tallies.archive import AGAIN, MOST_BYTES, MOST_JSON, content_of, opened, write_archive
from desistance.tallies.definition import TABLES, Tally
from desistance.tallies.files import FORMAT, FORMAT_KEY, read_tally, write_tally
from desistance.tallies.manifest import Manifest, Part, definitions_digest, read_json, read_manifest
from desistance.tallies.signing import Signer, is_signed

MANIFEST, SIGNATURE, FACTS, QUOTES = "manifest.json", "signature", "facts.json", "quotes.json"
FILES = {name: f"{name}.parquet" for name in TABLES}
MEMBERS = (FACTS, QUOTES, *FILES.values())
NAMES = [MANIFEST, SIGNATURE, *MEMBERS]
QUOTE = ("theme", "direction", "excerpt")
LONGEST_QUOTE = 400  # characters, as where comments are read
Quotes = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Portable:
    """A tally that was read from one file, what the file says of itself, and the excerpts cleared for publication.

    `quotes` has `theme`, `direction` and `excerpt` of each, in an order that tells nothing of where it came from.
    """

    tally: Tally
    quotes: tuple[Mapping[str, str], ...]
    manifest: Manifest


def write_portable(
    path: Path,
    tally: Tally,
    *,
    quotes: Quotes = (),
    signer: Signer | None,
    parts: Sequence[Part] = (),
    disclosure: Mapping[str, Any] | None = None,
) -> Manifest:
    """Write a tally as one file; the same tally and signer give the same bytes.

    Parameters
    ----------
    path
        Where to write; a file that is there is written over, so give a temporary one where that matters.
    quotes
        Excerpts cleared for publication, in any order.
    signer
        Whoever signs; None only for what stays within one run.
    parts
        What the tally was combined from, in any order.
    disclosure
        Policy and number of counts, where the tally withstood `check_disclosure`.
    """
    members = members_of(tally, quotes)
    facts = tally.facts
    manifest = Manifest(
        study=facts["study"],
        study_sha256=facts["study_sha256"],
        definitions_sha256=definitions_digest(facts),
        made_up=facts["made_up"],
        n_cases=facts["n_cases"],
        n_services=facts["n_services"],
        members={
            name: {"sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content)}
            for name, content in members.items()
        },
        parts=tuple(sorted(parts)),
        disclosure=disclosure,
        key=signer.public if signer else None,
    )
    text = manifest.as_bytes()
    signature = signer.signature(text) if signer else b""
    write_archive(path, {MANIFEST: text, SIGNATURE: signature, **members})
    return manifest


def members_of(tally: Tally, quotes: Quotes = ()) -> dict[str, bytes]:
    """The files inside, by name: facts, cleared excerpts, and the tables as Parquet."""
    with tempfile.TemporaryDirectory(prefix="desistance-") as folder:
        write_tally(tally, _paths(Path(folder)))
        members = {name: Path(folder, name).read_bytes() for name in (FACTS, *FILES.values())}
    text = json.dumps(in_order(quotes), indent=1, ensure_ascii=False) + "\n"
    return {FACTS: members.pop(FACTS), QUOTES: text.encode(), **members}


def in_order(quotes: Quotes) -> list[dict[str, str]]:
    """Excerpts in an order of their own, so that it tells nothing of where they come from."""
    rows = [{name: quote[name] for name in QUOTE} for quote in quotes]
    return sorted(rows, key=lambda row: tuple(row.values()))


def look_into(path: Path) -> tuple[Manifest, dict[str, Any]]:
    """What a file says of itself, and its facts, held against its own signature; its tables are not read.

    Raises
    ------
    TallyError
        It is no tally, it was altered, or its format is another. Whether its signer is trusted is for the caller.
    """
    with opened(path, NAMES) as archive:
        manifest = _manifest(archive, path)
        return manifest, _facts(_member(archive, FACTS, manifest, path, MOST_JSON), path)


def read_portable(path: Path, *, guarded: bool = True) -> Portable:
    """Read a tally; everything in it is held against what was signed.

    Parameters
    ----------
    guarded
        Whether the tables are read in a process of their own, as a file from elsewhere must be; parts that the same
        run wrote need not.

    Raises
    ------
    TallyError
        It is no tally, it was altered or cut off, is larger than it may be, or does not hold together.
    """
    with opened(path, NAMES) as archive:
        manifest = _manifest(archive, path)
        facts, quotes = (_member(archive, name, manifest, path, MOST_JSON) for name in (FACTS, QUOTES))
        tables = (
            {}
            if guarded
            else {name: _member(archive, name, manifest, path, MOST_BYTES) for name in FILES.values()}
        )
    _facts(facts, path)
    told = _quotes(quotes, path)
    if guarded:
        tables = _guarded(path, {name: manifest.members[name]["sha256"] for name in FILES.values()})
    with tempfile.TemporaryDirectory(prefix="desistance-") as folder:
        for name, content in {FACTS: facts, **tables}.items():
            Path(folder, name).write_bytes(content)
        try:
            tally = read_tally(_paths(Path(folder)))
            _check_facts(tally, manifest, path)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if isinstance(error, TallyError):
                raise TallyError(str(error).replace(str(Path(folder, FACTS)), str(path))) from None
            raise TallyError(f"{path} does not hold together; {AGAIN}") from None
    return Portable(tally, told, manifest)


def _paths(folder: Path) -> dict[str, Path]:
    return {name: folder / file for name, file in FILES.items()} | {"facts": folder / FACTS}


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    text, signature = content_of(archive, MANIFEST, path), content_of(archive, SIGNATURE, path)
    manifest = read_manifest(text, str(path))
    sizes = {name: archive.getinfo(name).file_size for name in MEMBERS}
    if {name: member["n_bytes"] for name, member in manifest.members.items()} != sizes:
        raise TallyError(f"{path} says of itself what no tally says; {AGAIN}")
    if manifest.key is None and not signature:
        return manifest
    if manifest.key is None or not is_signed(text, signature, manifest.key):
        raise TallyError(
            f"{path} was altered after it was signed, or signed by another than it says; do not use it, and {AGAIN}"
        )
    return manifest


def _member(archive: zipfile.ZipFile, name: str, manifest: Manifest, path: Path, most: int) -> bytes:
    content = content_of(archive, name, path, most)
    if hashlib.sha256(content).hexdigest() != manifest.members[name]["sha256"]:
        raise TallyError(f"{path} was altered: its {name} is not the one that was signed; {AGAIN}")
    return content


def _facts(content: bytes, path: Path) -> dict[str, Any]:
    facts = read_json(content, str(path))
    if not isinstance(facts, dict):
        raise TallyError(f"{path} does not hold together; {AGAIN}")
    return facts


def _guarded(path: Path, digests: Mapping[str, str]) -> dict[str, bytes]:
    """Tables as a process of their own read them, written anew: nothing else of the files goes further."""
    from pyarrow import parquet

    from desistance.records.formats.guarded import members

    found = {}
    try:
        tables = members(path, digests)
    except RecordsError as error:
        raise TallyError(str(error)) from None
    for name, table in tables.items():
        out = io.BytesIO()
        parquet.write_table(table.replace_schema_metadata({FORMAT_KEY: FORMAT}), out)
        found[name] = out.getvalue()
    return found


def _check_facts(tally: Tally, manifest: Manifest, path: Path) -> None:
    """What a tally says of itself is what it holds."""
    facts = tally.facts
    said = {
        name: getattr(manifest, name)
        for name in ("study", "study_sha256", "made_up", "n_cases", "n_services")
    }
    services = tally.services
    fits = (
        all(facts[name] == value and type(facts[name]) is type(value) for name, value in said.items())
        and definitions_digest(facts) == manifest.definitions_sha256
        and facts["n_read"] == facts["n_accepted"] + facts["n_rejected"]
        and int(services["n_cases"].sum()) == facts["n_accepted"] == facts["n_cases"]
        and len(services) == facts["n_services"]
        and bool((services["n_cases"] > 0).all())
    )
    if not fits:
        raise TallyError(f"{path} says of itself what it does not hold; {AGAIN}")


def _quotes(content: bytes, path: Path) -> tuple[Mapping[str, str], ...]:
    told = read_json(content, str(path))
    fits = isinstance(told, list) and all(
        isinstance(one, dict)
        and list(one) == list(QUOTE)
        and all(isinstance(text, str) and len(text) <= LONGEST_QUOTE for text in one.values())
        for one in told
    )
    if not fits:
        raise TallyError(f"{path} holds excerpts that are none; {AGAIN}")
    return tuple(told)

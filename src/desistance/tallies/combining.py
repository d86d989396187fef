"""Tallies of several sites made one: which may be added, which are there twice, and what the whole is made of."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desistance.errors import TallyError
from desistance.study import Study
from desistance.tallies.definition import Tally, add_tallies
from desistance.tallies.manifest import Manifest, Part
from desistance.tallies.portable import Portable, in_order, look_into, read_portable
from desistance.tallies.signing import fingerprint

SHOWN = 5  # definitions that a message lists


@dataclass(frozen=True)
class Given:
    """One file that is to be combined: its path, what it says of itself, and its facts."""

    path: Path
    manifest: Manifest
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Combined:
    """The sum of tallies, and what a person should know of it.

    `parts` are the tallies that were counted from records, in the order of their digests; `remarks` say in words which
    files were left out because they are there already, and what is unusual.
    """

    tally: Tally
    quotes: tuple[Mapping[str, str], ...]
    parts: tuple[Part, ...]
    remarks: tuple[str, ...]


def combined(
    paths: Sequence[Path], *, trusted: Mapping[str, str] | None = None, study: Study | None = None
) -> Combined:
    """Add tallies that travelled. In which order they are given does not show in the result.

    Parameters
    ----------
    paths
        Files that `desistance tally` or `desistance combine` wrote.
    trusted
        Names by public key; a file signed with another key is refused. Without it every key is taken.
    study
        The study they must be of; without it that of the others.

    Raises
    ------
    TallyError
        A file is altered, unsigned or signed by nobody trusted; studies or definitions differ, or made-up and other
        records would be mixed; or combined tallies share parts, which would count twice. The message says which file
        and what differs; of several mistakes all.
    """
    given = [Given(Path(path), *look_into(Path(path))) for path in dict.fromkeys(paths)]
    if not given:
        raise TallyError("there is no tally to combine; give files that `desistance tally` wrote")
    given.sort(key=lambda each: (-len(each.manifest.counted), each.manifest.content, str(each.path)))
    if mistakes := [*_unknown_signers(given, trusted), *_differences(given, study)]:
        raise TallyError("\n  ".join(["these tallies cannot be combined:", *sorted(mistakes)]))
    kept, remarks = _each_once(given)
    in_turn = [each.path for each in sorted(kept, key=lambda each: each.manifest.content)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # each waits for the process that reads its file
        read = list(threads.map(read_portable, in_turn))
    _refuse_changed(read, kept)
    remarks += _shared_services([each.tally for each in read])
    parts = {part.content: part for each in read for part in sorted(each.manifest.counted, reverse=True)}
    quotes = [quote for each in read for quote in each.quotes]
    return Combined(
        tally=add_tallies([each.tally for each in read]),
        quotes=tuple(in_order(quotes)),
        parts=tuple(sorted(parts.values())),
        remarks=tuple(sorted(remarks)),
    )


def _unknown_signers(given: Iterable[Given], trusted: Mapping[str, str] | None) -> Iterable[str]:
    for each in given:
        key = each.manifest.key
        if key is None:
            yield f"{each.path} is not signed; take the file that `desistance tally` wrote"
        elif trusted is not None and key not in trusted:
            yield (
                f"{each.path} is signed with the key {fingerprint(key)}, which is not among the trusted ones; ask its "
                "sender, by another way than the file came, whether that is theirs"
            )


def _differences(given: Sequence[Given], study: Study | None) -> Iterable[str]:
    """What tells files from the study, or else from the one that most agree with."""
    if study is not None:
        for each in given:
            if each.manifest.study_sha256 != study.digest:
                words = _definitions(each.facts.get("definitions"), study.definitions)
                yield f"{each.path} was counted by another study.yaml than that of {study.id}: {words}"
    first = _usual(given)
    for each in given:
        mine, usual = each.manifest, first.manifest
        if study is None and mine.study_sha256 != usual.study_sha256:
            words = _definitions(each.facts.get("definitions"), first.facts.get("definitions"))
            yield f"{each.path} was counted by another study.yaml than {first.path}: {words}"
        elif mine.definitions_sha256 != usual.definitions_sha256:
            yield f"{each.path} and {first.path} say the same study and mean different definitions; count both again"
        if mine.made_up != usual.made_up:
            made_up, real = (each, first) if mine.made_up else (first, each)
            yield f"{made_up.path} is of made-up records and {real.path} is not; they must not be mixed"


def _usual(given: Sequence[Given]) -> Given:
    """A file of the study that most files are of."""
    times = Counter((each.manifest.study_sha256, each.manifest.made_up) for each in given)
    most = max(times.values())
    return next(each for each in given if times[each.manifest.study_sha256, each.manifest.made_up] == most)


def _definitions(one: Any, other: Any) -> str:
    one, other = (each if isinstance(each, Mapping) else {} for each in (one, other))
    names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    if not names:
        return "what is measured is the same, but not all else in it; give every site the same folder"
    known = [name for name in names if name.isprintable() and len(name) <= 80]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(known[:SHOWN])}{more} {'differs' if len(names) == 1 else 'differ'}"


def _each_once(given: Sequence[Given]) -> tuple[list[Given], list[str]]:
    """Files whose parts are not all there already; `given` has those with most parts first."""
    kept: list[Given] = []
    remarks: list[str] = []
    seen: dict[str, Given] = {}
    for each in given:
        contents = {part.content for part in each.manifest.counted}
        there = contents & set(seen)
        if there == contents:
            others = sorted({str(seen[content].path) for content in contents})
            remarks.append(f"{each.path} is counted once: what it holds is in {', '.join(others)} too")
            continue
        if there:
            other = seen[min(there)]
            raise TallyError(
                f"{each.path} and {other.path} are combined tallies that share {len(there)} of their parts, which "
                "would count twice; combine the single tallies instead"
            )
        kept.append(each)
        seen |= dict.fromkeys(contents, each)
    return kept, remarks


def _refuse_changed(read: Sequence[Portable], kept: Sequence[Given]) -> None:
    looked_at = {each.manifest.content: each.manifest for each in kept}
    if any(looked_at.get(each.manifest.content) != each.manifest for each in read):
        raise TallyError(
            "a tally was changed while it was read; let files be written to the end, then combine again"
        )


def _shared_services(tallies: Sequence[Tally]) -> list[str]:
    times = Counter(service for tally in tallies for service in tally.services["service"])
    shared = sum(n > 1 for n in times.values())
    if not shared:
        return []
    which = "1 service stands" if shared == 1 else f"{shared:,} services stand"
    return [
        f"{which} in more than one of the tallies, and their cases were added; a case that is in two of them counts "
        "twice, as only records counted together are searched for it"
    ]

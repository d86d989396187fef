"""Cases and services that may be the same under two spellings, and rows that are gathered into cases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from desistance.check.definition import DOUBT, NOTE, Finding
from desistance.check.shown import Sum, exact_or_few, rows_in_words, words_for
from desistance.records.identifiers import case_digest
from desistance.records.sources import JOINT
from desistance.study import Study

UNSEEN = "Cf"  # Unicode's category of zero-width characters and marks of direction
NOUGHTS_AFTER = re.compile(r"(?<=\d)\.0+$")


@dataclass
class Spellings:
    """Case numbers as they are written and as they are perhaps meant, by digests: 16 bytes for each that differs."""

    written: set[bytes] = field(default_factory=set)
    meant: set[bytes] = field(default_factory=set)

    def add(self, numbers: Iterable[str], *, key: bytes) -> None:
        """Add numbers; empty ones are none."""
        for number in filter(None, numbers):
            self.written.add(case_digest(number, key=key))
            self.meant.add(case_digest(plain_number(number), key=key))


def plain_number(text: str) -> str:
    """A case number without what programs change: form and size of letters, noughts before it, `.0` after it.

    Of numbers joined from several headings this is done to each.

    >>> [
    ...     plain_number(text)
    ...     for text in ("007", "7.0", "Leeds / 007", "ab1", "\N{FULLWIDTH DIGIT SEVEN}", "0")
    ... ]
    ['7', '7', 'leeds / 7', 'ab1', '7', '0']
    """
    parts = _plain(text).split(JOINT)
    return JOINT.join(NOUGHTS_AFTER.sub("", part).lstrip("0") or "0" for part in parts)


def plain_service(text: str) -> str:
    """A service without spaces, unseen characters, and form and size of letters.

    >>> plain_service("North\N{NO-BREAK SPACE}Shire\N{ZERO WIDTH SPACE}") == plain_service("NORTHSHIRE")
    True
    """
    return "".join(_plain(text).split())


def _plain(text: str) -> str:
    same = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(each for each in same if unicodedata.category(each) != UNSEEN).split())


def look_alikes(cases: Spellings, services: Iterable[str], study: Study, threshold: int) -> Iterator[Finding]:
    """Case numbers, and services, of which some differ in nothing but their spelling; none is shown."""
    case, service = study.words["case"], study.words["service"]
    names = set(filter(None, services))
    numbers = f"{case[0]} number", f"{case[0]} numbers"
    n_names, n_numbers = len(names), len(cases.written)
    fewer = n_names - len(set(map(plain_service, names)))
    if len(cases.meant) < n_numbers:
        yield Finding(
            DOUBT,
            "case_numbers_alike",
            study.case,
            f"{_upper(numbers[1])} differ only in small and capital letters, in noughts before them, in .0 after them "
            "or in characters that are not seen",
            f"Each is taken for a {case[0]} of its own. If they are the same, a program changed some of them, often a "
            "spreadsheet: export them as text, and write each the same way in all rows and files.",
            rows_in_words(n_numbers - len(cases.meant), n_numbers, threshold, unit=numbers),
        )
    if fewer:
        yield Finding(
            DOUBT,
            "services_alike",
            study.service,
            f"{_upper(service[1])} differ only in small and capital letters, in spaces or in characters that are not "
            "seen",
            f"Each spelling is taken for a {service[0]} of its own. Sort the column {study.service} by its values, and "
            "write each the same way in all rows and files, and in the table of services.",
            rows_in_words(fewer, n_names, threshold, unit=service),
        )


def gathered_findings(account: Mapping[str, Any], study: Study, threshold: int) -> Iterator[Finding]:
    """How many rows make how many cases, where a study gathers rows."""
    if "gathered" not in account:
        return
    n_rows, n_cases = account["gathered"]["n_rows"], account["gathered"]["n_cases"]
    case, cases = study.words["case"]
    counts = {"cases": n_cases, "more": n_rows - n_cases}
    words = words_for(counts, [Sum("all", tuple(counts))], {"all": n_rows}, threshold)
    yield Finding(
        NOTE,
        "rows_gathered",
        "rows",
        f"Rows with the same {case} number are made one {case}. Rows: {exact_or_few(n_rows, threshold)}; {cases} made "
        f"of them: {words['cases']}",
        f"Compare this with what the supplier says. Where numbers begin again in each {study.words['service'][0]}, "
        f"give both headings in the mapping, under columns, {study.case}: from: [{study.service}, number].",
    )


def _upper(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"

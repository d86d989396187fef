"""What a file itself says of its codes, held against the study and the mapping: labels, and codes called missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isnan

import pyarrow as pa

from desistance.errors import RecordsError
from desistance.records.formats import Table
from desistance.records.formats.headings import shown
from desistance.records.mapping import DATE_FORMAT, Source
from desistance.records.typed import CALLED_MISSING, day_of, number_of
from desistance.study.derivations import DATE

# Codes that say nothing of themselves: numbers and single letters.
BARE = re.compile(r"[-+.]?[0-9]+(?:\.[0-9]+)?|[A-Za-z]")
STATA_LETTER = re.compile(r"\.[a-z]")  # missing values of its own; a file does not list those it has
MOST_SHOWN = 20


class Codes:
    """The codes of one column of one file, each as the text that the study or the mapping knows, where one does.

    A code stands as its label where that means something and the mapping is silent on the code. Among numbers and
    dates, a code that the file calls missing is marked (`CALLED_MISSING`) where neither label nor mapping says how.
    """

    def __init__(self, source: Source, table: Table) -> None:
        self._source, self._table = source, table
        self._texts = {_written(code, source): text for code, text in _standing(source, table).items()}
        self._missing = frozenset(
            _written(code, source) for code in table.missing_codes.get(source.heading, ()) if source.kind
        )
        self._ranges = table.missing_ranges.get(source.heading, ()) if source.kind else ()
        self._taken = _taken(source)
        self._either = {text: code for code, text in self._texts.items() if text in source.codes}
        self._found: set[str] = set()

    @property
    def needless(self) -> bool:
        """Whether every value stands for itself."""
        lettered = self._source.kind and self._table.kind == "stata"
        return not (self._texts or self._missing or self._ranges or self._taken or lettered)

    def applied(self, column: pa.ChunkedArray) -> pa.Array:
        """A column of text with its codes put into words.

        Raises
        ------
        RecordsError
            A code may mean two things, because the mapping mentions what is like it and not the code.
        """
        found = column.combine_chunks()
        encoded = found if pa.types.is_dictionary(found.type) else found.dictionary_encode()
        values = [value or "" for value in encoded.dictionary.to_pylist()]
        self._refuse_doubtful({value.strip() for value in values})
        texts = pa.array([self._text(value) for value in values], pa.string())
        return texts.take(encoded.indices).fill_null("")

    def _text(self, value: str) -> str:
        code = value.strip()
        if code in self._source.codes:
            return value
        if code in self._texts:
            return self._texts[code]
        return code + CALLED_MISSING if self._is_called_missing(code) else value

    def _is_called_missing(self, code: str) -> bool:
        if code in self._source.meanings and not _is_value(code, self._source):
            return False
        if code in self._missing or (self._table.kind == "stata" and STATA_LETTER.fullmatch(code)):
            return bool(self._source.kind)
        place = _place(code, self._source.kind, self._source.date_format)
        return any(
            _place(low, self._source.kind) <= place <= _place(high, self._source.kind)
            for low, high in self._ranges
        )

    def _refuse_doubtful(self, values: set[str]) -> None:
        """Refuse a code that the mapping makes another one into, and a label that is another one's code."""
        self._found |= values & {*self._either, *self._either.values()}
        where = f"{self._table.name}: under the heading {shown(self._source.heading)!r}"
        for code in sorted((self._taken.keys() & values) - self._texts.keys()):
            raise RecordsError(
                f"{where} stands {code!r} itself, and the mapping makes {self._taken[code]!r} into {code!r}; say in "
                f"the mapping what {code!r} in the file means (columns.{self._source.column}.codes)"
            )
        for label, code in self._either.items():
            if {label, code} <= self._found:
                raise RecordsError(
                    f"{where} stands {label!r} both as a code and as the label of the code {code!r}, and the mapping "
                    f"mentions it; say in the mapping what {code!r} means (columns.{self._source.column}.codes)"
                )


def refuse_contradictions(sources: Mapping[str, Source], table: Table) -> None:
    """Refuse a file in which a code has one meaning by its label and another in the study, unless the mapping decides.

    The message shows headings, codes and labels: these are the file's own codebook, not a value of anybody.
    """
    lines = [line for source in sources.values() for line in _contradictions(source, table)]
    if lines:
        more = [f"and {len(lines) - MOST_SHOWN} more"] if len(lines) > MOST_SHOWN else []
        raise RecordsError(
            f"{table.name} has codes whose labels say something else than the study; say in the mapping what each "
            "of these codes means (codes):\n  " + "\n  ".join([*lines[:MOST_SHOWN], *more])
        )


def _contradictions(source: Source, table: Table) -> Iterator[str]:
    for code, label in _labels(source, table):
        known = _known_as(label, source)
        if source.kind or known is None or label in source.codes:
            continue
        said = (
            f"columns.{source.column}, heading {shown(source.heading)!r}: the label of {code!r} is {label!r}"
        )
        if source.meanings.get(code, source.meanings[known]) != source.meanings[known]:
            yield f"{said}, and to the study {code!r} is {_in_words(source.meanings[code])}"
        elif known in source.codes:
            yield f"{said}, and the mapping makes {known!r} into {source.codes[known]!r}"


def _in_words(meaning: str) -> str:
    return meaning.replace("_", " ") if "'" not in meaning else "a level of its own"


def _standing(source: Source, table: Table) -> dict[str, str]:
    """The text that each code with a label stands as, where the label means something."""
    found = {
        code: label if label in source.codes else _known_as(label, source)
        for code, label in _labels(source, table)
    }
    return {code: text for code, text in found.items() if text is not None}


def _labels(source: Source, table: Table) -> Iterator[tuple[str, str]]:
    """Codes on which the mapping is silent, with their labels; among numbers and dates no number is a label."""
    for code, label in table.value_labels.get(source.heading, {}).items():
        text = label.strip()
        if source.kind and (not text or _is_value(text, source)):
            continue
        if _written(code, source) not in source.codes:
            yield code, text


def _is_value(text: str, source: Source) -> bool:
    return not isnan(_place(text, source.kind, source.date_format))


def _known_as(label: str, source: Source) -> str | None:
    """The study's code that a label is, but for capital letters; none where two that differ come as close."""
    if label in source.meanings:
        return label
    close = [code for code in source.meanings if code.strip().casefold() == label.casefold()]
    return close[0] if len({source.meanings[code] for code in close}) == 1 else None


def _taken(source: Source) -> dict[str, str]:
    """Bare codes of the study that the mapping makes another code into and does not mention, with that other code."""
    if source.kind:
        return {}
    return {
        target: code
        for code, target in source.codes.items()
        if BARE.fullmatch(target) and target not in source.codes and not _is_the_same(code, target)
    }


def _is_the_same(code: str, target: str) -> bool:
    """Whether two codes differ only in how they are written."""
    return code.casefold() == target.casefold() or number_of(code, ".") == number_of(target, ".")


def _written(code: str, source: Source) -> str:
    """A code of a file as its values are written: dates in the mapping's format."""
    day = day_of(code, DATE_FORMAT) if source.kind == DATE else None
    return day.strftime(source.date_format) if day else code


def _place(text: str, kind: str | None, date_format: str = DATE_FORMAT) -> float:
    """A number or day as a number; not a number where it is neither."""
    day = day_of(text, date_format) if kind == DATE else None
    if day:
        return float(day.toordinal())
    try:
        return float(text)
    except ValueError:
        return float("nan")

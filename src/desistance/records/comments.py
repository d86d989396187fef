"""Coded comments, one row a coding: read, checked, joined to cases, and counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desistance.errors import RecordsError
from desistance.records.identifiers import case_digest
from desistance.records.ingest import MALFORMED, Accepted
from desistance.records.mapping import is_marked
from desistance.records.passages import (
    NO_THEME,
    Coding,
    coding_rows,
    disagreement_rows,
    in_order,
    passage_rows,
    passages_of,
    quote_rows,
)
from desistance.records.rejects import shown_coding, shown_passage
from desistance.records.sheets import Row, read_sheet
from desistance.records.told import Told
from desistance.study import DIRECTIONS, MADE_UP, NO, YES, Codebook, Study

LONGEST_QUOTE = 400  # characters
OPTIONAL = ("excerpt", "cleared", MADE_UP)


@dataclass
class Line:
    """One row of a file, what it says, and the rules it breaks."""

    file: str
    row: Row
    said: Coding
    rules: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Comments:
    """Codings as read and checked by themselves; `marks` gives each case the agreed themes of its comments.

    The keys of `marks` are digests of a case's number and service, as `case_digest` makes them. `withheld` are
    passages that someone did not clear, or of whom it cannot be read whether they did.
    """

    lines: tuple[Line, ...]
    marks: Mapping[bytes, str]
    withheld: frozenset[str]
    files: tuple[Mapping[str, Any], ...]
    made_up: bool
    study: Study
    key: bytes = field(repr=False)

    @property
    def cases(self) -> frozenset[bytes]:
        """Digests of all cases that are spoken of, with their services."""
        said = (line.said for line in self.lines)
        return frozenset(case_digest(each.case, each.service, key=self.key) for each in said if each.case)

    def told(self, accepted: Accepted) -> Told:
        """Count the passages of accepted cases and services; the others are rejected.

        A passage stands in one service and about one case, so what is rejected here are whole passages, and `marks`
        stay true.
        """
        rules = [[*line.rules, *_unmatched(line.said, accepted, self.key)] for line in self.lines]
        kept = [line.said for line, broken in zip(self.lines, rules, strict=True) if not broken]
        rejected = [
            {"file": line.file, "row": line.row.number, "rules": ";".join(broken), **self._shown(line)}
            for line, broken in zip(self.lines, rules, strict=True)
            if broken
        ]
        passages = passages_of(kept)
        quotes, fate = quote_rows(passages, set(self.withheld), self.study.codebook)
        tables = {
            "passages": passage_rows(passages, self.study.codebook),
            "codings": coding_rows(passages, self.study.codebook),
            "quotes": quotes,
            "disagreements": disagreement_rows(passages, lambda each: shown_passage(each, key=self.key)),
            "rejected_comments": rejected,
        }
        counts = Counter(rule for broken in rules for rule in broken)
        coders = sorted({coder for each in passages for coder in each.coders})
        account = {
            "made_up": self.made_up,
            "n_read": len(self.lines),
            "n_accepted": len(kept),
            "n_rejected": len(rejected),
            "rejected_by_rule": dict(sorted(counts.items())),
            "n_passages": len(passages),
            "n_passages_case": sum(bool(each.case) for each in passages),
            "n_passages_two_coders": sum(len(each.coders) > 1 for each in passages),
            "n_passages_disputed": sum(each.disputed for each in passages),
            "n_services": len({each.service for each in passages}),
            "n_cases": len({(each.service, each.case) for each in passages if each.case}),
            "n_coders": len(coders),
            "coders": coders,
            **fate,
            "files": list(self.files),
        }
        return Told(tables, account)

    def _shown(self, line: Line) -> dict[str, str]:
        """What may be seen of a rejected row; values of a malformed one may stand under the wrong headings."""
        if line.row.malformed:
            return dict.fromkeys(line.row.values, "")
        return shown_coding(line.row.values, line.said, self.study.case, key=self.key)


def coded_comments(files: Sequence[Path], study: Study, *, key: bytes) -> Comments:
    """Read files of coded comments: CSV or workbooks, one row a coding, such as one file a coder.

    Rows in which nothing but the coder stands are unused lines of a coding sheet, and are not counted. `key` is for the
    digests of case numbers, the same as for the records.

    Raises
    ------
    RecordsError
        The study has no codebook, a file cannot be read or lacks a heading, or made-up and other comments are mixed.
    """
    if study.codebook is None:
        raise RecordsError(
            f"records.comments names coded comments, but the study {study.id} has no codebook; "
            "describe themes and coders in study.yaml, or leave the comments out"
        )
    lines: list[Line] = []
    described = []
    for path in files:
        rows = [row for row in read_sheet(path, headings(study), optional=OPTIONAL) if _is_used(row)]
        lines += [_line(path.name, row, study) for row in rows]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        described.append({"name": path.name, "sha256": digest, "n_rows": len(rows)})
    _check_passages(lines)
    clean = passages_of(line.said for line in lines if not line.rules)
    marks: dict[bytes, set[tuple[str, str]]] = {}
    for passage in clean:
        if passage.case:
            marks.setdefault(case_digest(passage.case, passage.service, key=key), set()).update(
                passage.agreed
            )
    return Comments(
        lines=tuple(lines),
        marks={
            digest: "+".join(map(":".join, in_order(themes, study.codebook)))
            for digest, themes in marks.items()
        },
        withheld=frozenset(_withheld(lines)),
        files=tuple(described),
        made_up=_are_made_up(lines),
        study=study,
        key=key,
    )


def headings(study: Study) -> tuple[str, ...]:
    """Headings that every file of coded comments has."""
    return ("passage", study.service, study.case, "coder", "theme", "direction")


def _is_used(row: Row) -> bool:
    return any(value for name, value in row.values.items() if name not in ("coder", MADE_UP))


def _line(file: str, row: Row, study: Study) -> Line:
    """One row, with every rule that it breaks by itself."""
    codebook, values = study.codebook, row.values
    theme = _known(values["theme"], _themes(codebook))
    said = Coding(
        passage=values["passage"],
        service=values[study.service],
        case=values[study.case],
        coder=_known(values["coder"], {coder: coder for coder in codebook.coders}),
        theme=theme,
        direction=_known(values["direction"], {direction: direction for direction in DIRECTIONS}),
        excerpt=values["excerpt"],
        cleared=values["cleared"].casefold() == YES,
    )
    return Line(file, row, said, [MALFORMED] if row.malformed else _broken(values, said))


def _themes(codebook: Codebook) -> dict[str, str]:
    """What may stand for a theme: its label or its id, or the word for none."""
    by_label = {theme.label: theme.id for theme in codebook.themes}
    return by_label | {theme.id: theme.id for theme in codebook.themes} | {NO_THEME: NO_THEME}


def _known(text: str, codes: Mapping[str, str]) -> str:
    """The code that a text stands for, whether in capitals or not; empty where there is none."""
    return codes.get(text) or {name.casefold(): code for name, code in codes.items()}.get(text.casefold(), "")


def _broken(values: Mapping[str, str], said: Coding) -> list[str]:
    rules = {
        "passage_missing": not said.passage,
        "service_missing": not said.service,
        "direction_missing": said.theme not in ("", NO_THEME) and not values["direction"],
        "direction_without_theme": said.theme == NO_THEME and bool(values["direction"]),
        "cleared_without_excerpt": said.cleared and not said.excerpt,
        "excerpt_too_long": said.cleared and len(said.excerpt) > LONGEST_QUOTE,
        "unknown_code:cleared": values["cleared"].casefold() not in (YES, NO, ""),
    }
    for name in ("coder", "theme"):
        rules[f"{name}_missing"] = not values[name]
    for name in ("coder", "theme", "direction"):
        rules[f"unknown_code:{name}"] = bool(values[name]) and not getattr(said, name)
    return [rule for rule, is_broken in rules.items() if is_broken]


def _check_passages(lines: Iterable[Line]) -> None:
    """Add the rules that rows break together.

    Where rows contradict each other none of them is taken; of the same coding twice the first is.
    """
    readable = [line for line in lines if MALFORMED not in line.rules and line.said.passage]
    for name in ("service", "case"):
        places: dict[str, set[str]] = {}
        for line in readable:
            if name == "case" or line.said.service:
                places.setdefault(line.said.passage, set()).add(getattr(line.said, name))
        for line in readable:
            if len(places.get(line.said.passage, ())) > 1:
                line.rules.append(f"passage_in_two_{name}s")
    _check_contradictions(readable)
    seen = set()
    for line in readable:
        key = (line.said.passage, line.said.coder, line.said.theme)
        if key in seen:
            line.rules.append("duplicate_coding")
        elif not line.rules:
            seen.add(key)


def _check_contradictions(lines: Iterable[Line]) -> None:
    """One coder who finds no theme and a theme in one passage, or one theme to be enabler and barrier there."""
    themes: dict[tuple[str, str], set[str]] = {}
    directions: dict[tuple[str, str, str], set[str]] = {}
    clean = [line for line in lines if not line.rules]
    for line in clean:
        said = line.said
        themes.setdefault((said.passage, said.coder), set()).add(said.theme)
        directions.setdefault((said.passage, said.coder, said.theme), set()).add(said.direction)
    for line in clean:
        said = line.said
        found = themes[said.passage, said.coder]
        if NO_THEME in found and len(found) > 1:
            line.rules.append("none_beside_a_theme")
        if len(directions[said.passage, said.coder, said.theme]) > 1:
            line.rules.append("theme_in_two_directions")


def _withheld(lines: Iterable[Line]) -> set[str]:
    """Passages with a word against showing them in any row, even a rejected one; what cannot be read is against it."""
    # ASSUME A19: one word against it is enough.
    return {line.said.passage for line in lines if line.row.values["cleared"].casefold() not in (YES, "")}


def _unmatched(said: Coding, accepted: Accepted, key: bytes) -> list[str]:
    """Rules known once the records are read."""
    if not said.service:
        return []
    rules = {
        "service_without_records": said.service not in accepted.services,
        "case_without_record": bool(said.case)
        and case_digest(said.case, said.service, key=key) not in accepted.cases,
    }
    return [rule for rule, is_broken in rules.items() if is_broken]


def _are_made_up(lines: Sequence[Line]) -> bool:
    """Whether all comments are made up."""
    marked = {is_marked(line.row.values[MADE_UP]) for line in lines if MALFORMED not in line.rules}
    if len(marked) > 1:
        raise RecordsError(
            "some coded comments say in the column made_up that they are made up and others do not; "
            "made-up and other comments must not be mixed: give records.comments one kind only"
        )
    return True in marked

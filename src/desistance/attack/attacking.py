"""The whole attack on one published folder, alone or beside an earlier one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from desistance.attack import documents
from desistance.attack.account import Account, Breach
from desistance.attack.accounts import account_breaches
from desistance.attack.attribution import needed_by_arithmetic, needed_kinds, touching
from desistance.attack.children import children
from desistance.attack.comments import comments, everything_else, services
from desistance.attack.editions import Joined, join
from desistance.attack.enumeration import Tried, tried
from desistance.attack.errors import AttackError
from desistance.attack.exact_cells import combination_breaches
from desistance.attack.knowledge import Knowledge, Target, cases
from desistance.attack.printed_shares import printed_shares
from desistance.attack.printed_tests import printed_tests
from desistance.attack.published import read_published
from desistance.attack.rules import read_rules
from desistance.attack.shown import shown_breaches
from desistance.attack.solving import Clock, Found, bound_targets, is_breached
from desistance.attack.statistics import Statistics
from desistance.attack.system import Matrix, Relation
from desistance.attack.together import together
from desistance.attack.told import hidden_shares, told_relations

_MOST_EXPLAINED = 8
_NOT_TRIED = (
    "errors and tests that rest on the spread between services (cr2, cr3, rao_scott, icc, variation), "
    "as counts by service are not published",
    "adjusted effects (several divisions at once) and tests on ranks of the number of factors",
    "whether the place of a hidden p-value in its family can be told from the adjusted p-values of others",
    "that Fisher's test and an exact interval are only there where counts are small",
    "whether a figure of calibration.csv is the size of a base",
)


@dataclass
class _Edition:
    """One folder, read and written down."""

    known: Knowledge
    tried: Tried


def attack(folder: Path, previous: Path | None = None, *, time_limit: float) -> Account:
    """Try to find out every hidden count of a published folder.

    Parameters
    ----------
    folder : Path
        What is to be published: ``release.json``, CSV tables, and documents.
    previous : Path, optional
        Another published folder, such as the last edition, that readers have as well.
    time_limit : float
        Seconds after which what is not bounded yet is given up, and said to be.

    Returns
    -------
    Account
        What was tried and what was found; ``holds`` says whether the folder may be published.

    Raises
    ------
    AttackError
        Something cannot be read, or contradicts itself: nothing may be published.
    """
    clock = Clock.of(time_limit)
    edition = _written_down(folder)
    known = edition.known
    if not known.rules.protect:
        return Account(known.rules.name, protected=False)
    said, read = documents.statements(folder, hidden_shares(known), known.structure)
    joined = _joined(known, previous)
    matrix = known.system.matrix()
    start = matrix.only({one.kind for one in matrix.relations})
    matrix.propagate()
    relations, told, notes = told_relations(known, matrix, said)
    if relations:
        notes += _take_in(known, relations)
        matrix = known.system.matrix()
        start = matrix.only({one.kind for one in matrix.relations})
        matrix.propagate()
    found = bound_targets(matrix, list(known.targets.values()), known.rules, clock)
    combinations, combinations_left = combination_breaches(known, matrix, clock)
    breaches = [
        *account_breaches(known.published.release, known.rules),
        *shown_breaches(known, matrix),
        *combinations,
        *told,
        *(joined.breaches if joined else ()),
        *_few_values(edition, found),
        *_narrow(known, start, found, clock),
    ]
    account = _account(edition, found, joined, matrix)
    return replace(
        account,
        read=tuple(
            dict.fromkeys((*sorted(f"{name}.csv" for name in known.published.tables), "release.json", *read))
        ),
        breaches=_once(breaches),
        not_tried=(*account.not_tried, *dict.fromkeys([*combinations_left, *notes])),
    )


def _take_in(known: Knowledge, relations: list[Relation]) -> list[str]:
    """Add what was told, all at once; if that cannot be, one after another, leaving out what contradicts the rest."""
    before = list(known.system.relations)
    known.system.relations += relations
    if _is_possible(known):
        return []
    known.system.relations[:] = before
    notes = []
    for one in relations:
        known.system.relations.append(one)
        if not _is_possible(known):
            known.system.relations.pop()
            notes.append(f"{one.kind} at {one.where}: contradicts what else is published")
    return notes


def _is_possible(known: Knowledge) -> bool:
    try:
        known.system.matrix().propagate()
    except AttackError:
        return False
    return True


def _written_down(folder: Path, *, anyway: bool = False) -> _Edition:
    """Everything the tables and the facts of a folder say, statistics included; ``anyway`` if nothing is hidden too."""
    published = read_published(folder)
    known = Knowledge(published, read_rules(published.release))
    if not (known.rules.protect or anyway):
        return _Edition(known, Tried())
    for write_down in (cases, children, together, comments, services):
        write_down(known)
    known.settle()
    matrix = known.system.matrix()
    matrix.propagate()
    statistics = Statistics(known, matrix)
    printed_shares(statistics)
    printed_tests(statistics)
    known.system.relations += statistics.relations
    done = Tried()
    if statistics.to_try:
        matrix = known.system.matrix() if statistics.relations else matrix
        matrix.propagate()
        done = tried(matrix, statistics.to_try)
        known.system.relations += done.relations
    return _Edition(known, done)


def _joined(known: Knowledge, previous: Path | None) -> Joined | None:
    if previous is None:
        return None
    return join(known, _written_down(previous, anyway=True).known)


def _few_values(edition: _Edition, found: Found) -> Iterator[Breach]:
    """Counts of which a statistic leaves few values, though these may lie far apart."""
    known = edition.known
    for key, (n_values, low, high, kind, where) in edition.tried.few.items():
        target = known.targets.get(key)
        if target is None or key in found.narrow:
            continue
        hidden = target.rule == "hidden" and n_values < known.rules.candidates
        if hidden or is_breached(target, low, high, known.rules):
            yield Breach(kind, where, key, (kind,))


def _narrow(known: Knowledge, start: Matrix, found: Found, clock: Clock) -> Iterator[Breach]:
    """A breach for each count that is known too well, named after the relations that give it away."""
    order = {"hidden": 0, "rest": 1, "leftover": 2}
    keys = sorted(found.narrow, key=lambda key: order[known.targets[key].rule])
    others = [known.targets[key] for key in keys[_MOST_EXPLAINED:]]
    quick = needed_by_arithmetic(start, others, known.rules, clock) if others else {}
    for place, key in enumerate(keys):
        target = known.targets[key]
        if place < _MOST_EXPLAINED and clock.left() > 0:
            kinds = needed_kinds(start, target, known.rules, clock)
        else:
            kinds = quick.get(key) or touching(start, key)
        telling = kinds[0] if kinds else "shown_count"
        yield Breach(telling, _where(start, target, telling), key, kinds)


def _where(matrix: Matrix, target: Target, kind: str) -> str:
    """The place of the telling relation, if one of that kind speaks of the count itself; else the count's own."""
    rows = matrix.rows[matrix.columns == matrix.index[target.key]]
    named = [matrix.relations[row].where for row in rows if matrix.relations[row].kind == kind]
    own = target.where
    return f"{own}; {named[0]}" if named and named[0] not in own else own


def _once(breaches: list[Breach]) -> tuple[Breach, ...]:
    """Each kind of leak about a count once."""
    kept: dict[tuple[str, tuple[str, ...], str], Breach] = {}
    for one in breaches:
        kept.setdefault((one.kind, one.key, one.where), one)
    return tuple(kept.values())


def _account(edition: _Edition, found: Found, joined: Joined | None, matrix: Matrix) -> Account:
    known = edition.known
    kinds = Counter(one.kind for one in matrix.relations)
    rules = Counter(target.rule for target in known.targets.values())
    not_tried = [*_NOT_TRIED]
    not_tried += [f"{one}: too many counts are possible to try all" for one in edition.tried.too_many[:20]]
    if known.rules.round_to > 1:
        not_tried.append(
            "whole numbers: counts were rounded, so hidden ones were bounded by the relaxation alone"
        )
    if known.weighted:
        not_tried.append("shares of weights, which say little of counts")
    other = everything_else(known)
    if other:
        not_tried.append(f"tables without counts of these children: {', '.join(other)}")
    if joined:
        kinds["edition"] = max(kinds["edition"], joined.n_joined)
    return Account(
        policy=known.rules.name,
        protected=True,
        relations=dict(sorted(kinds.items())),
        n_counts=len(matrix.keys),
        n_hidden=rules["hidden"],
        n_guarded=rules["rest"] + rules["leftover"],
        n_solved=found.n_free,
        n_tried=edition.tried.n_tried,
        least_candidates=found.least[0] if found.least else None,
        least_key=found.least[1] if found.least else (),
        unsettled=tuple(", ".join(key) for key in found.unsettled),
        not_tried=tuple(not_tried),
    )

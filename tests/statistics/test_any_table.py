"""Tables drawn at random, through every function of the room that gives a result.

What is promised of all of them is tested on the same tables, which are thick with the shapes on which statistics
break: a status with every missing number, numbers within their bounds, and no part played by the order of services
and subgroups, the names of strata, the unit of weights or which answer is called yes. Warnings are errors in all
tests. Regressions, which cost more, are in `test_any_regression`.
"""

import inspect
from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import desistance.statistics
from desistance.statistics.status import Status
from drawn_tables import FLAWS, SHAPES, Shape, drawn, found_shapes, stacked
from every_statistic import MIXED, NOT_DRAWN, REGRESSIONS, SINGLE, STACKED, answers_to
from laws import check_laws, function_of

ELSEWHERE = {Status.TOO_LARGE, Status.ONE_CODER}
LOGISTIC = {
    name: REGRESSIONS[name]
    for name in ("logistic.logistic_regression", "exchangeable.exchangeable_regression")
}
EVERY_CALL = STACKED | SINGLE | REGRESSIONS | MIXED


@given(SHAPES)
@settings(max_examples=40)
def test_functions_that_take_many_tables_at_once_keep_every_law(shape):
    """40 times 60 tables."""
    check_laws(stacked(shape, 60), STACKED, np.random.default_rng(shape.seed))


@given(SHAPES)
@settings(max_examples=60)
def test_functions_that_take_one_table_keep_every_law(shape):
    """60 times 20 tables."""
    random = np.random.default_rng(shape.seed)
    for table in drawn(shape, 20):
        check_laws(table, SINGLE, random)


def some_tables():
    """Two thousand, of all shapes alike."""
    for seed in range(100):
        shape = Shape(seed, 1 + seed % 9, 2 + seed % 3, (1, 3, 12, 30)[seed % 4])
        yield from drawn(shape, 20)


@pytest.fixture(scope="module")
def shapes():
    return Counter(name for table in some_tables() for name, found in found_shapes(table).items() if found)


def test_every_shape_on_which_statistics_break_is_common(shapes):
    names = found_shapes(next(some_tables())).keys()
    assert {name: shapes[name] for name in names if shapes[name] < 40} == {}


def test_every_flaw_changes_tables():
    random = np.random.default_rng(1)
    for name, flaw in FLAWS.items():
        base = random.integers(2, 9, (5, 3, 2))
        yes = base // 2
        before = yes.copy(), base.copy()
        flaw(random, yes, base)
        assert not all(map(np.array_equal, before, (yes, base))), name
        assert ((yes >= 0) & (yes <= base)).all(), name


def test_every_status_is_given_to_some_table():
    """But to those whose tables take long, or that are not about tables."""
    seen = set()
    for number, table in enumerate(some_tables()):
        if number % 8 == 0:
            results = [result for _, result in answers_to(table, SINGLE | LOGISTIC)]
            seen |= {status for each in results for status in np.ravel(each.status).tolist()}
    for seed in range(20):
        results = [result for _, result in answers_to(stacked(Shape(seed, 1 + seed % 9, 3, 3), 40), STACKED)]
        seen |= {status for each in results for status in np.ravel(getattr(each, "status", "ok")).tolist()}
    assert {status for status in Status if status not in seen} == ELSEWHERE


def public_functions():
    """Module and name of every function of the room that others may call."""
    for path in sorted(Path(desistance.statistics.__file__).parent.glob("[!_]*.py")):
        module = import_module(f"desistance.statistics.{path.stem}")
        for name, value in vars(module).items():
            ours = inspect.isfunction(value) and value.__module__ == module.__name__
            if ours and not name.startswith("_"):
                yield f"{path.stem}.{name}"


def test_every_function_of_the_room_is_drawn_or_says_why_not():
    """A new function belongs into `every_statistic`: called there, or among those not drawn, with a reason."""
    functions = set(public_functions())
    called = {function_of(name) for name in EVERY_CALL}
    assert not called & NOT_DRAWN.keys()
    assert called | NOT_DRAWN.keys() == functions
    assert all(NOT_DRAWN.values())

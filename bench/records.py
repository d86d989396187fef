"""Made-up records of any size for a study: `python bench/records.py STUDY OUT --cases 1e6 --services 43`.

Prevalence and sufficiency vary from service to service, factors go together, services differ in size, and every kind of
missing occurs. No row breaks a rule of the study. Every row is marked in the column `made_up`. The rows of a seed are
always the same: rows are drawn in blocks, each from its own stream, so memory does not grow with the file and a
smaller file is the beginning of a larger one of as many services.
"""

import argparse
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from desistance.study import MADE_UP, MISSING, NO, YES, Study, read_study

BLOCK = 2**14
BLOCKS_TOGETHER = 8  # a group of rows in Parquet is of about the size that DuckDB writes
SHARE_MISSING = 0.03  # of judgements; and a third of it of breakdowns
SPREAD_OF_SERVICES, SPREAD_OF_CASES, SPREAD_OF_LEVELS = 0.4, 0.7, 0.15  # on the logit scale


@dataclass(frozen=True)
class Population:
    """What all blocks have in common; effects are on the logit scale."""

    study: Study
    seed: int
    services: pa.Array
    up_to: np.ndarray  # share of cases in this service and those before it
    middle: dict[str, float]  # of each judgement
    of_service: dict[str, np.ndarray]
    of_level: dict[str, np.ndarray]  # by column of a division: one row a judgement
    up_to_level: dict[str, np.ndarray]


def population(study: Study, *, services: int, seed: int) -> Population:
    """Draw services, how large they are, and how common everything is."""
    if study.derived_columns or study.gathers:
        raise SystemExit(
            f"{study.id} derives columns or gathers rows; records.py makes one row a case, read as it is"
        )
    rng = np.random.default_rng([seed, 0])
    size = rng.lognormal(0.0, 0.5, services)
    columns = study.judgement_columns
    bases = {item.column for item in study.items if item.base}
    shares = {name: rng.uniform(*((0.45, 0.85) if name in bases else (0.1, 0.6))) for name in columns}
    sizes = {each.column: rng.dirichlet(np.full(len(each.codes), 6.0)) for each in study.divisions}
    return Population(
        study,
        seed,
        pa.array([f"Service {number:05d}" for number in range(1, services + 1)]),
        np.cumsum(size / size.sum()),
        {name: float(np.log(share / (1 - share))) for name, share in shares.items()},
        {name: rng.normal(0, SPREAD_OF_SERVICES, services).astype(np.float32) for name in columns},
        {name: rng.normal(0, SPREAD_OF_LEVELS, (len(columns), len(each))) for name, each in sizes.items()},
        {name: np.cumsum(each) for name, each in sizes.items()},
    )


def block(drawn: Population, number: int) -> pa.Table:
    """Return the rows of one block, `BLOCK` of them."""
    study, rng = drawn.study, np.random.default_rng([drawn.seed, 1, number])
    service = _places(rng, drawn.up_to)
    levels = {name: _places(rng, up_to) for name, up_to in drawn.up_to_level.items()}
    columns = {
        study.case: pa.array([f"made-up {row:09d}" for row in range(number * BLOCK, (number + 1) * BLOCK)]),
        study.service: pa.DictionaryArray.from_arrays(pa.array(service), drawn.services),
        **_dates(study, rng),
        **_design(study, service),
        **{each.column: _division(study, each, levels[each.column], rng) for each in study.divisions},
        **_judgements(drawn, service, levels, rng),
        MADE_UP: _coded(np.zeros(BLOCK, dtype=np.int8), ["made up"]),
    }
    return pa.table({name: columns[name] for name in (*study.record_columns, MADE_UP)})


def _places(rng: np.random.Generator, up_to: np.ndarray) -> np.ndarray:
    places = np.searchsorted(up_to, rng.random(BLOCK), side="right")
    return np.minimum(places, len(up_to) - 1).astype(np.int32)


def _coded(codes: np.ndarray, values: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(values))


def _dates(study: Study, rng: np.random.Generator) -> dict[str, pa.Array]:
    if not study.date:
        return {}
    first, last = np.datetime64(study.date.first), np.datetime64(study.date.last)
    days = first + np.arange((last - first).astype(int) + 1)
    codes = rng.integers(0, len(days), BLOCK).astype(np.int32)
    return {study.date.column: pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(days.astype(str)))}


def _design(study: Study, service: np.ndarray) -> dict[str, pa.Array]:
    """Four strata, each with many more services than were drawn, and weights that differ by service."""
    made = {}
    if study.stratum:
        made[study.stratum] = _coded(service % 4, [f"Stratum {number}" for number in range(1, 5)])
    if study.services_in_stratum:
        made[study.services_in_stratum] = pa.array(np.full(BLOCK, 10**6)).cast(pa.string())
    if study.weight:
        made[study.weight] = _coded(service % 3, ["1.0", "1.5", "2.25"])
    return made


def _codes(study: Study) -> dict[str, str]:
    """One code for each state that the study has a code for."""
    return {state: code for code, state in reversed(study.codes.items())}


def _division(study, division, level, rng) -> pa.DictionaryArray:
    code = _codes(study)
    kinds = [code[kind] for kind in MISSING if kind in code and code[kind] not in division.codes]
    missing = rng.random(BLOCK) < SHARE_MISSING / 3 if kinds else np.zeros(BLOCK, dtype=bool)
    kind = rng.integers(0, max(len(kinds), 1), BLOCK)
    return _coded(np.where(missing, len(division.codes) + kind, level), [*division.codes, *kinds])


def _judgements(drawn: Population, service: np.ndarray, levels, rng) -> dict[str, pa.Array]:
    """Answers; a case of many difficulties has more of all factors. Where the base is not a yes nothing is judged."""
    study, code = drawn.study, _codes(drawn.study)
    states = [state for state in (YES, NO, *MISSING) if state in code]
    unknown = [states.index(kind) for kind in MISSING if kind in code and kind != "not_applicable"]
    apart = states.index(next(kind for kind in MISSING if kind in code)) if len(states) > 2 else None
    base = {item.column: item.base for item in study.items if item.base and not item.derived}
    difficulties = rng.standard_normal(BLOCK, dtype=np.float32) * SPREAD_OF_CASES
    answers: dict[str, np.ndarray] = {}
    for place, name in enumerate(study.judgement_columns):
        of_levels = sum(drawn.of_level[column][place][level] for column, level in levels.items())
        tendency = drawn.middle[name] + drawn.of_service[name][service] + of_levels
        tendency = tendency - difficulties if name in base else tendency + difficulties
        answer = np.where(rng.random(BLOCK) < 1 / (1 + np.exp(-tendency)), 0, 1)
        if unknown:
            which = np.array(unknown)[rng.integers(0, len(unknown), BLOCK)]
            answer = np.where(rng.random(BLOCK) < SHARE_MISSING, which, answer)
        answers[name] = answer
    for name in sorted(base, key=lambda name: _depth(name, base)):
        if apart is None:
            raise SystemExit(f"{study.id} has items over a base and no code for a missing answer")
        answers[name] = np.where(answers[base[name]] == 0, answers[name], apart)
    return {name: _coded(answer, [code[state] for state in states]) for name, answer in answers.items()}


def _depth(name: str, base: dict[str, str]) -> int:
    return 1 + _depth(base[name], base) if name in base else 0


def make_records(study: Study, out: Path, *, cases: int, services: int, seed: int) -> None:
    """Write made-up records, CSV or Parquet by the ending of the name."""
    drawn = population(study, services=services, seed=seed)
    schema = pa.schema([(name, pa.string()) for name in (*study.record_columns, MADE_UP)])
    waiting = []
    with closing(_writer(out, schema, quoted=_needs_quotes(study))) as writer:
        for number in range(-(-cases // BLOCK)):
            rows = block(drawn, number).slice(0, cases - number * BLOCK)
            waiting.append(rows.cast(schema))
            if len(waiting) == BLOCKS_TOGETHER:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting).combine_chunks())


def _needs_quotes(study: Study) -> bool:
    texts = [*study.codes, *(code for division in study.divisions for code in division.codes)]
    return any(set(text) & set(',"\r\n') for text in texts)


def _writer(out: Path, schema: pa.Schema, *, quoted: bool):
    if out.suffix == ".parquet":
        return pa.parquet.ParquetWriter(out, schema, compression="snappy")
    if out.suffix == ".csv":
        style = "needed" if quoted else "none"
        return pa.csv.CSVWriter(out, schema, write_options=pa.csv.WriteOptions(quoting_style=style))
    raise SystemExit(f"{out.name}: give a name that ends in .csv or .parquet")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="folder of the study")
    parser.add_argument("out", type=Path, help="file to write, .csv or .parquet")
    parser.add_argument("--cases", type=lambda text: int(float(text)), default=1168)
    parser.add_argument("--services", type=int, default=43)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    study = read_study(asked.study)
    make_records(study, asked.out, cases=asked.cases, services=asked.services, seed=asked.seed)


if __name__ == "__main__":
    main()

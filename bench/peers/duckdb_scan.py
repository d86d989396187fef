"""The floor: DuckDB reads every value of the same columns. The last argument says what of: its hash or its length."""

import sys

import duckdb
from common import asked, finish, started

OF_EACH_VALUE = {"hash": 'bit_xor(hash("{}"))', "length": 'sum(length("{}"))'}


def main():
    task, begun = asked(), started()
    columns = [task.service, *task.breakdowns, *task.items]
    read = "read_parquet(?)" if task.records.suffix == ".parquet" else "read_csv(?, all_varchar=true)"
    values = ", ".join(OF_EACH_VALUE[sys.argv[7]].format(name) for name in columns)
    duckdb.execute(f"SELECT {values} FROM {read}", [str(task.records)]).fetchall()
    finish(begun, task.out)


if __name__ == "__main__":
    main()

"""The floor: DuckDB reads every value of the same columns. The last argument says what of.

`rows` hands every row over, in batches; `hash` and `length` keep one number a column of the hash or the length of each.
"""

import sys

import duckdb
from common import asked, finish, started

ROWS_AT_ONCE = 2**17
OF_EACH_VALUE = {"rows": '"{}"', "hash": 'bit_xor(hash("{}"))', "length": 'sum(length("{}"))'}


def main():
    task, begun = asked(), started()
    columns = [task.service, *task.breakdowns, *task.items]
    read = "read_parquet(?)" if task.records.suffix == ".parquet" else "read_csv(?, all_varchar=true)"
    of = sys.argv[7]
    values = ", ".join(OF_EACH_VALUE[of].format(name) for name in columns)
    found = duckdb.sql(f"SELECT {values} FROM {read}", params=[str(task.records)])
    if of == "rows":
        for _ in found.to_arrow_reader(ROWS_AT_ONCE):
            pass
    else:
        found.fetchall()
    finish(begun, task.out)


if __name__ == "__main__":
    main()

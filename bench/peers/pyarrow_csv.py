"""The floor for CSV: pyarrow parses the same columns, with its threads, and does nothing with them."""

from common import asked, finish, started
from pyarrow import csv


def main():
    task, begun = asked(), started()
    columns = [task.service, *task.breakdowns, *task.items]
    csv.read_csv(task.records, convert_options=csv.ConvertOptions(include_columns=columns))
    finish(begun, task.out)


if __name__ == "__main__":
    main()

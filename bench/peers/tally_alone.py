"""Read and count with this project, and nothing else."""

import jsonschema  # noqa: F401 - loaded when a study is read; before the clock starts, as all else is
from common import asked, finish, started
from counted import counted

from desistance.study import read_study

if __name__ == "__main__":
    task, begun = asked(), started()
    counted(task.records, read_study(task.study))
    finish(begun, task.out)

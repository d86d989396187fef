"""Read and count with this project, and nothing else."""

from common import asked, finish, started
from counted import counted

from desistance.study import read_study

if __name__ == "__main__":
    task, begun = asked(), started()
    counted(task.records, read_study(task.study))
    finish(begun, task.out)

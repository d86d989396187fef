"""The same with svy, by its own functions."""

import polars as pl
import svy
from common import NO_LEVEL, asked, finish, started


def main():
    task, begun = asked(), started()
    columns = [task.service, *task.breakdowns, *task.items]
    data = pl.read_csv(task.records, columns=columns, infer_schema=False)
    answered = [
        pl.when(pl.col(item).is_in(["yes", "no"])).then(pl.col(item)).alias(item) for item in task.items
    ]
    levels = [pl.when(~pl.col(by).is_in(NO_LEVEL)).then(pl.col(by)).alias(by) for by in task.breakdowns]
    sample = svy.Sample(data.with_columns(*answered, *levels), svy.Design(psu=task.service))
    estimates, tests = [], []
    for by in task.breakdowns:
        for item in task.items:
            where = svy.col(item).is_not_null() & svy.col(by).is_not_null()
            found = sample.estimation.prop(item, by=by, where=where)
            for each in found.estimates:
                if each.y_level == "yes":
                    estimates.append((item, by, each.by_level[0], each.est, each.se, each.lci, each.uci))
            test = sample.categorical.tabulate(item, by, where=where).stats.f
            tests.append((item, by, test.value, test.df_num, test.df_den, test.p_value))
    finish(begun, task.out, estimates, tests)


if __name__ == "__main__":
    main()

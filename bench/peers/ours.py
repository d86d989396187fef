"""Shares with logit intervals by subgroup, and Rao-Scott's F, with this project; imports what that needs alone."""

from common import asked, finish, started
from counted import counted
from scipy.special import fdtrc

from desistance.statistics.comparisons import rao_scott_test
from desistance.statistics.design import one_stratum_design
from desistance.statistics.proportions import clustered_proportions
from desistance.study import read_study
from desistance.tallies import service_counts


def shares(counts, by, design):
    """One row an item and level; a row is left out where there is no logit interval (a share of 0 or 1)."""
    arrays = counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base
    found = clustered_proportions(*arrays, design, confidence_level=0.95, minimum_effective_base=0)
    for number, item in enumerate(counts.items):
        for place, level in enumerate(counts.levels):
            at = number, place
            if found.interval[at] == "logit_t":
                ends = found.ci_low[at], found.ci_high[at]
                yield item.column, by, level, found.estimate[at], found.standard_error[at], *ends


def tests(counts, by, design):
    """One row an item; the last number is p with the degrees of freedom of all services, as tableone has them."""
    arrays = counts.n_yes, counts.n_base, counts.weight_yes, counts.weight_base
    for number, item in enumerate(counts.items):
        test = rao_scott_test(*(array[:, number] for array in arrays), design)
        if test.status == "ok":
            of_all = fdtrc(test.df1, test.df1 * (design.n_services - 1), test.statistic)
            yield item.column, by, test.statistic, test.df1, test.df2, test.p_value, of_all


def main():
    task, begun = asked(), started()
    study = read_study(task.study)
    tally = counted(task.records, study)
    design = one_stratum_design(len(tally.services))
    made = {"estimates": [], "tests": []}
    for division in study.breakdowns:
        counts = service_counts(tally, study, division)
        made["estimates"] += shares(counts, division.column, design)
        made["tests"] += tests(counts, division.column, design)
    finish(begun, task.out, **made)


if __name__ == "__main__":
    main()

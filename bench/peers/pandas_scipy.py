"""The same with pandas and scipy: counted by groupby, the variance and Rao-Scott's F written out by hand below."""

import numpy as np
import pandas as pd
from common import NO_LEVEL, asked, finish, started
from scipy import stats


def covariance(scores):
    """Of totals over services, each service a draw with replacement."""
    centred = scores - scores.mean(axis=0)
    return len(scores) / (len(scores) - 1) * centred.T @ centred


def share(yes, base):
    """Share, standard error and logit interval from counts by service; None where there is no such interval.

    Services without a case in the base count in the variance, as zero, and not in the degrees of freedom.
    """
    p, df = yes.sum() / base.sum(), (base > 0).sum() - 1
    error = np.sqrt(covariance(((yes - p * base) / base.sum())[:, None])[0, 0])
    if not 0 < p < 1:
        return None
    half = stats.t.ppf(0.975, df) * error / (p * (1 - p))
    logit = np.log(p / (1 - p))
    return p, error, *(1 / (1 + np.exp(-(logit + sign * half))) for sign in (-1, 1))


def rao_scott(cells):
    """Second-order F; cells of shape (n_services, 2, n_levels)."""
    n, n_levels, df = cells.sum(), cells.shape[2], (cells.sum(axis=(1, 2)) > 0).sum() - 1
    p = cells.sum(axis=0) / n
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    chi_square = n * (np.square(p - expected) / expected).sum()
    residuals = (cells - p * cells.sum(axis=(1, 2), keepdims=True)) / n
    variance = covariance(residuals.reshape(len(cells), -1))
    one = np.vstack([-np.ones(n_levels - 1), np.eye(n_levels - 1)])
    contrast = np.vstack([one, -one]) / p.reshape(-1, 1)
    independent = contrast.T @ (p.reshape(-1, 1) * contrast) / n
    effects = np.linalg.solve(independent, contrast.T @ variance @ contrast)
    df1 = np.trace(effects) ** 2 / np.trace(effects @ effects)
    statistic, df2 = chi_square / np.trace(effects), df1 * df
    return statistic, df1, df2, stats.f.sf(statistic, df1, df2)


def main():
    task, begun = asked(), started()
    columns = [task.service, *task.breakdowns, *task.items]
    data = pd.read_csv(task.records, usecols=columns, dtype="category", keep_default_na=False)
    services = data[task.service].unique()
    estimates, tests = [], []
    for by in task.breakdowns:
        for item in task.items:
            rows = data[data[item].isin(["yes", "no"]) & ~data[by].isin(NO_LEVEL)]
            counts = (
                rows.groupby([task.service, by, item], observed=True).size().unstack([by, item], fill_value=0)
            )
            levels = sorted(set(counts.columns.get_level_values(0)))
            whole = counts.reindex(
                index=services, columns=pd.MultiIndex.from_product([levels, ["yes", "no"]]), fill_value=0
            )
            cells = whole.to_numpy(float).reshape(len(whole), len(levels), 2)
            for place, level in enumerate(levels):
                found = share(cells[:, place, 0], cells[:, place].sum(axis=1))
                estimates += [(item, by, level, *found)] if found else []
            tests.append((item, by, *rao_scott(cells.swapaxes(1, 2))))
    finish(begun, task.out, estimates, tests)


if __name__ == "__main__":
    main()

"""Arrays in, frozen results out: estimates and tests that respect the inspection of whole services.

Nothing here knows files, tables or names of measures. Inputs are counts (and sums of weights) by service;
cases with a missing answer have been left out by whoever counted. What cannot be computed is NaN with a
`Status`, never an error or a warning; errors are for inputs that make no sense.

`status`
    Why a number is, or is not, there; which interval it was given.
`design`
    How services were drawn, and the variance that follows: `one_stratum_design`, `stratified_design`,
    `score_covariance`.
`proportions`, `means`, `intervals`, `intraclass`
    `clustered_proportions`, `clustered_means`, `wilson_interval`, `intraclass_correlation`.
`comparisons`, `fisher`
    Between subgroups: `pearson_test`, `rao_scott_test`, `fisher_test`.
`multiplicity`
    Many tests at once: `holm`, `benjamini_hochberg`.
`rounding`
    Halves go up: `round_half_up_percent`, `percent_half_up`.

Import from the modules: importing this package loads none of them, so a step loads only what it uses.
"""

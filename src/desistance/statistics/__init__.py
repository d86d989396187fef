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
`differences`, `contrasts`
    How much subgroups differ: `share_differences` and `omnibus_test`, the headline; `design_contrasts` with
    ratios, `newcombe_interval`.
`level_shares`, `omnibus`
    The same for many tables at once, in closed form: `level_fit`, `omnibus_tests`.
`trends`, `ranks`
    Over ordered bands: `share_slope`, `mean_slope`, `cochran_armitage_test`. A number between subgroups:
    `kruskal_wallis_test`, `design_rank_test`.
`fits`, `robust`, `wald`, `bootstrap`
    Regressions from counts and what services contribute: `linear_fit`, `logistic_fit`; their CR0 to CR3
    variances, `contrast_tests` and `wald_test`; `wild_bootstrap_test`.
`regression_cells`, `regression_tables`, `logistic`, `marginal_effects`, `exchangeable`
    Several breakdowns at once: `RegressionCells`, or as tables `RegressionTables`; `logistic_regression`,
    `average_marginal_effects`; with cases of a service taken as alike: `exchangeable_regression`.
`likelihood`, `separation`
    What logistic regressions share: `likelihood_peak`, `collinear_columns`, `separated_columns`.
`random_intercept`, `adaptive_quadrature`
    Services with a level of their own: `random_intercept_logit`, and its likelihood.
`variation`, `leave_one_out`
    How services differ, never which: `intraclass_interval`, `funnel`, `leave_one_out_shares`.
`without_each`, `wald_without_each`
    What is left without each service, from sums: `shares_without_each`, and bounds of `p_values_without_each`.
`association`, `agreement`
    Factors that go together, and raters that agree: `pair_lifts`, `kappa`.
`precision`
    What could have been seen: `detectable_difference`, `detectable_slope`.
`multiplicity`
    Many tests at once: `holm`, `benjamini_hochberg`.
`rounding`
    Halves go up: `round_half_up_percent`, `percent_half_up`.

Import from the modules: importing this package loads none of them, so a step loads only what it uses.
"""

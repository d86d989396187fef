"""Every number of the reference results is read by a test that is named here, or it is said why not.

The table cannot rot unseen: a number no line is about, a line that is about no number, a test that is gone, and a test
whose source no longer names what it is said to read are all failures.
"""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from desistance.statistics.robust import Correction
from desistance.statistics.wald import WaldMethod

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "data" / "reference"

# Paths without positions in lists; a row of a test goes by its method. Regular expressions, whole path.
SAMPLES = r"(cases|nhanes|guimmun|schools/equal_weights|schools/weights_and_fpc)"
DISTRICTS = "more/clubSandwich_apiclus2"
READ_BY = {
    rf"{SAMPLES}/proportions/(n|n_unweighted_yes|df|estimate|se|deff)": (
        "test_statistics_against_r::test_shares_are_those_of_survey"
    ),
    rf"{SAMPLES}/proportions/(logit|beta|mean)_(lower|upper)": (
        "test_statistics_against_r::test_intervals_of_shares_are_those_of_survey"
    ),
    rf"{SAMPLES}/tests/(F|Chisq)/.*": "test_statistics_against_r::test_rao_scott_tests_are_those_of_survey",
    rf"{SAMPLES}/tests/(Wald|adjWald)/.*": (
        "test_reference_variants::test_wald_tests_of_every_table_are_those_of_svychisq"
    ),
    r"(cases|nhanes|schools/.*)/contrasts/.*": "test_contrasts::test_contrasts_are_those_of_survey",
    r"(cases|nhanes|schools/.*)/regression/.*": "test_logistic::test_every_regression_is_that_of_svyglm",
    r"guimmun/regression/.*": "test_logistic::test_the_guatemalan_children_are_those_of_svyglm",
    r"guimmun/pearson/.*": (
        "test_statistics_against_r::test_pearsons_tests_of_the_guatemalan_children_are_those_of_stats"
    ),
    r"cases/trend/.*": "test_logistic::test_trends_in_log_odds_are_those_of_svyglm",
    r"cases/unclustered/(chi2|df|p|cramers_v|fisher_p)": (
        "test_statistics_against_r::test_tests_that_ignore_services_are_those_of_stats"
    ),
    r"cases/unclustered/(chi2|p)_yates": (
        "test_reference_variants::test_yates_correction_is_that_of_chisq_test"
    ),
    r"cases/unclustered/trend_(chi2|p)": "test_trends::test_trends_of_cases_are_those_of_prop_trend_test",
    r"cases/cr2/.*": "test_robust::test_models_of_cases_are_those_of_clubsandwich",
    r"cases/glmm/.*": "test_random_intercept::test_fits_are_those_of_glmer",
    r"cases/factor_count/.*": "test_ranks::test_rank_tests_of_the_number_of_factors_are_those_of_r",
    r"cases/multiplicity/(p|holm|bh)": (
        "test_statistics_against_r::test_adjusted_p_values_are_those_of_p_adjust"
    ),
    r"cases/multiplicity/by": "test_reference_variants::test_other_adjustments_are_those_of_p_adjust",
    r"more/degf/.*": (
        "test_statistics_against_r::test_degrees_of_freedom_of_whole_samples_are_those_of_survey"
    ),
    r"more/svychisq/.*/(F|Chisq)/.*": (
        "test_statistics_against_r::test_further_rao_scott_tests_are_those_of_survey"
    ),
    r"more/svychisq/.*/(Wald|adjWald|wls-score)/.*": (
        "test_reference_variants::test_wald_and_score_tests_are_those_of_svychisq"
    ),
    r"more/svychisq/.*/(lincom|saddlepoint)/.*": (
        "test_reference_variants::test_saddlepoint_p_values_are_those_of_svychisq"
    ),
    r"more/svyciprop/.*": "test_reference_variants::test_other_intervals_are_those_of_svyciprop",
    r"more/svyby_diff_apiclus2/.*": (
        "test_statistics_against_r::test_covariance_between_two_subgroups_is_that_of_survey"
    ),
    r"more/svymean_apiclus2/.*": (
        "test_statistics_against_r::test_a_mean_has_the_error_and_design_effect_of_svymean"
    ),
    r"more/svyttest_apiclus2/.*": "test_contrasts::test_a_difference_of_subgroups_of_districts_is_that_of_svyby",
    r"more/svyranktest_apiclus2/.*": "test_ranks::test_the_rank_test_of_districts_is_that_of_svyranktest",
    r"more/trend_apiclus2/(table|prop\.trend\.test/.*)": (
        "test_trends::test_the_trend_test_of_bands_is_that_of_prop_trend_test"
    ),
    r"more/trend_apiclus2/(svyglm|df_resid|regTermTest_Wald/.*|factor_Wald/.*)": (
        "test_logistic::test_the_trend_and_wald_tests_of_the_forty_districts_are_those_of_survey"
    ),
    r"more/trend_apiclus2/(regTermTest|factor)_LRT/.*": (
        "test_reference_variants::test_likelihood_ratio_tests_of_the_districts_are_those_of_regtermtest"
    ),
    rf"{DISTRICTS}/lpm_(trend|factor)/(coef|CR\w+/(se|t|df|p))": (
        "test_robust::test_linear_models_of_districts_are_those_of_clubsandwich"
    ),
    rf"{DISTRICTS}/glm_(trend|factor)/(coef|CR\w+/(se|t|df|p))": (
        "test_robust::test_logistic_models_of_districts_are_those_of_clubsandwich"
    ),
    rf"{DISTRICTS}/(lpm|glm)_factor/CR\w+/Wald_.*": (
        "test_robust::test_wald_tests_are_those_of_clubsandwich"
    ),
    rf"{DISTRICTS}/(lpm|glm)_(trend|factor)/sandwich_vcovCL_HC[01]": (
        "test_robust::test_uncorrected_errors_are_those_of_sandwich"
    ),
    r"more/gee_apiclus2/exch/.*": "test_exchangeable::test_the_districts_are_those_of_geeglm",
    r"more/gee_apiclus2/exch_jack_se": (
        "test_exchangeable::test_geepacks_jackknife_leaves_services_out_in_one_step"
    ),
    r"more/gee_apiclus2/indep/.*": (
        "test_robust::test_logistic_regression_has_the_errors_of_an_independence_gee"
    ),
    r"more/glmer_apiclus2/.*": (
        "test_random_intercept::test_the_forty_districts_are_those_of_glmer_with_10_points"
    ),
    r"more/glmer_cbpp_doc/.*": "test_random_intercept::test_the_herds_are_those_of_glmer_with_laplace",
    r"more/baseR/prop\.trend\.test_\w+/.*": (
        "test_trends::test_the_trend_of_smokers_is_that_of_prop_trend_test"
    ),
    r"more/baseR/p\.adjust/(holm|BH)": (
        "test_statistics_against_r::test_adjusted_p_values_are_those_of_p_adjust"
    ),
    r"more/baseR/p\.adjust/(BY|bonferroni)": (
        "test_reference_variants::test_other_adjustments_are_those_of_p_adjust"
    ),
    r"textbook/wilson/.*": "test_statistics_intervals::test_wilson_intervals_are_those_newcombe_printed",
    r"textbook/newcombe/.*": "test_contrasts::test_newcombe_intervals_are_those_he_printed",
    r"textbook/smokers_trend/.*": "test_trends::test_the_trend_of_smokers_is_that_of_prop_trend_test",
    r"textbook/kappa/.*": "test_agreement::test_kappas_are_those_of_the_reference",
    r"textbook/fisher/tea/.*": "test_statistics_fisher::test_the_lady_tasting_tea",
}
NOT_READ = {
    r"more/bell_mccaffrey_doc/.*": "the data it was computed from are not among the references",
    r"more/baseR/p\.adjust/(hochberg|hommel)": "neither is offered, and neither is a step from Holm's or BH's",
    r"textbook/fisher/job/.*": "a table of four by four; the project's outcomes are yes or no",
}


def leaves(value, path=()):
    """Path and value of every number."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for each in value:
            named = isinstance(each, dict) and "method" in each
            yield from leaves(each, (*path, each["method"]) if named else path)
    elif isinstance(value, int | float):
        yield path


@cache
def numbers():
    """Path of every number of every file, from its name on."""
    files = sorted(REFERENCE.glob("*.json"))
    assert len(files) == 6
    return [path for file in files for path in leaves(json.loads(file.read_text("utf-8")), (file.stem,))]


@cache
def source(module):
    return ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))


def parts_of_module(module):
    """Functions and assignments at the top of a module, by name."""
    for node in source(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            yield from ((target.id, node) for target in node.targets if isinstance(target, ast.Name))


@cache
def texts(module, function):
    """Texts in a test, in what it uses of its module, and in what all tests share; of composed ones the parts."""
    known, found, todo = dict(parts_of_module(module)), [source("conftest")], [function]
    seen = set()
    while todo:
        name = todo.pop()
        if name in known and name not in seen:
            seen.add(name)
            found.append(known[name])
            for node in ast.walk(known[name]):
                todo += [node.id] if isinstance(node, ast.Name) else []
                todo += [node.arg] if isinstance(node, ast.arg) else []
    whole, composed = {*Correction, *WaldMethod}, set()
    for node in (node for tree in found for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            whole.update([node.value, *node.value.split()])
        elif isinstance(node, ast.JoinedStr):
            composed.update(part.value for part in node.values if isinstance(part, ast.Constant))
    return whole, composed


def mentions(module, function, word):
    whole, composed = texts(module, function)
    ends = {text for text in composed if len(text) > 1}
    return (
        word in whole
        or any(word.startswith(text) or word.endswith(text) for text in ends)
        or ("_" in composed and whole.issuperset(word.split("_")))
    )


def lines_about(path):
    return [line for line in (*READ_BY, *NOT_READ) if re.fullmatch(line, "/".join(path))]


def test_every_number_is_read_by_a_named_test_or_it_is_said_why_not():
    assert len(numbers()) > 3800
    for path in dict.fromkeys(numbers()):
        assert len(lines_about(path)) == 1, f"{'/'.join(path)} is in {len(lines_about(path))} lines"


def test_every_line_is_about_a_number():
    used = {line for path in set(numbers()) for line in lines_about(path)}
    assert used == {*READ_BY, *NOT_READ}


@pytest.mark.parametrize("line", READ_BY)
def test_the_named_test_exists_and_names_what_it_reads(line):
    module, function = READ_BY[line].split("::")
    assert function.startswith("test_")
    assert function in dict(parts_of_module(module)), f"{READ_BY[line]} is gone"
    for path in {path for path in numbers() if re.fullmatch(line, "/".join(path))}:
        missing = [word for word in path if not mentions(module, function, word)]
        # Parameters and coefficients are read in their order, by the name of what holds them.
        if missing and path[-2] in ("parameter", "coef"):
            missing = [word for word in missing if word != path[-1]]
        assert not missing, f"{READ_BY[line]} does not name {missing} of {'/'.join(path)}"

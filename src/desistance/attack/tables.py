"""The tables that may be published and their columns, as their documentation has them."""

from __future__ import annotations

_TEXT_COLUMNS = """
measure item breakdown subgroup interval status reference method effect family note combination first second
previous group provision theme direction coefficient coders excerpt claim alternative label verdict agrees
source statement published computed verdict_published_method verdict_design_based basis uses quantity role
kind base
"""
WORDS = frozenset(_TEXT_COLUMNS.split())
TABLES = {
    "estimates": "measure item breakdown subgroup n_cases n_yes n_missing n_services estimate standard_error ci_low "
    "ci_high interval design_effect df icc status",
    "comparisons": "measure item breakdown reference subgroup method effect estimate standard_error ci_low ci_high "
    "statistic df1 df2 p_value p_holm p_bh family status",
    "trends": "measure item breakdown method effect estimate standard_error ci_low ci_high statistic df1 df2 p_value "
    "p_holm p_bh family status",
    "means": "item breakdown subgroup n_cases n_missing n_services estimate standard_error ci_low ci_high df status",
    "distributions": "breakdown subgroup n_factors n_cases estimate",
    "combinations": "breakdown subgroup combination n_factors n_cases estimate",
    "pairs": "breakdown subgroup first second n_cases n_first n_second n_both estimate standard_error ci_low ci_high "
    "df status",
    "adjusted": "measure item breakdown reference subgroup effect estimate standard_error ci_low ci_high statistic df "
    "p_value p_holm p_bh family odds_ratio odds_ratio_exchangeable p_exchangeable n_cases n_services status note",
    "variation": "measure item n_cases n_services estimate icc icc_ci_low icc_ci_high service_sd latent_icc p_value "
    "overdispersion n_outside_95 n_outside_998 shrunken_lowest shrunken_highest left_out_lowest left_out_highest "
    "status",
    "funnel": "measure item n_cases estimate",
    "precision": "measure item breakdown reference subgroup n_reference n_subgroup share design_effect df "
    "smallest_increase smallest_decrease power status",
    "stages": "measure breakdown subgroup previous item n_previous n_cases estimate standard_error ci_low ci_high "
    "statistic df p_value p_holm p_bh family status",
    "changes": "measure item breakdown subgroup n_before n_cases estimate_before estimate_now estimate standard_error "
    "ci_low ci_high statistic df p_value p_holm p_bh family status note",
    "provision": "group item subgroup n_services n_yes n_missing estimate ci_low ci_high interval status",
    "rates": "item n_cases n_yes n_services n_missing estimate standard_error ci_low ci_high df service_lowest "
    "service_median service_highest status",
    "provision_delivery": "provision measure item n_services_gap n_services_other n_cases_gap n_cases_other "
    "estimate_gap estimate_other estimate standard_error ci_low ci_high statistic df p_value p_holm p_bh p_pearson "
    "smallest_decrease power status",
    "themes": "theme direction n_passages n_services n_services_all estimate_services services_ci_low "
    "services_ci_high n_cases n_cases_all estimate_cases cases_ci_low cases_ci_high status",
    "theme_pairs": "first second n_services n_cases n_cases_first n_cases_second estimate",
    "theme_delivery": "theme direction measure n_services n_with n_without estimate_with estimate_without estimate "
    "standard_error ci_low ci_high statistic df p_value p_holm p_bh status",
    "agreement": "theme coefficient coders n_passages n_services share_agreed estimate ci_low ci_high interval status",
    "quotes": "theme direction excerpt",
    "multiverse": "claim alternative label verdict agrees",
    "ledger": "claim source statement published measure item breakdown computed verdict_published_method "
    "verdict_design_based basis robustness note uses",
    "calibration": "quantity method role breakdown kind base n_cases share icc nominal n_runs n_answered rate "
    "standard_error verdict",
}

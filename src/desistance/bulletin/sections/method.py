"""How the numbers were found, method by method, with the rule for words and what was simulated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from desistance.bulletin.content import Section, Table, Term
from desistance.bulletin.inline import link
from desistance.bulletin.language.phrases import cases
from desistance.bulletin.language.rules import RULES
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.sections.weighting import (
    WITH_DESIGN,
    WITHOUT_DESIGN,
    sampling_text,
    strata_said,
    strata_table,
)
from desistance.study import Study


def method_section(
    numbers: Numbers, study: Study, *, shown: Set[str], words: Table, parts: tuple[Section, ...]
) -> Section:
    """Say what was computed and how.

    Parameters
    ----------
    numbers : Numbers
        The released tables.
    study : Study
        Labels and words.
    shown : set of str
        Ids of the sections the report has; a method is told only where it is used.
    words : Table
        The rule for words.
    parts : tuple of Section
        What was simulated, if anything.
    """
    terms = (
        *_shares(numbers, study),
        *((_term("Sampling and weights", sampling_text(numbers, study)),) if study.sampled else ()),
        *_derived(study),
        *_tests(numbers, study),
        *(term for name, term in _practice(study).items() if name in shown),
        *_further(numbers, study),
    )
    strata = strata_table(numbers, study)
    tables = (words,) if strata is None else (words, strata)
    return Section("method", "Method", "Method", terms=terms, tables=tables, parts=parts)


def _term(name: str, text: str) -> Term:
    """One method, with an anchor made of the first words of its name."""
    return Term(name, text, f"method-{'-'.join(re.findall(r'[a-z]+', name.lower())[:2])}")


def _shares(numbers: Numbers, study: Study) -> Iterator[Term]:
    cases_, service = cases(study), study.words["service"]
    quality = link("quality of the records", "#quality")
    smallest = f"{numbers.facts['inference']['small_effective_base']:g}"
    weighing = ", each counted with its weight" if study.weighted else ""
    yield _term(
        "Shares",
        f"A share is the number of {cases_} with a yes over the base: {cases_} with a yes or a no{weighing}. "
        f"{cases_.capitalize()} whose answer is not known or not recorded are left out of the base and counted under "
        f"{quality}. Percentages are whole numbers, rounded half up from the exact fraction; [low] is a share that "
        "rounds to nought but is not nought. Gaps are rounded after subtracting.",
    )
    yield _term(
        "Intervals",
        f"{cases_.capitalize()} of one {service[0]} share staff and practice, so they are alike "
        f"and carry less information than as many independent {cases_}. Intervals ({numbers.confidence} per cent) "
        f"allow for this: the variance is taken between {service[1]}, the interval is symmetric on the logit scale, "
        f"with Student\u2019s t on the number of {service[1]} less {strata_said(numbers)}. For shares of none or "
        f"all, and where the effective base is under {smallest}, the Korn-Graubard interval is used. Wilson\u2019s "
        f"interval, which ignores {service[1]}, stands beside it in the tables.",
    )
    yield _term(
        "Design effect",
        f"The variance found, over the variance if {cases_} were independent. At 2, the "
        f"base carries as much information as half as many independent {cases_}.",
    )


def _derived(study: Study) -> Iterator[Term]:
    """How columns were found that the extract does not hold as they stand."""
    if study.derived:
        yield _term("Derived columns", " ".join(f"{what}: {how}." for what, how in study.derived))


def _tests(numbers: Numbers, study: Study) -> Iterator[Term]:
    cases_, service = cases(study), study.words["service"]
    published = " and stands here for the published method" if numbers.differences_published else ""
    yield _term(
        "Differences and tests",
        f"The headline verdict is CR2\u2019s: a linear probability model with the "
        f"bias-reduced variance of Bell and McCaffrey, which allows for {cases_} of one {service[0]} being alike. Two "
        "groups are compared by a t test with Satterthwaite degrees of freedom, which are printed; three or more by "
        "the HTZ Wald test. After Holm\u2019s adjustment it is the verdict in headings, figures and key findings. "
        f"Pearson\u2019s chi-square test, which treats {cases_} as independent{published}, is set beside it, and where "
        "the two part the tables and the text say so. Fisher\u2019s exact test is added where an expected count is "
        f"under 5. \u201cSignificant\u201d is said only of a test, at the {numbers.level * 100:g} per cent level.",
    )
    yield _term(
        "Many tests",
        "P-values are given unadjusted, with Holm\u2019s and with Benjamini and "
        "Hochberg\u2019s adjustment. A family is one measure and one breakdown; the note under each table says how "
        "many tests it holds.",
    )
    yield _term(
        "Companions",
        f"The folded tables add the Rao-Scott F test (second order); CR3, which leaves each "
        f"{service[0]} out in turn; the wild cluster restricted bootstrap where the verdict is close; Newcombe\u2019s "
        f"interval, which ignores {service[1]}; and risk and odds ratios with linearised intervals. Cram\u00e9r\u2019s "
        "V is in the downloads.",
    )
    yield _term(
        "What could have been seen",
        f"For each group against the reference the tables give the smallest "
        "difference that the CR2 test, before adjustment for many tests, would have called significant with "
        f"{numbers.power} per cent power, given the bases and the design effect. The report says of a difference that "
        "it could not have been seen by this rule: it is not significant by CR2, before or after Holm\u2019s "
        "adjustment, and the "
        "difference found is smaller than the smallest detectable one in its direction; with three or more groups, for "
        "every group against the reference.",
    )
    rank = (
        f" For the number of {study.words['factor'][1]} the slope of the mean, and two rank tests: Kruskal-Wallis, "
        f"which ignores {service[1]}, and one that respects the design."
        if study.factor_count
        else ""
    )
    if study.bands:
        yield _term(
            "Trends",
            f"For ordered bands the slope of a linear probability model on the order of the bands, "
            f"with CR2; Cochran-Armitage as the {numbers.ordinary}.{rank}",
        )
    yield _term(
        "Combinations",
        f"Every combination is counted. The lift of a pair is the share of {cases_} with "
        "both, over the product of the two shares; its interval is linearised on the log scale and respects "
        f"{service[1]}.",
    )


def _practice(study: Study) -> dict[str, Term]:
    """Methods of the sections on practice, by the id of the section."""
    cases_, case, service = cases(study), study.words["case"][0], study.words["service"]
    return {
        "stages": _term(
            "Stages",
            f"The change of a share from one stage of practice to the next is compared by CR2 over "
            f"{service[1]}, which allows for the same {cases_} being judged at both; Holm\u2019s adjustment is within "
            "one measure and one breakdown.",
        ),
        "provision": _term(
            "What services provide",
            f"The base is {service[1]} that answered; intervals are exact "
            "(Clopper-Pearson), because they are few. Delivery where access is a gap is held against the other "
            f"{service[1]} by CR2: a gap is a property of the {service[0]}, so all its {cases_} are on one side.",
        ),
        "comments": _term(
            "Coded comments",
            "A passage counts for a theme where its coders agree. Agreement beyond chance "
            "is Cohen\u2019s kappa for two coders and Krippendorff\u2019s alpha for more.",
        ),
        "domains": _term(
            "Domains",
            f"Judgements that bear on a domain are put together; one {case} may give several. The "
            f"variance is taken between {service[1]}, which allows for judgements about one {case} being alike. The "
            "crosswalk is assumed, line by line.",
        ),
        "changes": _term(
            "Change since another edition",
            f"This edition\u2019s share less the other\u2019s, by CR2 with "
            f"{service[1]} as clusters; where the configuration says that both editions have the same {service[1]}, "
            f"each stands once with the {cases_} of both.",
        ),
    }


def _further(numbers: Numbers, study: Study) -> Iterator[Term]:
    cases_, service = cases(study), study.words["service"]
    if len(study.breakdowns) > 1:
        yield _term(
            "Adjusted differences",
            "One logistic regression an item on all breakdowns together; average "
            "marginal effects with CR2 errors and Satterthwaite\u2019s degrees of freedom. Where groups separate the "
            "answers or cannot be told apart, the table says so in place of a number.",
        )
    yield _term(
        "Between services",
        f"The intraclass correlation has a jackknife interval. Shrunken shares come "
        "from a logistic model with a random intercept (adaptive Gauss-Hermite quadrature). Funnel limits are exact "
        f"binomial limits around the share of all {cases_}; over-dispersion is the mean square of the distances from "
        "it, winsorised, in standard errors.",
    )
    yield _term(
        "Other choices",
        f"The study definition names the alternatives; each changes one choice, and every "
        f"claim is judged again. Leaving each {service[0]} out counts as one alternative, which agrees when the "
        "verdict stays every time.",
    )
    if numbers.facts["inference"]["finite_population_correction"]:
        target = (
            f"A finite population correction is made for {WITH_DESIGN}: these are about the {service[1]} and {cases_} "
            f"of the period. None is made elsewhere. {WITHOUT_DESIGN} without it, and the jackknife and the bootstrap "
            f"have none: they are about practice in general, of which these {service[1]} are taken as a sample, and "
            "so are cautious about the period. The two may part."
        )
    else:
        target = (
            "No finite population correction is made: intervals are about practice in general, of which these "
            f"{service[1]} are taken as a sample."
        )
    yield _term("Target", target)
    yield _term(
        "Words for shares",
        "A share gets a word, such as \u201cthree-quarters\u201d or \u201cover "
        "half\u201d, only when its interval allows it, by the rule in the table. The ledger reads the source\u2019s "
        "own words by the ranges its notes give.",
    )
    yield _term(
        "Rules for sentences",
        "Before the report is published every sentence is read again by other means than wrote it, and nothing is "
        f"published where one breaks a rule: {' '.join(f'({n}) {rule}' for n, rule in enumerate(RULES.values(), 1))}",
    )

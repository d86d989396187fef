"""Whether another reasonable choice would have changed a verdict: claims against alternatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from desistance.bulletin.captions.plans import ChoicesPlan
from desistance.bulletin.content import Figure
from desistance.bulletin.language.phrases import cases, full, setting
from desistance.bulletin.language.shown import Part, Shown, What
from desistance.bulletin.language.words import counted, joined, percentage
from desistance.bulletin.reading.cells import HIDDEN, number_of
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.results import Choice
from desistance.study import Study

SAID = {"yes": "agrees", "no": "does not agree", "": "[z]", HIDDEN: HIDDEN}


def robustness_text(row: Mapping[str, str]) -> str:
    """Share of the alternatives that agree with a claim's verdict, in whole per cent; [z] where none applies."""
    text = row.get("robustness", "")
    share = number_of(text)
    if share is None:
        return HIDDEN if text == HIDDEN else "[z]"
    whole = percentage(share)
    return Shown(f"{whole}%", Part(f"{whole}%", Decimal(whole).scaleb(-2), What.SHARE))


def tried_claims(numbers: Numbers) -> tuple[Mapping[str, str], ...]:
    """Claims on which some alternative has a bearing, in the order of the ledger."""
    tried = {choice.claim for choice in numbers.choices if choice.agrees}
    return tuple(row for row in numbers.ledger if row["claim"] in tried)


def tried_alternatives(numbers: Numbers) -> tuple[tuple[str, str], ...]:
    """Alternatives with a bearing on some claim: id and label, in the order of the study."""
    with_bearing = {choice.alternative for choice in numbers.choices if choice.agrees}
    return tuple(
        dict.fromkeys(
            (choice.alternative, choice.label)
            for choice in numbers.choices
            if choice.alternative in with_bearing
        )
    )


def agreement_of(numbers: Numbers) -> dict[tuple[str, str], Choice]:
    """What each claim comes to under each alternative."""
    return {(choice.claim, choice.alternative): choice for choice in numbers.choices}


def choices_figure(numbers: Numbers, study: Study) -> Figure | None:
    """Claims down, alternatives across; None where no alternative was tried."""
    claims, alternatives = tried_claims(numbers), tried_alternatives(numbers)
    if not claims:
        return None
    found = agreement_of(numbers)
    agrees = tuple(
        tuple(_answer(found.get((row["claim"], name))) for name, _ in alternatives) for row in claims
    )
    plan = ChoicesPlan(
        claims=tuple(row["claim"] for row in claims),
        statements=tuple(row["statement"] for row in claims),
        alternatives=tuple(label for _, label in alternatives),
        agrees=agrees,
        shares=tuple(_share(row, answers) for row, answers in zip(claims, agrees, strict=True)),
        share_title="Alternatives that agree",
    )
    n_cases = numbers.facts.get("n_cases")
    base = counted(n_cases, study.words["case"]) if n_cases else cases(study)
    return Figure(
        id="choices",
        number=0,
        headline=_headline(plan),
        title=f"Verdict on each claim under other reasonable choices, {base}; {setting(study, numbers)}",
        alt=_alt(plan),
        data=_data(plan),
        units="verdicts, and percentages of the alternatives with a bearing",
        notes=(
            f"Agrees: the claim gets the verdict that it has by the design-based method. Each alternative changes one "
            f"choice and keeps the rest; {cases(study)} are the same unless it says otherwise.",
        ),
        plan=plan,
    )


def choices_headline(numbers: Numbers) -> str:
    """How many claims keep their verdict under every alternative."""
    claims = [row for row in tried_claims(numbers) if not _is_hidden(row["claim"], numbers)]
    if not claims:
        return "Whether a claim keeps its verdict under other choices cannot be shown."
    firm = [row for row in claims if _is_firm(row["claim"], numbers)]
    total = counted(len(claims), ("claim", "claims"))
    if len(claims) < len(tried_claims(numbers)):
        total += " whose verdicts can all be shown"
    if len(firm) == len(claims):
        return full(f"every one of {total} keeps its verdict under every alternative")
    return full(
        f"{len(firm) or 'none'} of {total} keep{'s' if len(firm) == 1 else ''} the verdict under every alternative"
    )


def _headline(plan: ChoicesPlan) -> str:
    """Name the claims whose verdict some alternative changes."""
    changed = [claim for claim, agrees in zip(plan.claims, plan.agrees, strict=True) if "no" in agrees]
    hidden = any(HIDDEN in agrees for agrees in plan.agrees)
    if not changed:
        return f"No alternative changes a verdict{' that can be shown' if hidden else ''}."
    verb = "gets another verdict" if len(changed) == 1 else "get another verdict"
    shown = "of the verdicts that can be shown, " if hidden else ""
    return full(f"{shown}only {joined(changed)} {verb} under some alternative")


def _is_firm(claim: str, numbers: Numbers) -> bool:
    return all(choice.agrees != "no" for choice in numbers.choices if choice.claim == claim)


def _is_hidden(claim: str, numbers: Numbers) -> bool:
    """Whether some verdict on a claim is hidden."""
    return any(choice.agrees == HIDDEN for choice in numbers.choices if choice.claim == claim)


def _answer(choice: Choice | None) -> str:
    return choice.agrees if choice is not None and choice.agrees in SAID else ""


def _alt(plan: ChoicesPlan) -> str:
    rows = zip(plan.claims, plan.agrees, plan.shares, strict=True)
    said = [f"{claim}: {_claim_said(plan, agrees, share)}" for claim, agrees, share in rows]
    return f"Grid of marks, a row a claim and a column an alternative. {'. '.join(said)}."


def _claim_said(plan: ChoicesPlan, agrees: Sequence[str], share: str) -> str:
    """Share of the alternatives that agree with one claim, how many are hidden, and which do not agree."""
    against, hidden = _named(plan.alternatives, agrees, "no"), agrees.count(HIDDEN)
    texts = [f"{share.replace('%', ' per cent')} agree"]
    texts += [f"{hidden} hidden"] if hidden else []
    if against:
        texts.append(f"does not agree: {joined(against)}")
    elif not hidden:
        texts.append("all agree")
    elif "yes" in agrees:
        texts.append("the others agree")
    return "; ".join(texts)


def _share(row: Mapping[str, str], answers: Sequence[str]) -> str:
    """Share of the alternatives that agree; hidden where an answer is, which it would give away with the others."""
    return HIDDEN if HIDDEN in answers else robustness_text(row)


def _named(alternatives: Sequence[str], agrees: Sequence[str], answer: str) -> list[str]:
    return [name for name, found in zip(alternatives, agrees, strict=True) if found == answer]


def _data(plan: ChoicesPlan) -> pd.DataFrame:
    rows = []
    for number, claim in enumerate(plan.claims):
        row = {"Claim": f"{claim}: {plan.statements[number]}"}
        for label, answer in zip(plan.alternatives, plan.agrees[number], strict=True):
            row[label] = SAID[answer]
        row[plan.share_title] = plan.shares[number]
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)

"""Quality of what services and coders told beside the records: rows read, accepted, rejected, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping

from desistance.bulletin.content import Section
from desistance.bulletin.language.words import count, counted, told_count
from desistance.bulletin.reading.cells import whole_of
from desistance.bulletin.reading.numbers import Numbers
from desistance.study import Study

ROW, PASSAGE = ("row", "rows"), ("passage", "passages")


def told_parts(numbers: Numbers, study: Study) -> tuple[Section, ...]:
    """A part for the table of services and one for coded comments, where the study asks for them."""
    parts = []
    if study.services is not None:
        parts.append(
            Section(
                "services",
                "Table of services",
                "Table of services",
                _services(numbers.facts.get("services"), study),
            )
        )
    if study.codebook is not None:
        parts.append(
            Section(
                "comments",
                "Coded comments",
                "Coded comments",
                _comments(numbers.facts.get("comments"), study),
            )
        )
    return tuple(parts)


def _services(account: Mapping[str, object] | None, study: Study) -> tuple[str, ...]:
    service = study.words["service"]
    if not account:
        return (
            f"No table of {service[1]} was given (records.services), so the report says nothing of what "
            f"{service[1]} provide.",
        )
    bare = whole_of(account.get("n_services_not_described")) or 0
    return (
        _rows(account),
        f"{counted(bare, service)} with records {'has' if bare == 1 else 'have'} no accepted row, and "
        f"{'is' if bare == 1 else 'are'} missing from everything said of provision."
        if bare
        else f"Every {service[0]} with records has an accepted row.",
    )


def _comments(account: Mapping[str, object] | None, study: Study) -> tuple[str, ...]:
    if not account:
        return (
            "No coded comments were given (records.comments), so the report says nothing of what comments speak of.",
        )
    texts = [_rows(account)]
    told = {name: whole_of(account[name]) for name in account if name.startswith("n_")}
    n = {name: number for name, number in told.items() if number is not None}
    if "n_passages" in n:
        text = f"The accepted rows are about {counted(n['n_passages'], PASSAGE)}"
        parts = [
            f"{count(n[name])} {what}"
            for name, what in (
                ("n_passages_case", f"of them on a single {study.words['case'][0]}"),
                ("n_passages_two_coders", "read by more than one coder"),
                ("n_passages_disputed", "on which coders disagree"),
            )
            if name in n
        ]
        texts.append(
            f"{text}{': ' if parts else ''}{', '.join(parts)}. The passages coders disagree on are listed for "
            "them alone."
        )
    if "n_not_cleared" in n:
        held = n["n_not_cleared"]
        shown = n.get("n_quotes", 0)
        verb = "appears" if held == 1 else "appear"
        text = (
            f"{counted(held, ('excerpt was', 'excerpts were'))} not cleared by a person, and {verb} nowhere"
        )
        texts.append(f"{text}; {counted(shown, ('was', 'were'))} cleared and may be shown.")
        bare = n.get("n_cleared_without_theme", 0)
        if bare:
            texts.append(
                f"{counted(bare, ('cleared excerpt is', 'cleared excerpts are'))} left out, because coders do "
                "not agree on a theme."
            )
    return tuple(texts)


def _rows(account: Mapping[str, object]) -> str:
    read, accepted, rejected = (account.get(f"n_{name}") or 0 for name in ("read", "accepted", "rejected"))
    text = (
        f"Rows read: {told_count(read)} = {told_count(accepted)} accepted + {told_count(rejected)} rejected."
    )
    return text if rejected else f"{text} No row broke a rule."

"""Abbreviations of the report: short names of the study, and those that labels or methods use."""

from __future__ import annotations

import re

from desistance.bulletin.language.phrases import cases
from desistance.study import Study

# Abbreviations that labels may hold; each is explained only where one does.
KNOWN = {
    "CAMHS": "Child and Adolescent Mental Health Services",
    "ETE": "education, training and employment",
    "NEET": "not in education, employment or training",
    "YOT": "youth offending team",
}


def _labels_used(study: Study) -> str:
    """Every label and text a study may put on the page, in one."""
    texts = [item.label + " " + item.short for item in study.items]
    if study.services:
        table = study.services
        named = (*table.providers, *table.provisions, *table.facts, *table.rates)
        texts += [f"{one.label} {one.short}" for one in named]
    texts += [theme.label for theme in study.codebook.themes] if study.codebook else []
    return " ".join([*texts, study.title, *study.words["service"], *(why for _, why in study.assumptions)])


def abbreviations(study: Study) -> tuple[tuple[str, str], ...]:
    """Short names used in figures and tables, with what they stand for."""
    used = set(re.findall(r"[A-Z]{3,}", _labels_used(study)))
    named = [*(study.services.provisions + study.services.rates if study.services else ())]
    named += study.codebook.themes if study.codebook else ()
    labels = {item.label for item in study.items}
    shorts = [
        (one.short, one.label)
        for one in (*study.items, *named)
        if one.short != one.label and one.short not in labels
    ]
    levels = [
        (level.short, level.label)
        for d in study.divisions
        for level in d.levels
        if level.short != level.label
    ]
    fixed = (
        *((short, meaning) for short, meaning in KNOWN.items() if short in used),
        ("n", f"number of {cases(study)} in the base"),
        ("p", "p-value of a test"),
        ("df", "degrees of freedom; of a Wald test both, the first whole"),
        (
            "CR2",
            f"variance between {study.words['service'][1]}, corrected for their small number (Bell and McCaffrey)",
        ),
        ("CR3", f"the same by leaving each {study.words['service'][0]} out in turn (jackknife)"),
        ("BH", "Benjamini and Hochberg\u2019s adjustment for many tests"),
    )
    return (*dict.fromkeys((*shorts, *levels)), *fixed)

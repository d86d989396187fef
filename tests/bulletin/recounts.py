"""Counts that sentences give, recounted from the released tables: how many rows have a verdict, of how many."""

import re
from functools import cache
from itertools import pairwise

from bulletin.prose import half_up, hundred, is_number, unseen_sizes, unsigned, verdict_counts

LEVEL = 0.05
# Recounts by section, and the words by which a key finding or an implication speaks of the same.
FAMILIES = {
    "stages": "sufficiency|stages",
    "provision": "access|provision|shortfall",
    "comments": "comments",
    "combinations": "seen together|occur together",
    "adjusted": "",
    "services": "",
    "changes": "changed? significantly|defined otherwise|since",
    "choices": "alternatives agree",
    "slopes": "",
    "domains": "by the crosswalk|these records say",
}


def real(row):
    return is_number(row["p_holm"]) and float(row["p_holm"]) < LEVEL and is_number(row["estimate"])


def told(row):
    return is_number(row["p_holm"]) and is_number(row["estimate"])


def rows_of(table):
    return table.to_dict("records")


class Recount:
    """Numbers that a sentence may hold without leading to a row, by what it speaks of."""

    def __init__(self, released, study):
        self.released, self.study = released, study
        self.verdicts = verdict_counts(released)
        self.facts = released.facts
        self._unseen = cache(lambda *key: unseen_sizes(released, *key))

    def allowed(self, sentence):
        """Numbers for one sentence, as texts."""
        said, found = sentence.text.lower(), set()
        for measure in self._measures(sentence):
            if "overlaps with" in said:
                found |= self._overlaps(measure, said)
                continue
            found |= {len(measure.items)} if "of " in said else set()
            for division in self._divisions(sentence):
                found |= self._by_division(measure, division, said)
            found |= set(self._bands(measure, said)) if sentence.section == "bands" else set()
        for name, words in FAMILIES.items():
            everywhere = sentence.section in ("key-findings", "implications")
            own = sentence.section == name or (name == "slopes" and sentence.section == "bands")
            if own or (everywhere and words and re.search(words, said)):
                found |= set(getattr(self, f"_{name}")())
        found |= set(self._stage_groups(sentence)) if "shares at the stages" in said else set()
        return {one if isinstance(one, str) else str(one) for one in found}

    def _measures(self, sentence):
        """Measures a sentence is about: those its links name, else that of its section."""
        linked = {part for target in sentence.targets for part in re.split(r"[#.\-]", target)}
        own = [one for one in self.study.measures if one.id in linked]
        if own and sentence.section in ("key-findings", "implications"):
            return own
        return [
            one
            for one in self.study.measures
            if sentence.section in (one.id, f"stages-{one.id}")
            or sentence.section.startswith(f"{one.id}-by-")
            or (
                sentence.section == "number-of-factors"
                and one.id == getattr(self.study.factor_count, "item", "")
            )
            or (one.pooled and sentence.section.startswith("domains"))
            or (sentence.section == "bands" and sentence.text.startswith(one.title))
        ] or own

    def _divisions(self, sentence):
        """Divisions a sentence is about: those it names, else those its links, its section or its paragraph name."""
        linked = " ".join((*sentence.targets, sentence.section)) + " "
        for found in (
            [one for one in self.study.divisions if _says(sentence.text, one.label)],
            [one for one in self.study.divisions if re.search(rf"[.-]{one.id}(-effects)?[ ]", linked)],
        ):
            if found:
                return found
        return [one for one in self.study.divisions if _says(sentence.before, one.label)]

    def _by_division(self, measure, division, said):
        counts = self.verdicts.get((measure.id, division.id), {})
        wanted = {name for name in counts if name not in ("unseen", "rest")}
        wanted |= (
            {"unseen", "rest"} if "could not have been seen" in said or "for the other" in said else set()
        )
        found = set().union(*(counts[name] for name in wanted)) if wanted else set()
        if "could not have been seen" in said:
            sizes = [size for own in self._unseen(measure.id, division.id).values() for size in own]
            found |= {str(max(1, int(unsigned(hundred(size))))) for size in sizes}
        return found

    def _overlaps(self, measure, said):
        table = self.released.estimates
        rows = rows_of(
            table[
                (table["measure"] == measure.id)
                & (table["breakdown"] == "all")
                & (table["interval"] != "wilson")
            ]
        )
        known = [row for row in rows if is_number(row["ci_low"]) and is_number(row["estimate"])]
        names = {item.id: {item.label.lower(), item.short.lower()} for item in measure.items}
        own = [
            row for row in known if any(f"interval for {name}" in said for name in names.get(row["item"], ()))
        ]
        return {
            number
            for row in own
            for number in (
                sum(
                    other["ci_low"] <= row["ci_high"] and row["ci_low"] <= other["ci_high"] for other in known
                )
                - 1,
                len(known) - 1,
            )
        }

    def _stages(self):
        rows = rows_of(self.released.stages)
        for measure in self.study.measures:
            if measure.staged:
                ids = [item.id for item in measure.items]
                own = [
                    row
                    for row in rows
                    if (row["measure"], row["breakdown"]) == (measure.id, "all") and told(row)
                ]
                single = [row for row in own if (row["previous"], row["item"]) in pairwise(ids)]
                yield from (len(ids), len(single), sum(map(real, single)))
        for which in (True, False):
            own = [row for row in rows if (row["breakdown"] == "all") == which and told(row)]
            falls = [row for row in own if real(row) and row["estimate"] < 0]
            yield from (len(own), len(falls))
            yield from (points(row["estimate"]) for row in falls if which)

    def _provision(self):
        table = rows_of(self.released.provision)
        known = [row for row in table if is_number(row["ci_low"])]
        yield from (int(row["n_services"]) for row in table if is_number(row["n_services"]))
        gaps = [row for row in known if row["group"] == "gap"]
        yield from (
            int(row["n_yes"]) for row in gaps if row["estimate"] == max(one["estimate"] for one in gaps)
        )
        yield from (unsigned(hundred((row["ci_high"] - row["ci_low"]) / 2)) for row in known)
        first = max(gaps, key=lambda row: row["estimate"], default=None)
        if first:
            yield (
                sum(one["ci_low"] <= first["ci_high"] and first["ci_low"] <= one["ci_high"] for one in gaps)
                - 1
            )
            yield len(gaps) - 1
        if self.study.services:
            yield from (self.study.services.wide_range, len(self.study.services.provisions))
        rows = rows_of(self.released.provision_delivery)
        tested = [row for row in rows if told(row)]
        lower = [row for row in tested if real(row) and row["estimate"] < 0]
        pearson = [row for row in tested if is_number(row["p_pearson"])]
        yield from (len(tested), len(lower), len(pearson), sum(row["p_pearson"] < LEVEL for row in pearson))
        yield from (
            unsigned(hundred(-row["smallest_decrease"]))
            for row in rows
            if is_number(row["smallest_decrease"])
        )

    def _comments(self):
        account = self.facts.get("comments") or {}
        yield from (
            account.get(name) for name in ("n_passages", "n_not_cleared") if is_number(account.get(name))
        )
        if self.study.codebook:
            yield len(self.study.codebook.themes)
        for _, rows in self.released.themes.groupby("direction", sort=False):
            known = [row for row in rows_of(rows) if is_number(row["estimate_services"])]
            most = max((row["estimate_services"] for row in known), default=None)
            for row in known:
                if row["estimate_services"] == most:
                    yield from (row["n_services"], row["n_services_all"])
        tested = [row for row in rows_of(self.released.theme_delivery) if told(row)]
        yield from (len(tested), sum(map(real, tested)), len(self.released.quotes))
        agreement = rows_of(self.released.agreement)
        kappas = [
            row["estimate"]
            for row in agreement
            if (row["theme"], row["coefficient"]) == ("all", "kappa") and is_number(row["estimate"])
        ]
        yield from (unsigned(end, 2) for end in (min(kappas, default=0), max(kappas, default=0)))
        yield min(
            len(self.released.quotes),
            2 * sum(1 for _ in self.released.quotes.groupby(["theme", "direction"])),
        )
        groups = self.released.quotes.groupby(["theme", "direction"])
        yield sum(min(2, len(rows)) for _, rows in groups)
        yield from (0, 1)  # what a coefficient of 1 and of 0 means

    def _combinations(self):
        table = self.released.combinations
        whole = [row for row in rows_of(table) if row["breakdown"] == "all" and is_number(row["n_cases"])]
        yield len(whole)
        policy = self.facts.get("disclosure") or {}
        yield from ([policy["largest_unsafe"] + 1] if "largest_unsafe" in policy else [])
        for row in sorted(whole, key=lambda row: -row["n_cases"])[:1]:
            yield from (int(row["n_cases"]), *percent(row["estimate"]))
        for _, rows in table[table["breakdown"] != "all"].groupby(["breakdown", "subgroup"], sort=False):
            yield max((int(row["n_cases"]) for row in rows_of(rows) if is_number(row["n_cases"])), default=0)
        item = self.study.factor_count.item if self.study.factor_count else ""
        shares = self.released.estimates
        for row in rows_of(
            shares[
                (shares["item"] == item) & (shares["breakdown"] != "all") & (shares["interval"] != "wilson")
            ]
        ):
            division = next((one for one in self.study.bands if one.id == row["breakdown"]), None)
            if (
                division
                and row["subgroup"] in (division.codes[0], division.codes[-1])
                and is_number(row["estimate"])
            ):
                yield from percent(row["estimate"])
        pairs = [row for row in rows_of(self.released.pairs) if row["breakdown"] == "all"]
        known = [row for row in pairs if is_number(row["estimate"]) and is_number(row["ci_low"])]
        yield from (
            len(known),
            sum(row["ci_low"] > 1 for row in known),
            sum(row["ci_high"] < 1 for row in known),
            1,
        )
        yield from (
            unsigned(row["estimate"], 1) for row in sorted(known, key=lambda row: -row["estimate"])[:1]
        )
        both = [row for row in pairs if is_number(row["n_both"])]
        for row in both:
            if row["n_both"] in (max(one["n_both"] for one in both), min(one["n_both"] for one in both)):
                yield from (int(row["n_both"]), int(row["n_cases"]), *percent(row["n_both"] / row["n_cases"]))

    def _adjusted(self):
        plain = {}
        names = ("measure", "item", "breakdown", "subgroup")
        for row in rows_of(self.released.comparisons):
            if row["subgroup"] and (row["method"], row["effect"]) == ("cr2", "difference"):
                plain[tuple(row[name] for name in names)] = row
        pairs = [
            (plain.get(tuple(row[name] for name in names)), row) for row in self._own(self.released.adjusted)
        ]
        known = [
            (one["p_holm"] < LEVEL, two["p_holm"] < LEVEL)
            for one, two in pairs
            if one and is_number(one["p_holm"]) and is_number(two["p_holm"])
        ]
        yield from (
            len(known),
            *(sum(pair == way for pair in known) for way in ((True, True), (True, False), (False, True))),
        )
        yield sum(before for before, _ in known)
        changed = [
            (row["p_value"] < LEVEL) != (row["p_exchangeable"] < LEVEL)
            for _, row in pairs
            if is_number(row["p_value"]) and is_number(row["p_exchangeable"])
        ]
        yield from (len(changed), sum(changed))
        moved = [
            (one, two)
            for one, two in pairs
            if one and is_number(one["estimate"]) and is_number(two["estimate"])
        ]
        for one, two in sorted(moved, key=lambda pair: -abs(pair[0]["estimate"] - pair[1]["estimate"]))[:1]:
            yield from (points(one["estimate"]), points(two["estimate"]))

    def _own(self, table):
        """Rows about measures that are not put together from others."""
        pooled = {measure.id for measure in self.study.measures if measure.pooled}
        return [row for row in rows_of(table) if row["measure"] not in pooled]

    def _services(self):
        known = [row["p_value"] for row in rows_of(self.released.variation) if is_number(row["p_value"])]
        yield from (len(known), sum(p < LEVEL for p in known))

    def _changes(self):
        for which in (True, False):
            rows = [row for row in rows_of(self.released.changes) if (row["breakdown"] == "all") == which]
            rows = [row for row in rows if not self.study.measure(row["measure"]).pooled]
            tested = [row for row in rows if told(row)]
            found = [row for row in tested if real(row)]
            yield from (len(tested), len(found), sum(bool(row["note"]) for row in rows))
            for sign in (1, -1):
                yield sum(row["estimate"] * sign > 0 for row in found) - 3
            yield from (points(row["estimate"]) for row in found if which)
        told_of = self.facts.get("compare") or {}
        yield from (told_of[name] for name in ("n_cases", "n_services") if name in told_of)

    def _choices(self):
        table = rows_of(self.released.multiverse)
        bearing = [row for row in table if row["agrees"] in ("yes", "no", "[c]")]
        claims = {row["claim"] for row in bearing}
        yield from (len({row["alternative"] for row in bearing}), len(claims))
        shown = {
            claim
            for claim in claims
            if not any(r["claim"] == claim and r["agrees"] == "[c]" for r in bearing)
        }
        kept = {c for c in shown if all(r["agrees"] == "yes" for r in bearing if r["claim"] == c)}
        yield from (len(shown), len(kept), len(claims) - len(kept))
        against = [row["label"] for row in bearing if row["agrees"] == "no"]
        yield from (against.count(label) for label in set(against))
        ledger = rows_of(self.released.ledger)
        yield from (unsigned(hundred(row["robustness"])) for row in ledger if is_number(row["robustness"]))

    def _slopes(self):
        for row in rows_of(self.released.trends):
            if (
                row["measure"] == "number_of_factors"
                and row["method"] == "cr2"
                and is_number(row["estimate"])
            ):
                yield unsigned(abs(row["estimate"]), 1)

    def _bands(self, measure, said):
        for band in self.study.bands:
            if not _says(said, band.label):
                continue
            table = self.released.trends
            own = table[(table["measure"] == measure.id) & (table["breakdown"] == band.id)]
            slopes = [row for row in rows_of(own[own["method"] == "cr2"]) if told(row)]
            found = [row for row in slopes if real(row)]
            ordinary = [row["p_value"] for row in rows_of(own[own["method"] == "cochran_armitage"])]
            known = [p for p in ordinary if is_number(p)]
            yield from (0, len(slopes), len(known), sum(p < LEVEL for p in known), len(measure.items))
            yield from (sum(row["estimate"] > 0 for row in found), sum(row["estimate"] < 0 for row in found))

    def _domains(self):
        if self.study.crosswalk:
            bare = [one for one in self.study.crosswalk.domains if not one.bearings]
            yield from (len(bare), 8)
            table = self.released.estimates
            pooled = table[(table["measure"] == self.study.crosswalk.measure) & (table["breakdown"] == "all")]
            shares = [row["estimate"] for row in rows_of(pooled) if is_number(row["estimate"])]
            yield from (
                text for end in (min(shares, default=0), max(shares, default=0)) for text in percent(end)
            )

    def _stage_groups(self, sentence):
        staged = [measure for measure in self.study.measures if measure.staged]
        for division in self._divisions(sentence):
            counts = [self.verdicts.get((measure.id, division.id), {}) for measure in staged]
            yield sum(next(iter(one.get("cr2 p_holm", {0}))) for one in counts)
            yield sum(max(one.get("total", {0})) for one in counts)
            yield sum(len(measure.items) for measure in staged)


def _says(text, label):
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE) is not None


def points(value):
    text, below, nought = half_up(hundred(value))
    return text if nought else ("\u2212" if below else "+") + text


def percent(value):
    share = hundred(value)
    return {unsigned(share)} | ({"1"} if 0 < value < 0.005 else set())

"""The prose of a report read by an outsider: sentences, where their links lead, and what the released rows say.

Nothing here uses the report's own writing or rounding: places are put together from the columns of the released
tables, and numbers are rounded by decimal arithmetic.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

NUMBER = re.compile(r"(?<![\w.])[+\u2212]?\d[\d,]*(?:\.\d+)?(?![\w])")
LINK = re.compile("\ue000(strong|code|link)(?: ([^\ue001]*))?\ue001([^\ue002]*)\ue002")
WORDS = {
    **dict(
        zip(
            ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
            range(1, 10),
            strict=True,
        )
    ),
    "none": 0,
    "both": 2,
}
# A number is spelt where a sentence begins with it, and where the study's stages and domains are counted.
SPELT = re.compile(
    r"(?:(?<=^)|(?<=: )|(?<=\| ))(?:One|Two|Three|Four|Five|Six|Seven|Eight|Nine|None)(?= )(?! in )(?! or more)"
    r"|\bnone\b|\bboth(?= not)|\b(?:two|three|four|five|six|seven|eight|nine)(?= stages:)"
)
PERCENT, POINTS, COUNT, P, ANY, LOW, HIGH = "per cent", "points", "count", "p", "any", "low", "high"


@dataclass(frozen=True)
class Piece:
    """A stretch of a sentence and where it leads ("" for nowhere)."""

    text: str
    target: str = ""


@dataclass(frozen=True)
class Sentence:
    """One sentence, heading or evidence of the report, and the section it stands in."""

    section: str
    pieces: tuple[Piece, ...]
    before: str = ""  # of the same paragraph, what stands before it

    @property
    def text(self):
        return "".join(piece.text for piece in self.pieces)

    @property
    def targets(self):
        return [piece.target for piece in self.pieces if piece.target]


def walked(sections):
    for section in sections:
        yield section
        yield from walked(section.parts)


def sentences(report):
    """Every sentence of key findings, topics and implications; a finding is one, with its evidence."""
    for finding in report.findings:
        yield from _split("key-findings", f"{finding.big} | {finding.text} | {finding.evidence}", whole=True)
    for section in walked(report.sections):
        yield Sentence(section.id, pieces(section.heading))
        texts = [*section.paragraphs, *section.points, *(one.text for one in section.implications)]
        texts += [term.text for term in section.terms]
        for text in texts:
            yield from _split(section.id, text)


def pieces(text):
    found, place = [], 0
    for mark in LINK.finditer(text):
        found += [Piece(text[place : mark.start()]), Piece(mark[3], mark[2] or "")]
        place = mark.end()
    return tuple(piece for piece in (*found, Piece(text[place:])) if piece.text)


def _split(section, text, *, whole=False):
    parts = [text] if whole else re.split("(?<=[.?]) (?=[\ue000A-Z\u201c\u2018]|\\d+ [a-z])", text)
    for number, part in enumerate(parts):
        yield Sentence(section, pieces(part), before=LINK.sub(r"\3", " ".join(parts[:number])))


def half_up(value, digits=0):
    exact = value if isinstance(value, Fraction) else Fraction(Decimal(repr(float(value))))
    scaled = abs(exact) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return str(Decimal(whole).scaleb(-digits)), exact < 0 and whole > 0, whole == 0


def unsigned(value, digits=0):
    return half_up(value, digits)[0]


def signed(value, digits=0):
    text, below, nought = half_up(value, digits)
    return text if nought else ("\u2212" if below else "+") + text


def hundred(value):
    return (value if isinstance(value, Fraction) else Fraction(Decimal(repr(float(value))))) * 100


def p_forms(p):
    for digits in range(3, 8):
        rounded = Decimal(repr(p)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
        yield "0.001" if rounded < Decimal("0.001") else f"{rounded:f}"


def is_number(value):
    try:
        return value == value and abs(float(value)) < float("inf")
    except (TypeError, ValueError):
        return False


# Of each released table: the first part of its places, the columns that name a row, and how its numbers are written.
SHARES, CHANGES = ("estimate", "ci_low", "ci_high"), ("estimate", "ci_low", "ci_high")
DIGITS = {
    "pairs": (SHARES, 2, unsigned),
    "agreement": (SHARES, 2, unsigned),
    "means": (SHARES, 1, unsigned),
}
PLACES = {
    "estimates": ("", ("measure", "item"), True),
    "stages": ("stage-changes", ("measure", "previous", "item"), True),
    "changes": ("edition-changes", ("measure", "item"), True),
    "means": ("number-mean", (), True),
    "trends": ("band-trends", ("measure", "item", "breakdown"), False),
    "adjusted": ("adjusted-differences", ("measure", "item", "breakdown", "subgroup"), False),
    "variation": ("between-services", ("measure", "item"), False),
    "pairs": ("factor-pairs", ("first", "second"), False),
    "rates": ("service-rates", ("item",), False),
    "provision_delivery": ("provision-delivery", ("provision", "measure", "item"), False),
    "themes": ("theme-mentions", ("theme", "direction"), False),
    "theme_delivery": ("theme-delivery", ("theme", "direction", "measure"), False),
    "agreement": ("coder-agreement", ("theme", "coefficient", "coders"), False),
}


def named(*parts):
    return "#" + ".".join(["row", *(re.sub(r"[^\w-]", "_", str(part)) for part in parts if part)])


@dataclass
class Row:
    """Forms in which a report may write the numbers of one place, by what they are."""

    forms: defaultdict = field(default_factory=lambda: defaultdict(set))

    def take(self, other):
        for kind, found in other.forms.items():
            self.forms[kind] |= found

    def holds(self, token, kind):
        if kind == POINTS:
            return token in self.forms[POINTS] | self.forms[ANY]
        return token in (self.forms[kind] if kind != ANY else set().union(*self.forms.values()))


def released_rows(released):
    """Every place of the released tables with the numbers behind it."""
    found = defaultdict(Row)
    for name, (family, columns, grouped) in PLACES.items():
        table = getattr(released, name)
        if name == "estimates":
            table = table[table["interval"] != "wilson"]
        if name == "pairs":
            table = table[table["breakdown"] == "all"]
        for row in table.to_dict("records"):
            group = [row["breakdown"], row["subgroup"]] if grouped and row["breakdown"] != "all" else []
            place = named(family, *(row[column] for column in columns), *group)
            found[place].take(forms_of(name, row))
    for row in released.comparisons.to_dict("records"):
        if row["subgroup"] and row["method"] == "cr2":
            place = named(*(row[name] for name in ("measure", "item", "breakdown", "subgroup")), "difference")
            found[place].take(forms_of("comparisons", row))
            keys = (row[name] for name in ("measure", "item", "breakdown", "subgroup"))
            found[named("adjusted-differences", *keys)].take(forms_of("comparisons", row))
        elif not row["subgroup"]:
            place = named(*(row[name] for name in ("measure", "item", "breakdown")))
            found[place].take(forms_of("comparisons", row))
    for row in released.provision.to_dict("records"):
        kind = "access" if row["group"] in ("available", "gap") else row["group"]
        found[named("service-provision", kind, row["item"], row["subgroup"])].take(forms_of("provision", row))
    most = defaultdict(int)
    for row in released.combinations.to_dict("records"):
        if row["breakdown"] != "all" and is_number(row["n_cases"]):
            place = named("number-mean", row["breakdown"], row["subgroup"])
            most[place] = max(most[place], int(row["n_cases"]))
    for place, n in most.items():
        found[place].forms[COUNT].add(str(n))
    for row in released.ledger.to_dict("records"):
        said = f"{row['published']} {unsigned(hundred(row['robustness'])) if is_number(row['robustness']) else ''}"
        found[f"#{row['claim']}"].forms[ANY] |= {token for token, _ in tokens(said)}
        found[f"#{row['claim']}"].forms[PERCENT] |= set(re.findall(r"\d+", said))
    return dict(found)


def forms_of(name, row):
    made = _forms_of(name, row)
    for end, kind in (("ci_low", LOW), ("ci_high", HIGH)):
        own = {column: value for column, value in row.items() if column.endswith(end)}
        for found in _forms_of(name, own).forms.values():
            made.forms[kind] |= found
    return made


def _forms_of(name, row):
    made = Row()
    effects = name in ("comparisons", "stages", "changes", "provision_delivery", "theme_delivery", "adjusted")
    for column, value in row.items():
        if not is_number(value) or isinstance(value, str):
            continue
        if column.startswith("n_"):
            made.forms[COUNT].add(str(int(value)))
        elif column.startswith("p_") or column == "p_pearson":
            made.forms[P].update(p_forms(float(value)))
        elif column in ("df", "df2", "design_effect"):
            made.forms[ANY].add(unsigned(value, 1))
        elif column == "smallest_decrease":
            made.forms[POINTS].add(unsigned(hundred(-value)))
        elif column in ("icc", "icc_ci_low", "icc_ci_high"):
            made.forms[ANY].add(signed(value, 2).removeprefix("+"))
        elif name in DIGITS and column in DIGITS[name][0]:
            made.forms[ANY].add(signed(value, DIGITS[name][1]).removeprefix("+"))
        elif name == "trends" and column in CHANGES:
            made.forms[POINTS].update({signed(value, 2), signed(hundred(value), 1)})
        elif effects and column in CHANGES:
            made.forms[POINTS].add(signed(hundred(value)))
        elif column.startswith(
            ("estimate", "ci_", "services_ci", "cases_ci", "service_", "share", "shrunken", "left")
        ):
            exact = _exact(row, column, value)
            made.forms[PERCENT].update({unsigned(hundred(exact)), *_edge(exact)})
    return made


def _exact(row, column, value):
    if column == "estimate" and is_number(row.get("n_yes")) and row.get("n_cases", row.get("n_services")):
        found = Fraction(int(row["n_yes"]), int(row.get("n_cases", row.get("n_services"))))
        return found if abs(float(found) - float(value)) < 1e-3 else value
    return value


def _edge(share):
    return {"1"} if 0 < share < 0.005 else {"99"} if 0.995 <= share < 1 else set()


def labels_of(study):
    """Everything the study calls something by that may hold a number, the longest first."""
    names = {name for one in study.items for name in (one.label, one.short)}
    names |= {level.label for division in study.divisions for level in division.levels}
    if study.services:
        table = study.services
        for one in (*table.providers, *table.provisions, *table.facts, *table.rates):
            names |= {one.label, one.short}
    if study.crosswalk:
        names |= {study.crosswalk.framework, *re.split(r"(?<=\.) ", study.crosswalk.assumed)}
        names |= {text for one in study.crosswalk.domains for text in (one.short, one.none or "")}
    names = {name.rstrip(".") for name in names if name}
    return sorted(names, key=lambda name: (-len(name), name))


def tokens(text, labels=()):
    """Numbers of a text with what each is: [("75", "per cent"), ...]; those of names and labels are left out."""
    for label in labels:
        text = re.sub(rf"(?<!\w){re.escape(label)}(?!\w)", "\u2026", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:\d+(?:\.\d+)? per cent (level|interval|limits|ones|power))\b", "\u2026 \\1", text)
    found = []
    for match in NUMBER.finditer(text):
        token = match[0].replace(",", "").rstrip(".")
        before, after = text[: match.start()], text[match.end() :]
        found.append((token, _kind(token, before, after)))
    for match in SPELT.finditer(text):
        found.append((str(WORDS[match[0].lower()]), COUNT))
    return found


def _kind(token, before, after):
    if before.endswith("\u2026 interval "):
        return LOW
    if re.search("\u2026 interval [+\u2212\\d.,]+ to $", before):
        return HIGH
    if token[0] in "+\u2212":
        return POINTS
    if before.endswith("n = "):
        return COUNT
    if re.match(r"(?: and \d+)? per cent", after):
        return PERCENT
    if re.search(r"\bp [=<] $", before):
        return P
    return ANY


def verdict_counts(released, level=0.05):
    """How many items of each measure differ by each division, by each test, recounted: {(measure, division): {...}}."""
    found = defaultdict(lambda: defaultdict(set))
    table = released.comparisons[released.comparisons["subgroup"] == ""]
    for (measure, division), rows in table.groupby(["measure", "breakdown"], sort=False):
        entry = found[measure, division]
        for method, column in (("pearson", "p_value"), ("cr2", "p_value"), ("cr2", "p_holm")):
            own = rows[rows["method"] == method]
            known = [
                (row["item"], float(row[column])) for row in own.to_dict("records") if is_number(row[column])
            ]
            differ = {item for item, p in known if p < level}
            entry[f"{method} {column}"] = {len(differ)}
            entry["total"] |= {len(known)}
            if (method, column) == ("cr2", "p_holm"):
                entry["rest"] = {len(known) - len(differ)}
        entry["unseen"] = {len(unseen_sizes(released, measure, division, level))}
    return found


def unseen_sizes(released, measure, division, level=0.05):
    """Of the items whose difference is not significant and in every contrast too small to be seen: smallest sizes."""
    tests, precision = released.comparisons, released.precision
    omnibus = _where(tests, measure=measure, breakdown=division, method="cr2", subgroup="")
    found = {}
    for row in omnibus.to_dict("records"):
        if not is_number(row["p_holm"]) or float(row["p_holm"]) < level:
            continue
        if is_number(row["p_value"]) and float(row["p_value"]) < level:
            continue
        own = _where(precision, measure=measure, item=row["item"], breakdown=division).to_dict("records")
        sizes = [_size(released, each) for each in own]
        if sizes and None not in sizes:
            found[row["item"]] = sizes
    return found


def _where(table, **keys):
    for name, value in keys.items():
        table = table[table[name] == value]
    return table


def _size(released, row):
    """Smallest size that would have been seen, where the difference found is smaller; else None."""
    keys = {name: row[name] for name in ("measure", "item", "breakdown", "subgroup")}
    found = _where(released.comparisons, method="cr2", effect="difference", **keys)["estimate"]
    if not len(found) or not is_number(found.iloc[0]):
        return None
    least = row["smallest_increase"] if float(found.iloc[0]) > 0 else row["smallest_decrease"]
    return abs(float(least)) if is_number(least) and abs(float(found.iloc[0])) < abs(float(least)) else None

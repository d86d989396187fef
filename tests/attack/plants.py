"""A leak of each kind, planted in a publication by somebody who knows the restricted findings.

Every function takes the published folder, the restricted tables and what is hidden in them, changes one file of the
folder, and leaves all others as they are. What it returns, if anything, is an earlier edition to attack together with
this one.
"""

import csv
import dataclasses
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from desistance.bulletin.figures import draw_figures
from desistance.disclosure.release import read_released
from desistance.findings.tables import read_table
from desistance.study import read_study

HIDDEN = "[c]"
STUDIES = Path(__file__).parents[2] / "studies"


@dataclass(frozen=True)
class Row:
    """One hidden share: which, and its true numbers by interval."""

    measure: str
    item: str
    breakdown: str
    subgroup: str
    truth: dict

    @property
    def key(self):
        """What names the row in a table."""
        return {name: getattr(self, name) for name in ("measure", "item", "breakdown", "subgroup")}


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def hidden_rows(folder, restricted):
    """Rows of `estimates` whose count is hidden, with the truth by interval; those that are small themselves first."""
    published = read_rows(folder / "tables/estimates.csv")
    truth = read_table(restricted / "estimates.csv")
    found = {}
    for shown, (_, true) in zip(published, truth.iterrows(), strict=True):
        if shown["n_yes"] == HIDDEN and shown["n_cases"] != HIDDEN:
            key = tuple(shown[name] for name in ("measure", "item", "breakdown", "subgroup"))
            kind = "wilson" if true["interval"] == "wilson" else "headline"
            found.setdefault(key, {})[kind] = true
    rows = [Row(*key, truth=kinds) for key, kinds in found.items() if "wilson" in kinds]
    return sorted(rows, key=lambda row: min(row.truth["wilson"]["n_yes"], _rest(row)))


def _rest(row):
    return row.truth["wilson"]["n_cases"] - row.truth["wilson"]["n_yes"]


def put(folder, table, match, **values):
    """Write numbers into the rows of a table that have these values; at least one row must."""
    path = folder / "tables" / f"{table}.csv"
    rows = read_rows(path)
    chosen = [row for row in rows if all(row[name] == value for name, value in match.items())]
    assert chosen, f"no row of {table} is {match}"
    for row in chosen:
        row.update({name: f"{value:.12g}" for name, value in values.items()})
    write_rows(path, rows)


def count(folder, restricted, row):
    """The count itself, in the row it was hidden in."""
    put(folder, "estimates", row.key | {"interval": "wilson"}, n_yes=row.truth["wilson"]["n_yes"])


def margin(folder, restricted, row):
    """The partners of a hidden count: every other subgroup of its breakdown."""
    truth = read_table(restricted / "estimates.csv")
    shown = read_rows(folder / "tables/estimates.csv")
    for here, (_, true) in zip(shown, truth.iterrows(), strict=True):
        same = all(here[name] == value for name, value in list(row.key.items())[:3])
        if same and here["subgroup"] != row.subgroup and here["n_yes"] == HIDDEN:
            here["n_yes"] = f"{true['n_yes']:.12g}"
    write_rows(folder / "tables/estimates.csv", shown)


def percentage(folder, restricted, row):
    """The share, without the count."""
    put(folder, "estimates", row.key | {"interval": "wilson"}, estimate=row.truth["wilson"]["estimate"])


def interval_end(folder, restricted, row):
    """One end of Wilson's interval."""
    put(folder, "estimates", row.key | {"interval": "wilson"}, ci_high=row.truth["wilson"]["ci_high"])


def standard_error(folder, restricted, row):
    """The standard error of independent cases."""
    value = row.truth["wilson"]["standard_error"]
    put(folder, "estimates", row.key | {"interval": "wilson"}, standard_error=value)


def _pearson(folder, restricted, row, column):
    match = {name: row.key[name] for name in ("measure", "item", "breakdown")}
    truth = read_table(restricted / "comparisons.csv")
    for name, value in (match | {"method": "pearson", "subgroup": ""}).items():
        truth = truth[truth[name] == value]
    if len(truth):
        put(
            folder,
            "comparisons",
            match | {"method": "pearson", "subgroup": ""},
            **{column: truth[column].iloc[0]},
        )
        return
    truth = read_table(restricted / "trends.csv")
    for name, value in (match | {"method": "cochran_armitage"}).items():
        truth = truth[truth[name] == value]
    put(folder, "trends", match | {"method": "cochran_armitage"}, **{column: truth[column].iloc[0]})


def chi_square(folder, restricted, row):
    """The chi-square of the table that the hidden count stands in, whose margins are shown."""
    _pearson(folder, restricted, row, "statistic")


def p_value(folder, restricted, row):
    """The p-value of that table."""
    _pearson(folder, restricted, row, "p_value")


def shared_base(folder, restricted, row):
    """The base and the missing answers of what is judged where the hidden thing was identified."""
    truth = read_table(restricted / "estimates.csv")
    measure = based_on(folder, row)
    key = row.key | {"measure": measure}
    for name, value in key.items():
        truth = truth[truth[name] == value]
    put(folder, "estimates", key, n_cases=truth["n_cases"].iloc[0], n_missing=truth["n_missing"].iloc[0])


def based_on(folder, row):
    """Measure whose base is the hidden row's yes; None where there is none."""
    structure = json.loads((folder / "release.json").read_text(encoding="utf-8"))["structure"]
    for measure, described in structure["measures"].items():
        if described["items"].get(row.item, {}).get("base") == f"{row.measure}.{row.item}":
            return measure
    return None


def number_of_factors(folder, restricted, row):
    """Every hidden number of factors of one subgroup but the last: its sums give that one."""
    path = folder / "tables/distributions.csv"
    rows, truth = read_rows(path), read_table(restricted / "distributions.csv")
    hidden = [place for place, shown in enumerate(rows) if shown["n_cases"] == HIDDEN]
    first = hidden[0]
    group = [place for place in hidden if rows[place]["subgroup"] == rows[first]["subgroup"]]
    group = [place for place in group if rows[place]["breakdown"] == rows[first]["breakdown"]]
    for place in group[1:]:
        rows[place]["n_cases"] = f"{truth['n_cases'].iloc[place]:.12g}"
    write_rows(path, rows)


def _labels(folder, row):
    structure = json.loads((folder / "release.json").read_text(encoding="utf-8"))["structure"]
    item = structure["measures"][row.measure]["items"][row.item]["label"]
    division = structure["labels"][row.breakdown]
    return (
        item,
        division["label"],
        division["levels"][row.subgroup]["label"],
        structure["measures"][row.measure],
    )


def _said(folder, row):
    item, division, level, measure = _labels(folder, row)
    true = row.truth["wilson"]
    return (
        f"{measure['title']}: {division}, {level}: {item}, {true['n_yes']:.0f} of {true['n_cases']:.0f} cases"
    )


def into_page(folder, text, before="</main>"):
    """Put markup into the page, near its end."""
    path = folder / "bulletin.html"
    page = path.read_text(encoding="utf-8")
    assert before in page
    head, found, tail = page.rpartition(before)
    path.write_text(head + text + found + tail, encoding="utf-8")


def sentence(folder, restricted, row):
    """A sentence of the page."""
    into_page(folder, f"<p>{_said(folder, row)}.</p>")


def alternative_text(folder, restricted, row):
    """The alternative text of a picture."""
    into_page(folder, f'<svg role="img" aria-label="{_said(folder, row)}."></svg>')


def embedded_data(folder, restricted, row):
    """Data embedded in the page."""
    content = row.key | {"n_yes": int(row.truth["wilson"]["n_yes"])}
    into_page(folder, f'<script type="application/json">{json.dumps([content])}</script>', before="</body>")


def metadata(folder, restricted, row):
    """The metadata of a drawing."""
    path = sorted(folder.glob("figures/*.svg"))[0]
    text = path.read_text(encoding="utf-8")
    where = re.search(r"<svg[^>]*>", text).end()
    said = f"<metadata><description>{_said(folder, row)}</description></metadata>"
    path.write_text(text[:where] + said + text[where:], encoding="utf-8")


def drawing(folder, restricted, row):
    """A figure drawn with the hidden share, as if from the restricted findings; its words stay as they were."""
    study = read_study(STUDIES / json.loads((folder / "release.json").read_text(encoding="utf-8"))["study"])
    released = read_released(folder)
    table, true = released.estimates.copy(), row.truth["headline"]
    chosen = table["interval"] != "wilson"
    for name, value in row.key.items():
        chosen &= table[name] == value
    for name in ("n_yes", "estimate", "ci_low", "ci_high", "status"):
        table.loc[chosen, name] = true[name]
    shown = draw_figures(dataclasses.replace(released, estimates=table), study)
    honest = draw_figures(released, study)
    changed = [name for name in shown if shown[name].wide != honest[name].wide]
    assert changed, f"no figure draws {row.key}"
    for name in changed:
        drawn, said = shown[name].wide, honest[name].wide
        words = re.search(r'aria-label="[^"]*"', said)[0]
        drawn = re.sub(r'aria-label="[^"]*"', lambda _, words=words: words, drawn, count=1)
        (folder / "figures" / f"{name}.svg").write_text(drawn, encoding="utf-8")


def edition(folder, restricted, row):
    """An earlier edition of the same records that shows the count; this edition stays as it is."""
    earlier = folder.with_name(f"{folder.name} earlier")
    shutil.copytree(folder, earlier)
    count(earlier, restricted, row)
    return earlier


PLANTS = {
    "shown_count": count,
    "margin": margin,
    "shared_base": shared_base,
    "number_of_factors": number_of_factors,
    "percentage": percentage,
    "interval_end": interval_end,
    "standard_error": standard_error,
    "chi_square": chi_square,
    "p_value": p_value,
    "sentence": sentence,
    "alternative_text": alternative_text,
    "embedded_data": embedded_data,
    "metadata": metadata,
    "drawing": drawing,
    "edition": edition,
}

"""Under every table and figure stands where its numbers come from, and what leads there."""

import re

import pytest

from desistance.bulletin.explorer.rendering import render_explorer
from desistance.bulletin.inline import LINK, destination, plain, runs
from desistance.bulletin.publication import anchors, figures_of, publication, tables_of
from desistance.bulletin.sections.sources import METHODS, SOURCES, source_line, sources_of, units_line
from desistance.disclosure.release import Released
from desistance.provenance import PACKAGE

# Tables about the study, the files or the words of the report, which no released table is behind.
OWN = re.compile(r"table-(words|crosswalk|files|packages|missing|rejected.*)")


@pytest.fixture(scope="module")
def report(short_release, short_study):
    return publication(short_release, short_study)


def shown(report):
    made = (*report.sections, *report.annex)
    return [*tables_of(made), *figures_of(made)]


def test_everything_shown_names_the_released_tables_behind_it(report, short_release):
    for one in shown(report):
        assert bool(one.sources) == (not OWN.fullmatch(one.id)), one.id
        assert all(len(getattr(short_release, name)) for name in one.sources), one.id


def test_source_lines_lead_to_files_rules_and_methods_that_are_there(report):
    places = anchors(report)
    steps = {path.stem for path in (PACKAGE / "steps").glob("*.py")}
    for one in shown(report):
        line = source_line(one)
        targets = [run.target for run in runs(line) if run.kind == LINK]
        assert all(destination(target, places) == target for target in targets), (one.id, targets)
        assert {f"tables/{name}.csv" for name in one.sources} <= set(targets)
        said = re.search(r"made by the rules? (.*?); method", plain(line))
        assert not one.sources or set(re.findall(r"\w+", said[1])) - {"and"} <= steps, line


def test_what_is_behind_a_table_has_the_columns_it_shows():
    assert sources_of("table-prevalence") == ("estimates",)
    assert sources_of("table-prevalence-age") == ("estimates", "comparisons")
    assert sources_of("table-sufficiency-age-effects") == ("comparisons", "precision")
    assert sources_of("sufficiency_by_looked_after") == ("estimates", "comparisons")
    assert sources_of("choices") == ("multiverse", "ledger")


def test_every_released_table_has_a_source_and_every_source_a_method(report):
    names = {name for name in Released.__dataclass_fields__ if name not in {"facts"}}
    assert set(SOURCES) == names
    assert {source.method for source in SOURCES.values()} == set(METHODS)


def test_every_table_of_numbers_says_its_units_and_how_many_records_it_rests_on(report):
    silent = {table.id for table in tables_of(report.sections) if not units_line(table)}
    assert silent <= {"table-crosswalk"}
    first = report.sections[0].tables[0]
    assert units_line(first).startswith("Units: numbers of cases, and percentages of the base. Records: ")


def test_views_are_views_of_the_explorer(report, short_release, short_study):
    html = render_explorer(short_release, short_study)
    views = {one.view for one in shown(report)} - {""}
    assert len(views) > 10
    for view in views:
        for value in re.findall(r"=([^&]+)", view):
            assert f'"{value}"' in html, view

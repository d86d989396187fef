"""The command that drafts a mapping reads a file as its options say."""

from check_builder import example
from desistance.cli import main
from records_builder import csv_text
from workbook_builder import rows, workbook


def test_a_draft_is_made_of_a_file_whose_encoding_and_delimiter_only_a_person_knows(tmp_path, capsys):
    path = tmp_path / "cases.csv"
    path.write_text(csv_text(example(), delimiter="|"), encoding="utf-16-le")
    words = ["draft-mapping", str(path), "--results", str(tmp_path / "results")]
    assert main(words) == 1
    assert main([*words, "--delimiter", "pipe", "--encoding", "utf-16-le"]) == 0
    assert "cases.csv: 0 questions" in capsys.readouterr().err
    assert main([*words, "--delimiter", "comma", "--encoding", "utf-16-le"]) == 1
    assert "looks separated by pipe" in capsys.readouterr().err


def test_the_widest_sheet_of_a_workbook_is_drafted_and_named(tmp_path, capsys):
    cases = [[f"c{n}", ("T", "U")[n % 2], ("yes", "no")[n % 2]] for n in range(30)]
    sheets = {"Read me": rows(["About"], ["these records"]), "Cases": rows(["id", "team", "drugs"], *cases)}
    path = workbook(tmp_path / "a.xlsx", sheets)
    words = ["draft-mapping", str(path), "--new", "--results", str(tmp_path / "results")]
    assert main([*words, "--output", str(tmp_path / "o.yaml")]) == 0
    told = capsys.readouterr().err
    assert 'the sheet "Cases" was taken' in told
    assert f"desistance new-study FOLDER --from {path} --mapping {tmp_path / 'o.yaml'}" in told
    assert "drugs:" in (tmp_path / "o.yaml").read_text(encoding="utf-8")
    assert main([*words, "--sheet", "Read me"]) == 0
    told = capsys.readouterr()
    assert "was taken" not in told.err
    assert "--sheet 'Read me'" in told.err
    assert "About" in told.out

"""The command that drafts a mapping reads a file as its options say."""

from check_builder import example
from desistance.cli import main
from records_builder import csv_text


def test_a_draft_is_made_of_a_file_whose_encoding_and_delimiter_only_a_person_knows(tmp_path, capsys):
    path = tmp_path / "cases.csv"
    path.write_text(csv_text(example(), delimiter="|"), encoding="utf-16-le")
    words = ["draft-mapping", str(path), "--results", str(tmp_path / "results")]
    assert main(words) == 1
    assert main([*words, "--delimiter", "pipe", "--encoding", "utf-16-le"]) == 0
    assert " 0 open" in capsys.readouterr().err
    assert main([*words, "--delimiter", "comma", "--encoding", "utf-16-le"]) == 1
    assert "looks separated by pipe" in capsys.readouterr().err

"""The command line as a whole: exit codes, what is said of errors, JSON, help and completion."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desistance import cli
from desistance.cli import COMMANDS, main, parser
from desistance.cli.dictionary import dictionary_rows
from desistance.errors import RecordsError
from desistance.study import read_study

ROOT = Path(__file__).parents[1]
NAMES = sorted(next(action.choices for action in parser()._actions if action.metavar == "COMMAND"))
CANARY = "Zebedee"


@pytest.fixture
def failing(monkeypatch):
    """The function that runs a command which fails with an error; gives its exit code."""

    def fail(error):
        def run(_):
            raise error

        monkeypatch.setattr(cli.example, "_example", run)
        return main(["example"])

    return fail


def test_an_error_of_ours_is_said_in_a_line_with_code_1(failing, capsys):
    assert failing(RecordsError("cases.csv is empty")) == 1
    assert capsys.readouterr().err == "RecordsError: cases.csv is empty\n"


class OddError(Exception):
    """An error that nobody has heard of."""


@pytest.mark.parametrize("kind", [OddError, ValueError, KeyError, OSError, RecursionError, UnicodeError])
def test_a_fault_is_told_with_its_kind_and_place_and_never_its_message(failing, capsys, kind):
    assert failing(kind(CANARY)) == 3
    out, heard = capsys.readouterr()
    assert CANARY not in out + heard
    assert heard.startswith(f"{kind.__name__} at cli/__init__.py, line ")
    assert "this is a fault of the program, please report it" in heard
    assert "Traceback" not in heard
    assert heard.count("\n") == 1


def test_an_error_that_another_one_caused_is_not_shown_either(failing, capsys):
    error = ValueError(CANARY)
    error.__cause__ = KeyError(CANARY)
    error.add_note(CANARY)
    assert failing(error) == 3
    assert CANARY not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space is left where files are written"),
        (errno.EROFS, "here/x.csv"),
        (errno.EACCES, "here/x.csv may not be read or written"),
        (errno.ENOENT, "here/x.csv is not there"),
    ],
)
def test_what_the_machine_refuses_is_said_in_words_with_code_1(failing, capsys, number, words):
    assert failing(OSError(number, CANARY, "here/x.csv")) == 1
    heard = capsys.readouterr().err
    assert words in heard
    assert CANARY not in heard


def test_too_little_memory_is_said_with_code_1(failing, capsys):
    assert failing(MemoryError(CANARY)) == 1
    assert "more memory than there is" in capsys.readouterr().err


def test_an_interruption_is_one_line_and_code_130(failing, capsys):
    assert failing(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["attack", "--nonsense"], ["coding-sheet"]])
def test_wrong_usage_is_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["dictionary", "studies/bulletin_2021_03"]])
def test_a_reader_who_has_seen_enough_is_no_error(arguments):
    words = [sys.executable, "-m", "desistance.cli", *arguments]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment()
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def environment():
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return usual | {"PYTHONPATH": str(ROOT / "src")}


def test_without_a_command_it_shows_help_and_where_to_begin(capsys):
    assert main([]) == 0
    heard = capsys.readouterr().out
    assert heard.startswith("usage: desistance")
    assert "make report" in heard
    assert "desistance draft-mapping FILE" in heard


def test_the_help_lists_every_command_and_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    heard = " ".join(capsys.readouterr().out.split())
    assert all(f" {name} " in heard for name in NAMES)
    assert len(NAMES) == len(COMMANDS)
    assert "0 done, 1 something" in heard
    assert "2 wrong usage, 3 a fault of the program, 130 interrupted" in heard


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_examples_that_can_be_parsed(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    heard = capsys.readouterr().out
    examples = heard.partition("for example:\n")[2].splitlines()
    assert examples, f"desistance {name} --help has no example"
    for example in examples:
        words = [word.strip('"') for word in example.split(" > ")[0].replace('"coder 1"', "coder_1").split()]
        assert words[:2] == ["desistance", name]
        parser().parse_args(words[1:])


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_in_the_documentation(name):
    assert f"\n| `{name}" in (ROOT / "docs/command-line.md").read_text(encoding="utf-8")


def test_the_start_is_light():
    """To show the help of any command nothing is loaded that takes time."""
    script = (
        "import sys; from contextlib import suppress; from desistance.cli import main; main([])\n"
        f"for name in {list(NAMES)}:\n"
        "    with suppress(SystemExit): main([name, '--help'])\n"
        "heavy = {'pandas', 'numpy', 'pyarrow', 'scipy', 'matplotlib', 'shtab', 'jsonschema'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, env=environment())


def test_the_dictionary_tells_programs_the_same_as_people(capsys):
    folder = str(ROOT / "studies/bulletin_2021_03")
    assert main(["dictionary", folder, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    _, *rows = dictionary_rows(read_study(Path(folder)))
    assert [tuple(row.values()) for row in told] == rows
    assert set(told[0]) == {"column", "meaning", "codes"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_every_command_and_option(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in NAMES)
    assert "dry-run" in script


COMPLETED = """
source <(printf '%s' "$SCRIPT")
complete -p desistance | grep -q _shtab_desistance
COMP_WORDS=({words}); COMP_CWORD={place}; COMPREPLY=()
_shtab_desistance
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def completed(tmp_path_factory):
    """What bash offers for the last of some words, in a folder with a file and a folder."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "studies").mkdir()
    (folder / "some.csv").touch()
    words = [sys.executable, "-m", "desistance.cli", "completion", "bash"]
    script = subprocess.run(words, capture_output=True, text=True, check=True, env=environment()).stdout

    def complete(*words):
        quoted = " ".join(f"'{word}'" for word in words)
        text = COMPLETED.format(words=quoted, place=len(words) - 1)
        done = subprocess.run(
            ["bash", "-c", text],
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
            env=os.environ | {"SCRIPT": script},
        )
        return done.stdout.split()

    return complete


@pytest.mark.needs_program("bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("desistance", "pur"), ["purge"]),
        (("desistance", "purge", "--dr"), ["--dry-run"]),
        (("desistance", "completion", "t"), ["tcsh"]),
        (("desistance", "dictionary", "s"), ["studies"]),
        (("desistance", "purge", "--config", "s"), ["some.csv", "studies"]),
        (("desistance", "purge", "--results", "s"), ["studies"]),
    ],
)
def test_bash_completes_commands_options_files_and_folders(completed, words, offered):
    assert sorted(completed(*words)) == offered

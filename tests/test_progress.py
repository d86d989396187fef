"""Progress: a line on a terminal for what takes long, and nothing where nobody looks."""

import io

import pytest

from desistance.records.progress import PAUSE_SECONDS, progress, progress_line
from records_builder import Ingested, case, csv_text, small_study


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self):
        return True


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def written(stream):
    """What stands on the terminal each time that the line is written."""
    return [text.rstrip() for text in stream.getvalue().split("\r")]


def test_nothing_is_shown_of_what_takes_less_than_two_seconds(clock):
    with progress("Reading x.csv", 100, stream=(stream := Terminal()), clock=clock) as seen:
        clock.now += 1.99
        seen(50)
    assert stream.getvalue() == ""


def test_nothing_is_shown_where_there_is_no_terminal(clock):
    with progress("Reading x.csv", 100, stream=(stream := io.StringIO()), clock=clock) as seen:
        clock.now += 60
        seen(50)
    assert stream.getvalue() == ""


def test_rows_rate_and_time_left_are_shown_and_gone_at_the_end(clock):
    with progress("Reading x.csv", 120_000, stream=(stream := Terminal()), clock=clock) as seen:
        clock.now += 10
        seen(30_000)
    line = "Reading x.csv: 30,000 of 120,000 rows, 3,000 a second, 30 s left"
    assert written(stream) == ["", line, "", ""]
    assert stream.getvalue().endswith("\r" + " " * len(line) + "\r")


def test_a_shorter_line_leaves_nothing_of_a_longer_one(clock):
    with progress("Reading", stream=(stream := Terminal()), clock=clock) as seen:
        clock.now += 10
        seen(1_000_000)
        clock.now += 10
        seen(0, doing="Sorting")
        long, short = stream.getvalue().split("\r")[1:]
        assert short.rstrip() == "Sorting: 0 rows, 0 a second"
        assert len(short) == len(long)


def test_the_line_is_not_written_with_every_row(clock):
    with progress("Reading", stream=(stream := Terminal()), clock=clock) as seen:
        clock.now += 2
        for _ in range(100):
            seen(1)
        assert len(written(stream)) == 2
        clock.now += PAUSE_SECONDS
        seen(1)
        assert written(stream)[-1] == "Reading: 101 rows, 46 a second"


def test_another_file_is_counted_and_timed_by_itself(clock):
    with progress("Reading", stream=(stream := Terminal()), clock=clock) as seen:
        seen(0, doing="Reading a.csv", total=10)
        clock.now += 5
        seen(10)
        seen(0, doing="Reading b.csv", total=None)
        clock.now += 5
        seen(50)
    shown = [text for text in written(stream) if text]
    assert shown == [
        "Reading a.csv: 10 of 10 rows, 2 a second, 0 s left",
        "Reading b.csv: 50 rows, 10 a second",
    ]


def fail(stream, clock):
    with progress("Reading", stream=stream, clock=clock) as seen:
        clock.now += 5
        seen(1)
        raise ValueError("broken")


def test_the_line_is_gone_when_the_work_fails(clock):
    stream = Terminal()
    with pytest.raises(ValueError, match="broken"):
        fail(stream, clock)
    assert written(stream)[1:] == ["Reading: 1 rows, 0 a second", "", ""]


def test_a_line_is_never_wider_than_the_terminal(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    with progress("Reading_a_file_with_a_long_name.csv", stream=(stream := Terminal()), clock=clock) as seen:
        clock.now += 5
        seen(1)
    assert max(map(len, written(stream))) == 19


@pytest.mark.parametrize(
    ("total", "left"),
    [(1089, "89 s left"), (1090, "1 min 30 s left"), (6400, "1 h 30 min left"), (999, "1,000 rows, ")],
)
def test_time_left_reads_as_people_say_it_and_is_not_shown_where_it_is_unknown(total, left):
    assert left in progress_line("Reading", 1000, 1000, total, "rows")


def test_no_time_has_passed(clock):
    assert progress_line("Reading", 0, 0, 10, "rows") == "Reading: 0 of 10 rows, 0 a second"


def test_reading_records_tells_each_file_and_all_its_rows(tmp_path):
    study, told = small_study(tmp_path / "study"), []
    for name, numbers in (("a.csv", range(5)), ("b.csv", range(5, 12))):
        (tmp_path / name).write_text(csv_text([case(n) for n in numbers]), encoding="utf-8")
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    Ingested(tmp_path, files, study, seen=lambda n, **more: told.append((n, more)))
    assert [more["doing"] for _, more in told if "doing" in more] == [
        "Reading a.csv (1 of 2)",
        "Reading b.csv (2 of 2)",
    ]
    assert sum(n for n, _ in told) == 12
    Ingested(tmp_path, files[:1], study, seen=lambda n, **more: told.append((n, more)))
    assert "Reading a.csv" in [more.get("doing") for _, more in told]

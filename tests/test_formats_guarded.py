"""Files that parsers in C and Rust read: a bad one harms only a process of its own, and ends in words."""

import gzip
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from desistance.errors import RecordsError
from desistance.records.formats import frames, guarded, look, read
from desistance.records.mapping import Source, require_headings
from workbook_builder import rows, text_cell, workbook

FOLDER = Path(__file__).with_name("data") / "formats"
ONE_OF_EACH = (
    "labels.sav",
    "labels_8.dta",
    "labels_15.dta",
    "titles.xlsx",
    "libreoffice/dates.xls",
    "libreoffice/dates.ods",
)
SENTINEL = "Zebedee"


def told(path, scratch=None):
    """Headings and rows of a file, or what is said about it."""
    try:
        table = look(path, scratch=scratch)
        return table.headings, [
            row for batch in read(table, table.headings[:1]) for row in batch.table.to_pylist()
        ]
    except RecordsError as error:
        return str(error)


def a_workbook(tmp_path):
    return workbook(tmp_path / "a.xlsx", {"s": rows(["id"], ["x"])})


# Whatever becomes of the process


ENDS = {
    "a crash": "import os; os.abort()",
    "no answer": "import time; time.sleep(60)",
    "work without end": "while True: pass",
    "an answer that breaks off": "import os; os.write(1, b'T' + bytes(7) + b'\\x09{')",
    "an answer that never ends": "import os; os.write(1, b'B' + b'\\x7f' * 8 + bytes(9))",
    "an answer of another kind": "import os; os.write(1, b'?' + bytes(8))",
    "nothing": "",
    "an error": f"raise ValueError('{SENTINEL}')",
    "too much memory": "from desistance.records.formats.child import limit; limit(writes=False); b = bytearray(2**31)",
}


@pytest.mark.parametrize("end", ENDS)
def test_however_the_process_ends_the_user_is_told_what_to_do(tmp_path, monkeypatch, capfd, end):
    monkeypatch.setattr(guarded, "CODE", ENDS[end])
    monkeypatch.setattr(guarded, "SECONDS", 0.5)
    text = told(a_workbook(tmp_path))
    assert "a.xlsx could not be read in the memory and time that there is for it" in text
    assert "save it again" in text
    assert SENTINEL not in text + "".join(capfd.readouterr())


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="Windows has no alarm; there the parent ends it")
def test_the_process_ends_itself_when_time_is_up_though_nobody_waits():
    """Its parent may have been killed: it holds nothing and makes nothing for long."""
    code = guarded.CODE.replace(
        "; main()", " as f; from desistance.records.formats import child; {}; child.main()"
    )
    slow = "import itertools; child.ANSWERS['look'] = lambda asked: filter(None, itertools.repeat(None))"
    request = json.dumps({"task": "look", "seconds": 0.3, "name": "x"}).encode()
    words = [sys.executable, "-c", code.format(slow)]
    done = subprocess.run(words, input=request, capture_output=True, timeout=30, check=False)
    assert done.stdout == b""
    assert done.returncode == -signal.SIGALRM


def test_the_process_is_gone_when_reading_stops_half_way(tmp_path, monkeypatch):
    """Though it would go on for long: it is ended, and not waited for."""
    said = "from desistance.records.formats.frames import TOLD, write_frame as f; import os, time;"
    monkeypatch.setattr(guarded, "CODE", f"{said} f(os.fdopen(1, 'wb'), TOLD, b'x'); time.sleep(20)")
    started = []
    real = guarded.subprocess.Popen
    monkeypatch.setattr(
        guarded.subprocess, "Popen", lambda *a, **how: started.append(real(*a, **how)) or started[0]
    )
    answers = guarded._answers("look", a_workbook(tmp_path), "a.xlsx", {})
    assert next(answers) == (frames.TOLD, b"x")
    answers.close()
    assert started[0].returncode not in (0, None)


def test_the_process_has_no_more_memory_than_it_needs_and_leaves_no_core_file():
    pytest.importorskip("resource")
    code = (
        "import resource as r; from desistance.records.formats.child import limit; limit(writes=False);"
        "print(*(r.getrlimit(x)[1] for x in (r.RLIMIT_DATA, r.RLIMIT_CORE, r.RLIMIT_FSIZE)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(800 * 2**20), "0", "0"]


def test_a_frame_that_is_too_long_is_not_taken_into_memory():
    source = io.BytesIO(frames.HEAD.pack(frames.DATA, frames.LONGEST + 1) + b"x" * 99)
    assert frames.read_frame(source) is None
    assert source.tell() == frames.HEAD.size
    out = io.BytesIO()
    frames.write_frame(out, frames.TOLD, b"abc")
    out.seek(0)
    assert frames.read_frame(out) == (frames.TOLD, b"abc")


NO_TEXT = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))


@pytest.mark.parametrize("columns", [[[1, 2]], [[1, 2], [1, 2]], [], [[1], NO_TEXT]])
def test_a_batch_that_is_not_numbers_and_text_is_refused(columns):
    sink = pa.BufferOutputStream()
    table = pa.table(columns, names=list(map(str, range(len(columns)))))
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    for content in (sink.getvalue().to_pybytes(), b"x" * 99):
        with pytest.raises(RecordsError, match="could not be read"):
            guarded._batch(content, ["id"], "a.xlsx")


def test_large_batches_come_in_pieces_and_lose_nothing(tmp_path):
    values = [f"{number:09d}" * 30 for number in range(60_000)]
    parquet.write_table(
        pa.table({"a": values, "b": values[::-1], "c": values, "d": values, "e": values}),
        tmp_path / "a.parquet",
    )
    table = look(tmp_path / "a.parquet")
    batches = list(read(table, table.headings))
    assert len(batches) > 1
    assert [row for batch in batches for row in batch.rows] == list(range(2, 60_002))
    assert [value for batch in batches for value in batch.table["b"].to_pylist()] == values[::-1]


# Hostile files


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_file_that_breaks_off_ends_in_words_or_in_its_rows(tmp_path, name, share):
    content = (FOLDER / name).read_bytes()
    path = tmp_path / Path(name).name
    path.write_bytes(content[: int(len(content) * share)])
    found = told(path)
    if isinstance(found, str):
        assert path.name in found
        assert "save" in found or "headings" in found
        assert "made-up-0" not in found


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 99}">' for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


def far_cell(path):
    """One cell at each end of the largest sheet there can be."""
    return workbook(path, {"s": rows(["id"]) + f'<row r="1048576">{text_cell("XFD1048576", "x")}</row>'})


def laughing(path):
    """Entities that would fill the memory, were they put in."""
    line = '<row r="2"><c r="A2" t="inlineStr"><is><t>&h;</t></is></c></row>'
    return workbook(path, {"s": rows(["id"]) + line}, head=f'<?xml version="1.0"?>{LAUGHS}]>')


def bomb(path):
    """A part of a gibibyte of nothing, in a megabyte."""
    return workbook(path, {"s": rows(["id"])}, extra=[("xl/media/nothing", bytes(2**28))])


def long_text(path):
    """One value that stands in every row of many, as a dictionary of one word."""
    word = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["x" * 2**20])
    parquet.write_table(pa.table({"id": word}), path)
    return path


ENDINGS = {
    "far.xlsx": "could not be read in the memory and time",
    "laughing.xlsx": "is not a workbook that can be read",
    "bomb.xlsx": "unpacks to more than 100 times its size",
    "long.parquet": "needs too much memory",
}
TOLD = """
import resource, sys
from pathlib import Path
from desistance.errors import RecordsError
from desistance.records.formats import look, read
try:
    table = look(Path(sys.argv[1]))
    print(sum(1 for _ in read(table, table.headings[:1])))
except RecordsError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
TRAPS = {"far.xlsx": far_cell, "laughing.xlsx": laughing, "bomb.xlsx": bomb, "long.parquet": long_text}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_ends_in_words_in_little_time_and_memory(tmp_path, name):
    pytest.importorskip("resource")
    path = TRAPS[name](tmp_path / name)
    # In a process of its own, so that what other tests started is not measured.
    done = subprocess.run([sys.executable, "-c", TOLD, str(path)], capture_output=True, text=True, check=True)
    said, most = done.stdout.rsplit("\n", 2)[:2]
    assert ENDINGS[name] in said
    assert int(most) < 2**20


def test_names_of_sheets_that_look_like_paths_are_names(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"../../../etc/passwd": rows(["id"], ["x"])})
    assert look(path).sheet == "../../../etc/passwd"
    assert told(path) == (("id",), [{"id": "x"}])
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]


def test_what_a_heading_hides_is_not_shown_in_a_message(tmp_path):
    sources = {name: Source(name, name) for name in ("id", "sex")}
    with pytest.raises(RecordsError) as error:
        require_headings(sources, ["id", "\x1b[31mred\n\u202eback", "x" * 5000], "a.csv")
    text = str(error.value)
    assert "?[31mred ?back" in text
    assert len(text) < 400


def test_a_compressed_trap_of_another_kind_ends_in_words_too(tmp_path):
    path = tmp_path / "a.xlsx.gz"
    path.write_bytes(gzip.compress(far_cell(tmp_path / "far.xlsx").read_bytes()))
    assert "could not be read in the memory and time" in told(path, tmp_path / "scratch")
    assert not list((tmp_path / "scratch").iterdir())

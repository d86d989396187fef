"""Records read and counted in one pass: by several processes, in parts, with rows and files that stand twice."""

import csv
import io
import json
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desistance.errors import RecordsError
from desistance.records import sources
from desistance.records.formats import frames, look, plain, read, shares
from desistance.records.formats.shares import NotPlainError, Share
from desistance.records.mapping import read_mapping
from desistance.records.numbers import number_digests, repeated, siphash
from desistance.scan import child, pieces, workers
from desistance.scan.pieces import Asked
from desistance.scan.scanning import scan, scan_part
from desistance.tallies import TABLES, write_tally
from records_builder import DESIGN_HEADINGS, DESIGNED, KEY, case, csv_text, in_batches_of, small_study

ROWS = [
    case(n, home=("yes", "no", "not known")[n % 3], delivery_home="yes" if n % 3 == 0 else "not applicable")
    for n in range(400)
]
SENTINEL = "Zebedee"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return small_study(tmp_path_factory.mktemp("study"))


def asked_of(study, folder, **chosen):
    return Asked(study, read_mapping(None, study), KEY, Path(folder) / "scratch", **chosen)


def outcome(found, rejects, folder):
    """All that a scan tells, with the bytes of the tally's files."""
    paths = {name: Path(folder) / name for name in (*TABLES, "facts")}
    write_tally(found.counter.tally({**found.account, "files": []}), paths)
    files = {name: path.read_bytes() for name, path in paths.items()}
    rows = list(csv.reader(io.StringIO(rejects.getvalue(), newline="")))
    return {**found.account, "files": None}, rows, files, dict(found.accepted.services)


def scanned(study, folder, files, **options):
    rejects = io.StringIO(newline="")
    found = scan([Path(file) for file in files], asked_of(study, folder), rejects=rejects, **options)
    return outcome(found, rejects, folder)


def by_two(study, folder, files):
    return scanned(study, folder, files, n_processes=2, shared_from=0)


def by_one(study, folder, files):
    """No file in shares, so that Parquet is read as text too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Asked, "can_share", lambda *_: False)
        return scanned(study, folder, files, n_processes=1)


def written(folder, rows, name="cases.csv", **form):
    path = Path(folder) / name
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pandas(pd.DataFrame(rows)), path, row_group_size=60)
    else:
        path.write_bytes(csv_text(rows, **form).encode())
    return path


# Digests of case numbers


@pytest.mark.parametrize(
    ("message", "digest"),
    [  # from the authors' own test vectors
        (b"", "a3817f04ba25a8e66df67214c7550293"),
        (b"\0", "da87c1d86b99af44347659119b22fc45"),
    ],
)
def test_digests_are_those_of_siphash(message, digest):
    low, high = (np.uint64(int.from_bytes(bytes(range(start, start + 8)), "little")) for start in (0, 8))
    last = int.from_bytes(message.ljust(7, b"\0") + bytes([len(message)]), "little")
    found = np.empty((1, 2), dtype=np.uint64)
    siphash([np.array([last], dtype=np.uint64)], low, high, found)
    assert found.astype("<u8").tobytes().hex() == digest


def rotated(word, bits):
    return (word << bits | word >> (64 - bits)) & (2**64 - 1)


def plainly(message, key):
    """SipHash-2-4 with 128 bits, a byte string at a time."""
    low, high = (int.from_bytes(key[at : at + 8], "little") for at in (0, 8))
    v = [
        low ^ 0x736F6D6570736575,
        high ^ 0x646F72616E646F6D ^ 0xEE,
        low ^ 0x6C7967656E657261,
        high ^ 0x7465646279746573,
    ]

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) % 2**64
            v[1] = rotated(v[1], 13) ^ v[0]
            v[0] = rotated(v[0], 32)
            v[2] = (v[2] + v[3]) % 2**64
            v[3] = rotated(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) % 2**64
            v[3] = rotated(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) % 2**64
            v[1] = rotated(v[1], 17) ^ v[2]
            v[2] = rotated(v[2], 32)

    padded = message + bytes(-(len(message) + 1) % 8) + bytes([len(message) % 256])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xEE
    rounds(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(4)
    return [first, v[0] ^ v[1] ^ v[2] ^ v[3]]


@given(st.lists(st.text(max_size=40), max_size=30))
def test_digests_are_those_of_each_number_by_itself_without_spaces_around_it(numbers):
    import hashlib

    key = hashlib.blake2b(key=KEY, digest_size=16, person=b"case numbers").digest()
    found, missing = number_digests(pa.array(numbers, pa.string()), key=KEY)
    stripped = pa.compute.utf8_trim_whitespace(pa.array(numbers, pa.string())).to_pylist()
    assert found.tolist() == [plainly(text.encode(), key) for text in stripped]
    assert missing.tolist() == [not text for text in stripped]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=40))
def test_rows_are_repeated_where_the_same_digest_stands_before_and_noughts_are_nobodys(pairs):
    digests = np.array(pairs, dtype=np.uint64).reshape(-1, 2)
    expected = [n for n, pair in enumerate(pairs) if pair in pairs[:n] and pair[0] > 0]
    assert repeated([digests]).tolist() == expected
    assert repeated(np.array_split(digests, 3)).tolist() == expected


# Shares of text


def texts_of(batches):
    rows = []
    for batch in batches:
        columns = [column.cast(pa.string()).to_pylist() for column in batch.table.columns]
        rows += zip(batch.rows.tolist(), *columns, strict=True)
    return rows


CELL = st.sampled_from(["a", "b", "", " ", "é", "x,y", 'q"r', "l\nm", "17"])
LINES = st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=30)
ENDS = st.sampled_from(["\n", "\r\n"])


@given(LINES, ENDS, st.integers(1, 4), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.booleans())
def test_shares_together_are_the_file_or_it_is_said_that_it_cannot_be_shared_out(
    tmp_path_factory, rows, end, n, quoting, whole
):
    path = tmp_path_factory.mktemp("shared") / "file.csv"
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=quoting).writerows([("one", "two", "three"), *rows])
    text = out.getvalue() if whole else out.getvalue().removesuffix(end)
    path.write_bytes(text.encode())
    table = look(path)
    expected = texts_of(read(table, ["three", "one"]))
    found, before = [], 0
    try:
        own = shares.look(path, wanted=(), delimiter="auto", encoding="auto")
        for place in range(n):
            part = texts_of(shares.read(own, ["three", "one"], Share(place, n), dates={}, texts=("one",)))
            found += [(number + before, *values) for number, *values in part]
            before += len(part)
    except NotPlainError:
        assert any(
            cell.strip() != cell or not cell or set(cell) & set(',"\n') for row in rows for cell in row
        )
        return
    assert found == expected


def all_of(path):
    table = shares.look(path, wanted=("one", "two"), delimiter="auto", encoding="auto")
    return texts_of(shares.read(table, ["one", "two"], Share(0, 1), dates={}))


ODD = {
    "a blank row": "one,two\na,b\n\nc,d\n",
    "a row of nothing but delimiters": "one,two\na,b\n,\nc,d\n",
    "a quotation mark that does not close": 'one,two\na,"b\nc,d\n',
    "a quotation mark within a value": 'one,two\na,b"c\nd,e\n',
    "a value of two lines": 'one,two\na,"b\nc"\nd,e\n',
    "lines that end with a return alone": "one,two\ra,b\rc,d\r",
    "a nought byte": "one,two\na,\0\n",
    "quotation marks that only seem to fit": 'one,two\n"a,"b",c"\nd,e\n',
    "a quoted value longer than can be": f'one,two\na,"{"b" * 140_000}"\n',
    "rows that a mark swallows": 'one,two\na,"b\nc,d\ne",f\n',
}


@pytest.mark.parametrize("what", ODD)
def test_a_file_that_must_be_looked_through_is_not_shared_out(tmp_path, what):
    path = tmp_path / "file.csv"
    path.write_bytes(ODD[what].encode())
    with pytest.raises(NotPlainError):
        all_of(path)


def test_a_file_said_to_be_ascii_is_looked_through(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("one,two\na,b\n", encoding="ascii")
    with pytest.raises(NotPlainError):
        shares.look(path, wanted=(), delimiter="auto", encoding="ascii")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_text_that_is_not_utf_8_is_not_shared_out(tmp_path, encoding):
    path = tmp_path / "file.csv"
    path.write_bytes("one,two\na,é\n".encode(encoding))
    with pytest.raises(NotPlainError):
        all_of(path)


# Several processes


@pytest.mark.parametrize("name", ["cases.csv", "cases.parquet"])
def test_two_processes_find_what_one_finds(tmp_path, study, name):
    rows = [dict(row) for row in ROWS]
    rows[7]["sex"] = rows[391]["concern"] = SENTINEL
    rows[11]["case_id"], rows[399]["case_id"] = rows[3]["case_id"], rows[5]["case_id"]
    path = written(tmp_path, rows, name)
    alone = by_one(study, tmp_path, [path])
    assert alone[0]["rejected_by_rule"] == {
        "duplicate_case": 2,
        "unknown_code:concern": 1,
        "unknown_code:sex": 1,
    }
    assert [int(row[1]) for row in alone[1][1:]] == [9, 13, 393, 401]
    assert by_two(study, tmp_path, [path]) == alone


def test_processes_are_really_used_for_parquet(tmp_path, study, monkeypatch):
    monkeypatch.setattr(workers, "CODE", "raise SystemExit")
    path = written(tmp_path, ROWS, "cases.parquet")
    with pytest.raises(RecordsError, match="could not be read in the memory and time"):
        by_two(study, tmp_path, [path])


@pytest.mark.parametrize("n", [1, 2])
def test_many_small_files_of_parquet_are_read_by_as_many_processes_as_are_allowed(
    tmp_path, study, monkeypatch, n
):
    files = [written(tmp_path, ROWS[first : first + 90], f"{first}.parquet") for first in range(0, 400, 80)]
    alone = by_one(study, tmp_path, files)
    started = []
    start = workers._Started.start
    monkeypatch.setattr(workers._Started, "start", lambda self: started.append(1) or start(self))
    assert scanned(study, tmp_path, files, n_processes=n) == alone
    assert len(started) == 2 * n  # once more for the files with cases of an earlier one


def test_a_small_file_may_take_less_memory_than_a_large_one(tmp_path):
    small, large = tmp_path / "small.parquet", tmp_path / "large.parquet"
    small.write_bytes(bytes(1000))
    with large.open("wb") as file:
        file.truncate(2**30)
    limits = [child._memory([pieces.Piece((path,)) for path in paths]) for paths in ([small], [small, large])]
    assert limits == [child.MEMORY + 1000 * child.MEMORY_A_BYTE, child.MOST_MEMORY]


def test_shares_of_text_that_is_large_are_read_at_once_in_this_process(tmp_path, study, monkeypatch):
    monkeypatch.setattr(workers, "CODE", "raise SystemExit")
    together = threading.Barrier(2)

    def read_piece(*given, **more):
        together.wait(timeout=30)  # for the other share
        return pieces.read_piece(*given, **more)

    monkeypatch.setattr(workers, "read_piece", read_piece)
    assert by_two(study, tmp_path, [written(tmp_path, ROWS)])[0]["n_read"] == len(ROWS)


def test_when_one_share_of_text_fails_the_others_stop_and_its_words_are_heard(tmp_path, study, monkeypatch):
    failed, asked = threading.Event(), []

    def read_piece(piece, *_, seen, **__):
        if piece.share.place:
            failed.set()
            raise RecordsError("the second share")
        assert failed.wait(timeout=30)
        for _ in range(1000):
            asked.append(1)
            time.sleep(0.01)
            seen(1)
        pytest.fail("the first share goes on")

    monkeypatch.setattr(workers, "read_piece", read_piece)
    with pytest.raises(RecordsError, match="the second share"):
        by_two(study, tmp_path, [written(tmp_path, ROWS)])
    assert len(asked) < 1000


@pytest.mark.parametrize("enough", [1, 70, 10**6])
def test_how_many_cases_are_counted_together_does_not_show(tmp_path, tmp_path_factory, monkeypatch, enough):
    designed = small_study(tmp_path_factory.mktemp("designed"), DESIGNED)
    told = {"region": "N", "weight": "2", "n_teams": "9"}
    path = written(tmp_path, [{**row, **told} for row in ROWS], "cases.parquet")
    whole = by_two(designed, tmp_path, [path])
    monkeypatch.setattr(pieces, "ENOUGH", enough)
    in_batches_of(monkeypatch, 3000)
    again = written(tmp_path, [{**row, **told} for row in ROWS], headings=DESIGN_HEADINGS)
    assert by_one(designed, tmp_path, [again]) == whole


def test_weights_and_strata_come_through_processes(tmp_path, tmp_path_factory):
    designed = small_study(tmp_path_factory.mktemp("designed"), DESIGNED)
    rows = [
        {**row, "region": "NS"[n % 3 == 0], "weight": str(1 + n % 5 / 7), "n_teams": "9"}
        for n, row in enumerate(ROWS)
    ]
    path = written(tmp_path, rows, headings=DESIGN_HEADINGS)
    alone = by_one(designed, tmp_path, [path])
    assert by_two(designed, tmp_path, [path]) == alone


def test_a_file_that_cannot_be_shared_out_is_read_by_one(tmp_path, study):
    path = tmp_path / "cases.csv"
    text = csv_text(ROWS)
    middle = text.index("\n", len(text) * 3 // 4)
    path.write_bytes((text[:middle] + "\n" + text[middle:]).encode())
    found = by_two(study, tmp_path, [path])
    assert found == by_one(study, tmp_path, [path])
    assert found[0]["n_accepted"] == len(ROWS)


# Text in this process


def looked_through(study, folder, files, monkeypatch):
    """What a scan finds that looks through every file before it believes a row."""

    def refuse(*_, **__):
        raise NotPlainError

    with monkeypatch.context() as changed:
        changed.setattr(shares, "look", refuse)
        return by_one(study, folder, files)


def text_of(rows):
    """Rows with rejects, a case twice and rows of too few and too many values."""
    rows = [dict(row) for row in rows]
    rows[7]["sex"] = rows[391]["concern"] = SENTINEL
    rows[11]["case_id"], rows[399]["case_id"] = rows[3]["case_id"], rows[5]["case_id"]
    lines = csv_text(rows).splitlines()
    lines[20], lines[300] = f"{SENTINEL},{SENTINEL}", f"{lines[300]},{SENTINEL}"
    return "\n".join(lines) + "\n"


IN_THIS_PROCESS = {
    "as it is": lambda text: text,
    "without a last line end": lambda text: text.removesuffix("\n"),
    "returns": lambda text: text.replace("\n", "\r\n"),
    "a mark of order": lambda text: f"\ufeff{text}",
    "titles": lambda text: f"An extract\n\n{text}",
    "semicolons": lambda text: text.replace(",", ";"),
    "quoted values": lambda text: text.replace("yes", '"yes"'),
    "an accent": lambda text: text.replace("Service", "Sérvice").replace("Alpha", "Alphá"),
    "a column that is not asked for": lambda text: "".join(
        f"{line},x\n" if number else f"{line},more\n" for number, line in enumerate(text.splitlines())
    ),
    "no rows": lambda text: text.splitlines()[0] + "\n",
}
LOOKED_THROUGH = {
    "blank rows": lambda text: f"{text}\n\n",
    "a blank row within": lambda text: text.replace("\n", "\n\n", 350).replace("\n\n", "\n", 349),
    "rows of delimiters": lambda text: text + "," * (text.splitlines()[0].count(",")) + "\n",
    "a value of two lines": lambda text: text + text.splitlines()[-1].replace("yes", '"yes\n"') + "\n",
    "returns alone": lambda text: text.replace("\n", "\r"),
    "an open quotation mark": lambda text: text.replace("\nmade-up", '\n"made-up') + '"',
}


def outcome_or_error(read):
    try:
        return read()
    except RecordsError as error:
        return str(error)


@pytest.mark.parametrize("what", [*IN_THIS_PROCESS, *LOOKED_THROUGH])
def test_text_read_at_once_gives_what_looking_through_it_first_gives(tmp_path, study, monkeypatch, what):
    in_batches_of(monkeypatch, 8000)
    path = tmp_path / "cases.csv"
    path.write_bytes((IN_THIS_PROCESS | LOOKED_THROUGH)[what](text_of(ROWS)).encode())
    expected = outcome_or_error(lambda: looked_through(study, tmp_path, [path], monkeypatch))
    before = []
    monkeypatch.setattr(sources, "look", lambda *given, **more: before.append(1) or look(*given, **more))
    assert outcome_or_error(lambda: by_one(study, tmp_path, [path])) == expected
    assert bool(before) == (what in LOOKED_THROUGH)
    assert isinstance(expected, str) == (what in ("no rows", "an open quotation mark"))


def test_rejects_stand_in_the_order_of_rows_whatever_was_wrong_with_each(tmp_path, study):
    path = tmp_path / "cases.csv"
    path.write_text(text_of(ROWS), encoding="utf-8")
    rows = by_one(study, tmp_path, [path])[1][1:]
    assert [int(row[1]) for row in rows] == [9, 13, 21, 301, 393, 401]
    assert [row[2] for row in rows].count("wrong_number_of_values") == 2


def test_files_of_whose_one_must_be_looked_through_are_read_in_their_order(tmp_path, study, monkeypatch):
    rows = [dict(row) for row in ROWS]
    rows[7]["sex"] = rows[391]["concern"] = SENTINEL
    files = [written(tmp_path, rows[:200], "one.csv"), written(tmp_path, rows[200:], "two.csv")]
    files[0].write_bytes(files[0].read_bytes() + b"\n")
    expected = looked_through(study, tmp_path, files, monkeypatch)
    assert [row[:2] for row in expected[1][1:]] == [["one.csv", "9"], ["two.csv", "193"]]
    in_batches_of(monkeypatch, 4000)
    assert by_one(study, tmp_path, files) == expected


def test_only_text_is_parsed_in_this_process(tmp_path, study, monkeypatch):
    paths = [written(tmp_path, ROWS, name) for name in ("cases.csv", "cases.parquet")]
    monkeypatch.setattr(sources.shares, "look", lambda path, **_: pytest.fail(path.name))
    with pytest.raises(pytest.fail.Exception, match=r"cases\.csv"):
        by_one(study, tmp_path, paths[:1])
    assert by_one(study, tmp_path, paths[1:])[0]["n_accepted"] == len(ROWS)


def test_what_is_known_to_need_looking_through_is_not_tried_again(tmp_path, study, monkeypatch):
    rows = [dict(row) for row in ROWS]
    rows[11]["case_id"] = rows[3]["case_id"]
    path = written(tmp_path, rows)
    path.write_bytes(path.read_bytes() + b"\n")
    tried = []
    own = shares.look
    monkeypatch.setattr(shares, "look", lambda *given, **more: tried.append(1) or own(*given, **more))
    assert by_one(study, tmp_path, [path])[0]["rejected_by_rule"] == {"duplicate_case": 1}
    assert len(tried) == 1
    tried.clear()
    assert by_two(study, tmp_path, [path])[0]["rejected_by_rule"] == {"duplicate_case": 1}
    assert len(tried) == 2  # once in each share


def test_a_file_of_too_many_columns_is_not_read_at_once(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(20_001)) + "\n", encoding="utf-8")
    with pytest.raises(NotPlainError):
        shares.look(path, wanted=(), delimiter="auto", encoding="auto")


def test_a_damaged_file_stops_the_run_with_words_and_nothing_of_its_content(tmp_path, study):
    path = written(tmp_path, [{**row, "drugs": SENTINEL} for row in ROWS], "cases.parquet")
    content = bytearray(path.read_bytes())
    content[200:900] = bytes(700)
    path.write_bytes(bytes(content))
    with pytest.raises(RecordsError) as stopped:
        by_two(study, tmp_path, [path])
    assert "cases.parquet" in str(stopped.value)
    assert SENTINEL not in str(stopped.value)
    assert not list((tmp_path / "scratch").iterdir())


def test_a_file_with_the_content_of_another_is_read_once(tmp_path, study):
    first = written(tmp_path, ROWS)
    again = written(tmp_path, ROWS, "sent_again.csv")
    found = scan([first, again], asked_of(study, tmp_path), rejects=io.StringIO())
    assert found.copies == (again,)
    assert found.account["n_read"] == len(ROWS)
    assert [file["name"] for file in found.account["files"]] == ["cases.csv"]


def test_a_row_of_a_case_in_an_earlier_file_is_a_duplicate(tmp_path, study):
    files = [written(tmp_path, ROWS[:250], "a.csv"), written(tmp_path, ROWS[200:], "b.csv")]
    account, rejects, *_ = by_two(study, tmp_path, files)
    assert account["rejected_by_rule"] == {"duplicate_case": 50}
    assert {row[0] for row in rejects[1:]} == {"b.csv"}
    assert [int(row[1]) for row in rejects[1:]] == list(range(2, 52))


# Parts that other jobs count


def in_parts(study, folder, files, n):
    asked = asked_of(study, folder)
    paths = [Path(folder) / f"{place}-of-{n}.part" for place in range(n)]
    for place, path in reversed(list(enumerate(paths))):
        scan_part([Path(file) for file in files], asked, place, n, path)
    return paths


def whole_of(study, folder, files, paths):
    rejects = io.StringIO(newline="")
    found = scan([Path(file) for file in files], asked_of(study, folder), rejects=rejects, counted=paths)
    return outcome(found, rejects, folder)


@pytest.mark.parametrize(("n", "name"), [(1, "b.csv"), (2, "b.csv"), (3, "b.parquet"), (5, "b.parquet")])
def test_parts_together_are_the_whole(tmp_path, study, n, name):
    rows = [dict(row) for row in ROWS]
    rows[30]["sex"] = rows[320]["sex"] = SENTINEL
    files = [written(tmp_path, rows[:150], "a.csv"), written(tmp_path, rows[140:], name)]
    alone = by_one(study, tmp_path, files)
    assert alone[0]["rejected_by_rule"]["duplicate_case"] == 10
    assert whole_of(study, tmp_path, files, in_parts(study, tmp_path, files, n)) == alone


def test_a_part_that_could_not_be_read_alone_is_read_with_the_whole(tmp_path, study):
    path = tmp_path / "cases.csv"
    path.write_bytes(
        csv_text(ROWS, line="\r\n").replace("\r\n", "\n", 300).replace("c9,", '"c9",').encode("utf-16")
    )
    parts = in_parts(study, tmp_path, [path], 2)
    assert whole_of(study, tmp_path, [path], parts) == by_one(study, tmp_path, [path])


def test_a_part_of_another_study_or_key_or_cut_off_is_refused(tmp_path, study):
    path = written(tmp_path, ROWS)
    (part,) = in_parts(study, tmp_path, [path], 1)
    other = Asked(study, read_mapping(None, study), b"another key, 32 bytes long......", tmp_path / "scratch")
    with pytest.raises(RecordsError, match="another study, mapping or key"):
        scan([path], other, rejects=io.StringIO(), counted=[part])
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(RecordsError, match="is not a whole part"):
        whole_of(study, tmp_path, [path], [part])


def test_a_part_that_holds_more_than_it_announces_is_refused(tmp_path, study):
    path = written(tmp_path, ROWS)
    (part,) = in_parts(study, tmp_path, [path], 1)
    end, more = io.BytesIO(), io.BytesIO()
    frames.write_frame(end, frames.DONE, b"")
    frames.write_frame(more, frames.DATA, bytes(16))
    whole = part.read_bytes()
    assert whole.endswith(end.getvalue())
    part.write_bytes(whole.removesuffix(end.getvalue()) + more.getvalue() + end.getvalue())
    with pytest.raises(RecordsError, match="cannot be read; run again"):
        whole_of(study, tmp_path, [path], [part])


def test_parts_hold_digests_and_no_number_of_a_case(tmp_path, study):
    path = written(tmp_path, [{**row, "case_id": f"{SENTINEL}{n}"} for n, row in enumerate(ROWS)])
    (part,) = in_parts(study, tmp_path, [path], 1)
    assert SENTINEL.encode() not in part.read_bytes()


def test_the_process_that_reads_loads_neither_pandas_nor_scipy():
    import subprocess
    import sys

    code = f"import sys, {child.__name__}; print(json.dumps([m for m in ('pandas', 'scipy') if m in sys.modules]))"
    told = subprocess.run(
        [sys.executable, "-c", f"import json; {code}"], capture_output=True, check=True, text=True
    )
    assert json.loads(told.stdout) == []


@settings(max_examples=8)
@given(st.integers(1, 6), st.integers(20, 300))
def test_the_size_of_blocks_does_not_show(tmp_path_factory, n, size):
    folder = tmp_path_factory.mktemp("blocks")
    path = written(folder, ROWS[:60])
    table = shares.look(path, wanted=("case_id",), delimiter="auto", encoding="auto")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "BLOCK", 150 + size)
        parts = [shares.read(table, ["case_id"], Share(place, n), dates={}) for place in range(n)]
        found = [row[1] for part in parts for row in texts_of(part)]
    assert found == [row["case_id"] for row in ROWS[:60]]

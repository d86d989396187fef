"""A tally as one file: read as it was written, and refused wherever anything of it is not what was signed."""

import io
import json
import struct
import zipfile

import pyarrow as pa
import pytest
from pyarrow import parquet

from desistance.errors import RecordsError, TallyError
from desistance.records.formats import guarded
from desistance.tallies import archive, portable
from desistance.tallies.manifest import CHECKS, MOST_PARTS
from desistance.tallies.portable import (
    FACTS,
    FILES,
    MANIFEST,
    NAMES,
    QUOTES,
    SIGNATURE,
    look_into,
    members_of,
    read_portable,
    write_portable,
)
from desistance.tallies.signing import Signer
from travel_builder import OTHER, Site, members_in, rewritten, rows_of, signed_anew

CANARY = "Zebedee"
QUOTE = {"theme": "hope", "direction": "enabler", "excerpt": "They listened."}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        site = Site(tmp_path_factory.mktemp("site"), patch)
        return site.tally(rows_of("A", range(12)) + rows_of("B", range(12, 20), sex="boy")).read_bytes()


@pytest.fixture
def path(original, tmp_path):
    made = tmp_path / "site.tally"
    made.write_bytes(original)
    return made


def refused(path, apart=False):
    """What is said of a file that is refused, without its path, in which the name of the test stands."""
    with pytest.raises(TallyError) as refusal:
        read_portable(path, guarded=apart)
    said = str(refusal.value)
    assert str(path) in said
    return said.replace(str(path), "it")


@pytest.mark.parametrize("apart", [True, False])
def test_what_is_read_is_what_was_written(path, tmp_path, apart):
    read, again = read_portable(path, guarded=apart), tmp_path / "again.tally"
    write_portable(again, read.tally, quotes=[QUOTE], signer=None)
    assert members_of(read.tally) == {name: members_in(path)[name] for name in NAMES[2:]}
    assert read_portable(again, guarded=False).quotes == (QUOTE,)
    assert read.manifest.n_cases == 20
    assert read.manifest.n_services == 2


def test_the_same_tally_and_signer_give_the_same_bytes(path, tmp_path):
    tally = read_portable(path, guarded=False).tally
    quotes = [QUOTE, QUOTE | {"excerpt": "A plan."}]
    for name, order in (("one", 1), ("two", -1)):
        write_portable(tmp_path / name, tally, quotes=quotes[::order], signer=OTHER)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_file_tells_nothing_of_when_and_by_whom_it_was_made(path):
    with zipfile.ZipFile(path) as opened:
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not any(entry.extra or entry.comment for entry in opened.infolist())


def test_only_its_owner_may_read_a_file(path, tmp_path):
    write_portable(tmp_path / "own.tally", read_portable(path, guarded=False).tally, signer=None)
    assert (tmp_path / "own.tally").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", [*NAMES[:4], FILES["counts"], FILES["services"], NAMES[-1]])
def test_a_file_with_one_byte_altered_anywhere_is_refused(path, name):
    members = members_in(path)
    content = bytearray(members[name])
    content[len(content) // 2] ^= 1
    altered = rewritten(path, members | {name: bytes(content)})
    refused(altered)
    refused(altered, apart=True)


@pytest.mark.parametrize("name", NAMES[2:])
def test_a_member_of_another_tally_is_refused(path, tmp_path, monkeypatch, name):
    other = members_in(Site(tmp_path / "other", monkeypatch).tally(rows_of("C", range(7), sex="girl")))
    members = members_in(path)
    if other[name] != members[name]:
        assert "signed" in refused(rewritten(path, members | {name: other[name]})) or "says" in refused(path)
    else:
        assert name in (QUOTES, *FILES.values())


def test_a_manifest_that_names_another_key_is_refused(path):
    members = members_in(path)
    told = json.loads(members[MANIFEST]) | {"key": OTHER.public}
    altered = rewritten(path, members | {MANIFEST: json.dumps(told).encode()})
    assert "altered after it was signed" in refused(altered)


def test_a_signature_of_something_else_is_refused(path):
    members = members_in(path)
    signer = Signer(b"x" * 32)
    told = json.loads(members[MANIFEST]) | {"key": signer.public}
    text = json.dumps(told).encode()
    altered = {MANIFEST: text, SIGNATURE: signer.signature(text + b" ")}
    assert "altered after it was signed" in refused(rewritten(path, members | altered))


def test_a_signature_taken_away_is_refused(path):
    assert "altered" in refused(rewritten(path, members_in(path) | {SIGNATURE: b""}))


@pytest.mark.parametrize("length", [0, 10, 500, -1, -30])
def test_a_file_that_was_cut_off_is_refused(path, length):
    path.write_bytes(path.read_bytes()[:length])
    refused(path)


def test_a_file_that_was_packed_is_refused(path):
    """So that nothing in it can grow when it is read."""
    assert "packed" in refused(rewritten(path, members_in(path), zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("change", ["more", "fewer", "order", "away"])
def test_other_members_than_those_of_a_tally_are_refused(path, change):
    members = members_in(path)
    changed = {
        "more": members | {"../../evil": b"x"},
        "fewer": {name: content for name, content in members.items() if name != QUOTES},
        "order": dict(reversed(members.items())),
        "away": {name.replace("counts", "/counts"): content for name, content in members.items()},
    }[change]
    assert "other files than a tally" in refused(rewritten(path, changed))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_there_twice_is_refused(path):
    members = members_in(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(FACTS, members[FACTS])
    assert "other files" in refused(path)


def test_a_member_that_says_it_is_larger_than_the_file_is_refused(path):
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02")  # the last entry of the directory: sizes at 20 and 24
    content[place + 20 : place + 28] = struct.pack("<II", 2**31, 2**31)
    path.write_bytes(bytes(content))
    refused(path)


def test_a_file_over_the_limit_is_refused_before_it_is_opened(path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert "larger than a tally may be" in refused(path)


def test_an_account_over_the_limit_is_refused(path, monkeypatch):
    monkeypatch.setattr(portable, "MOST_JSON", 10)
    assert "larger than a tally may be" in refused(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"case_id,team\n1,A\n", b"\0" * 1000])
def test_what_is_no_tally_is_refused(path, content):
    path.write_bytes(content)
    assert "no tally" in refused(path)


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path):
    with pytest.raises(TallyError, match="not there"):
        read_portable(tmp_path / "none.tally")


@pytest.mark.parametrize("kind", [2, 0, True, "1", None])
def test_another_format_is_refused_and_the_remedy_said(path, kind):
    assert "same version" in refused(signed_anew(path, format=kind))


@pytest.mark.parametrize("key", [*CHECKS, "more"])
@pytest.mark.parametrize("value", [[], {"a": 1}, -1, 1.5, f"{CANARY}\x1b[2J"])
def test_a_manifest_that_says_what_none_says_is_refused_and_not_repeated(path, key, value):
    if (key, value) in (("parts", []), ("members", {"a": 1})):
        value = [{"content": "0", "key": None}] if key == "parts" else {}
    said = refused(signed_anew(path, **{key: value}))
    assert CANARY not in said
    assert "\x1b" not in said


def test_a_manifest_with_a_part_twice_is_refused(path):
    part = {"content": "0" * 64, "key": None}
    refused(signed_anew(path, parts=[part, part]))
    assert MOST_PARTS < 10**6


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"n_cases": NaN}', b"\xff", b"[]", b"null", b"{}"])
@pytest.mark.parametrize("name", [MANIFEST, FACTS, QUOTES])
def test_json_made_to_do_harm_is_refused(path, name, text):
    if name == MANIFEST:
        refused(rewritten(path, members_in(path) | {name: text}))
    elif (name, text) != (QUOTES, b"[]"):
        refused(signed_anew(path, inside={name: text}))


@pytest.mark.parametrize("said", [{"n_cases": 21}, {"n_services": 1}, {"made_up": True}, {"study": "other"}])
def test_a_manifest_that_says_what_the_tally_does_not_hold_is_refused(path, said):
    assert "does not hold" in refused(signed_anew(path, **said))


@pytest.mark.parametrize("name", ["n_read", "n_accepted", "n_cases"])
def test_an_account_that_does_not_add_up_is_refused(path, name):
    facts = json.loads(members_in(path)[FACTS])
    facts[name] += 1
    refused(signed_anew(path, inside={FACTS: json.dumps(facts).encode()}))


def as_parquet(**columns):
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"PAR1" + CANARY.encode() * 50 + b"PAR1",
        as_parquet(service=[[CANARY]]),
        as_parquet(service=[CANARY]),
        as_parquet(service=[CANARY], n_cases=["many"], stratum=["all"], services_in_stratum=[1.0]),
    ],
    ids=["no Parquet", "lists", "columns that lack", "texts for numbers"],
)
def test_tables_that_somebody_signed_but_that_are_none_are_refused_without_their_values(path, content):
    signed_anew(path, inside={FILES["services"]: content})
    with pytest.raises(TallyError) as refusal:
        read_portable(path)
    assert CANARY not in str(refusal.value)


def test_tables_from_elsewhere_are_read_by_another_process(path, monkeypatch):
    seen, own = [], guarded.members
    monkeypatch.setattr(
        guarded, "members", lambda file, digests: seen.append(list(digests)) or own(file, digests)
    )
    read_portable(path, guarded=False)
    assert seen == []
    read_portable(path)
    assert seen == [list(FILES.values())]


def test_tables_that_change_between_looking_and_reading_are_refused(path):
    digests = dict.fromkeys(FILES.values(), "0" * 64)
    with pytest.raises(RecordsError, match="was changed while it was read"):
        guarded.members(path, digests)


@pytest.mark.parametrize("excerpt", [3, "x" * 401, None])
def test_excerpts_that_are_none_are_refused(path, excerpt):
    text = json.dumps([QUOTE | {"excerpt": excerpt}]).encode()
    assert "excerpts" in refused(signed_anew(path, inside={QUOTES: text}))


def test_to_look_into_a_file_reads_its_account_and_no_table(path, monkeypatch):
    monkeypatch.setattr(portable, "read_tally", None)
    manifest, facts = look_into(path)
    assert manifest.n_cases == facts["n_cases"] == 20


def test_nothing_that_stood_in_memory_gets_into_a_tally(tmp_path, monkeypatch):
    """Of texts that stand in a dictionary twice pyarrow writes a page that ends in old memory, and no such encoding."""
    unknown = {"sex": "not known", "concern": "not known"}
    path = Site(tmp_path / "site", monkeypatch).tally(
        rows_of("A", range(4)) + rows_of("B", range(4, 9), **unknown)
    )
    for name, content in members_in(path).items():
        if name in FILES.values():
            group = parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(0)
            columns = [group.column(place) for place in range(group.num_columns)]
            texts = [
                column for column in columns if column.physical_type == "BYTE_ARRAY" and column.num_values
            ]
            assert all("RLE_DICTIONARY" in column.encodings for column in texts), name

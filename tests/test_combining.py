"""Tallies of several sites made one: what may be added, what is counted once, and that no order shows."""

import re

import pytest

from desistance.errors import SettingsError, TallyError
from desistance.study import read_study
from desistance.tallies.combining import combined
from desistance.tallies.portable import QUOTES, members_of, read_portable, write_portable
from desistance.tallies.signing import Signer, fingerprint, is_signed, trusted_keys
from records_builder import STUDY
from travel_builder import OTHER, Site, members_in, rewritten, rows_of, signed_anew

SIGNER = Signer(b"the key of whoever combines them")
CANARY = "Zebedee"
RENAMED = STUDY.replace("label: Drugs", "label: Drug use")
RETITLED = STUDY.replace("A small study", "The same small study")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Tallies of three services at three sites, one made up, two of other studies, by name."""
    folder = tmp_path_factory.mktemp("sites")
    with pytest.MonkeyPatch.context() as patch:
        for number, team in enumerate("ABC"):
            site = Site(folder / team, patch)
            (folder / f"{team}.tally").write_bytes(
                site.tally(rows_of(team, range(9 * number, 9 * number + 9))).read_bytes()
            )
        made_up = Site(folder / "M", patch).tally(rows_of("M", range(40, 49), made_up="made up"))
        made_up.replace(folder / "made_up.tally")
        for name, study in (("renamed", RENAMED), ("retitled", RETITLED)):
            Site(folder / name, patch, study).tally(rows_of(CANARY, range(50, 59))).replace(
                folder / f"{name}.tally"
            )
    return folder


@pytest.fixture
def sites(folder):
    return [folder / f"{team}.tally" for team in "ABC"]


def refused(*paths, **asked):
    with pytest.raises(TallyError) as refusal:
        combined(paths, **asked)
    said = str(refusal.value)
    assert CANARY not in said
    for path in paths:
        said = said.replace(f"{path.parent}/", "")  # the name of the test stands in it
    return said


def written(path, made):
    write_portable(path, made.tally, quotes=made.quotes, signer=SIGNER, parts=made.parts)
    return path


def test_the_sum_holds_all_cases_of_all_sites(sites):
    made = combined(sites)
    assert made.tally.facts["n_cases"] == made.tally.facts["n_read"] == 27
    assert list(made.tally.services["service"]) == ["A", "B", "C"]
    assert made.remarks == ()


def test_the_order_of_the_files_does_not_show(sites, tmp_path):
    made = {
        written(tmp_path / "all.tally", combined(order)).read_bytes()
        for order in (sites, sites[::-1], [*sites[1:], sites[0]])
    }
    assert len(made) == 1


def test_a_combined_tally_lists_its_parts_with_their_keys(sites):
    told = [read_portable(path, guarded=False).manifest for path in sites]
    parts = combined(sites).parts
    assert [(part.content, part.key) for part in parts] == sorted((each.content, each.key) for each in told)
    assert len({part.key for part in parts}) == 3


def test_combining_what_was_combined_gives_the_same_bytes_as_combining_all(sites, tmp_path):
    whole = written(tmp_path / "whole.tally", combined(sites))
    for pair, last in ((sites[:2], sites[2]), (sites[1:], sites[0])):
        two = written(tmp_path / "two.tally", combined(pair))
        again = written(tmp_path / "again.tally", combined([last, two]))
        assert again.read_bytes() == whole.read_bytes()


def test_a_combined_tally_by_itself_stays_the_same(sites, tmp_path):
    whole = written(tmp_path / "whole.tally", combined(sites))
    assert written(tmp_path / "again.tally", combined([whole])).read_bytes() == whole.read_bytes()


def test_excerpts_of_all_sites_stand_in_an_order_of_their_own(sites, tmp_path):
    quote = {"theme": "hope", "direction": "enabler", "excerpt": "A"}
    for excerpt, path in zip("BA", sites, strict=False):
        tally = read_portable(path, guarded=False).tally
        write_portable(tmp_path / path.name, tally, quotes=[quote | {"excerpt": excerpt}], signer=SIGNER)
    made = combined([tmp_path / path.name for path in sites[:2]])
    assert [each["excerpt"] for each in made.quotes] == ["A", "B"]


def test_the_same_tally_twice_is_counted_once_and_that_is_said(sites, tmp_path):
    copy = tmp_path / "copy.tally"
    copy.write_bytes(sites[0].read_bytes())
    made = combined([*sites, copy])
    assert made.tally.facts["n_cases"] == 27
    assert any("copy.tally" in remark or "A.tally" in remark for remark in made.remarks)
    assert all("counted once" in remark for remark in made.remarks)


def test_the_same_path_twice_is_one_file(sites):
    made = combined([*sites, sites[0]])
    assert (made.tally.facts["n_cases"], made.remarks) == (27, ())


def test_the_same_content_signed_by_another_is_counted_once(sites, tmp_path):
    copy = tmp_path / "copy.tally"
    copy.write_bytes(sites[0].read_bytes())
    made = combined([*sites, signed_anew(copy)])
    assert made.tally.facts["n_cases"] == 27
    assert len(made.remarks) == 1


def test_a_part_that_is_in_a_combined_tally_already_is_counted_once(sites, tmp_path):
    whole = written(tmp_path / "whole.tally", combined(sites))
    made = combined([sites[1], whole])
    assert made.tally.facts["n_cases"] == 27
    assert made.remarks == (f"{sites[1]} is counted once: what it holds is in {whole} too",)


def test_combined_tallies_that_share_a_part_are_refused(sites, tmp_path):
    one = written(tmp_path / "one.tally", combined(sites[:2]))
    two = written(tmp_path / "two.tally", combined(sites[1:]))
    said = refused(one, two)
    assert "one.tally" in said
    assert "two.tally" in said
    assert "count twice" in said


def test_another_definition_is_refused_and_named(sites, folder):
    said = refused(*sites, folder / "renamed.tally")
    assert re.search(r"renamed\.tally was counted by another study\.yaml than .*: ", said)
    assert "prevalence.drugs" in said
    assert "sufficiency.drugs" in said
    assert "sex" not in said.rsplit(":", 1)[1]


def test_another_study_with_the_same_definitions_is_refused_and_that_is_said(sites, folder):
    assert "what is measured is the same" in refused(*sites, folder / "retitled.tally")


def test_the_study_that_was_asked_for_decides(sites, folder):
    study = read_study(folder / "renamed" / "study")
    said = refused(*sites, study=study)
    assert all(path.name in said for path in sites)
    assert combined([folder / "renamed.tally"], study=study).tally.facts["n_cases"] == 9


def test_made_up_beside_other_records_is_refused(sites, folder):
    said = refused(folder / "made_up.tally", *sites)
    assert "made_up.tally is of made-up records and" in said


def test_all_that_is_wrong_is_said_at_once(sites, folder):
    said = refused(*sites, folder / "made_up.tally", folder / "renamed.tally")
    assert "made_up.tally" in said
    assert "renamed.tally" in said


def test_a_tally_that_nobody_signed_is_refused(sites, tmp_path):
    path = tmp_path / "mine.tally"
    write_portable(path, read_portable(sites[0], guarded=False).tally, signer=None)
    assert "mine.tally is not signed" in refused(path, *sites[1:])


def test_a_key_that_is_not_trusted_is_refused_with_its_fingerprint(sites):
    keys = [read_portable(path, guarded=False).manifest.key for path in sites]
    said = refused(*sites, trusted={keys[0]: "a", keys[1]: "b"})
    assert "C.tally is signed with the key " + fingerprint(keys[2]) in said
    assert "A.tally" not in said
    assert combined(sites, trusted=dict.fromkeys(keys, "known")).tally.facts["n_cases"] == 27


def test_a_file_signed_anew_by_somebody_else_is_refused_where_keys_are_trusted(sites, tmp_path):
    key = read_portable(sites[0], guarded=False).manifest.key
    copy = tmp_path / "copy.tally"
    copy.write_bytes(sites[0].read_bytes())
    refused(signed_anew(copy, signer=OTHER), trusted={key: "a"})


def test_an_altered_file_is_refused_among_others(sites, tmp_path):
    members = members_in(sites[0])
    altered = rewritten(tmp_path / "altered.tally", members | {QUOTES: b"[ ]\n"})
    assert "altered.tally" in refused(*sites, altered)


def test_a_service_in_two_tallies_is_added_and_remarked(sites, tmp_path, monkeypatch):
    more = Site(tmp_path / "more", monkeypatch).tally(rows_of("A", range(90, 95)))
    made = combined([*sites, more])
    assert made.tally.facts["n_services"] == 3
    assert made.tally.facts["n_cases"] == 32
    assert len(made.remarks) == 1
    assert "1 service stands in more than one" in made.remarks[0]


def test_nothing_to_combine_is_refused():
    assert "no tally to combine" in refused()


def test_parts_of_one_site_equal_the_site_counted_at_once(sites, tmp_path, monkeypatch):
    site = Site(tmp_path / "one", monkeypatch)
    rows = rows_of("A", range(9)) + rows_of("B", range(9, 18)) + rows_of("C", range(18, 27))
    pooled, parts = (members_of(combined(paths).tally) for paths in ([site.tally(rows)], sites))
    assert [name for name in pooled if pooled[name] != parts[name]] == ["facts.json"]


# Keys


def test_a_signature_is_of_one_content_by_one_key():
    signature = SIGNER.signature(b"content")
    assert is_signed(b"content", signature, SIGNER.public)
    assert not is_signed(b"content ", signature, SIGNER.public)
    assert not is_signed(b"content", signature, OTHER.public)
    assert not is_signed(b"content", signature[:-1], SIGNER.public)
    assert not is_signed(b"content", b"", SIGNER.public)


def test_the_signature_is_that_of_the_standard():
    """Seed and public key of RFC 8032, section 7.1, test 1."""
    seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    assert Signer(bytes.fromhex(seed)).public == (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )


def test_a_signer_does_not_show_its_seed():
    assert "combines" not in repr(SIGNER)


def test_trusted_keys_are_read_with_their_names_and_remarks_left_out(tmp_path):
    path = tmp_path / "keys.txt"
    path.write_text(f"# sites\n\n{SIGNER.public} The north  # since May\n{OTHER.public} The south\n")
    assert trusted_keys(path) == {SIGNER.public: "The north", OTHER.public: "The south"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("abc north", "line 2"),
        (f"{OTHER.public}", "line 2"),
        (f"{OTHER.public.upper()} north", "line 2"),
        (f"{OTHER.public} no\x1brth", "line 2"),
        (f"{SIGNER.public} again", "line 2"),
    ],
)
def test_a_line_that_is_no_key_and_name_is_refused_by_its_number(tmp_path, line, said):
    path = tmp_path / "keys.txt"
    path.write_text(f"{SIGNER.public} north\n{line}\n")
    with pytest.raises(SettingsError, match=said):
        trusted_keys(path)


@pytest.mark.parametrize("text", ["", "# nobody\n"])
def test_a_list_without_a_key_is_refused_rather_than_taken_as_everybody(tmp_path, text):
    path = tmp_path / "keys.txt"
    path.write_text(text)
    with pytest.raises(SettingsError, match="no key"):
        trusted_keys(path)


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        trusted_keys(tmp_path / "none.txt")

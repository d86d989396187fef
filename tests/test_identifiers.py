"""Case numbers: digests with a key, and a key that only its owner can read, outside all that is copied."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desistance.errors import SettingsError
from desistance.records import identifiers
from desistance.records.identifiers import KEY_BYTES, case_digest, key_path, own_key, shown_case

KEY, OTHER = b"k" * KEY_BYTES, b"o" * KEY_BYTES
SOURCE = Path(__file__).parents[1] / "src"
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no permission bits")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where a key is made by a test, in a folder that does not exist yet."""
    path = tmp_path / "configuration" / "key"
    monkeypatch.setenv("DESISTANCE_KEY", str(path))
    return path


# Digests


@given(st.text(), st.text())
def test_two_numbers_have_two_digests_and_blanks_around_one_do_not_matter(one, other):
    assert (case_digest(one, key=KEY) == case_digest(other, key=KEY)) == (one.strip() == other.strip())
    assert len(case_digest(one, key=KEY)) == 16


def test_a_digest_depends_on_the_key_and_on_the_service():
    assert case_digest("17", key=KEY) != case_digest("17", key=OTHER)
    assert case_digest("17", "A", key=KEY) != case_digest("17", "B", key=KEY)


def test_a_digest_is_that_of_the_published_algorithm():
    """By OpenSSL 3.0.19: printf '17\\0' | openssl mac -macopt hexkey:6b6b... -macopt size:16 BLAKE2BMAC."""
    assert case_digest("17", key=KEY).hex() == "d09b782cd06237bf4c255c1a65f34cac"


def test_twelve_digits_are_shown_and_nothing_for_no_number():
    assert shown_case(" 17 ", key=KEY) == case_digest("17", key=KEY).hex()[:12]
    assert shown_case("  ", key=KEY) == ""


# Where the key is


def test_the_variable_names_the_path_before_all_else():
    assert key_path({"DESISTANCE_KEY": "/x/y", "XDG_CONFIG_HOME": "/z"}) == Path("/x/y")


@posix
def test_the_key_is_in_the_users_folder_of_configurations(monkeypatch):
    assert key_path({"XDG_CONFIG_HOME": "/z"}) == Path("/z/desistance/key")
    monkeypatch.setenv("HOME", "/somebody")
    assert key_path({}) == Path("/somebody/.config/desistance/key")
    assert key_path({"XDG_CONFIG_HOME": "not/absolute"}) == Path("/somebody/.config/desistance/key")


def test_without_a_home_it_is_said_what_to_set(monkeypatch):
    def homeless():
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(SettingsError, match=r"no home folder .* set DESISTANCE_KEY to a path outside"):
        key_path({})


# Making and reading it


def test_a_key_is_made_on_first_use_and_stays(place):
    made = own_key()
    assert len(made) == KEY_BYTES
    assert own_key() == made == place.read_bytes()
    place.unlink()
    assert own_key() != made


@posix
def test_its_owner_alone_can_read_it_whatever_the_habits_of_the_system(place):
    before = os.umask(0)
    try:
        own_key()
    finally:
        os.umask(before)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o601])
def test_a_key_that_others_can_read_or_change_is_refused_with_the_command_that_mends_it(place, mode):
    made = own_key()
    place.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {place}") as error:
        own_key()
    assert made.hex() not in str(error.value)
    subprocess.run(str(error.value).split("run: ")[1].split(" (where")[0], shell=True, check=True)
    assert own_key() == made


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_file_that_is_no_key_is_refused_and_left_as_it_is(place, content):
    place.parent.mkdir()
    place.write_bytes(content)
    place.chmod(0o600)
    with pytest.raises(SettingsError, match="holds no key of case numbers, which has 32 bytes"):
        own_key()
    assert place.read_bytes() == content


def test_a_key_in_the_results_is_refused_and_not_made(place, tmp_path):
    with pytest.raises(SettingsError, match=r"would be at .* and be copied with it; set DESISTANCE_KEY"):
        own_key(results=[tmp_path])
    assert not place.parent.exists()
    own_key(results=[tmp_path / "results"])


@pytest.mark.parametrize("mark", ["Snakefile", ".git"])
def test_a_key_in_the_project_is_refused_even_where_a_link_leads_there(place, tmp_path, monkeypatch, mark):
    (tmp_path / "project" / "within").mkdir(parents=True)
    (tmp_path / "project" / mark).touch()
    monkeypatch.chdir(tmp_path / "project" / "within")
    for path in ("key", str(tmp_path / "project" / "key"), "../key"):
        monkeypatch.setenv("DESISTANCE_KEY", path)
        with pytest.raises(SettingsError, match=r"within .*project, and be copied"):
            own_key()
    place.parent.symlink_to(tmp_path / "project", target_is_directory=True)
    monkeypatch.setenv("DESISTANCE_KEY", str(place))
    with pytest.raises(SettingsError, match=r"within .*project, and be copied"):
        own_key()


def test_a_home_that_is_a_repository_of_its_own_is_no_project(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("DESISTANCE_KEY", str(tmp_path / ".config" / "key"))
    monkeypatch.chdir(tmp_path)
    assert len(own_key()) == KEY_BYTES
    (tmp_path / "Snakefile").touch()
    with pytest.raises(SettingsError, match="be copied with it"):
        own_key()


def test_a_place_that_cannot_be_written_is_named_with_what_to_set(place, tmp_path):
    place.parent.write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"can be neither read nor made at .*key .*; set DESISTANCE_KEY"):
        own_key()
    assert list(tmp_path.iterdir()) == [place.parent]


def test_a_read_only_home_is_told_with_what_to_set(place, monkeypatch):
    def read_only(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(SettingsError, match=r"\(Read-only file system\); set DESISTANCE_KEY"):
        own_key()


def test_many_at_once_get_the_same_key(place):
    script = "from desistance.records.identifiers import own_key; print(own_key().hex())"
    words = [sys.executable, "-c", script]
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}

    def one(_):
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(one, range(8)))
    assert keys == {place.read_bytes().hex() + "\n"}


def test_a_key_that_was_half_written_when_its_maker_was_killed_is_never_taken_for_one(place, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(identifiers.os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            own_key()
    assert not place.exists()
    assert own_key() == place.read_bytes()
    assert not list(place.parent.glob("*.part"))

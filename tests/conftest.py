"""What all tests share: a test says which programs outside Python it needs; random examples never vary."""

import os
import shutil
from importlib.util import find_spec

import hypothesis
import pytest

# Programs, not tests: the doctests of these would run them.
collect_ignore = ["fuzz", "command_driver.py"]

# The names a program goes by; the first one found is used.
PROGRAM_NAMES = {"chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")}

hypothesis.settings.register_profile("desistance", deadline=None, derandomize=True)
hypothesis.settings.load_profile("desistance")


# Files that take longest, longest first: begun first, they do not keep one process busy when the others are done.
LONGEST = (
    "test_slurm",
    "test_workflow",
    "test_s3",
    "test_hostile_files",
    "test_any_table",
    "test_any_regression",
    "test_bad_input",
    "test_accessibility",
    "test_explorer_browser",
    "test_notebooks",
    "test_site",
    "test_page",
    "test_tallies",
    "test_strength",
    "test_browser",
    "test_guimmun",
    "test_privacy",
    "test_check_page",
    "test_draft",
    "test_check",
    "test_gather",
)


@pytest.fixture(scope="session", autouse=True)
def own_key(tmp_path_factory):
    """No test reads or makes the key of whoever runs it; its programs use this one too."""
    path = tmp_path_factory.mktemp("a folder for the key") / "key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESISTANCE_KEY", str(path))
        yield path


def pytest_configure(config):
    """Hand out files in the order of the tests, not those with most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


def program_path(program):
    """Path of a program by any of its names, or None."""
    found = (shutil.which(name) for name in PROGRAM_NAMES.get(program, (program,)))
    return next(filter(None, found), None)


def is_installed(name):
    """Whether a program is there, or a package of Python that not every user needs."""
    return program_path(name) is not None or find_spec(name.replace("-", "_")) is not None


def programs_are_required(environment):
    """Whether a missing program is a failure, as in continuous integration, where no one sees a skip."""
    wishes = (environment.get(name, "").lower() for name in ("CI", "DESISTANCE_REQUIRE_PROGRAMS"))
    return any(wish in {"1", "true", "yes"} for wish in wishes)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Skip or fail a test whose programs are missing, before any of its fixtures is made."""
    needed = [program for marker in item.iter_markers("needs_program") for program in marker.args]
    missing = [name for name in needed if not is_installed(name)]
    if not missing:
        return
    reason = f"needs {', '.join(missing)}, which is not installed"
    if programs_are_required(os.environ):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium():
    """Path of the browser, for a test marked `needs_program("chromium")`."""
    return program_path("chromium")


@pytest.fixture(scope="session")
def quick_run():
    """The function that runs Snakemake in a project without a start of its own; gives exit code and text."""
    from project import one_process

    with one_process() as run:
        yield run

"""environment.yml, pyproject.toml and requirements.lock name the same things."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
FILES = ("environment.yml", "pyproject.toml", "requirements.lock")

# Where conda has another name for a package than pip.
PIP_NAMES = {
    "matplotlib-base": "matplotlib",
    "playwright-python": "playwright",
    "snakemake-minimal": "snakemake",
}
# What only conda has to be told.
CONDA_ONLY = {"python", "pip"}
# pip adds these with the package itself
PIP_ONLY = {"afcharts", "axe-playwright-python", "krippendorff", "rocrate", "typst"}

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = (
    ("linux", "x86_64"),
    ("linux", "aarch64"),
    ("darwin", "arm64"),
    ("darwin", "x86_64"),
    ("win32", "AMD64"),
)
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
ADDRESS = re.compile(
    r"[a-z]+://|\bgit\+|\bfile:| @ |^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)\b",
    re.M,
)


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pyproject():
    return tomllib.loads(text_of("pyproject.toml"))


def direct_dependencies():
    """Range of each package that pyproject.toml names, tests included."""
    project = pyproject()["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["test"]
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in requirements}


def conda_dependencies():
    """Range of each package that environment.yml names, by its pip name; what goes to pip is left out."""
    lines = [
        line for line in yaml.safe_load(text_of("environment.yml"))["dependencies"] if isinstance(line, str)
    ]
    named = (line.partition(" ") for line in lines)
    return {canonicalize_name(PIP_NAMES.get(name, name)): SpecifierSet(range_) for name, _, range_ in named}


def locked_pins():
    """Name, version and marker of each line of the lock that pins a package."""
    found = [PIN.fullmatch(line) for line in text_of("requirements.lock").splitlines()]
    return [(match["name"], Version(match["version"]), match["marker"]) for match in found if match]


def applies(marker, python, platform, machine):
    if marker is None:
        return True
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_machine": machine,
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[platform],
        "os_name": "nt" if platform == "win32" else "posix",
        "sys_platform": platform,
    }
    return Marker(marker).evaluate(environment)


def test_conda_and_pip_ask_for_the_same_ranges():
    conda = {name: range_ for name, range_ in conda_dependencies().items() if name not in CONDA_ONLY}
    both = {name: range_ for name, range_ in direct_dependencies().items() if name not in PIP_ONLY}
    assert conda == both, "give environment.yml and pyproject.toml the same packages and ranges"


def test_conda_and_pip_ask_for_the_same_python():
    assert conda_dependencies()["python"] == SpecifierSet(pyproject()["project"]["requires-python"])


def test_conda_installs_the_package_itself():
    entries = yaml.safe_load(text_of("environment.yml"))["dependencies"]
    assert [entry for entry in entries if isinstance(entry, dict)] == [{"pip": ["-e .[test]"]}]


def test_the_build_tool_is_locked_as_the_build_asks_for_it():
    """The package is installed without build isolation, so its build tool comes from the lock."""
    needed = [Requirement(line) for line in pyproject()["build-system"]["requires"]]
    assert {
        canonicalize_name(one.name): one.specifier for one in needed
    }.items() <= direct_dependencies().items()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("platform", "machine"), PLATFORMS)
def test_each_direct_dependency_is_locked_once_on(python, platform, machine):
    pins = [name for name, _, marker in locked_pins() if applies(marker, python, platform, machine)]
    times = {name: pins.count(name) for name in direct_dependencies()}
    assert times == dict.fromkeys(direct_dependencies(), 1), "run `make lock`"


def test_each_locked_version_is_inside_its_range():
    ranges = direct_dependencies()
    outside = [
        f"{name} {version} is not {ranges[name]}"
        for name, version, _ in locked_pins()
        if name in ranges and version not in ranges[name]
    ]
    assert not outside, "run `make lock`"


def test_the_lock_holds_exact_versions_and_hashes_and_nothing_else():
    lines = text_of("requirements.lock").splitlines()
    assert lines
    assert [line for line in lines if not PIN.fullmatch(line) and not HASH.fullmatch(line)] == []
    without_hash = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.fullmatch(line) and not HASH.fullmatch(following)
    ]
    assert without_hash == []


@pytest.mark.parametrize("name", FILES)
def test_no_address_stands_in(name):
    assert ADDRESS.findall(text_of(name)) == []


def test_an_address_would_be_seen():
    lines = ("--index-url https://x", "-i x", "a @ file:///x", "  --find-links x", "git+ssh://x", "-e git+x")
    assert [line for line in lines if not ADDRESS.search(line)] == []

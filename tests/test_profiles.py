"""Profiles for clusters say what the usual one says, and know the rules that there are."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
# The parts are jobs of their own; nobody calibrates on a cluster without wanting to.
APART = {"all", "part", "calibration"}


def profile(name):
    return yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["slurm", "kubernetes"])
def test_a_cluster_is_told_what_one_machine_is_told(name):
    """Snakemake does not read the usual profile beside another profile of the workflow."""
    usual = {key: value for key, value in profile("default").items() if key != "cores"}
    assert usual.items() <= profile(name).items()


@pytest.mark.parametrize("name", ["slurm", "kubernetes"])
def test_every_step_after_the_parts_is_in_the_one_job(name):
    rules = set(re.findall(r"^rule (\w+):", (ROOT / "Snakefile").read_text(encoding="utf-8"), re.MULTILINE))
    grouped = dict(entry.split("=") for entry in profile(name)["groups"])
    assert set(grouped.values()) == {"bulletin"}
    assert rules - APART == grouped.keys()

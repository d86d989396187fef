"""Answer a drafted mapping or outline as a person would: its questions are replaced, and nothing else of it."""

import re
from pathlib import Path

import yaml


def answered(text, answers=None):
    """The draft with each question answered: by what is given for its place, else by what it proposes."""
    given = dict(answers or {})
    lines = text.splitlines()
    place = []
    for number, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        ((key, value),) = yaml.load(re.sub(r"  # .*", "", line.strip()), yaml.BaseLoader).items()
        place = [*place[:depth], key]
        where = ".".join(place)
        if isinstance(value, str) and (value == "?" or value.startswith("? ")):
            answer = given.pop(where, None) or value[2:]
            assert answer or value != "?", f"{where} is open and has no answer"
            lines[number] = (
                " " * 2 * depth + yaml.safe_dump({key: answer}, default_style='"', width=10**6).strip()
            )
    assert not given, f"no question stands at {list(given)}"
    return "\n".join(lines) + "\n"


def kept_answers(name):
    return yaml.load(
        (Path(__file__).parent / "data/draft" / f"{name}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
    )

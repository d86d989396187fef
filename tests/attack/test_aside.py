"""Work done aside gives the same answers and the same errors, and is never taken for done when it is not."""

import os
import time

import pytest

from desistance.attack import documents
from desistance.attack.aside import aside
from desistance.attack.errors import AttackError
from desistance.attack.images import png_texts


def test_an_answer_and_an_error_come_back_as_they_are():
    with aside(max, 3, 5) as answer:
        assert answer() == 5
    with (
        aside(png_texts, b"nothing", "a.png") as answer,
        pytest.raises(AttackError, match=r"a\.png is not a PNG"),
    ):
        answer()


def test_a_process_that_dies_is_no_answer():
    with aside(os._exit, 1) as answer, pytest.raises(AttackError, match="ended without an answer"):
        answer()


def test_a_process_that_is_not_waited_for_is_ended():
    with pytest.raises(KeyError), aside(time.sleep, 600):
        raise KeyError


def test_a_long_document_is_read_aside_with_the_same_findings(tmp_path, monkeypatch):
    (tmp_path / "a.pdf").write_bytes(b"no document")
    said = []
    for longest in (0, 10**9):
        monkeypatch.setattr(documents, "LONG", longest)
        with pytest.raises(AttackError) as error:
            documents.statements(tmp_path, (), {})
        said.append(str(error.value))
    assert said == ["a.pdf is not a PDF document"] * 2

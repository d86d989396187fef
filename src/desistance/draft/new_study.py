"""A new study from an answered outline, tried before anything of it is kept."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from desistance.draft.outline import read_outline
from desistance.draft.study_files import study_files
from desistance.errors import DesistanceError, StudyError
from desistance.records.formats import look
from desistance.records.mapping import read_mapping
from desistance.study import read_study


def new_study(
    outline: Path,
    folder: Path,
    records: Path,
    *,
    results: str | None = None,
    delimiter: str = "auto",
    encoding: str = "auto",
    sheet: str | None = None,
    scratch: Path | None = None,
) -> dict[str, str]:
    """Texts of the files of a study that reads, by their names.

    `folder` is where they will stand, `records` the file that the study is about, `results` the folder of its runs
    (`results/` and the study's name without), `delimiter`, `encoding`, `sheet` and `scratch` as `look` takes them.

    Raises
    ------
    StudyError
        The outline has open questions or mistakes, names headings that the file lacks, or does not make a study.
    """
    answered = read_outline(outline)
    wanted = [column.heading for column in answered.columns]
    reading = {"delimiter": delimiter, "encoding": encoding, "sheet": sheet}
    found = look(records, wanted=wanted, scratch=scratch, **reading).headings
    if lacking := [heading for heading in wanted if heading not in found]:
        raise StudyError(
            f"{outline}: {records.name} lacks {', '.join(map(repr, lacking))}; draft an outline of this file, or give "
            "these columns the role ignore"
        )
    texts = study_files(answered, folder, records, results, reading)
    _try(texts, outline)
    return texts


def _try(texts: dict[str, str], outline: Path) -> None:
    """Read what would be written, so that a mistake is named by the outline and nothing is left behind."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for file, text in texts.items():
            (place / file).write_text(text, encoding="utf-8")
        try:
            read_mapping(place / "mapping.yaml", read_study(place))
        except DesistanceError as error:
            said = str(error).replace(f"{place}{os.sep}", "")
            raise StudyError(f"{outline} does not make a study yet: {said}") from None

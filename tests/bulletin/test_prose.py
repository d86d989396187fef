"""Every number in the prose is in the released tables, tied to what its sentence speaks of; and what is refused."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bulletin.prose import ANY, Piece, is_number, labels_of, named, released_rows, sentences, tokens
from bulletin.recounts import Recount
from desistance.bulletin.language import phrases
from desistance.bulletin.publication import publication
from desistance.errors import ReleaseError
from desistance.study import read_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def thematic():
    return read_study(ROOT / "studies" / "thematic_2016")


@pytest.fixture(scope="module", params=["example", "another edition", "thematic"])
def told(request, study, released, thematic, short_study, make_release):
    """A report, and the release and the study behind it."""
    found = {
        "example": lambda: (released, study),
        "another edition": lambda: (make_release(short_study, compare=True), short_study),
        "thematic": lambda: (make_release(thematic), thematic),
    }[request.param]()
    return publication(*found), *found


class Checker:
    """Looks every number of a sentence up in the rows it leads to, or in a recount of what it speaks of."""

    def __init__(self, released, study):
        self.rows, self.labels = released_rows(released), labels_of(study)
        self.recount = Recount(released, study)
        self.study, self.allowed = study, {}
        facts = released.facts
        self.sizes = {str(facts["n_cases"]), str(facts["n_services"])}

    def wrong(self, sentence, like=None):
        """Numbers of a sentence for which nothing stands in the released tables; `like` is what it was made from."""
        free = None
        for piece in sentence.pieces:
            for token, kind in tokens(piece.text, self.labels):
                if self._in_row(piece.target, token, kind):
                    continue
                if piece.target.startswith("#row.") and "verdicts-counted" not in piece.target:
                    yield token, piece
                    continue
                free = self._free(like or sentence) if free is None else free
                if not free(token, kind):
                    yield token, piece

    def _in_row(self, target, token, kind):
        row = self.rows.get(target)
        return row is not None and (row.holds(token, kind) or (row.holds(token, ANY) and kind == ANY))

    def _free(self, sentence):
        """What holds outside links: numbers of the rows the sentence leads to, and recounted ones."""
        rows = [self.rows[target] for target in sentence.targets if target in self.rows]
        rows += [] if rows else [self.rows[place] for place in self._spoken(sentence.text.lower())]
        if sentence not in self.allowed:
            self.allowed[sentence] = self.recount.allowed(sentence) | self.sizes
        allowed = self.allowed[sentence]
        return lambda token, kind: token in allowed or any(row.holds(token, kind) for row in rows)

    def _spoken(self, said):
        """Rows over everyone of the items that a heading speaks of by what their measure says."""
        for measure in self.study.measures:
            for item in measure.items:
                known = len(measure.items) == 1 or item.label.lower() in said
                if measure.says.lower() in said and known and named(measure.id, item.id) in self.rows:
                    yield named(measure.id, item.id)


def test_every_number_of_the_prose_is_in_the_released_tables(told):
    report, released, study = told
    checker = Checker(released, study)
    wrong = [
        (token, piece.text, one.section, one.text)
        for one in sentences(report)
        for token, piece in checker.wrong(one)
    ]
    assert not wrong, wrong[:5]


def changed(sentence, number):
    """The sentence with one of its numbers off by one, for each of them."""
    for place, piece in enumerate(sentence.pieces):
        for match in re.finditer(
            r"(?<![\w.,])\d+(?![\w,])(?!\.\d)(?! per cent (?:level|interval|limits|ones|power))", piece.text
        ):
            text = f"{piece.text[: match.start()]}{int(match[0]) + number}{piece.text[match.end() :]}"
            yield replace(
                sentence,
                pieces=(*sentence.pieces[:place], Piece(text, piece.target), *sentence.pieces[place + 1 :]),
            )


def test_a_number_that_is_off_is_found_out(told):
    """Every whole number of every sentence, made too large: nearly all are found, and all but a few in evidence."""
    report, released, study = told
    checker = Checker(released, study)
    tried = [(one, sentence) for sentence in sentences(report) for one in changed(sentence, 7)]
    missed = [one.text for one, sentence in tried if not any(checker.wrong(one, like=sentence))]
    assert len(tried) > 20
    assert len(missed) < 0.13 * len(tried), missed[:5]


def test_a_wrong_base_behind_a_share_stops_the_report(monkeypatch, small_study, make_release):
    small = make_release(small_study, ledger=False)
    assert publication(small, small_study)
    written = phrases.evidence
    one_more = lambda found: f"n = {int(found[1].replace(',', '')) + 1:,}"  # noqa: E731
    monkeypatch.setattr(
        phrases, "evidence", lambda *share, **how: re.sub(r"n = ([\d,]+)", one_more, written(*share, **how))
    )
    with pytest.raises(ReleaseError, match="is in that row"):
        publication(small, small_study)


def test_a_wrong_number_in_a_sentence_without_evidence_is_found_out(told):
    """A planted sentence that leads nowhere and counts what nobody counted."""
    report, released, study = told
    topic = report.sections[1]
    planted = replace(
        topic, paragraphs=(*topic.paragraphs, "By age, 77 of 78 factors differ significantly (CR2 test).")
    )
    wrong = replace(report, sections=(report.sections[0], planted, *report.sections[2:]))
    checker = Checker(released, study)
    found = {token for one in sentences(wrong) for token, _ in checker.wrong(one)}
    assert found == {"77", "78"}


def fits(phrase, share, low, high):
    """Whether a phrase may stand for a share: near it, or its interval wholly to one side of it."""
    value = FRACTIONS[re.sub("^(?:about|over|under) ", "", phrase)]
    if phrase.startswith("over "):
        return low > value
    if phrase.startswith("under "):
        return high < value
    return abs(share - value) <= 0.02 and low <= value <= high and high - low <= 0.1


def test_words_for_shares_stand_beside_a_share_whose_interval_allows_them(told):
    report, released, _ = told
    shares = shares_by_place(released)
    seen = 0
    for sentence in sentences(report):
        before = ""
        for piece in sentence.pieces:
            share = shares.get(piece.target)
            found = [match[0] for match in PHRASE.finditer(before)]
            if share and found:
                seen += 1
                assert fits(found[-1], *share), (found[-1], share)
            before = "" if share else before + piece.text.lower()
    assert seen or not any(len(measure.items) for measure in told[2].measures if measure.id == "prevalence")


def shares_by_place(released):
    table = released.estimates
    rows = table[(table["interval"] != "wilson")].to_dict("records")
    return {
        named(row["measure"], row["item"]): (row["estimate"], row["ci_low"], row["ci_high"])
        for row in rows
        if row["breakdown"] == "all" and is_number(row["ci_low"])
    }


FRACTIONS = {
    "one in ten": 0.1,
    "one in five": 0.2,
    "a quarter": 0.25,
    "a third": 1 / 3,
    "two in five": 0.4,
    "half": 0.5,
    "three in five": 0.6,
    "two-thirds": 2 / 3,
    "three-quarters": 0.75,
    "four in five": 0.8,
    "nine in ten": 0.9,
}
PHRASE = re.compile(
    rf"(?:(?:about|over|under) )?\b(?:{'|'.join(FRACTIONS)})\b(?= (?:of )?(?:cases|judgements))"
)

"""What was counted of a part, sent in several tables."""

import numpy as np
import pytest

from desistance.records.ingest import Accepted, Account
from desistance.scan import packing
from desistance.scan.packing import packed, packed_digests, unpacked
from desistance.scan.pieces import Part
from desistance.tallies.counting import Counter
from records_builder import STUDY, small_study


@pytest.mark.parametrize("most", [1, 7, 2**24], ids=["a row a table", "a few rows a table", "one table"])
def test_a_part_is_the_same_in_however_many_tables_it_is_sent(tmp_path, monkeypatch, most):
    monkeypatch.setattr(packing, "MOST_VALUES", most)
    study = small_study(tmp_path, STUDY)
    counted = Counter(study).counted()
    amounts = {
        ("items", "sex"): (np.arange(5), {"a": np.arange(5, dtype=np.uint8), "b": np.full(5, 300)}),
        ("together", "sex"): (np.zeros(0, dtype=np.int64), {}),
    }
    object.__setattr__(counted, "amounts", amounts)
    part = Part((5,), Account(), Accepted(set(), {}), (), counted)
    contents = [bytes(content) for content in packed(part)]
    assert len(contents) - 1 == {1: 6, 7: 4, 2**24: 2}[most]
    digests = np.arange(8, dtype=np.uint64).reshape(4, 2)
    whole = unpacked(contents, [bytes(packed_digests(digests[::2]))], "cases.csv", study)
    found = whole.counted.amounts
    assert [each.tolist() for each in whole.digests] == [digests[::2].tolist()]
    assert not contents  # nothing is kept twice
    assert list(found) == list(amounts)
    for key, (keys, columns) in amounts.items():
        np.testing.assert_array_equal(found[key][0], keys)
        assert {name: values.tolist() for name, values in found[key][1].items()} == {
            name: values.tolist() for name, values in columns.items()
        }

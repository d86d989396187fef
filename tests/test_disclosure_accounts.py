"""Rejected rows: few of them are a small count of children, in the account of the records as anywhere else."""

import json

import pytest

from desistance.attack.accounts import account_breaches
from desistance.attack.rules import read_rules
from desistance.disclosure.accounts import seen_accounts, without_sources
from desistance.disclosure.policy import read_policy

DEFAULT, STRICT, NONE = (read_policy(name) for name in ("default", "strict", "none"))


def account(n_accepted, rules, n_rejected=None):
    n_rejected = sum(rules.values()) if n_rejected is None else n_rejected
    return {
        "n_read": n_accepted + n_rejected,
        "n_accepted": n_accepted,
        "n_rejected": n_rejected,
        "rejected_by_rule": rules,
    }


def breaches(facts, policy):
    rules = read_rules({"disclosure": policy.as_facts(), "policy": policy.name})
    return [breach.key for breach in account_breaches(facts, rules)]


def test_few_rejected_rows_are_hidden_with_all_that_would_tell_them():
    told = seen_accounts(account(1166, {"unknown_code:age": 1, "case_missing": 1}), DEFAULT)
    assert told["n_accepted"] == 1166
    assert told["n_read"] == told["n_rejected"] == "[c]"
    assert told["rejected_by_rule"] == {"unknown_code:age": "[c]", "case_missing": "[c]"}


def test_a_rule_that_few_rows_broke_is_hidden_by_itself():
    told = seen_accounts(account(1000, {"unknown_code:age": 3, "case_missing": 20}), DEFAULT)
    assert (told["n_read"], told["n_rejected"]) == (1023, 23)
    assert told["rejected_by_rule"] == {"unknown_code:age": "[c]", "case_missing": 20}


def test_that_no_row_was_rejected_is_said_under_every_policy():
    for policy in (DEFAULT, STRICT, NONE):
        assert seen_accounts(account(1168, {}), policy) == account(1168, {})


def test_rows_are_rounded_where_counts_are():
    told = seen_accounts(account(1000, {"case_missing": 23}), STRICT)
    assert (told["n_read"], told["n_rejected"], told["rejected_by_rule"]) == (1025, 25, {"case_missing": 25})


def test_nothing_is_hidden_by_a_policy_that_does_not_protect():
    facts = account(1166, {"case_missing": 2})
    assert seen_accounts(facts, NONE) == facts


def test_neither_files_nor_coders_are_told():
    """Files are often named after services, and their rows are then the cases of each."""
    files = [{"name": "a service.csv", "sha256": "0", "n_rows": 7}]
    part = {"files": files, "n_coders": 2, "coders": ["somebody", "another"]}
    told = without_sources({"files": files, "n_read": 7, "comments": part, "services": part, "design": part})
    assert told == {
        "n_read": 7,
        "comments": {"n_coders": 2},
        "services": {"n_coders": 2},
        "design": {"n_coders": 2},
    }
    assert without_sources({"services": None, "comments": None}) == {"services": None, "comments": None}


def test_rows_of_coded_comments_are_held_to_the_same():
    told = seen_accounts(account(1168, {}) | {"comments": account(300, {"theme_missing": 2})}, DEFAULT)
    assert told["comments"]["n_rejected"] == "[c]"
    assert told["n_read"] == 1168


@pytest.mark.parametrize("policy", [DEFAULT, STRICT], ids=lambda policy: policy.name)
@pytest.mark.parametrize("rules", [{}, {"a:b": 2}, {"a": 1, "b": 3}, {"a": 30, "b": 4}, {"a": 12, "b": 40}])
def test_the_attack_finds_nothing_in_what_is_released(rules, policy):
    facts = seen_accounts(account(500, rules) | {"comments": account(90, rules)}, policy)
    assert not breaches(json.loads(json.dumps(facts)), policy)


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ({"n_rejected": 2}, "rejected"),
        ({"n_read": 1168}, "read without accepted"),
        ({"rejected_by_rule": {"unknown_code:age": 1}}, "rejected by unknown_code"),
        ({"files": [{"n_rows": 600}, {"n_rows": 568}]}, "rows of files without accepted"),
    ],
)
def test_the_attack_finds_every_number_that_tells_few_rejected_rows(planted, found):
    facts = seen_accounts(account(1166, {"unknown_code:age": 2}), DEFAULT)
    assert breaches(facts | planted, DEFAULT) == [("records", found)]

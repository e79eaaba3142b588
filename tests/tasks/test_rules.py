"""The rules: defaults of the reference, every one explained, nonsense refused."""

from __future__ import annotations

import ast
import inspect
import math
from dataclasses import Field
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import rules
from tasks.rules import InvalidRules, TreeRules, parse, rule_fields

#: Section 2.2 of our notes on the reference: its own defaults, under its own names.
REFERENCE: dict[str, Any] = {
    "max_active_trees": 10,
    "max_initial_prompt_review": 100,
    "max_prompt_lottery_waiting": 250,
    "init_prompt_disabled_langs": "",
    "max_tree_depth": 3,
    "max_children_count": 3,
    "num_prompter_replies": 1,
    "goal_tree_size": 12,
    "random_goal_tree_size": False,
    "min_goal_tree_size": 5,
    "num_reviews_initial_prompt": 3,
    "num_reviews_reply": 3,
    "acceptance_threshold_initial_prompt": 0.6,
    "acceptance_threshold_reply": 0.6,
    "p_full_labeling_review_prompt": 1.0,
    "p_full_labeling_review_reply_assistant": 1.0,
    "p_full_labeling_review_reply_prompter": 0.25,
    "num_required_rankings": 3,
    "rank_prompter_replies": False,
    "lonely_children_count": 2,
    "p_lonely_child_extension": 0.75,
    "p_activate_backlog_tree": 0.1,
    "min_active_rankings_per_lang": 0,
    "recent_tasks_span_sec": 300,
    "max_pending_tasks_per_user": 8,
    "auto_mod_enabled": True,
    "auto_mod_max_skip_reply": 25,
    "auto_mod_red_flags": 4,
    # Limits and weights of sections 2.9 and 5.7.
    "task_requests_per_4_minutes": 30,
    "assistant_replies_per_2_minutes": 4,
    "prompter_replies_per_2_minutes": 8,
    "message_size_limit": 2000,
    "duplicate_message_window_minutes": 120,
    "weight_rank": 10,
    "weight_review_reply": 5,
    "weight_review_prompt": 5,
    "weight_reply": 2,
    "weight_prompt": 0.01,
}


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_a_default_is_that_of_the_reference(name: str) -> None:
    assert getattr(TreeRules(), name) == REFERENCE[name]


def test_every_rule_is_explained_in_its_docstring() -> None:
    (tree,) = [
        node
        for node in ast.parse(inspect.getsource(rules)).body
        if isinstance(node, ast.ClassDef) and node.name == "TreeRules"
    ]
    explained = {
        before.target.id
        for before, after in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(before, ast.AnnAssign)
        and isinstance(before.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and str(after.value.value).endswith(".")
    }
    assert {rule.name for rule in rule_fields()} <= explained


def test_the_first_stored_version_says_the_defaults_and_rules_that_came_later_take_theirs() -> None:
    first = import_module("tasks.migrations.0002_first_rules").FIRST
    assert first.items() <= TreeRules().values().items()
    assert parse(first) == TreeRules()


def test_nobody_may_ever_do_two_parts_of_a_conversation_by_default() -> None:
    ours = TreeRules()
    assert (ours.allow_self_reply, ours.allow_self_labeling, ours.allow_self_ranking) == (False, False, False)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("goal_tree_size", "0", "at least 1"),
        ("goal_tree_size", "1001", "at most 1000"),
        ("goal_tree_size", "12.5", "of type int"),
        ("goal_tree_size", "many", "of type int"),
        ("goal_tree_size", None, "of type int"),
        ("acceptance_threshold_reply", "1.01", "at most 1"),
        ("acceptance_threshold_reply", "nan", "a number"),
        ("weight_rank", math.inf, "a number"),
        ("weight_rank", "-1", "at least 0"),
        ("known_answer_certainty", "0.5", "at least 0.501"),
        ("auto_mod_enabled", "perhaps", "of type bool"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence(name: str, value: object, why: str) -> None:
    with pytest.raises(InvalidRules, match=f"^{name} is .* but must be .*{why}"):
        parse({name: value})


def test_newcomers_who_would_mean_the_opposite_are_refused_but_each_value_may_be_low() -> None:
    with pytest.raises(InvalidRules, match="more than 1"):
        parse({"newcomer_sensitivity": 0.3, "newcomer_specificity": 0.7})
    assert parse({"newcomer_sensitivity": 0.3, "newcomer_specificity": 0.8})


def test_an_unknown_rule_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidRules, match="no rule called max_trees"):
        parse({"max_trees": 3})


def test_values_typed_in_a_form_become_what_the_rule_is() -> None:
    typed = parse({"goal_tree_size": "20", "weight_rank": "3", "auto_mod_enabled": "false", "closest_first": "1"})
    assert (typed.goal_tree_size, typed.weight_rank, typed.auto_mod_enabled, typed.closest_first) == (
        20,
        3.0,
        False,
        True,
    )
    assert isinstance(typed.goal_tree_size, int)


@pytest.mark.parametrize("rule", rule_fields(), ids=lambda rule: rule.name)
def test_a_default_has_the_type_of_its_rule(rule: Field[Any]) -> None:
    """parse() goes by it: a weight with the default 10 would refuse 2.5."""
    assert type(rule.default).__name__ == rule.type


def test_rules_survive_being_stored() -> None:
    stored = TreeRules(goal_tree_size=7, init_prompt_disabled_langs="de, fr")
    assert parse(stored.values()) == stored
    assert stored.prompt_disabled_langs == {"de", "fr"}


@given(
    name=st.sampled_from([rule.name for rule in rule_fields()]), value=st.one_of(st.text(), st.floats(), st.integers())
)
def test_whatever_is_typed_gives_rules_or_a_refusal(name: str, value: object) -> None:
    try:
        parsed = parse({name: value})
    except InvalidRules:
        return
    assert parse(parsed.values()) == parsed

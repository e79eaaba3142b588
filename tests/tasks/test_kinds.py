"""The tables of work and labels agree with each other and with the reference."""

from __future__ import annotations

from tasks.kinds import (
    KINDS,
    LABELS,
    LABELS_OF_KIND,
    MANDATORY_LABELS,
    REPORT_LABELS,
    REVIEWING,
    SKIP_EMOJI,
    SKIP_REASONS,
    WRITING,
    Deed,
    Kind,
    Mode,
    Pool,
    Role,
    SkipReason,
    Widget,
    labels_asked,
)

TAIL = "creativity humor toxicity violence not_appropriate pii hate_speech sexual_content"


def test_every_kind_has_a_row_and_every_pool_has_a_kind() -> None:
    assert set(KINDS) == set(Kind)
    assert {row.pool for row in KINDS.values()} == set(Pool)
    assert {row.deed for row in KINDS.values()} == set(Deed)


def test_writing_and_only_writing_has_a_role() -> None:
    assert {kind for kind, row in KINDS.items() if row.writes} == WRITING
    assert KINDS[Kind.ASSISTANT_REPLY].writes is Role.ASSISTANT


def test_labels_are_asked_in_the_order_of_the_reference() -> None:
    assert LABELS_OF_KIND[Kind.LABEL_INITIAL_PROMPT] == ("spam", "lang_mismatch", "quality", *TAIL.split())
    assert LABELS_OF_KIND[Kind.LABEL_PROMPTER_REPLY] == LABELS_OF_KIND[Kind.LABEL_INITIAL_PROMPT]
    assert LABELS_OF_KIND[Kind.LABEL_ASSISTANT_REPLY] == (
        "spam", "lang_mismatch", "fails_task", "quality", "helpfulness", *TAIL.split()
    )  # fmt: skip


def test_every_label_asked_or_reported_exists_and_none_is_asked_twice() -> None:
    assert set(LABELS_OF_KIND) == REVIEWING
    for labels in (*LABELS_OF_KIND.values(), REPORT_LABELS):
        assert set(labels) <= set(LABELS)
        assert len(labels) == len(set(labels))


def test_scales_say_what_their_ends_mean() -> None:
    for name, label in LABELS.items():
        assert bool(label.low and label.high) is (label.widget is Widget.LIKERT), name


def test_a_simple_review_still_asks_all_that_decides() -> None:
    assert labels_asked(Kind.LABEL_INITIAL_PROMPT, Mode.SIMPLE) == ("spam", "lang_mismatch")
    for kind in (Kind.LABEL_PROMPTER_REPLY, Kind.LABEL_ASSISTANT_REPLY):
        assert labels_asked(kind, Mode.SIMPLE) == ("spam", "lang_mismatch", "quality")
    for kind in REVIEWING:
        assert set(MANDATORY_LABELS) <= set(labels_asked(kind, Mode.SIMPLE)) <= set(labels_asked(kind, Mode.FULL))


def test_skips_have_sentences_and_published_names() -> None:
    assert set(SKIP_REASONS) == set(SkipReason)
    assert set(SKIP_EMOJI) == set(Deed)

"""Correcting one's own message: for ten minutes, and only while nobody judges it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError

from accounts.access import UserDisabled
from accounts.models import Status, User
from moderation import actions
from tasks import assignment, corrections, lottery
from tasks.corrections import BeingReviewed, TooLateToCorrect
from tasks.drafts import ReplyDraft, TextEmpty, TextTooLong
from tasks.kinds import Kind
from tasks.models import Message, Task
from tasks.refusals import DuplicateMessage, MessageNotFound, NothingAvailable, TreeEnded
from tests.making import (
    NOW,
    another_connection,
    at_once,
    claim,
    drifts,
    given,
    held,
    impatient,
    make_moderator,
    make_person,
    make_tree,
    review,
    submit,
)

SOON = NOW + timedelta(minutes=5)


@pytest.fixture
def author() -> User:
    return make_person()


def write(author: User, text: str = "Why is the sky bleu?") -> Message:
    """A prompt just sent, waiting for reviews."""
    lottery.run_for(lang="en", **given())
    receipt = submit(claim(author, Kind.INITIAL_PROMPT), author, ReplyDraft(text))
    message: Message = Message.objects.get(pk=receipt.answer_id)
    return message


def correct(message: Message, by: User, text: str = "Why is the sky blue?", **arguments: Any) -> Message:
    values = given(now=arguments.pop("now", SOON), **arguments.pop("rules", {}))
    del values["rng"]
    return corrections.correct(message_id=message.pk, by=by, text=text, **values, **arguments)


@pytest.mark.django_db
class TestAllowed:
    def test_the_text_changes_and_every_version_is_kept(self, author: User) -> None:
        message = write(author)
        assert corrections.until(message, by=author, now=SOON) == NOW + timedelta(minutes=10)
        correct(message, author, "  Why is the sky blue?\r\n")
        correct(message, author, "Why is the sky blue at noon?", now=SOON + timedelta(minutes=1))
        message.refresh_from_db()
        assert message.text == "Why is the sky blue at noon?"
        versions = list(message.revisions.values_list("text", "at", "by"))
        assert versions == [
            ("Why is the sky bleu?", NOW, author.pk),
            ("Why is the sky blue?", SOON, author.pk),
            ("Why is the sky blue at noon?", SOON + timedelta(minutes=1), author.pk),
        ]
        assert drifts() == []

    def test_it_does_not_count_as_edited_for_all_reviewers_see_the_same(self, author: User) -> None:
        message = write(author)
        assert not correct(message, author).edited
        review(message, now=SOON)

    def test_the_same_text_changes_nothing_at_any_time(self, author: User) -> None:
        message = write(author)
        correct(message, author, "Why is the sky bleu?", now=NOW + timedelta(days=1))
        assert not message.revisions.exists()

    def test_a_reply_can_be_corrected_too(self, author: User) -> None:
        make_tree()
        receipt = submit(claim(author, Kind.ASSISTANT_REPLY), author, ReplyDraft("It scaters."))
        assert correct(Message.objects.get(pk=receipt.answer_id), author, "It scatters.").text == "It scatters."
        assert drifts() == []

    def test_sending_the_first_text_again_still_is_a_retry(self, author: User) -> None:
        message = write(author)
        correct(message, author)
        assert submit(message.task, author, ReplyDraft("Why is the sky bleu?")).repeated

    def test_a_later_edit_of_a_moderator_keeps_all_versions_once(self, author: User) -> None:
        message = write(author)
        correct(message, author)
        actions.edit_message(message_id=message.pk, text="Why?", by=make_moderator(), why="", **given(now=SOON))
        assert list(message.revisions.values_list("text", flat=True)) == [
            "Why is the sky bleu?",
            "Why is the sky blue?",
            "Why?",
        ]
        assert corrections.until(Message.objects.get(pk=message.pk), by=author, now=SOON) is None
        with pytest.raises(BeingReviewed):
            correct(message, author, "Why is the sky blue? Call me: 555 0100")

    @pytest.mark.parametrize(
        ("before", "now", "after"),
        [(None, None, None), (0.2, None, 0.2), (0.2, 0.9, 0.9), (0.9, 0.2, 0.9), (None, 0.3, 0.3), (None, 0.0, None)],
    )
    def test_what_was_pasted_once_counts(
        self, author: User, before: float | None, now: float | None, after: float | None
    ) -> None:
        message = write(author)
        Message.objects.filter(pk=message.pk).update(pasted_share=before)
        assert correct(message, author, pasted_share=now).pasted_share == after

    def test_giving_the_review_back_lets_the_author_correct_it_again(self, author: User) -> None:
        message = write(author)
        reviewer = make_person()
        task = claim(reviewer, Kind.LABEL_INITIAL_PROMPT)
        assert corrections.until(message, by=author, now=SOON) is None
        assignment.release(task_id=task.pk, by=reviewer, **given())
        assert corrections.until(message, by=author, now=SOON)
        assert correct(message, author).text == "Why is the sky blue?"


@pytest.mark.django_db
class TestRefused:
    def refused(self, message: Message, by: User, refusal: type[Exception], **arguments: Any) -> None:
        text = message.text
        with pytest.raises(refusal):
            correct(message, by, **arguments)
        message.refresh_from_db()
        assert message.text == text
        assert not message.revisions.exists()

    def test_after_ten_minutes(self, author: User) -> None:
        message = write(author)
        later = NOW + timedelta(minutes=10)
        assert corrections.until(message, by=author, now=later) is None
        self.refused(message, author, TooLateToCorrect, now=later)

    def test_while_somebody_holds_a_review_of_it(self, author: User) -> None:
        message = write(author)
        claim(make_person(), Kind.LABEL_INITIAL_PROMPT)
        self.refused(message, author, BeingReviewed)

    def test_once_it_was_reviewed(self, author: User) -> None:
        message = write(author)
        review(message)
        message.refresh_from_db()
        assert corrections.until(message, by=author, now=SOON) is None
        self.refused(message, author, BeingReviewed)

    def test_when_a_late_review_of_the_old_text_may_still_come(self, author: User) -> None:
        message = write(author)
        claim(make_person(), Kind.LABEL_INITIAL_PROMPT, deadline_judge_minutes=1)
        assignment.return_expired(**given(now=NOW + timedelta(minutes=2)))
        assert corrections.until(message, by=author, now=SOON) is None
        self.refused(message, author, BeingReviewed)

    def test_to_anybody_else(self, author: User) -> None:
        message = write(author)
        for other in (make_person(), make_moderator()):
            assert corrections.until(message, by=other, now=SOON) is None
            self.refused(message, other, MessageNotFound)

    def test_when_a_moderator_has_deleted_it_or_halted_the_tree(self, author: User) -> None:
        message = write(author)
        actions.halt_tree(tree_id=message.tree_id, by=make_moderator(), why="", **given())
        message.tree.refresh_from_db()
        assert corrections.until(message, by=author, now=SOON) is None
        self.refused(message, author, TreeEnded)
        actions.delete_message(message_id=message.pk, by=make_moderator(), why="", **given())
        self.refused(message, author, MessageNotFound)

    def test_to_who_was_banned(self, author: User) -> None:
        message = write(author)
        author.status = Status.BANNED
        self.refused(message, author, UserDisabled)

    def test_what_would_not_be_taken_as_a_message(self, author: User) -> None:
        write(author, "Another prompt of mine")
        message = write(author)
        self.refused(message, author, TextEmpty, text=" \n")
        self.refused(message, author, TextTooLong, text="x" * 51, rules={"message_size_limit": 50})
        self.refused(message, author, DuplicateMessage, text="Another prompt of mine")


@pytest.mark.django_db(transaction=True)
class TestLocks:
    def test_a_correction_waits_for_the_tree(self) -> None:
        author = make_person()
        message = write(author)
        with held("tasks_tree", message.tree_id), impatient(), pytest.raises(OperationalError, match="lock timeout"):
            correct(message, author)
        assert correct(message, author).text == "Why is the sky blue?"

    def test_a_correction_waits_for_a_claim_being_made_and_then_is_refused(self) -> None:
        author, reviewer = make_person(), make_person()
        message = write(author)
        opening = Task.objects.open().filter(message=message).first()
        assert opening is not None
        with another_connection() as cursor:
            cursor.execute(
                "UPDATE tasks_task SET state = 'claimed', claimed_by_id = %s, claimed_at = %s, expires_at = %s "
                "WHERE id = %s",
                [reviewer.pk, NOW, NOW + timedelta(hours=1), opening.pk],
            )
            with impatient(), pytest.raises(OperationalError, match="lock timeout"):
                correct(message, author)
            cursor.connection.commit()
        with pytest.raises(BeingReviewed):
            correct(message, author)

    def test_of_a_claim_and_a_correction_at_once_the_reviewer_sees_what_is_stored(self) -> None:
        for number in range(6):
            author, reviewer = make_person(), make_person()
            message = write(author, f"Text {number}")

            def claim_and_read(reviewer: User = reviewer, message: Message = message) -> str:
                try:
                    task = claim(reviewer, Kind.LABEL_INITIAL_PROMPT)
                except NothingAvailable:
                    return ""  # They are all being kept away just now.
                text: str = Message.objects.get(pk=task.message_id).text
                return text if task.message_id == message.pk else ""

            def try_to_correct(author: User = author, message: Message = message) -> str:
                try:
                    return correct(message, author, f"{message.text}, corrected").text
                except BeingReviewed:
                    return ""

            seen, _corrected = at_once(claim_and_read, partial(try_to_correct))
            message.refresh_from_db()
            assert seen in ("", message.text)
            actions.halt_tree(tree_id=message.tree_id, by=make_moderator(), why="", **given())

"""Every text is looked at; what is found is kept; a failing detector holds up nobody; a moderator has the last word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import News, NewsKind
from moderation import actions, automatic, decisions, duplicates, reports, screening
from moderation.decisions import Decision, Ruling
from moderation.models import Action, ActionLog, Finding, QueueItem, Screening, Signature
from moderation.reasons import Reason
from moderation.severity import Severity
from screening.findings import Concern
from screening.looking import Looker
from tasks import corrections
from tasks.models import Message, Tree
from tasks.tree_states import State
from tests.making import NOW, drifts, given, make_moderator, make_person, make_tree, replies_to, root_of
from tests.pages.site import make_prompt

pytestmark = pytest.mark.django_db

QUICK = "tests.screening.quick_detectors:DETECTORS"
LONG = (
    "The tide comes in twice a day because the moon pulls at the sea, and so does the sun, only less. "
    "When both pull in one line, the water rises highest, which sailors call a spring tide."
)


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    with Looker(QUICK) as looker:
        yield looker


def screen(looker: Looker, *, after: timedelta = timedelta(0), **changes: Any) -> int:
    return screening.screen(looker=looker, **given(now=NOW + after, **changes))


def write(text: str, lang: str = "en") -> Message:
    """A prompt with this text, as somebody writes it."""
    return make_prompt(make_person(), text, lang)


def test_what_a_detector_finds_is_kept_with_its_place_and_the_text_stays_as_it_is(looker: Looker) -> None:
    message = write("Call me: +44 1632 960961, at night.")
    assert screen(looker) == 1
    finding = Finding.objects.get()
    assert (finding.concern, finding.version, finding.score) == ("personal_data", "+44 1632 960961-1", 0.95)
    assert message.text[finding.start : finding.end] == "+44 1632 960961"
    assert finding.threshold == given()["rules"].threshold_personal_data
    assert Message.objects.get(pk=message.pk).text == message.text
    assert QueueItem.objects.get().severity == Severity.MEDIUM
    assert QueueItem.objects.get().sources == ["finding"]
    assert screen(looker) == 0, "once is enough"


def test_what_scores_below_the_threshold_of_the_rules_is_not_kept(looker: Looker) -> None:
    write("Call me: +44 1632 960961, at night.")
    screen(looker, threshold_personal_data=0.96)
    assert not Finding.objects.exists()
    assert not QueueItem.objects.exists()


def test_the_worst_is_hidden_at_once_and_moderators_are_called(looker: Looker) -> None:
    moderator = make_moderator()
    message = write("Something unspeakable.")
    screen(looker)
    assert Message.objects.get(pk=message.pk).deleted
    assert Tree.objects.get(pk=message.tree_id).state == State.HALTED_BY_MODERATOR
    assert QueueItem.objects.get().severity == Severity.SEVERE
    line = ActionLog.objects.get()
    assert (line.action, line.by_id, line.reason) == (Action.DELETE_MESSAGE, None, Reason.MINORS)
    assert News.objects.get(kind=NewsKind.MODERATORS_CALLED).person == moderator
    assert drifts() == []


def test_a_moderator_who_keeps_it_overrules_the_detector_for_good(looker: Looker) -> None:
    message = write("Something unspeakable.")
    screen(looker)
    ruling = Ruling(decision=Decision.KEEP, reason=Reason.HARMLESS)
    decisions.decide(message_id=message.pk, ruling=ruling, by=make_moderator(), **given())
    assert not Message.objects.get(pk=message.pk).deleted
    assert Tree.objects.get(pk=message.tree_id).state == State.INITIAL_PROMPT_REVIEW
    assert Finding.objects.get().cleared_at == NOW
    Screening.objects.update(versions={})
    Message.objects.update(screening_due=True)
    assert screen(looker) == 1
    assert not Message.objects.get(pk=message.pk).deleted
    assert QueueItem.objects.get().processed
    assert drifts() == []


@pytest.mark.parametrize(("word", "concern"), [("crash", Concern.GIBBERISH), ("raise", Concern.LINKS)])
def test_a_detector_that_fails_is_tried_again_later_and_the_others_are_heard(
    looker: Looker, word: str, concern: Concern
) -> None:
    first = write(f"A nasty text to {word} over.")
    second = write("Another nasty one.")
    assert screen(looker) == 2
    assert set(Finding.objects.values_list("message", flat=True)) == {first.pk, second.pk}
    failed = Screening.objects.get(message=first)
    assert list(failed.problems) == [concern.value]
    assert concern.value not in failed.versions
    assert failed.retry_at == NOW + screening.FIRST_RETRY
    assert Screening.objects.get(message=second).problems == {}
    assert screen(looker) == 0, "not before its time"
    assert screen(looker, after=screening.FIRST_RETRY) == 1
    failed.refresh_from_db()
    assert failed.attempts == 2
    assert failed.retry_at == NOW + screening.FIRST_RETRY * 5
    Message.objects.filter(pk=first.pk).update(text="Mended.", screening_due=True)
    assert screen(looker, after=timedelta(days=1)) == 1
    failed.refresh_from_db()
    assert not failed.problems
    assert not failed.attempts
    assert failed.retry_at is None


def test_the_pauses_between_attempts_grow_to_a_day() -> None:
    pauses = [screening.backoff(attempts) for attempts in range(1, 20)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=1)
    assert pauses[-1] == timedelta(days=1)


def test_a_text_that_was_changed_is_looked_at_anew_and_old_findings_say_no_more(looker: Looker) -> None:
    message = write("A nasty text.")
    screen(looker)
    author = message.author
    corrections.correct(
        message_id=message.pk, text="A gentle text.", by=author, now=message.created_at, rules=given()["rules"]
    )
    assert screen(looker) == 1
    assert Finding.objects.get().outdated_at == NOW


def test_a_new_version_of_a_detector_looks_at_everything_once(looker: Looker) -> None:
    for number in range(3):
        write(f"Nasty text {number}: nasty.")
    screen(looker)
    assert screening.behind(looker.versions()).count() == 0
    Screening.objects.update(versions={})
    Finding.objects.update(version="older")
    everything = dict(concerns=[Concern.TOXICITY], **given())
    looked = screening.rescreen(looker=looker, **everything)
    next(looked)
    looked.close()
    assert screening.behind(looker.versions(), [Concern.TOXICITY]).count() == 2, "broken off after one"
    assert len(list(screening.rescreen(looker=looker, **everything))) == 2
    assert Finding.objects.filter(outdated_at=None, version="nasty-1").count() == 3
    assert Finding.objects.filter(outdated_at=NOW, version="older").count() == 3


def test_nearly_the_same_text_of_the_same_language_is_found_and_of_another_one_is_not(looker: Looker) -> None:
    first = write(LONG)
    write(LONG.replace("twice", "two times"), lang="de")
    second = write(LONG.replace("only less", "though less"))
    write("Why is the sky blue in the day, red in the evening and black in the night?")
    screen(looker)
    finding = Finding.objects.get(concern=Concern.NEAR_DUPLICATE)
    assert (finding.message, finding.other) == (second, first)
    assert 0.8 <= finding.score < 1
    assert not QueueItem.objects.exists(), "it stands beside the message; nobody is called"


def test_a_text_that_became_too_short_to_be_a_duplicate_has_no_signature(looker: Looker) -> None:
    message = write(LONG)
    screen(looker)
    assert Signature.objects.get().message == message
    Message.objects.update(text="Yes.", screening_due=True)
    assert duplicates.nearest(Message.objects.get(), at_least=0.8) is None
    assert not Signature.objects.exists()


def test_flags_do_not_act_on_what_a_moderator_showed_again() -> None:
    tree = make_tree(replies=1)
    (reply,) = replies_to(root_of(tree))
    moderator = make_moderator()
    actions.delete_message(message_id=reply.pk, by=moderator, why="", **given())
    actions.undelete_message(message_id=reply.pk, by=moderator, why="", **given())
    for _ in range(5):
        reports.report(message_id=reply.pk, person=make_person(), labels=[], text="", now=NOW)
    assert automatic.moderate(**given()) == 0
    assert not QueueItem.objects.get().processed

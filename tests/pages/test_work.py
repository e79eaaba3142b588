"""The task pages: claim, show, answer, skip, give back; and nothing typed is ever lost."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Status, User
from tasks.kinds import Kind
from tasks.models import Message, Ranking, Review, Skip, Task, TaskState
from tests.pages.site import (
    answer,
    client_of,
    give,
    make_growing,
    make_prompt,
    make_rankable,
    make_reply,
    open_prompts,
    review,
    rules,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


def page_of(task: Task) -> str:
    return reverse("task", args=[task.pk])


def test_looking_at_the_claim_address_takes_nothing(client: Client) -> None:
    open_prompts()
    assert client.get(reverse("claim"))["Location"] == reverse("dashboard")
    assert not Task.objects.filter(state=TaskState.CLAIMED).exists()


def test_a_claim_leads_to_the_task(client: Client, person: User) -> None:
    open_prompts()
    response = client.post(reverse("claim"), {"kind": "initial_prompt"})
    task = Task.objects.get(claimed_by=person)
    assert response["Location"] == page_of(task)
    assert "Write a prompt" in client.get(response["Location"]).content.decode()


def test_when_nothing_is_there_the_dashboard_says_so(client: Client) -> None:
    response = client.post(reverse("claim"), {"kind": "rank_assistant_replies"})
    assert response.status_code == 404
    assert "There is nothing of this kind" in response.content.decode()


def test_an_unknown_kind_means_anything(client: Client, person: User) -> None:
    open_prompts()
    client.post(reverse("claim"), {"kind": "no such kind"})
    assert Task.objects.filter(claimed_by=person).exists()


def test_a_prompt_is_written_and_the_next_task_is_one_button_away(client: Client, person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    response = client.post(page_of(task), {"text": "Why is the sky blue?\r\n"})
    assert response["Location"] == reverse("done", args=[task.pk])
    page = client.get(response["Location"]).content.decode()
    assert Message.objects.get().text == "Why is the sky blue?"
    assert "Next: Write a prompt" in page
    assert f'data-draft-finished="{task.pk}"' in page


def test_a_double_click_answers_once_and_lands_on_the_same_page(client: Client, person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    first = client.post(page_of(task), {"text": "Why?"})
    second = client.post(page_of(task), {"text": "Why?"})
    assert first["Location"] == second["Location"]
    assert Message.objects.count() == 1


def test_straight_on_brings_the_next_task_of_the_kind(client: Client, person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    response = client.post(page_of(task), {"text": "Why?", "straight_on": "on"})
    following = Task.objects.get(claimed_by=person, state=TaskState.CLAIMED)
    assert response["Location"] == page_of(following)
    page = client.get(response["Location"]).content.decode()
    assert "Your message is stored" in page
    assert f'data-draft-finished="{task.pk}"' in page
    # The same click once more must not take another one.
    client.post(page_of(task), {"text": "Why?", "straight_on": "on"})
    assert Task.objects.filter(claimed_by=person, state=TaskState.CLAIMED).count() == 1


@pytest.mark.parametrize(
    ("text", "sentence"), [("  ", "The message is empty"), ("x" * 2001, "at most 2000 are allowed")]
)
def test_a_refused_text_comes_back_as_it_was(client: Client, person: User, text: str, sentence: str) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    response = client.post(page_of(task), {"text": text})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert "Nothing you typed is lost" in page
    assert text in page


def test_a_different_second_answer_is_refused_and_kept(client: Client, person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    client.post(page_of(task), {"text": "First"})
    response = client.post(page_of(task), {"text": "Second thoughts"})
    assert response.status_code == 409
    assert "Second thoughts" in response.content.decode()
    assert Message.objects.get().text == "First"


def test_a_finished_task_shows_its_thank_you_page(client: Client, person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    answer(person, task, "Why?")
    assert client.get(page_of(task))["Location"] == reverse("done", args=[task.pk])


def test_an_answer_after_the_session_ended_is_given_back(person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    response = Client().post(page_of(task), {"text": "An hour of <work>"})
    page = response.content.decode()
    assert response.status_code == 401
    assert "An hour of &lt;work&gt;" in page
    assert f"{reverse('account_request_login_code')}?next={page_of(task)}" in page
    assert not Message.objects.exists()


def test_a_failed_csrf_check_gives_the_text_back(person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    response = client.post(page_of(task), {"text": "An hour of work", "label-spam": "0"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "An hour of work" in page
    assert "Is the message spam?" in page
    assert 'name="text"' not in page, "sending it again by one click would undo the check"


def test_the_text_of_a_task_in_other_hands_is_given_back(client: Client, crowd: list[User]) -> None:
    open_prompts()
    task = give(crowd[0], Kind.INITIAL_PROMPT)
    response = client.post(page_of(task), {"text": "Mine!"})
    assert response.status_code == 403
    assert "Mine!" in response.content.decode()
    assert client.get(page_of(task)).status_code == 403
    assert client.get(reverse("task", args=[uuid4()])).status_code == 404


def test_a_late_answer_is_refused_with_its_text_once_the_work_is_gone(
    client: Client, person: User, crowd: list[User]
) -> None:
    prompt = make_growing(crowd[0], crowd[1:4])
    task = give(person, Kind.ASSISTANT_REPLY, prompt)
    Task.objects.filter(pk=task.pk).update(state=TaskState.WITHDRAWN, claimed_by=None, last_holder=person)
    Task.objects.open().filter(message=prompt).delete()
    assert "The time for this task is over" in client.get(page_of(task)).content.decode()
    response = client.post(page_of(task), {"text": "Because of the air."})
    assert response.status_code == 409
    assert "Because of the air." in response.content.decode()


def test_a_suspension_or_ban_between_claim_and_answer_keeps_the_text(client: Client, person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    for status, answered in ((Status.SUSPENDED, 403), (Status.BANNED, 401)):
        User.objects.filter(pk=person.pk).update(status=status)
        response = client.post(page_of(task), {"text": "Still here?"})
        assert response.status_code == answered
        assert "Still here?" in response.content.decode()


def test_new_terms_between_claim_and_answer_keep_the_text(client: Client, person: User) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    User.objects.filter(pk=person.pk).update(terms_version=None)
    response = client.post(page_of(task), {"text": "Still here?"})
    page = response.content.decode()
    assert response.status_code == 451
    assert "Still here?" in page
    assert reverse("terms") in page


def test_only_what_was_answered_is_stored(client: Client, person: User, crowd: list[User]) -> None:
    prompt = make_prompt(crowd[0])
    task = give(person, Kind.LABEL_INITIAL_PROMPT, prompt)
    client.post(page_of(task), {"label-spam": "0", "label-quality": "0.75", "label-humor": ""})
    assert Review.objects.get(reviewer=person).labels == {"spam": 0.0, "quality": 0.75}


def test_ticking_one_flag_answers_them_all(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0]))
    client.post(page_of(task), {"label-spam": "1", "flags": ["pii"]})
    assert Review.objects.get(reviewer=person).labels == {
        "spam": 1.0,
        "pii": 1.0,
        "lang_mismatch": 0.0,
        "not_appropriate": 0.0,
        "hate_speech": 0.0,
        "sexual_content": 0.0,
    }


def test_none_of_these_answers_all_flags_with_no(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0]))
    client.post(page_of(task), {"label-spam": "0", "no_flags": "on"})
    labels = Review.objects.get(reviewer=person).labels
    assert labels.pop("spam") == 0.0
    assert len(labels) == 5
    assert set(labels.values()) == {0.0}


def test_a_flag_together_with_none_of_these_is_asked_about(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0]))
    response = client.post(page_of(task), {"label-spam": "0", "no_flags": "on", "flags": ["pii"]})
    assert response.status_code == 422
    assert "Keep one of the two" in response.content.decode()


def test_a_review_without_the_needed_answer_comes_back_with_the_others(
    client: Client, person: User, crowd: list[User]
) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0]))
    response = client.post(page_of(task), {"label-quality": "0.25", "flags": ["hate_speech"]})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Please answer this question" in page
    assert response.context["form"].scales[0].steps[1].chosen
    assert {name: ticked for name, _label, ticked in response.context["form"].ticked_flags}["hate_speech"]


def test_a_value_no_button_has_is_refused(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0]))
    assert client.post(page_of(task), {"label-spam": "0", "label-quality": "17"}).status_code == 422
    assert not Review.objects.filter(reviewer=person).exists()


def test_task_pages_name_no_author(client: Client, person: User, crowd: list[User]) -> None:
    prompt = make_rankable(crowd)
    task = give(person, Kind.RANK_ASSISTANT_REPLIES, prompt)
    page = client.get(page_of(task)).content.decode()
    assert "It scatters." in page
    for author in crowd:
        assert author.display_name not in page
        assert str(author.pk) not in page


def rank(client: Client, task: Task, places: dict[str, str], **more: str) -> int:
    replies = Message.objects.filter(parent=task.message_id)
    data = {f"place-{reply.pk}": places[reply.text] for reply in replies if reply.text in places}
    return client.post(page_of(task), {**data, **more}).status_code


def test_equal_places_are_a_tie(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.RANK_ASSISTANT_REPLIES, make_rankable(crowd))
    assert rank(client, task, {"It scatters.": "1", "Because.": "3", "Who knows.": "3"}) == 302
    order = Ranking.objects.get(ranker=person).order
    texts = {str(m.pk): m.text for m in Message.objects.all()}
    assert [sorted(texts[pk] for pk in group) for group in order] == [["It scatters."], ["Because.", "Who knows."]]


def test_a_reply_without_a_place_is_asked_for(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.RANK_ASSISTANT_REPLIES, make_rankable(crowd))
    assert rank(client, task, {"It scatters.": "1"}) == 422
    assert not Ranking.objects.exists()


def test_what_cannot_be_ranked_needs_no_places(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.RANK_ASSISTANT_REPLIES, make_rankable(crowd))
    assert rank(client, task, {}, not_rankable="on") == 302
    ranking = Ranking.objects.get(ranker=person)
    assert ranking.not_rankable
    assert len(ranking.order) == 1


def test_a_skip_keeps_its_reason(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0]))
    response = client.post(reverse("skip", args=[task.pk]), {"reason": "unclear", "text": "What is meant?"})
    assert response["Location"] == reverse("dashboard")
    skip = Skip.objects.get(person=person)
    assert (skip.reason, skip.text) == ("unclear", "What is meant?")


def test_a_skip_without_a_reason_is_fine_and_an_invented_one_is_not(
    client: Client, person: User, crowd: list[User]
) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0]))
    response = client.post(reverse("skip", args=[task.pk]), {"reason": "bored", "text": "my words"})
    assert response.status_code == 422
    assert "my words" in response.content.decode()
    client.post(reverse("skip", args=[task.pk]), {"reason": ""})
    assert Skip.objects.get(person=person).reason == ""


def test_a_task_given_back_is_open_again(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0]))
    client.post(reverse("release", args=[task.pk]))
    assert Task.objects.filter(message=task.message, state=TaskState.OPEN).count() == 3


def test_the_dashboard_offers_to_continue(client: Client, person: User, crowd: list[User]) -> None:
    task = give(person, Kind.LABEL_INITIAL_PROMPT, make_prompt(crowd[0], "A prompt to review"))
    page = client.get(reverse("dashboard")).content.decode()
    assert page_of(task) in page
    assert "It is kept for you for 29" in page
    assert "A prompt to review" in page


def test_an_empty_dashboard_says_what_to_do_next(client: Client) -> None:
    assert "Nothing is waiting for you in English" in client.get(reverse("dashboard")).content.decode()


def test_the_language_is_remembered_and_only_ones_we_know(client: Client, person: User) -> None:
    client.post(reverse("choose_language"), {"lang": "ar", "next": reverse("my_messages")})
    client.post(reverse("choose_language"), {"lang": "tlh"})
    person.refresh_from_db()
    assert person.lang == "ar"


def test_arabic_content_reads_from_right_to_left(client: Client, person: User, crowd: list[User]) -> None:
    make_prompt(crowd[0], "لماذا السماء زرقاء؟", "ar")
    task = give(person, Kind.LABEL_INITIAL_PROMPT, lang="ar")
    page = client.get(page_of(task)).content.decode()
    assert '<div class="prose" lang="ar" dir="auto">' in page
    assert 'dir="rtl"' in page
    assert '<html lang="en"' in page


def test_task_pages_take_a_bounded_number_of_queries(
    client: Client, person: User, crowd: list[User], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    prompt = make_rankable(crowd)
    task = give(person, Kind.RANK_ASSISTANT_REPLIES, prompt)
    with django_assert_max_num_queries(11):
        client.get(page_of(task))


def test_a_long_conversation_takes_no_more_queries(
    client: Client, person: User, crowd: list[User], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rules(num_reviews_reply=1)
    prompt = make_growing(crowd[0], crowd[1:4])
    reply = make_reply(prompt, crowd[1], "Because of the air.")
    review(reply, crowd[2:3])
    question = make_reply(reply, crowd[3], "What has the air to do with it?")
    review(question, crowd[2:3])
    task = give(person, Kind.ASSISTANT_REPLY, question)
    with django_assert_max_num_queries(11):
        page = client.get(page_of(task)).content.decode()
    assert page.index("Why is the sky blue?") < page.index("Because of the air.") < page.index("What has the air")


@pytest.mark.parametrize("declined", [{"reason": "nonsense", "text": "Not for me"}, {"text": "x" * 4001}])
def test_a_refused_skip_keeps_the_draft_and_the_reason(client: Client, person: User, declined: dict[str, str]) -> None:
    open_prompts()
    task = give(person, Kind.INITIAL_PROMPT)
    client.post(reverse("save_draft", args=[task.pk]), {"text": "Half a thought"})
    response = client.post(reverse("skip", args=[task.pk]), declined)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Half a thought" in page
    assert declined["text"] in page
    assert '<details class="instead" open>' in page
    assert not Skip.objects.exists()

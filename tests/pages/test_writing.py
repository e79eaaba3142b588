"""What helps with writing: preview, hints, drafts kept on the server, corrections. All of it works without a script."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import profiles
from accounts.models import User
from tasks import saved_drafts
from tasks.kinds import Kind
from tasks.models import Message, SavedDraft, Task, TaskState
from tests.pages.site import client_of, give, make_growing, make_person, make_prompt, open_prompts, review, rules

pytestmark = pytest.mark.django_db

GERMAN = "Wie lerne ich am besten Gitarre, wenn ich wenig Zeit habe und kein Geld ausgeben möchte?"
SCRIPT = {"HTTP_X_PART": "1"}


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


@pytest.fixture
def task(person: User) -> Task:
    open_prompts()
    return give(person, Kind.INITIAL_PROMPT)


def reply_task(person: User) -> Task:
    crowd = [make_person(f"Volunteer {number}") for number in range(4)]
    prompt = make_growing(crowd[0], crowd[1:])
    return give(person, Kind.ASSISTANT_REPLY, prompt)


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def post(client: Client, name: str, task: Task, **data: str) -> Any:
    return client.post(reverse(name, args=[task.pk]), data)


class TestPreview:
    def test_a_preview_shows_the_text_rendered_and_keeps_it(self, client: Client, task: Task) -> None:
        response = post(client, "preview", task, text="Why is the **sky** blue?\r\n", topic="science")
        page = text_of(response)
        assert response.status_code == 200
        assert "Why is the <strong>sky</strong> blue?" in page
        assert ">\nWhy is the **sky** blue?" in page, "the text area has it still"
        assert '<option value="science" selected>' in page
        assert f'action="{reverse("task", args=[task.pk])}"' in page, "without a script, too, it is sent from here"
        task.refresh_from_db()
        assert task.state == TaskState.CLAIMED
        assert not Message.objects.exists()

    def test_a_script_gets_the_preview_alone(self, client: Client, task: Task) -> None:
        url = reverse("preview", args=[task.pk])
        page = text_of(client.post(url, {"text": "*Why?*"}, **SCRIPT))
        assert "<em>Why?</em>" in page
        assert "<html" not in page
        assert "nothing to show" in text_of(client.post(url, {"text": " "}, **SCRIPT))

    def test_nothing_dangerous_comes_through(self, client: Client, task: Task) -> None:
        text = "<script>x</script> [a](javascript:x) ![b](https://evil/p)"
        page = post(client, "preview", task, text=text).content.decode()
        preview = page[page.index('class="panel preview"') :]
        preview = preview[: preview.index("</section>")]
        assert "<script" not in preview
        assert 'href="javascript' not in preview
        assert "<img" not in preview

    def test_a_text_that_is_too_long_is_shown_as_far_as_it_may_go(self, client: Client, task: Task) -> None:
        rules(message_size_limit=50)
        page = text_of(client.post(reverse("preview", args=[task.pk]), {"text": "x" * 500}, **SCRIPT))
        assert "x" * 50 in page
        assert "x" * 51 not in page

    def test_looking_at_the_address_leads_to_the_task(self, client: Client, task: Task) -> None:
        for name in ("preview", "move_prompt"):
            assert client.get(reverse(name, args=[task.pk]))["Location"] == reverse("task", args=[task.pk])

    def test_only_the_holder_of_a_writing_task_gets_one(self, client: Client, person: User, task: Task) -> None:
        other = client_of(make_person())
        assert post(other, "preview", task, text="x").status_code == 403
        assert post(other, "hints", task, text="x").status_code == 403
        prompt = make_prompt(make_person())
        reviewing = give(person, Kind.LABEL_INITIAL_PROMPT, prompt)
        assert post(client, "preview", reviewing, text="x").status_code == 422


class TestLanguage:
    def test_a_prompt_in_another_language_can_move_there(self, client: Client, person: User, task: Task) -> None:
        page = text_of(post(client, "preview", task, text=GERMAN))
        assert "This seems to be written in Deutsch, and the task asks for English." in page
        assert "Write this in Deutsch instead" in page
        assert "add Deutsch to my languages" in page
        open_prompts("de")
        response = post(client, "move_prompt", task, text=GERMAN, topic="arts", move_to="de", add_language="de")
        moved = Task.objects.get(claimed_by=person)
        assert response["Location"] == reverse("task", args=[moved.pk])
        assert moved.lang == "de"
        assert profiles.of(person).languages == ["en", "de"]
        page = text_of(client.get(response["Location"]))
        assert GERMAN in page
        assert '<option value="arts" selected>' in page
        assert "This task asks for a prompt in Deutsch" in page
        task.refresh_from_db()
        assert task.state == TaskState.OPEN

    def test_a_language_one_works_in_is_not_offered_again(self, client: Client, person: User, task: Task) -> None:
        profiles.change(person=person, now=timezone.now(), languages=["en", "de"])
        page = text_of(post(client, "hints", task, text=GERMAN))
        assert "Write this in Deutsch instead" in page
        assert "add Deutsch" not in page

    def test_without_an_opening_there_the_page_says_so_and_keeps_the_text(self, client: Client, task: Task) -> None:
        response = post(client, "move_prompt", task, text=GERMAN, move_to="de")
        page = text_of(response)
        assert response.status_code == 404
        assert "Nobody is asked for new prompts in that language just now. Your text is kept here" in page
        assert GERMAN in page
        task.refresh_from_db()
        assert task.state == TaskState.CLAIMED

    def test_a_language_that_does_not_exist_is_refused(self, client: Client, task: Task) -> None:
        response = post(client, "move_prompt", task, text=GERMAN, move_to="xx")
        assert response.status_code == 422
        assert GERMAN in text_of(response)

    def test_a_reply_in_another_language_can_be_given_back(self, client: Client, person: User) -> None:
        task = reply_task(person)
        page = text_of(post(client, "hints", task, text=GERMAN))
        assert "This seems to be written in Deutsch, and the conversation is in English." in page
        assert "Write this in" not in page
        response = post(client, "give_back", task, text=GERMAN)
        assert response["Location"] == reverse("drafts")
        task.refresh_from_db()
        assert task.state == TaskState.OPEN
        assert GERMAN in text_of(client.get(reverse("drafts")))

    def test_who_means_it_so_is_not_told_again(self, client: Client, task: Task) -> None:
        page = text_of(post(client, "hints", task, text=GERMAN, meant="de"))
        assert "This text is meant to be in Deutsch" in page
        assert "Write this in Deutsch instead" not in page
        assert "Write this in Deutsch instead" in text_of(post(client, "hints", task, text=GERMAN, meant="fr"))

    def test_the_right_language_and_short_texts_get_no_hint(self, client: Client, task: Task) -> None:
        for text in ("", "Wie geht's?", "Could you explain why the sky is blue? I would like to tell my child."):
            assert text_of(post(client, "hints", task, text=text)).strip() == ""

    def test_a_hint_keeps_nobody_from_sending(self, client: Client, task: Task) -> None:
        assert post(client, "task", task, text=GERMAN).status_code == 302
        assert Message.objects.get().text == GERMAN


class TestSimilar:
    def test_a_prompt_like_it_is_shown_with_a_way_to_read_it(self, client: Client, task: Task) -> None:
        asked = make_prompt(make_person(), "Can you explain why the sky is blue?")
        page = text_of(post(client, "hints", task, text="Please explain why the sky is blue!"))
        assert "A prompt like this was asked before" in page
        assert reverse("tree", args=[asked.tree_id]) in page

    def test_replies_are_not_compared_with_prompts(self, client: Client, person: User) -> None:
        task = reply_task(person)
        assert text_of(post(client, "hints", task, text="Why is the sky blue?")).strip() == ""

    def test_hints_cost_few_queries(
        self, client: Client, task: Task, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_prompt(make_person(), "Can you explain why the sky is blue?")
        with django_assert_max_num_queries(7):
            post(client, "hints", task, text="Please explain why the sky is blue!")


class TestDrafts:
    def save(self, client: Client, task: Task, **data: str) -> Any:
        return post(client, "save_draft", task, **data)

    def test_what_was_typed_comes_back_on_any_device(self, client: Client, person: User, task: Task) -> None:
        data = {"text": "Why is the", "topic": "science", "difficulty": "2", "pasted": "3", "csrfmiddlewaretoken": "x"}
        assert self.save(client, task, **data).json()["newest"] is True
        page = text_of(client_of(person).get(reverse("task", args=[task.pk])))
        assert ">\nWhy is the</textarea>" in page
        assert '<option value="science" selected>' in page
        assert '<option value="2" selected>' in page
        assert re.search(r'name="pasted"\s+value="3"', page)
        assert "is back. It was kept on the server" in page
        assert "data-draft-saved=" in page

    def test_the_newest_wins_whatever_comes_last(self, client: Client, task: Task) -> None:
        now = timezone.now().timestamp()
        self.save(client, task, text="newer", typed_at=str(now - 1))
        answer = self.save(client, task, text="older", typed_at=str(now - 5)).json()
        assert answer["newest"] is False
        assert answer["now"] >= now
        assert saved_drafts.text_of(SavedDraft.objects.get()) == "newer"

    @pytest.mark.parametrize("said", ["", "soon", "nan", "inf", "1e300", "-1e300"])
    def test_an_odd_time_is_now(self, client: Client, task: Task, said: str) -> None:
        before = timezone.now()
        assert self.save(client, task, text="x", typed_at=said).status_code == 200
        assert SavedDraft.objects.get().saved_at >= before

    def test_it_goes_when_the_answer_is_stored(self, client: Client, task: Task) -> None:
        self.save(client, task, text="Why?")
        post(client, "task", task, text="Why?")
        assert not SavedDraft.objects.exists()
        assert self.save(client, task, text="Why?").status_code == 409

    def test_it_stays_when_the_answer_is_refused(self, client: Client, task: Task) -> None:
        self.save(client, task, text="Why?")
        assert post(client, "task", task, text=" ").status_code == 422
        assert SavedDraft.objects.exists()

    def test_others_are_refused(self, task: Task) -> None:
        assert self.save(client_of(make_person()), task, text="x").status_code == 403
        assert self.save(Client(), task, text="x").status_code == 401
        assert not SavedDraft.objects.exists()

    def test_a_half_given_review_is_restored_without_complaints(self, client: Client, person: User) -> None:
        prompt = make_prompt(make_person())
        reviewing = give(person, Kind.LABEL_INITIAL_PROMPT, prompt)
        self.save(client, reviewing, **{"label-spam": "0"})
        page = text_of(client.get(reverse("task", args=[reviewing.pk])))
        assert "is back. It was kept on the server" in page
        assert 'class="error"' not in page

    def test_texts_never_sent_are_listed_and_can_be_used(self, client: Client, person: User, task: Task) -> None:
        self.save(client, task, text="Why is the sky blue?")
        page = text_of(client.get(reverse("drafts")))
        assert "Go on with it" in page
        client.post(reverse("release", args=[task.pk]))
        page = text_of(client.get(reverse("drafts")))
        assert "Why is the sky blue?" in page
        assert "Use it for a new prompt" in page
        response = client.post(reverse("use_draft", args=[SavedDraft.objects.get().pk]))
        again = Task.objects.get(claimed_by=person)
        assert response["Location"] == reverse("task", args=[again.pk])
        assert "Why is the sky blue?" in text_of(client.get(response["Location"]))

    def test_a_text_that_cannot_be_used_stays_and_the_page_says_why(self, client: Client, task: Task) -> None:
        self.save(client, task, text="Why?")
        client.post(reverse("release", args=[task.pk]))
        Task.objects.all().delete()
        page = text_of(client.post(reverse("use_draft", args=[SavedDraft.objects.get().pk]), follow=True))
        assert "Nobody is asked for new prompts in that language just now" in page
        assert "Why?" in page

    def test_a_text_can_be_deleted_by_its_writer_alone(self, client: Client, task: Task) -> None:
        self.save(client, task, text="Why?")
        url = reverse("delete_draft", args=[SavedDraft.objects.get().pk])
        client_of(make_person()).post(url)
        assert SavedDraft.objects.exists()
        assert "There is none" in text_of(client.post(url, follow=True))

    def test_what_it_replies_to_is_linked_only_while_it_may_be_read(self, client: Client, person: User) -> None:
        task = reply_task(person)
        self.save(client, task, text="Because.")
        link = reverse("message", args=[task.message_id])
        assert link in text_of(client.get(reverse("drafts")))
        Message.objects.filter(pk=task.message_id).update(deleted=True)
        assert link not in text_of(client.get(reverse("drafts")))

    def test_many_texts_cost_as_many_queries_as_one(
        self, client: Client, person: User, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        open_prompts()
        for number in range(5):
            self.save(client, give(person, Kind.INITIAL_PROMPT), text=f"Text {number}")
        with django_assert_max_num_queries(5):
            client.get(reverse("drafts"))


class TestSending:
    @pytest.mark.parametrize(
        ("pasted", "share"),
        [("", None), ("0", 0.0), ("5", 0.5), ("99", 1.0), ("-4", None), ("much", None), ("٣", None)],
    )
    def test_the_share_of_pasted_text_is_stored(
        self, client: Client, task: Task, pasted: str, share: float | None
    ) -> None:
        post(client, "task", task, text=" 0123456789 ", pasted=pasted)
        assert Message.objects.get().pasted_share == share

    def test_without_a_script_nobody_counted(self, client: Client, task: Task) -> None:
        post(client, "task", task, text="Why?")
        assert Message.objects.get().pasted_share is None

    def test_topic_and_difficulty_of_a_prompt_are_stored(self, client: Client, task: Task) -> None:
        post(client, "task", task, text="Why?", topic="science", difficulty="3")
        tree = Message.objects.get().tree
        assert (tree.topic, tree.difficulty) == ("science", 3)

    def test_they_may_be_left_open(self, client: Client, task: Task) -> None:
        post(client, "task", task, text="Why?", topic="", difficulty="")
        tree = Message.objects.get().tree
        assert (tree.topic, tree.difficulty) == ("", None)

    def test_a_topic_that_does_not_exist_is_refused_and_the_text_kept(self, client: Client, task: Task) -> None:
        response = post(client, "task", task, text="Why me?", topic="no such topic")
        assert response.status_code == 422
        assert "Why me?" in text_of(response)

    def test_replies_are_not_asked_for_a_topic(self, client: Client, person: User) -> None:
        task = reply_task(person)
        assert 'name="topic"' not in text_of(client.get(reverse("task", args=[task.pk])))
        assert post(client, "task", task, text="Because.", topic="science").status_code == 302

    def test_emoji_and_han_count_as_one_character_each(self, client: Client, task: Task) -> None:
        rules(message_size_limit=4)
        assert post(client, "task", task, text="天空蓝😀\r\n").status_code == 302
        assert 'data-counter-limit="4"' in text_of(client.get(reverse("task", args=[give_next(task)])))


def give_next(task: Task) -> Any:
    """Another prompt task of the same person."""
    assert task.claimed_by is not None
    return give(task.claimed_by, Kind.INITIAL_PROMPT).pk


class TestCorrecting:
    def url(self, message: Message) -> str:
        return reverse("correct", args=[message.pk])

    def test_the_text_can_be_changed_for_ten_minutes(self, client: Client, person: User) -> None:
        message = make_prompt(person, "Why is the sky bleu?")
        page = text_of(client.get(self.url(message)))
        assert ">\nWhy is the sky bleu?</textarea>" in page
        assert "as long as nobody has begun to review it" in page
        response = client.post(self.url(message), {"text": "Why is the sky blue?"})
        assert response["Location"] == reverse("message", args=[message.pk])
        message.refresh_from_db()
        assert message.text == "Why is the sky blue?"

    def test_it_can_be_looked_at_before(self, client: Client, person: User) -> None:
        message = make_prompt(person, "Why?")
        page = text_of(client.post(self.url(message), {"text": "**Why?**", "preview": "on"}))
        assert "<strong>Why?</strong>" in page
        assert ">\n**Why?**</textarea>" in page
        part = text_of(client.post(self.url(message), {"text": "**Why?**"}, **SCRIPT))
        assert "<strong>Why?</strong>" in part
        assert "<html" not in part
        message.refresh_from_db()
        assert message.text == "Why?"

    def test_once_reviewed_it_stands_and_what_was_typed_is_not_lost(self, client: Client, person: User) -> None:
        message = make_prompt(person, "Why?")
        review(message, [make_person()])
        response = client.get(self.url(message))
        assert response.status_code == 409
        assert "It stays as it is" in text_of(response)
        response = client.post(self.url(message), {"text": "Why me?"})
        assert response.status_code == 409
        assert "so it stays as it is" in text_of(response)
        assert ">\nWhy me?</textarea>" in text_of(response)

    def test_an_empty_text_is_refused(self, client: Client, person: User) -> None:
        message = make_prompt(person, "Why?")
        response = client.post(self.url(message), {"text": " "})
        assert response.status_code == 422
        assert "The message is empty" in text_of(response)

    def test_others_find_no_such_page(self, person: User) -> None:
        message = make_prompt(person)
        assert client_of(make_person()).get(self.url(message)).status_code == 404
        assert client_of(make_person(role="moderator")).get(self.url(message)).status_code == 404

    def test_the_link_is_there_as_long_as_it_leads_somewhere(self, client: Client, person: User, rf: Any) -> None:
        message = make_prompt(person)
        request = rf.get("/")
        request.user = person

        def link() -> str:
            return render_to_string("components/correct_link.html", {"message": message}, request)

        assert self.url(message) in link()
        request.user = make_person()
        assert link().strip() == ""
        request.user = person
        message.created_at -= timedelta(minutes=11)
        assert link().strip() == ""

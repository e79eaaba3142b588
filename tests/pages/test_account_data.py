"""Taking everything home, and leaving: with or without what one contributed."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import profiles, shut_out
from accounts.models import Consent, Mail, News, NewsKind, PointEntry, Profile, Status, User
from exports import takeout
from moderation import actions, leaving
from moderation.models import ActionLog, Report
from stats.models import BadgeAward
from tasks import reactions
from tasks.kinds import Kind
from tasks.models import FreeLabels, Message, MessageRevision, Ranking, Review, SavedDraft, Skip, TaskState
from tasks.points import Reason
from tasks.refusals import MessageNotFound
from tasks.tree_states import State
from tests import making
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


def taken_home(client: Client) -> dict[str, list[dict[str, Any]]]:
    """The lines of each file."""
    response = client.post(reverse("account_data"))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as packed:
        assert packed.testzip() is None
        lines = {name: packed.read(name).decode() for name in packed.namelist()}
    readme = lines.pop("README.txt")
    for file in takeout.FILES:
        assert f"{file.name}.jsonl" in readme
    return {name.removesuffix(".jsonl"): list(map(json.loads, text.splitlines())) for name, text in lines.items()}


def make_busy() -> User:
    """Somebody who did everything once, among others whose words are not theirs to take."""
    me = make_person("Ada")
    mine = making.root_of(making.make_tree(replies=1, verdict=None, author=me))
    Message.objects.filter(pk=mine.pk).update(text="MY PROMPT")
    reply = making.replies_to(mine)[0]
    Message.objects.filter(pk=reply.pk).update(text="WHAT OTHERS SAID")
    actions.edit_message(
        message_id=mine.pk,
        text="MY PROMPT, MENDED",
        by=making.make_moderator(),
        why="",
        **making.given(now=timezone.now()),
    )
    ranked = making.root_of(making.make_tree(state=State.RANKING, replies=2))
    making.submit(making.claim_on(ranked, Kind.RANK_ASSISTANT_REPLIES, by=me), me)
    Ranking.objects.filter(ranker=me).update(comment="MY COMMENT")
    making.review(reply, by=me)
    now = timezone.now()
    reactions.add(message=reply, person=me, emoji="+1", now=now)
    FreeLabels.objects.create(message=reply, person=me, labels={"humor": 1}, text="MY WORDS")
    Report.objects.create(message=reply, person=me, labels=["spam"], text="MY REPORT")
    Skip.objects.create(person=me, kind=Kind.ASSISTANT_REPLY, message=ranked, text="MY REASON")
    SavedDraft.objects.create(
        person=me, kind=Kind.INITIAL_PROMPT, lang="en", fields=[["text", "MY DRAFT"]], saved_at=now
    )
    BadgeAward.objects.create(person=me, badge="first", earned_at=now)
    PointEntry.objects.create(person=me, reason=Reason.PROMPT, source=str(mine.pk), points=1)
    News.objects.create(person=me, kind=NewsKind.BADGE_EARNED, source="x", about={"badge": "first"}, at=now)
    profiles.change(person=me, now=now, languages=["en", "de"], mail=Mail.DAILY, consent=Consent.DATASET)
    SocialAccount.objects.create(user=me, provider="github", uid="42", extra_data={"name": "countess"})
    Authenticator.objects.create(user=me, type=Authenticator.Type.WEBAUTHN, data={"name": "My phone"})
    EmailAddress.objects.create(user=me, email=me.email, verified=True, primary=True)
    return me


def test_the_file_has_everything_of_its_person_and_says_what_each_field_means() -> None:
    me = make_busy()
    lines = taken_home(client_of(me))
    assert set(lines) == {file.name for file in takeout.FILES}
    for file in takeout.FILES:
        assert lines[file.name], file.name
        for line in lines[file.name]:
            assert set(line) == set(file.fields), file.name
        assert all(file.fields.values())
    (profile,) = lines["profile"]
    assert (profile["display_name"], profile["languages"], profile["passkeys"]) == ("Ada", ["en", "de"], ["My phone"])
    assert profile["linked_accounts"] == [["github", "42", "countess"]]
    assert [line["text"] for line in lines["messages"]] == ["MY PROMPT, MENDED"]
    assert [line["text"] for line in lines["revisions"]] == ["MY PROMPT"]
    assert lines["rankings"][0]["comment"] == "MY COMMENT"
    assert lines["drafts"][0]["fields"] == [["text", "MY DRAFT"]]


def test_the_file_has_nothing_of_other_people_but_ids() -> None:
    me = make_busy()
    other = make_person("SOMEBODY ELSE", notes="SECRET")
    User.objects.filter(pk=me.pk).update(notes="FOR MODERATORS ONLY")
    text = json.dumps(taken_home(client_of(me)))
    for foreign in ("WHAT OTHERS SAID", "SOMEBODY ELSE", other.email, "FOR MODERATORS ONLY", str(other.pk)):
        assert foreign not in text
    lines = taken_home(client_of(other))
    assert [name for name in lines if lines[name]] == ["profile"]


def test_what_a_moderator_changed_of_others_is_not_theirs_to_take() -> None:
    moderator = making.make_moderator()
    message = making.root_of(making.make_tree())
    actions.edit_message(
        message_id=message.pk, text="OTHERS SAID SO", by=moderator, why="", **making.given(now=timezone.now())
    )
    assert taken_home(client_of(moderator))["revisions"] == []


@pytest.mark.parametrize(
    ("state", "count"), [(State.INITIAL_PROMPT_REVIEW, None), (State.GROWING, None), (State.READY_FOR_EXPORT, 3)]
)
def test_how_many_reviewed_a_message_shows_when_nobody_is_asked_any_more(state: State, count: int | None) -> None:
    me = make_person()
    message = making.root_of(making.make_tree(state=state, author=me))
    Message.objects.filter(pk=message.pk).update(review_count=3)
    (line,) = taken_home(client_of(me))["messages"]
    assert line["reviewed_by"] == count


def test_a_link_elsewhere_downloads_nothing() -> None:
    person = make_person()
    assert client_of(person).get(reverse("account_data"))["Content-Type"].startswith("text/html")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    assert strict.post(reverse("account_data")).status_code == 403


def leave(person: User, contributions: str, word: str = "delete") -> Any:
    return client_of(person).post(reverse("account_delete"), {"contributions": contributions, "word": word})


def test_leaving_needs_a_choice_and_a_word() -> None:
    person = make_person()
    for contributions, word in (("keep", ""), ("keep", "yes"), ("", "delete"), ("sell", "delete")):
        response = leave(person, contributions, word)
        assert response.status_code == 422
    assert "Choose what becomes" in response.content.decode() or "valid choice" in response.content.decode()
    person.refresh_from_db()
    assert person.status == Status.ACTIVE


def test_whoever_leaves_and_keeps_is_forgotten_and_what_they_wrote_stays() -> None:
    me = make_busy()
    client = client_of(me)
    response = client.post(reverse("account_delete"), {"contributions": "keep", "word": " Delete "})
    assert response["Location"] == reverse("home")
    assert "_auth_user_id" not in client.session
    me.refresh_from_db()
    assert (me.status, me.email, me.display_name) == (Status.DELETED, None, "Deleted user")
    assert Message.objects.get(author=me).text == "MY PROMPT, MENDED"
    assert not Message.objects.get(author=me).deleted
    for rows in (EmailAddress, SocialAccount, Authenticator):
        assert not rows.objects.filter(user=me).exists()
    assert not SavedDraft.objects.filter(person=me).exists()
    profile = Profile.objects.get(person=me)
    assert (profile.languages, profile.mail, profile.consent) == ([], Mail.NEVER, Consent.DATASET)
    assert making.drifts() == []


def test_whoever_takes_everything_back_leaves_no_word_behind_and_harms_nobody() -> None:
    me = make_busy()
    leave(me, "take_back")
    me.refresh_from_db()
    assert me.status == Status.DELETED
    message = Message.objects.get(author=me)
    assert (message.deleted, message.text) == (True, "")
    assert not MessageRevision.objects.filter(message=message).exists()
    # What others wrote below is hidden with it, and still theirs.
    (reply,) = making.replies_to(message)
    assert (reply.deleted, reply.text) == (True, "WHAT OTHERS SAID")
    # Their judgements count on here, and go into no dataset.
    assert Review.objects.filter(reviewer=me).exists()
    assert Ranking.objects.get(ranker=me).comment == ""
    assert Profile.objects.get(person=me).consent == Consent.HERE
    assert not FreeLabels.objects.filter(person=me).exists()
    assert not Skip.objects.filter(person=me).exclude(text="").exists()
    assert making.drifts() == []


def test_what_was_taken_back_is_not_shown_again_nor_what_is_below_it() -> None:
    me = make_person()
    tree = making.make_tree(state=State.READY_FOR_EXPORT, replies=2, author=me)
    prompt = making.root_of(tree)
    leave(me, "take_back")
    for message in (prompt, *making.replies_to(prompt)):
        with pytest.raises(MessageNotFound):
            actions.undelete_message(
                message_id=message.pk, by=making.make_moderator(), why="", **making.given(now=timezone.now())
            )
    assert not tree.messages.filter(deleted=False).exists()


def test_whoever_wrote_much_takes_it_back_in_steps_and_can_go_on_in_between() -> None:
    me = make_person()
    for _number in range(3):
        making.make_tree(author=me)
    step = {"person": me, "at_once": 2, **making.given(now=timezone.now())}
    assert leaving.take_back(**step) == 1
    assert leaving.take_back(**step) == 0
    assert Message.objects.filter(author=me, deleted=True, text="").count() == 3


def test_the_page_says_how_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "AT_ONCE", 1)
    me = make_person()
    for _number in range(2):
        making.make_tree(author=me)
    response = leave(me, "take_back")
    assert "1 message is left; send the form once more" in response.content.decode()
    me.refresh_from_db()
    assert me.status == Status.ACTIVE
    assert leave(me, "take_back")["Location"] == reverse("home")


def test_what_they_hold_goes_back_when_they_leave() -> None:
    making.make_tree()
    me = make_person()
    task = making.claim(me, now=timezone.now())
    leave(me, "keep")
    task.refresh_from_db()
    assert task.state == TaskState.OPEN


def test_a_suspended_person_may_leave_and_is_told_that_they_cannot_come_back_at_once() -> None:
    until = timezone.now() + timedelta(days=7)
    me = make_person(status=Status.SUSPENDED, suspended_until=until)
    email = me.email or ""
    page = client_of(me).get(reverse("account_delete")).content.decode()
    assert "before the suspension would have ended" in page
    leave(me, "keep")
    me.refresh_from_db()
    assert (me.status, me.email) == (Status.DELETED, None)
    assert shut_out.is_shut_out(email=email)


def test_the_log_says_that_they_left() -> None:
    me = make_person()
    leave(me, "keep")
    line = ActionLog.objects.get(person=me)
    assert (line.by, line.why) == (me, leaving.WHY)


def test_other_browsers_of_who_left_are_signed_out() -> None:
    me = make_person()
    other = client_of(me)
    leave(me, "keep")
    assert other.get(reverse("account"))["Location"].startswith(reverse("account_request_login_code"))

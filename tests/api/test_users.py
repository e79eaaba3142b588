"""Version 1, people: lists, login, edits, bans, closed accounts, and what somebody wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts import identities, profiles
from accounts.identities import Identity
from accounts.models import AuthMethod, Consent, News, NewsKind, Role, Scope, Status, User
from moderation import people
from moderation.log import NotAllowed
from moderation.models import Action, ActionLog
from tasks import saved_drafts
from tasks.kinds import Kind
from tasks.models import Message, Task
from tasks.tree_states import State
from tests.api.calling import Program, somebody
from tests.making import NOW, add_message, claim, given, make_admin, make_moderator, make_person, make_tree, root_of

pytestmark = pytest.mark.django_db

BOTH = (Scope.VOLUNTEER, Scope.MODERATOR)


def known(program: Program, name: str, **fields: Any) -> User:
    """A person of this program."""
    person = identities.meet(client=program.client, identity=Identity("discord", name, name), now=NOW)
    User.objects.filter(pk=person.pk).update(**fields)
    person.refresh_from_db()
    return person


def wrote(program: Program, person: User, messages: int = 1, **fields: Any) -> list[Message]:
    """Prompts of this person that came through this program."""
    written = []
    for number in range(messages):
        root = root_of(make_tree(author=person))
        name = {"api_client": program.client, "frontend_message_id": f"{root.pk}-{number}"}
        Message.objects.filter(pk=root.pk).update(**name, **fields)
        written.append(root)
    return written


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.json()
    return [person["id"] for person in response.json()]


def refused(response: Any, status: int, code: int) -> bool:
    return (response.status_code, response.json()["error_code"]) == (status, code)


# --- login


def test_a_person_is_stored_at_the_first_login_and_found_at_the_next() -> None:
    program = Program(terms_accepted_there=False)
    first = program.post("frontend_users/", somebody("ada")).json()
    again = program.post("frontend_users/", {**somebody("ada"), "display_name": "Ada L."}).json()
    assert first["user_id"] == again["user_id"]
    assert (first["display_name"], again["display_name"]) == ("ada", "Ada L.")
    assert (first["enabled"], first["deleted"], first["show_on_leaderboard"]) == (True, False, True)
    assert first["tos_acceptance_date"] is None
    assert User.objects.get(pk=first["user_id"]).api_client == program.client


@pytest.mark.parametrize("scopes", [(Scope.VOLUNTEER,), BOTH])
def test_a_ban_is_not_undone_by_the_login_call(scopes: tuple[Scope, ...]) -> None:
    program = Program(*scopes)
    person = known(program, "ada", status=Status.BANNED, show_on_leaderboard=False)
    response = program.post("frontend_users/", {**somebody("ada"), "tos_acceptance": True})
    assert (response.json()["enabled"], response.json()["show_on_leaderboard"]) == (False, False)
    person.refresh_from_db()
    assert (person.status, person.show_on_leaderboard) == (Status.BANNED, False)


def test_a_key_that_does_not_moderate_changes_nothing_that_moderators_decide() -> None:
    program = Program()
    person = known(program, "ada", status=Status.BANNED, show_on_leaderboard=False, notes="A troll.")
    body = {**somebody("ada"), "enabled": True, "show_on_leaderboard": True, "notes": "Fine."}
    answer = program.post("frontend_users/", body).json()
    assert (answer["enabled"], answer["show_on_leaderboard"], answer["notes"]) == (False, False, "")
    person.refresh_from_db()
    assert (person.status, person.show_on_leaderboard, person.notes) == (Status.BANNED, False, "A troll.")
    new = program.post("frontend_users/", {**somebody("bob"), "enabled": False}).json()
    assert new["enabled"] is True


def test_a_key_that_moderates_changes_what_it_says_in_words() -> None:
    program = Program(*BOTH)
    person = known(program, "ada")
    banned = {**somebody("ada"), "enabled": False, "show_on_leaderboard": False, "notes": "A troll."}
    answer = program.post("frontend_users/", banned).json()
    assert (answer["enabled"], answer["show_on_leaderboard"], answer["notes"]) == (False, False, "A troll.")
    assert program.post("frontend_users/", {**somebody("ada"), "enabled": True}).json()["enabled"] is True
    person.refresh_from_db()
    assert (person.status, person.notes) == (Status.ACTIVE, "A troll.")
    logged = list(ActionLog.objects.filter(person=person).order_by("id").values_list("action", flat=True))
    assert logged == [Action.EDIT_PERSON, Action.BAN_PERSON, Action.UNBAN_PERSON]


def test_the_terms_are_accepted_once_and_never_taken_back() -> None:
    program = Program(terms_accepted_there=False)
    accepted = program.post("frontend_users/", {**somebody("ada"), "tos_acceptance": True}).json()
    assert accepted["tos_acceptance_date"] is not None
    for value in (True, False, None):
        again = program.post("frontend_users/", {**somebody("ada"), "tos_acceptance": value}).json()
        assert again["tos_acceptance_date"] == accepted["tos_acceptance_date"]


# --- lists


def test_people_are_listed_by_name_and_a_list_goes_on_where_the_last_one_ended() -> None:
    program = Program()
    for name in ("cid", "ada", "bob", "dan"):
        known(program, name)
    assert names(program.get("users/by_username")) == ["ada", "bob", "cid", "dan"]
    assert names(program.get("users/by_display_name", desc=True)) == ["dan", "cid", "bob", "ada"]
    first = program.get("users/by_username", max_count=2).json()
    rest = program.get("users/by_username", gte_username=first[-1]["id"], gt_id=first[-1]["user_id"])
    assert names(rest) == ["cid", "dan"]
    before = program.get("users/by_username", lte_username="bob", lt_id=first[-1]["user_id"])
    assert names(before) == ["ada"]
    assert names(program.get("frontend_users/", gte_username="bob", lte_username="cid")) == ["bob", "cid"]
    assert names(program.get("users/by_display_name", gte_display_name="bob", lte_display_name="bob")) == ["bob"]


def test_an_id_without_its_name_is_no_place_in_a_list() -> None:
    assert refused(Program().get("users/by_username", gt_id=str(uuid4())), 400, 0)


def test_names_are_searched_for_in_capitals_or_not_and_wildcards_are_letters() -> None:
    program = Program()
    for name in ("Ada", "adam", "b_d", "bad"):
        known(program, name)
    assert names(program.get("users/by_username", search_text="ADA")) == ["Ada", "adam"]
    assert names(program.get("users/by_display_name", search_text="_")) == ["b_d"]
    assert names(program.get("users/by_username", auth_method="google")) == []
    assert names(program.get("users/by_username", search_text="")) == ["Ada", "adam", "b_d", "bad"]


@pytest.mark.parametrize("key", ["username", "display_name"])
def test_pages_of_people_go_to_the_end_and_back(key: str) -> None:
    program = Program()
    for name in ("e", "a", "d", "b", "c"):
        known(program, name)
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = program.get("users/cursor", sort_key=key, max_count=2, **after).json()
        seen += [person["id"] for person in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == ["a", "b", "c", "d", "e"]
    assert (page["sort_key"], page["order"]) == (key, "asc")
    back = program.get("users/cursor", sort_key=key, max_count=2, before=page["prev"]).json()
    assert [person["id"] for person in back["items"]] == ["c", "d"]


def test_people_are_sorted_by_names_only() -> None:
    assert refused(Program().get("users/cursor", sort_key="notes"), 400, 100)


def test_a_key_sees_its_own_people_and_one_that_moderates_sees_all() -> None:
    mine, other, moderator = Program(), Program(), Program(Scope.MODERATOR)
    ada, bob = known(mine, "ada", notes="Kind."), known(other, "bob")
    assert names(mine.get("users/by_username")) == ["ada"]
    assert {"ada", "bob"} <= set(names(moderator.get("users/by_username")))
    assert names(moderator.get("users/by_username", api_client_id=str(other.client.pk))) == ["bob"]
    for path in ("users/by_username", "users/by_display_name", "users/cursor", "frontend_users/", f"users/{ada.pk}"):
        assert refused(mine.get(path, api_client_id=str(other.client.pk)), 403, 2)
    assert refused(mine.get(f"users/{bob.pk}"), 404, 4002)
    assert refused(mine.get("frontend_users/discord/bob"), 404, 4002)
    assert mine.get(f"users/{ada.pk}").json()["notes"] == ""
    assert moderator.get(f"users/{ada.pk}").json()["notes"] == "Kind."
    found = moderator.get("frontend_users/discord/bob", api_client_id=str(other.client.pk))
    assert found.json()["user_id"] == str(bob.pk)


def test_a_long_list_costs_as_many_queries_as_a_short_one(django_assert_max_num_queries: Any) -> None:
    program = Program()
    for number in range(20):
        known(program, str(number))
    with django_assert_max_num_queries(3):
        assert len(names(program.get("users/by_username"))) == 20


@pytest.mark.parametrize("query", [{"max_count": 0}, {"max_count": 10_001}, {"gt_id": "x"}, {"search_text": "\x00"}])
def test_a_query_of_another_shape_is_refused(query: dict[str, Any]) -> None:
    assert Program().get("users/by_username", **query).status_code == 422


def test_nobody_has_a_name_that_cannot_be_stored() -> None:
    program = Program()
    assert refused(program.get("messages/", oasst_user="discord:\x00"), 404, 4002)
    assert program.get("frontend_users/discord/a%00b").status_code == 422
    assert program.post("frontend_users/", somebody("\x00")).status_code == 422


# --- edits


def test_a_moderator_edits_what_is_named_and_nothing_else() -> None:
    program = Program(Scope.MODERATOR)
    person = known(program, "ada", show_on_leaderboard=False)
    assert program.call("PUT", f"users/{person.pk}", notes="Kind.", display_name="Ada L.").status_code == 204
    person.refresh_from_db()
    assert (person.notes, person.display_name, person.status) == ("Kind.", "Ada L.", Status.ACTIVE)
    assert person.show_on_leaderboard is False
    assert program.call("PUT", f"users/{person.pk}", notes="", show_on_leaderboard=True).status_code == 204
    person.refresh_from_db()
    assert (person.notes, person.show_on_leaderboard) == ("", True)
    assert program.call("PUT", f"users/{person.pk}").status_code == 204
    assert ActionLog.objects.filter(person=person).count() == 2


def test_a_moderator_bans_and_takes_the_ban_back_and_the_log_says_who() -> None:
    program = Program(*BOTH)
    moderator = known(program, "mod", role=Role.MODERATOR)
    person = known(program, "ada")
    task = claimed(person)
    acting = {"auth_method": "discord", "id": "mod"}
    path = f"users/{person.pk}"
    assert program.call("PUT", path, acting=acting, enabled=False).status_code == 204
    person.refresh_from_db()
    assert person.status == Status.BANNED
    assert not Task.objects.held_by(person).filter(pk=task.pk).exists()
    assert program.call("PUT", path, acting=acting, enabled=True).status_code == 204
    person.refresh_from_db()
    assert person.status == Status.ACTIVE
    assert set(ActionLog.objects.filter(person=person).values_list("by", flat=True)) == {moderator.pk}


def claimed(person: User) -> Task:
    make_tree()
    return claim(person, Kind.ASSISTANT_REPLY)


def test_a_moderator_may_note_that_the_terms_were_accepted() -> None:
    program = Program(Scope.MODERATOR, terms_accepted_there=False)
    person = known(program, "ada")
    assert program.call("PUT", f"users/{person.pk}", tos_acceptance=True).status_code == 204
    person.refresh_from_db()
    accepted = person.terms_accepted_at
    assert accepted is not None
    assert program.call("PUT", f"users/{person.pk}", tos_acceptance=False).status_code == 204
    person.refresh_from_db()
    assert person.terms_accepted_at == accepted


def test_only_a_key_that_moderates_changes_accounts() -> None:
    program = Program()
    person = known(program, "ada")
    for method, path in (
        ("PUT", f"users/{person.pk}"),
        ("DELETE", f"users/{person.pk}"),
        ("DELETE", f"users/{person.pk}/messages"),
        ("DELETE", "frontend_users/discord/ada/messages"),
    ):
        assert refused(program.call(method, path), 403, 2)


def test_nobody_bans_or_closes_somebody_of_the_same_or_a_higher_rank() -> None:
    moderators, admins = Program(Scope.MODERATOR), Program(Scope.ADMIN)
    moderator, boss = make_moderator(), make_admin()
    for program, person in ((moderators, moderator), (moderators, boss), (admins, boss)):
        assert refused(program.call("PUT", f"users/{person.pk}", enabled=False), 403, 9003)
        assert refused(program.call("DELETE", f"users/{person.pk}"), 403, 9003)
    assert admins.call("DELETE", f"users/{moderator.pk}").status_code == 204


@pytest.mark.parametrize("path", [f"users/{UUID(int=7)}", f"users/{UUID(int=7)}/messages"])
def test_who_is_not_there_cannot_be_changed(path: str) -> None:
    assert refused(Program(Scope.MODERATOR).call("DELETE", path), 404, 4002)


# --- closing


def test_a_closed_account_tells_nothing_of_the_person_and_keeps_what_they_wrote() -> None:
    program = Program(*BOTH)
    person = known(program, "ada", notes="Lives in London.", email="ada@example.org")
    EmailAddress.objects.create(user=person, email="ada@example.org", verified=True)
    profiles.change(person=person, now=NOW, languages=["en", "de"], consent=Consent.RESEARCH)
    News.objects.create(person=person, kind=NewsKind.BADGE_EARNED, source="x", about={}, at=NOW)
    (message,) = wrote(program, person)
    task = claimed(person)
    saved_drafts.save(task_id=task.pk, by=person, fields=[("text", "I am Ada.")], typed_at=NOW, now=NOW)
    assert program.call("DELETE", f"users/{person.pk}").status_code == 204
    shown = program.get(f"users/{person.pk}").json()
    assert (shown["deleted"], shown["enabled"], shown["show_on_leaderboard"]) == (True, False, False)
    assert "ada" not in str(shown).lower()
    assert (shown["display_name"], shown["id"]) == ("Deleted user", f"deleted_{person.pk}")
    person.refresh_from_db()
    assert (person.email, person.notes, person.is_active) == (None, "", False)
    for rows in (EmailAddress.objects.filter(user=person), person.news.all(), person.saved_drafts.all()):
        assert not rows.exists()
    assert (profiles.of(person).languages, profiles.of(person).consent) == ([], Consent.RESEARCH)
    message.refresh_from_db()
    assert (message.author, message.deleted) == (person, False)
    assert not Task.objects.held_by(person).filter(pk=task.pk).exists()
    assert ActionLog.objects.get(action=Action.CLOSE_ACCOUNT).person == person


def test_closing_twice_is_logged_once_and_a_closed_account_stays_closed() -> None:
    program = Program(*BOTH)
    person = known(program, "ada")
    for _ in range(2):
        assert program.call("DELETE", f"users/{person.pk}").status_code == 204
    assert ActionLog.objects.filter(action=Action.CLOSE_ACCOUNT).count() == 1
    path = f"users/{person.pk}"
    assert refused(program.call("PUT", path, enabled=True), 400, 9004)
    assert refused(program.call("PUT", path, display_name="Ada"), 400, 9004)
    # A form that sends everything back as it was shown.
    assert program.call("PUT", path, enabled=False, notes="Asked for it.").status_code == 204
    person.refresh_from_db()
    assert (person.status, person.notes) == (Status.DELETED, "Asked for it.")


def test_who_comes_again_after_closing_is_somebody_new() -> None:
    program = Program(*BOTH)
    person = known(program, "ada")
    program.call("DELETE", f"users/{person.pk}")
    again = program.post("frontend_users/", somebody("ada")).json()
    assert again["user_id"] != str(person.pk)
    assert again["deleted"] is False


def test_prompts_of_a_closed_account_do_not_wait_for_ever() -> None:
    person = make_person()
    tree = make_tree(state=State.PROMPT_LOTTERY_WAITING, author=person)
    people.close_account(person_id=person.pk, by=person, why="I go.", **given())
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR


def test_people_close_their_own_account_and_nobody_elses() -> None:
    person, other = make_person(), make_person()
    with pytest.raises(NotAllowed):
        people.close_account(person_id=other.pk, by=person, why="", **given())
    people.close_account(person_id=person.pk, by=person, why="", **given())
    assert User.objects.get(pk=person.pk).status == Status.DELETED
    assert User.objects.get(pk=other.pk).status == Status.ACTIVE


def test_whoever_is_signed_in_when_their_account_is_closed_is_signed_out() -> None:
    person = make_person(email="ada@example.org")
    browser = Client()
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/api/v1/auth/check").json() == "ada@example.org"
    people.close_account(person_id=person.pk, by=make_moderator(), why="", **given())
    assert browser.get("/api/v1/auth/check").status_code == 401


# --- what somebody wrote


@pytest.mark.parametrize("path", ["users/{pk}/messages", "frontend_users/discord/ada/messages"])
def test_the_messages_of_a_person_are_listed_the_newest_first(path: str) -> None:
    program = Program()
    person = known(program, "ada")
    old, gone, new = wrote(program, person, 3)
    Message.objects.filter(pk=gone.pk).update(deleted=True)
    wrote(program, known(program, "bob"))
    path = path.format(pk=person.pk)
    assert listed(program, path) == [new, old]
    assert listed(program, path, desc=False, include_deleted=True) == [old, gone, new]
    assert listed(program, path, max_count=1) == [new]
    assert listed(program, path, lang="de") == []
    assert listed(program, path, end_date=old.created_at.isoformat()) == [old]
    page = program.get(f"{path}/cursor", max_count=1).json()
    assert [item["id"] for item in page["items"]] == [str(old.pk)]
    rest = program.get(f"{path}/cursor", after=page["next"]).json()
    assert [item["id"] for item in rest["items"]] == [str(new.pk)]


def listed(program: Program, path: str, **query: Any) -> list[Message]:
    response = program.get(path, **query)
    assert response.status_code == 200, response.json()
    return [Message.objects.get(pk=item["id"]) for item in response.json()]


@pytest.mark.parametrize("cursor", ["", "/cursor"])
def test_the_messages_of_another_clients_person_are_not_listed(cursor: str) -> None:
    mine, other = Program(), Program()
    person = known(other, "ada")
    wrote(other, person)
    for path in (f"users/{person.pk}/messages{cursor}", f"frontend_users/discord/ada/messages{cursor}"):
        answer = mine.get(path).json()
        assert (answer["items"] if cursor else answer) == []
        assert refused(mine.get(path, api_client_id=str(other.client.pk)), 403, 2)
    everything = Program(Scope.MODERATOR).get(f"users/{person.pk}/messages").json()
    assert len(everything) == 1


@pytest.mark.parametrize("path", ["users/{pk}/messages", "frontend_users/discord/ada/messages"])
def test_all_that_somebody_wrote_is_hidden_with_all_that_is_below_it(path: str) -> None:
    program = Program(*BOTH)
    person = known(program, "ada")
    (root,) = wrote(program, person)
    below = add_message(tree=root.tree, parent=root)
    elsewhere = make_tree(replies=1)
    reply = add_message(tree=elsewhere, parent=root_of(elsewhere), author=person)
    assert program.call("DELETE", path.format(pk=person.pk)).status_code == 204
    hidden = set(Message.objects.filter(deleted=True))
    assert hidden == {root, below, reply}
    assert ActionLog.objects.filter(action=Action.DELETE_MESSAGE).count() == 2
    assert State(type(root.tree).objects.get(pk=root.tree_id).state) not in (State.GROWING, State.RANKING)
    assert program.call("DELETE", path.format(pk=person.pk)).status_code == 204
    assert ActionLog.objects.filter(action=Action.DELETE_MESSAGE).count() == 2


def test_dates_of_people_are_moments_in_the_published_form() -> None:
    program = Program()
    known(program, "ada", created_at=datetime(2026, 1, 5, 12, tzinfo=UTC), auth_method=AuthMethod.DISCORD)
    (shown,) = program.get("users/by_username").json()
    assert datetime.fromisoformat(shown["created_date"]) == NOW

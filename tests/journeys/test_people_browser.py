"""A moderator purges somebody with work in other people's trees, in a real Chromium; and nothing is out of joint."""

from __future__ import annotations

import pytest

from accounts.models import News, NewsKind, Role, Status
from moderation import proposals
from tasks.tree_states import State
from tests.journeys.reader import Reader
from tests.making import add_message, advance, drifts, given, make_people, make_tree, replies_to, root_of
from tests.pages.site import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def work() -> None:
    how = given()
    proposals.work(now=how["now"], rng=how["rng"])


def test_a_purge_through_the_pages_leaves_others_work_and_sound_trees(reader: Reader) -> None:
    troll, other = make_person("Troll"), make_person("Good faith")
    moderator = make_person("Mora", role=Role.MODERATOR)
    growing = make_tree(replies=2, authors=[troll, other])
    theirs = root_of(growing).replies.get(author=troll)
    below = add_message(tree=growing, parent=theirs, author=other, text="Written in good faith")
    advance(growing)
    finished = make_tree(state=State.READY_FOR_EXPORT, replies=3, authors=[troll, *make_people(2)])
    page = reader.page
    reader.sign_in(moderator.email or "")
    reader.open("moderated_people")
    page.get_by_role("searchbox").fill("Troll")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Troll").first.click()
    page.get_by_role("link", name="Purge…").click()
    page.get_by_label("Reason, as others").select_option("spam")
    page.get_by_label("For other moderators").fill("Ads everywhere")
    page.get_by_role("button", name="Count what would change").click()
    page.get_by_text("Being counted").first.wait_for()
    work()
    page.get_by_text("Waits for somebody to confirm it").first.wait_for()
    assert reader.barriers() == []
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Being done").first.wait_for()
    work()
    page.get_by_text("Done", exact=True).first.wait_for()
    troll.refresh_from_db()
    below.refresh_from_db()
    assert troll.status == Status.DELETED
    assert (below.text, below.author, below.deleted) == ("Written in good faith", other, True)
    assert News.objects.filter(person=other, kind=NewsKind.MESSAGE_REMOVED).exists()
    finished.refresh_from_db()
    assert all(reply.author != troll for reply in replies_to(root_of(finished)) if reply.text)
    assert drifts() == []


@pytest.mark.parametrize("name", ["moderated_people", "proposals", "audit_log"])
def test_a_page_has_no_barriers_in_either_theme_and_fits_a_phone(reader: Reader, name: str) -> None:
    make_person("Somebody with a name that is far too long for a narrow phone to show in one line")
    moderator = make_person("Mora", role=Role.MODERATOR)
    reader.sign_in(moderator.email or "")
    for theme in ("light", "dark"):
        reader.page.context.add_cookies([{"name": "theme", "value": theme, "url": reader.site}])
        reader.open(name)
        assert reader.barriers() == []
    reader.page.set_viewport_size({"width": 360, "height": 800})
    assert reader.fits()
    reader.page.evaluate("document.documentElement.dir = 'rtl'")
    assert reader.fits()


def test_the_tables_open_under_the_strict_policy_and_fit(reader: Reader) -> None:
    admin = make_person("Ada", role=Role.ADMIN)
    tree = make_tree(state=State.READY_FOR_EXPORT)
    reader.sign_in(admin.email or "")
    for name, *ids in (("index",), ("tasks_tree_changelist",), ("tasks_tree_change", tree.pk)):
        reader.open(f"admin:{name}", *ids)
        reader.page.wait_for_load_state()
        assert reader.fits()

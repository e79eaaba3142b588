"""Pages about datasets: what is published, its files and what goes on when a transfer broke off, what is mine in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import profiles
from accounts.models import Consent, Role, User
from exports.models import Recall, Release, ReleaseState
from exports.releases import build, places
from exports.training import split_of
from oasst_web.forms import releases
from tasks.models import Message, Tree
from tasks.tree_states import State
from tests.exports.releasing import make_release, published, sweep
from tests.making import NOW, add_message, add_ranking, make_people, make_tree, root_of
from tests.pages.site import client_of, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("releases_dir")]

TOML = 'title = "New"\nlicense = "apache-2.0"\n[gates]\nscreened = 0\n'


@pytest.fixture
def mine(person: User) -> Tree:
    """A finished tree with a reply of mine, and an answer to it."""
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=2, authors=[person, make_person()])
    add_message(tree=tree, parent=Message.objects.get(author=person))
    return tree


@pytest.fixture
def admin() -> Client:
    return client_of(make_person("Admin", role=Role.ADMIN))


def text_of(client: Client, name: str, *args: object, status: int = 200) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == status
    return response.content.decode()


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def trees() -> str:
    """The file in which the tree is; on which side it is depends on its id."""
    return f"data/trees/{split_of(Tree.objects.get().pk)}.jsonl.gz"


def download(path: str = "", **headers: str) -> Any:
    return Client().get(reverse("release_file", args=["r1", path or trees()]), headers=headers)


def manifest_of(release: Release) -> dict[str, Any]:
    assert release.manifest is not None
    found: dict[str, Any] = release.manifest
    return found


def test_everybody_sees_what_is_published_and_only_administrators_the_rest(mine: Tree, admin: Client) -> None:
    published("r1", title="The first one")
    make_release("r2", title="The second one")
    for client, seen in ((Client(), False), (admin, True)):
        page = text_of(client, "releases")
        assert "The first one" in page
        assert ("r2" in page) == seen
        assert client.get(reverse("release_page", args=["r2"])).status_code == (200 if seen else 404)
        file = client.get(reverse("release_file", args=["r2", "audit.json"]))
        assert file.status_code == (200 if seen else 404)
        body(file)
    assert Client().get(reverse("release_page", args=["nowhere"])).status_code == 404


def test_the_page_shows_the_card_the_audit_and_the_files(mine: Tree) -> None:
    release = published(title="All of it")
    page = text_of(Client(), "release_page", "r1")
    assert "<h4>Data statement</h4>" in page
    assert "language_creators" not in page
    assert release.manifest_digest in page
    files = manifest_of(release)["files"]
    assert files[trees()]["sha256"] in page
    # Nobody is offered a file without a row.
    offered = {path for path in files if path.startswith("data/trees/") and path in page}
    assert offered == {trees()} < files.keys()
    assert json.loads(body(download("manifest.json"))) == release.manifest


def test_a_file_comes_whole_or_from_where_a_transfer_broke_off(mine: Tree) -> None:
    published()
    whole = download()
    content = body(whole)
    assert content == (places.of("r1") / trees()).read_bytes()
    published_as = manifest_of(Release.objects.get())["files"][trees()]["sha256"]
    assert whole["ETag"] == f'"{published_as}"'
    rest = download(range="bytes=20-", if_range=whole["ETag"])
    assert rest.status_code == 206
    assert body(rest) == content[20:]
    assert rest["Content-Range"] == f"bytes 20-{len(content) - 1}/{len(content)}"
    assert download(range=f"bytes={len(content)}-").status_code == 416
    assert download(if_none_match=whole["ETag"]).status_code == 304
    for path in ("../r1/audit.json", "/etc/passwd", "data", "data/trees/nothing", "takedowns.json"):
        assert download(path).status_code == 404


def test_if_the_file_changed_meanwhile_the_transfer_begins_anew(mine: Tree, person: User) -> None:
    published()
    before = download()
    old = body(before)
    assert b"Cleaned" not in text_of(Client(), "release_page", "r1").encode()
    profiles.change(person=person, now=NOW, consent=Consent.HERE)
    sweep()
    again = download(range="bytes=20-", if_range=before["ETag"])
    assert again.status_code == 200
    assert again["ETag"] != before["ETag"]
    assert body(again) != old
    assert "Cleaned" in text_of(Client(), "release_page", "r1")
    assert json.loads(body(download("takedowns.json")))["files"]


def test_downloads_go_to_the_store_where_there_is_one(mine: Tree, settings: Any, tmp_path: Path) -> None:
    published()
    settings.RELEASES_URL = "https://files.example.org/data/"
    # As long as the store does not have it, or not as it is now, it comes from here.
    assert body(download())
    settings.RELEASES_STORE = f"file://{tmp_path}/store"
    sweep()
    assert download()["Location"] == f"https://files.example.org/data/r1/{trees()}"


def test_i_see_what_of_mine_is_in_it_and_can_take_one_back(mine: Tree, person: User) -> None:
    add_ranking(parent=root_of(mine), by=person)
    published()
    client, message = client_of(person), Message.objects.get(author=person)
    assert "1 message of yours is in it" in text_of(client, "release_page", "r1")
    page = text_of(client, "my_release", "r1")
    assert message.text in page
    assert "Your reviews and rankings are in it" in page
    asked = text_of(client, "take_back", message.pk)
    assert "r1" in asked
    assert "What others answered to it is hidden too" in asked
    assert client.post(reverse("take_back", args=[message.pk])).status_code == 302
    message.refresh_from_db()
    assert (message.text, message.deleted) == ("", True)
    # What they give otherwise stays as it is.
    assert profiles.of(person).consent == Consent.DATASET
    assert client.get(reverse("take_back", args=[message.pk])).status_code == 404
    sweep()
    page = text_of(client, "my_release", "r1")
    assert "Taken back" in page
    assert "its text is removed" in page
    ledger = text_of(Client(), "ledger")
    assert "Its author took it back: 1" in ledger
    assert "It answers something that was taken back: 1" in ledger
    assert message.pk.hex not in ledger.replace("-", "")


def test_who_has_nothing_in_it_is_told_so(mine: Tree) -> None:
    published()
    page = text_of(client_of(make_person()), "my_release", "r1")
    assert "nothing you wrote is in this release" in page
    assert "Is my text in it?" not in text_of(Client(), "release_page", "r1")


def test_nobody_takes_back_what_others_wrote(mine: Tree, person: User) -> None:
    other = client_of(make_person())
    message = Message.objects.get(author=person)
    assert other.get(reverse("take_back", args=[message.pk])).status_code == 404
    assert other.post(reverse("take_back", args=[message.pk])).status_code == 404
    message.refresh_from_db()
    assert message.text


def test_the_ledger_is_lines_for_programs_too(mine: Tree, person: User) -> None:
    published()
    profiles.change(person=person, now=NOW, consent=Consent.HERE)
    sweep()
    lines = [json.loads(line) for line in body(Client().get(reverse("ledger_file"))).splitlines()]
    assert [line["number"] for line in lines] == [1, 2]
    later = body(Client().get(reverse("ledger_file"), {"after": "1"}))
    assert [json.loads(line) for line in later.splitlines()] == lines[1:]


def test_two_releases_are_compared(mine: Tree, person: User) -> None:
    published("r1")
    make_tree(state=State.READY_FOR_EXPORT, lang="de")
    profiles.change(person=person, now=NOW, consent=Consent.HERE)
    sweep()
    published("r2", license="cc-by-4.0", langs=["en", "de"])
    page = " ".join(text_of(Client(), "compare_releases", "r2", "r1").split())
    assert "<dt>Messages that came</dt> <dd> 3 </dd>" in page
    assert "<dt>Messages that stayed</dt> <dd> 2 </dd>" in page
    assert "2 (2 of them were taken back)" in page
    assert "Deutsch" in page
    assert "cc-by-4.0" in page
    assert "[&#x27;en&#x27;, &#x27;de&#x27;]" in page
    assert reverse("compare_releases", args=["r2", "r1"]) in text_of(Client(), "release_page", "r2")


def test_an_administrator_asks_for_one_and_sees_how_far_it_is(mine: Tree, admin: Client) -> None:
    file = SimpleUploadedFile("bench.txt", b"one line\nanother line\n")
    there = admin.post(reverse("ask_release"), {"name": "r1", "config": TOML, "benchmarks": file})
    assert there["Location"] == reverse("release_page", args=["r1"])
    release = Release.objects.get()
    assert release.benchmarks["bench.txt"]["texts"] == 2
    Release.objects.update(state=ReleaseState.BUILDING, parts=4, parts_done=1)
    part = admin.get(there["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "1 of 4 parts are built" in part
    assert 'hx-trigger="every 2s"' in part
    assert build.build_waiting(clock=lambda: NOW) == 1
    part = admin.get(there["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in part
    assert "See what came of it" in part


@pytest.mark.parametrize(
    ("name", "config", "wrong"),
    [
        ("r1", 'benchmarks = ["mmlu.txt"]\n' + TOML, "Choose the file that holds them"),
        ("r 1", TOML, "small letters"),
        ("r1", "title", "This is not TOML"),
        ("new", TOML, "small letters"),
    ],
)
def test_what_cannot_be_built_is_said_and_nothing_typed_is_lost(
    admin: Client, name: str, config: str, wrong: str
) -> None:
    response = admin.post(reverse("ask_release"), {"name": name, "config": config})
    assert response.status_code == 422
    page = response.content.decode()
    assert wrong in page
    assert config.splitlines()[0].split(" ")[0] in page
    assert not Release.objects.exists()


def test_a_file_that_is_too_large_is_refused(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "MOST", 10)
    file = SimpleUploadedFile("bench.txt", b"longer than ten bytes")
    response = admin.post(reverse("ask_release"), {"name": "r1", "config": TOML, "benchmarks": file})
    assert response.status_code == 422
    assert "larger than 50 MB" in response.content.decode()
    assert not Release.objects.exists()


def test_two_administrators_sign_off_and_one_takes_it_back(mine: Tree, admin: Client) -> None:
    release = make_release()
    sign = reverse("sign_release", args=["r1"])
    assert "Sign it off" in text_of(admin, "release_page", "r1")
    admin.post(sign, {"manifest": release.manifest_digest})
    page = text_of(admin, "release_page", "r1")
    assert "Somebody else has to do it, too" in page
    assert "Admin signed it off on" in page
    assert admin.post(sign, {"manifest": release.manifest_digest}).status_code == 409
    second = client_of(make_person(role=Role.ADMIN))
    assert second.post(sign, {"manifest": "another"}).status_code == 409
    second.post(sign, {"manifest": release.manifest_digest})
    assert Release.objects.get().published
    recall = reverse("recall_release", args=["r1"])
    assert admin.post(recall, {"why": " "}).status_code == 422
    admin.post(recall, {"why": "Its licence was wrong."})
    assert Recall.objects.get().why == "Its licence was wrong."
    assert download().status_code == 410
    page = text_of(Client(), "release_page", "r1")
    assert "Its licence was wrong." in page
    assert "data/trees" not in page


def test_a_release_that_did_not_pass_cannot_be_signed(mine: Tree, admin: Client) -> None:
    make_release(gates={"screened": 1.0})
    page = text_of(admin, "release_page", "r1")
    assert "did not pass every gate" in page
    assert "Sign it off" not in page


def test_the_pages_ask_a_fixed_number_of_questions(mine: Tree, django_assert_max_num_queries: Any) -> None:
    for number in range(3):
        published(f"r{number}")
    make_people(3)
    with django_assert_max_num_queries(4):
        text_of(Client(), "releases")
    with django_assert_max_num_queries(8):
        text_of(Client(), "release_page", "r2")

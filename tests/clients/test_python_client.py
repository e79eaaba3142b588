"""The Python client: written from the description, typed, and used as its readers would."""

from __future__ import annotations

import asyncio
import compileall
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command

from oasst_web.api.documents import document_of
from oasst_web.api.python_client import HOME
from tasks.models import Message, Ranking, Review, Task, TaskState
from tasks.tree_states import State
from tests.api.v2.calling import Caller
from tests.making import drifts, make_person, make_tree, replies_to, root_of
from tests.pages.test_entrance import code_in

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

#: What the tests of the site, which has a database, need.
WITH_A_SITE = pytest.mark.django_db(transaction=True)

Signed = Callable[[Caller], Any]


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    """All tests come from one address, which may only ask for so many codes a minute."""
    cache.clear()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory the package was written into."""
    directory = tmp_path_factory.mktemp("client")
    call_command("write_python_client", output=directory)
    return directory


@pytest.fixture(scope="module")
def package(written: Path) -> Iterator[Path]:
    """The package, ready for import."""
    sys.path.insert(0, str(written))
    yield written / "oasst_client"
    sys.path.remove(str(written))
    for name in [name for name in sys.modules if name.partition(".")[0] == "oasst_client"]:
        del sys.modules[name]


@pytest.fixture
def signed(package: Path, live_server: LiveServer) -> Iterator[Signed]:
    """Clients of people who have a token already."""
    from oasst_client import with_token

    clients = []

    def of(caller: Caller) -> Any:
        clients.append(with_token(live_server.url, caller.token))
        return clients[-1].__enter__()

    yield of
    for client in clients:
        client.__exit__(None, None, None)


# --- writing it


def test_every_operation_has_a_module_named_after_what_it_does(written: Path) -> None:
    package = written / "oasst_client"
    found = {str(path.relative_to(package)) for path in package.glob("api/*/*.py") if path.stem != "__init__"}
    assert found == {
        f"api/{about['tags'][0]}/{about['operationId'].removeprefix('v2_')}.py"
        for methods in document_of("v2")["paths"].values()
        for about in methods.values()
    }
    assert "api/tasks/claim_task.py" in found
    # The generator counts where it finds no name.
    assert [path.name for path in package.rglob("*.py") if "type_" in path.stem or path.stem[-1].isdigit()] == []
    assert compileall.compile_dir(package, quiet=2)


def test_the_package_and_its_example_are_typed(written: Path, request: pytest.FixtureRequest) -> None:
    cached = request.config.cache.mkdir("mypy_of_the_client")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cached}"]
    checked = subprocess.run(
        [*command, str(written / "oasst_client"), str(HOME / "example.py")],
        env={**os.environ, "MYPYPATH": str(written)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (written / "oasst_client" / "py.typed").exists()


def test_written_anew_it_loses_what_the_description_no_longer_has(written: Path) -> None:
    stale = written / "oasst_client" / "api" / "tasks" / "dance.py"
    stale.write_text("")
    call_command("write_python_client", output=written)
    assert not stale.exists()
    assert (written / "oasst_client" / "api" / "tasks" / "claim_task.py").exists()


def test_what_somebody_else_wrote_is_left_alone(tmp_path: Path) -> None:
    work = tmp_path / "oasst_client" / "__init__.py"
    work.parent.mkdir()
    work.write_text('"""A project of the same name."""\n')
    with pytest.raises(CommandError, match="was not written by this command"):
        call_command("write_python_client", output=tmp_path)
    assert work.read_text() == '"""A project of the same name."""\n'


def test_the_readme_shows_the_example_and_it_has_ten_lines() -> None:
    example = (HOME / "example.py").read_text()
    assert f"```python\n{example}```" in (HOME / "README.md").read_text()
    assert len([line for line in example.splitlines() if line]) == 10


# --- using it


@WITH_A_SITE
def test_the_example_writes_a_reply(written: Path, live_server: LiveServer) -> None:
    tree = make_tree()
    person = make_person(email="reader@example.org")
    with subprocess.Popen(
        [sys.executable, str(HOME / "example.py"), live_server.url, "reader@example.org"],
        env={**os.environ, "PYTHONPATH": str(written)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as example:
        until = time.monotonic() + 60
        while not mail.outbox and example.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        typed = f"{code_in(str(mail.outbox[0].body))}\nIt scatters the light.\n" if mail.outbox else ""
        said, complained = example.communicate(typed, timeout=60)
    assert example.returncode == 0, complained
    message = Message.objects.get(author=person)
    assert (message.text, message.parent) == ("It scatters the light.", root_of(tree))
    assert root_of(tree).text in said
    assert f"stored as message {message.pk}" in said
    assert drifts() == []


@WITH_A_SITE
def test_reviews_and_rankings_are_sent_as_they_are_typed(signed: Signed) -> None:
    from oasst_client.api.tasks import answer_task, claim_task
    from oasst_client.models import ClaimOrder, LabelsAnswer, OrderAnswer

    make_tree(replies=1, verdict=None)
    tree = make_tree(state=State.RANKING, replies=3)
    caller = Caller()
    client = signed(caller)
    task = claim_task.sync(client=client, body=ClaimOrder(kind="label_assistant_reply", lang="en"))
    labels = {question.name: 0.0 for question in task.questions if question.mandatory}
    answer_task.sync(task.id, client=client, body=LabelsAnswer.from_dict({"labels": {**labels, "quality": None}}))
    assert Review.objects.get(reviewer=caller.person).labels == labels
    task = claim_task.sync(client=client, body=ClaimOrder(kind="rank_assistant_replies", lang="en"))
    first, second, third = (reply.id for reply in task.replies)
    assert {first, second, third} == {reply.pk for reply in replies_to(root_of(tree))}
    receipt = answer_task.sync(task.id, client=client, body=OrderAnswer(order=[[second], [first, third]]))
    assert (receipt.message_id, receipt.repeated) == (None, False)
    assert Ranking.objects.get(ranker=caller.person).order[0] == [str(second)]


@WITH_A_SITE
def test_what_answers_with_nothing_returns_none_also_without_a_body(signed: Signed) -> None:
    from oasst_client.api.tasks import claim_task, skip_task
    from oasst_client.models import SkipOrder

    make_tree()
    client = signed(Caller())
    task = claim_task.sync(client=client)
    assert skip_task.sync(task.id, client=client, body=SkipOrder(reason="too_long")) is None
    assert skip_task.sync_detailed(task.id, client=client).status_code == 204
    assert Task.objects.get(pk=task.id).state != TaskState.CLAIMED


@WITH_A_SITE
def test_a_refusal_is_raised_and_can_be_read(signed: Signed) -> None:
    from oasst_client import Refused
    from oasst_client.api.messages import show_message
    from oasst_client.api.tasks import claim_task, list_available_work, skip_task

    client = signed(Caller())
    with pytest.raises(Refused, match="nothing of this kind to do") as nothing:
        claim_task.sync(client=client)
    problem = nothing.value.problem
    assert (problem.status, problem.type_) == (404, "/api/v2/problems/task-requested-type-not-available")
    assert problem.detail == str(nothing.value)
    with pytest.raises(Refused, match="lang: ") as wrong:
        list_available_work.sync(client=client, lang="x" * 99)
    assert [part.parameter for part in wrong.value.problem.errors] == ["lang"]
    # Also where there is nothing to return, and for whoever does not wait.
    with pytest.raises(Refused):
        skip_task.sync("0" * 32, client=client)
    with pytest.raises(Refused):
        asyncio.run(_then_closed(client, show_message.asyncio("0" * 32, client=client)))
    detailed = claim_task.sync_detailed(client=client)
    assert (detailed.status_code, detailed.parsed) == (404, problem)


async def _then_closed(client: Any, answer: Any) -> Any:
    try:
        return await answer
    finally:
        await client.get_async_httpx_client().aclose()


@WITH_A_SITE
def test_a_new_person_signs_in_accepts_the_terms_and_signs_out(package: Path, live_server: LiveServer) -> None:
    from oasst_client import Refused, sign_in, sign_out, with_token
    from oasst_client.api.me import accept_terms, show_myself
    from oasst_client.api.tasks import list_held_tasks
    from oasst_client.models import Consent

    with sign_in(live_server.url, email="new@example.org", code=lambda: code_in(str(mail.outbox[-1].body))) as client:
        with pytest.raises(Refused) as refused:
            list_held_tasks.sync(client=client)
        assert refused.value.problem.status == 451
        terms = show_myself.sync(client=client).terms
        accept_terms.sync(client=client, body=Consent(version=terms.version))
        assert list_held_tasks.sync(client=client).items == []
        with with_token(live_server.url, client.token) as again:
            assert show_myself.sync(client=again).email == "new@example.org"
        sign_out(client)
        with pytest.raises(Refused, match="Sign in"):
            show_myself.sync(client=client)


@WITH_A_SITE
def test_a_wrong_code_says_so(package: Path, live_server: LiveServer) -> None:
    from oasst_client import SignInFailed, sign_in

    with pytest.raises(SignInFailed, match="not the code we sent"):
        sign_in(live_server.url, email="new@example.org", code=lambda: "WRONG1")
    with pytest.raises(SignInFailed):
        sign_in(live_server.url, email="no address", code=lambda: "")


@WITH_A_SITE
def test_what_one_has_is_not_sent_again(signed: Signed) -> None:
    from oasst_client.api.trees import show_tree

    tree = make_tree(replies=1)
    client = signed(Caller())
    first = show_tree.sync_detailed(tree.pk, client=client)
    assert [message.parent_id for message in first.parsed.messages] == [None, tree.pk]
    again = show_tree.sync_detailed(tree.pk, client=client, if_none_match=first.headers["ETag"])
    assert (again.status_code, again.parsed, again.content) == (304, None, b"")


@WITH_A_SITE
def test_a_claim_whose_answer_was_lost_is_sent_again_with_its_key(signed: Signed) -> None:
    from oasst_client.api.tasks import claim_task

    make_tree(width=3)
    client = signed(Caller())
    first, again = (claim_task.sync(client=client, idempotency_key="mine") for _ in range(2))
    assert first == again


@pytest.fixture
def answering(package: Path) -> Callable[[httpx.Response], Any]:
    """A client that gets this answer, whatever it asks."""
    from oasst_client import with_token

    def of(response: httpx.Response) -> Any:
        transport = httpx.MockTransport(lambda _request: response)
        client = with_token("http://server", "token")
        return client.set_httpx_client(httpx.Client(base_url="http://server", transport=transport))

    return of


def test_a_page_of_a_proxy_is_no_refusal_of_ours(answering: Callable[[httpx.Response], Any]) -> None:
    from oasst_client import UnexpectedStatus
    from oasst_client.api.tasks import claim_task

    # 429 is among the documented statuses, 502 is not.
    for status in (429, 502):
        with answering(httpx.Response(status, html="<h1>Too busy</h1>")) as client, pytest.raises(UnexpectedStatus):
            claim_task.sync(client=client)


def test_a_broken_server_is_a_problem_one_can_read_too(answering: Callable[[httpx.Response], Any]) -> None:
    from oasst_client import Refused
    from oasst_client.api.tasks import claim_task

    problem = {"type": "about:blank", "title": "", "status": 503, "detail": "Busy.", "instance": "/", "code": 0}
    headers = {"Content-Type": "application/problem+json", "Retry-After": "5"}
    answer = httpx.Response(503, json=problem, headers=headers)
    with answering(answer) as client, pytest.raises(Refused, match="Busy") as refused:
        claim_task.sync(client=client)
    assert refused.value.retry_after == 5


def test_a_newer_server_may_say_what_this_client_does_not_know(answering: Callable[[httpx.Response], Any]) -> None:
    from oasst_client.api.tasks import list_held_tasks

    task: dict[str, Any] = {
        "kind": "dance",
        "deed": "move",
        "lang": "en",
        "state": "held",
        "expires_at": None,
        "message_id": None,
    }
    task |= {"id": "12345678123456781234567812345678", "tempo": 3}
    with answering(httpx.Response(200, json={"items": [task]})) as client:
        (found,) = list_held_tasks.sync(client=client).items
    assert (found.kind, found["tempo"]) == ("dance", 3)

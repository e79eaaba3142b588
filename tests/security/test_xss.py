"""What contributors write runs nowhere and loads nothing: a public corpus through Markdown, and in a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from accounts.models import Role
from moderation import reports
from oasst_web.pages import markdown
from tasks.models import Message
from tasks.tree_states import State
from tests.journeys.conftest import browser_of_this_run, reader
from tests.journeys.reader import Reader
from tests.making import add_message, make_tree, root_of
from tests.pages.site import make_person
from tests.security.corpus import NAUGHTY, WRAPPINGS, hostile

__all__ = ["browser_of_this_run", "reader"]

#: A browser drops these from an address before it looks at the scheme.
IGNORED = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\ufeff]")
TAGS = set("a blockquote br code del em h4 h5 h6 hr li ol p pre s strong table tbody td th thead tr ul".split())
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class Found(HTMLParser):
    """Whatever a lenient reader would take for HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in ("href", "rel", "title", "tabindex", "start"):
                self.wrong.append(f"{tag} {name}")
            scheme = SCHEME.match(IGNORED.sub("", value or "")) if name == "href" else None
            if scheme and scheme[1].lower() not in ("http", "https", "mailto"):
                self.wrong.append(f"{tag} {value}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append("comment")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append("declaration")


def test_the_corpus_is_there() -> None:
    assert len(NAUGHTY) > 400
    assert len(hostile()) > 100


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_the_whole_corpus_becomes_harmless_html(wrapping: str) -> None:
    for text in NAUGHTY:
        found = Found()
        found.feed(str(markdown.rendered(wrapping.replace("{}", text))))
        assert not found.wrong, (text, found.wrong)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser_nothing_of_it_runs_and_nothing_is_loaded(reader: Reader) -> None:
    """Every text where texts stand: in a tree, a name, a report, a search, for a volunteer and a moderator."""
    texts = hostile()
    tree = make_tree(state=State.GROWING, goal=999, width=999)
    author = make_person(name=texts[0][:64])
    for text in texts:
        add_message(tree=tree, parent=root_of(tree), text=text, author=make_person(name=text[:64]))
    Message.objects.filter(pk=root_of(tree).pk).update(text="\n\n".join(texts), author=author)
    reported = root_of(tree)
    for text in texts[:40]:
        reports.report(message_id=reported.pk, person=make_person(), labels=["spam"], text=text, now=timezone.now())
    moderator = make_person("Mora", role=Role.MODERATOR)
    heard: list[str] = []
    asked: list[str] = []
    page = reader.page

    def hear(dialog: Any) -> None:
        heard.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", hear)
    page.on("request", lambda request: asked.append(request.url))
    for person in (make_person("Vera"), moderator):
        page.context.clear_cookies()
        reader.sign_in(person.email or "")
        reader.open("tree", tree.pk)
        page.wait_for_load_state("networkidle")
    reader.open("moderation_item", reported.pk)
    reader.open("moderated_tree", tree.pk)
    page.wait_for_load_state("networkidle")
    for details in page.locator("details").all()[:20]:
        details.evaluate("element => { element.open = true }")
    for text in texts[:20]:
        page.goto(f"{reader.site}/moderation/people/?q={_quoted(text)}")
    reader.open("moderated_people")
    page.wait_for_load_state("networkidle")
    assert heard == []
    elsewhere = [url for url in asked if not url.startswith((reader.site, "data:"))]
    assert elsewhere == []


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")

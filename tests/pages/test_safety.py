"""What every page keeps: safe text, strict headers, contrast, error pages that work when nothing else does."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client, RequestFactory
from django.urls import reverse

from oasst_web.pages import errors, markdown
from tests.pages.site import client_of, make_person, make_prompt

WEB = Path(settings.ROOT) / "oasst_web"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](javascript:alert(1))",
        '<a href="https://example.org" onclick="alert(1)">x</a>',
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "![<script>alert(1)</script>](https://example.org/x.png)",
    ],
)
def test_no_text_of_a_contributor_runs_or_loads_anything(text: str) -> None:
    class Reader(HTMLParser):
        found: list[tuple[str, list[tuple[str, str | None]]]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.append((tag, attrs))

    reader = Reader()
    reader.found = []
    reader.feed(markdown.rendered(text))
    for tag, attrs in reader.found:
        assert tag in markdown.TAGS
        for name, value in attrs:
            assert name in ("href", "rel", "title", "tabindex", "start")
            assert name != "href" or re.match(r"(https?:|mailto:)", value or "")


def test_links_take_nothing_along_and_pictures_are_links() -> None:
    html = markdown.rendered("[a](https://example.org) ![cat](https://example.org/cat.png)")
    assert html.count('rel="nofollow noopener noreferrer"') == 2
    assert ">cat</a>" in html
    assert "<img" not in html


def test_markdown_keeps_lines_tables_and_code() -> None:
    html = markdown.rendered("# Title\none\ntwo\n\n|a|b|\n|-|-|\n|1|2|\n\n```python\nx < 1\n```")
    for part in ("<h4>Title</h4>", "one<br>", "<td>1</td>", '<pre tabindex="0"><code>x &lt; 1\n</code></pre>'):
        assert part in html


@pytest.mark.django_db
def test_pages_have_no_inline_script_or_style() -> None:
    person = make_person()
    client = client_of(person)
    prompt = make_prompt(make_person())
    urls = [reverse(name) for name in ("dashboard", "my_messages", "my_reviews", "my_rankings", "rules", "terms")] + [
        reverse("tree", args=[prompt.tree_id]),
        reverse("report", args=[prompt.pk]),
    ]
    for response in (*(client.get(url) for url in urls), Client().get(reverse("home"))):
        page = response.content.decode()
        assert response.status_code == 200
        assert "unsafe" not in response["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))


@pytest.mark.django_db
def test_the_theme_is_drawn_by_the_server(client: Client) -> None:
    client.post(reverse("choose_theme"), {"theme": "dark"})
    assert 'data-theme="dark"' in client.get(reverse("home")).content.decode()
    client.cookies["theme"] = '"><script>'
    assert "data-theme=" not in client.get(reverse("home")).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["home", "account_request_login_code", "terms", "healthz", "readyz"])
def test_watchers_may_ask_for_the_head_of_a_public_page(client: Client, name: str) -> None:
    assert client.head(reverse(name)).status_code == 200


def test_a_part_of_a_page_whose_session_ended_loads_the_page_anew(client: Client) -> None:
    response = client.get(reverse("available"), headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    assert not response.content


@pytest.mark.django_db
def test_an_unknown_address_is_explained(client: Client) -> None:
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_a_broken_server_answers_without_its_database_and_keeps_the_text() -> None:
    """No django_db mark: any query would fail this test."""
    request = RequestFactory().post("/work/1/", {"text": "An hour of <work>", "csrfmiddlewaretoken": "secret"})
    response = errors.server_error(request)
    page = response.content.decode()
    assert response.status_code == 500
    assert "An hour of &lt;work&gt;" in page
    assert "secret" not in page


def test_the_error_pages_exist() -> None:
    for code in (400, 403, 404, 500):
        get_template(f"errors/{code}.html")


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT_PAIRS = [
    (ink, ground)
    for ink in ("ink", "quiet", "accent", "user-edge", "assistant-edge", "bad")
    for ground in ("paper", "surface")
] + [
    ("ink", "sunken"), ("quiet", "sunken"), ("on-accent", "accent"), ("accent", "accent-soft"), ("good", "good-soft"),
    ("bad", "bad-soft"), ("ink", "bad-soft"), ("ink", "good-soft"), ("ink", "warning-soft"), ("ink", "accent-soft"),
]  # fmt: skip


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_of_wcag_aa(theme: int) -> None:
    css = (WEB / "static/css/tokens.css").read_text()
    tokens = {name: values[theme] for name, *values in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)}
    for ink, ground in TEXT_PAIRS:
        assert contrast(tokens[ink], tokens[ground]) >= 4.5, (ink, ground)
    for ground in ("paper", "surface"):
        assert contrast(tokens["control"], tokens[ground]) >= 3, ground


def test_old_browsers_get_the_same_light_colours() -> None:
    css = (WEB / "static/css/tokens.css").read_text()
    both = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}), ", css))
    assert dict(re.findall(r"--([\w-]+): (#\w{6});", css)) == both


def test_styles_know_no_left_and_right() -> None:
    for sheet in (WEB / "static/css").glob("*.css"):
        for line in sheet.read_text().splitlines():
            if "direction: ltr" in line or line.strip() == "text-align: left;":
                continue  # code reads from left to right in every language
            assert not re.search(
                r"(margin|padding|border)-(left|right|top|bottom)|^\s*(left|right|top|bottom):", line
            ), line

"""Guidelines: complete in two languages, versioned, and found from every task."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from oasst_web import guidelines
from oasst_web.guidelines import CHAPTERS, GENERAL
from tasks.kinds import LABELS, Kind, Widget

LANGUAGES = ("en", "de")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_text_is_there_in_every_language(chapter: str, lang: str) -> None:
    with translation.override(lang):
        text = guidelines.guideline(chapter)
    assert text.lang == lang
    assert text.lead
    assert len(text.sections) >= 4
    assert len({section.anchor for section in text.sections}) == len(text.sections)
    # Sections are headings of the page; inside there are none, or the outline would skip a level.
    assert not any(line.startswith("#") for section in text.sections for line in section.text.splitlines())
    numbers = [version.number for version in text.versions]
    assert numbers == list(range(len(numbers), 0, -1))
    assert sorted((version.date for version in text.versions), reverse=True) == [v.date for v in text.versions]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_translation_has_the_sections_of_its_source(chapter: str) -> None:
    counts = []
    for lang in LANGUAGES:
        with translation.override(lang):
            counts.append(len(guidelines.guideline(chapter).sections))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_label_has_an_example_for_both_ends(lang: str) -> None:
    with translation.override(lang):
        examples = guidelines.examples()
    assert examples.lang == lang
    assert set(examples.of) == set(LABELS)
    assert all(example.yes and example.no for example in examples.of.values())


@pytest.mark.django_db
def test_every_kind_of_work_has_a_page_and_the_list_leads_to_it(client: Client) -> None:
    page = client.get(reverse("guidelines")).content.decode()
    for kind in Kind:
        url = reverse("guideline", args=[kind])
        assert url in page
        response = client.get(url)
        assert response.status_code == 200
        assert reverse("practice", args=[kind]) in response.content.decode()
        assert "Version 1 of" in response.content.decode()
    assert reverse("label_guidelines") in page
    assert client.get(reverse("guideline", args=[GENERAL])).status_code == 404
    assert client.get("/guidelines/alchemy/").status_code == 404


@pytest.mark.django_db
def test_every_label_can_be_linked_to(client: Client) -> None:
    page = client.get(reverse("label_guidelines")).content.decode()
    for name, label in LABELS.items():
        assert f'id="{name}"' in page
        assert page.count(f'id="{name}"') == 1
        if label.widget is Widget.LIKERT:
            assert all(f"<dd>{point}</dd>" in page for point in label.points), name


@pytest.mark.django_db
def test_the_text_is_in_the_language_of_the_page(client: Client) -> None:
    url = reverse("guideline", args=[Kind.ASSISTANT_REPLY])
    page = client.get(url, headers={"accept-language": "de"}).content.decode()
    assert '<article lang="de" dir="ltr">' in page
    assert "Beantwortet die Frage" in page


@pytest.mark.django_db
def test_a_missing_translation_is_said_and_english_reads_from_left_to_right(client: Client) -> None:
    url = reverse("guideline", args=[Kind.ASSISTANT_REPLY])
    english = client.get(url).content.decode()
    arabic = client.get(url, headers={"accept-language": "ar"}).content.decode()
    assert '<article lang="en" dir="ltr">' in arabic
    assert "notice info" in arabic
    assert "notice info" not in english


def test_a_translation_of_an_older_version_is_told_from_one_in_time() -> None:
    with translation.override("de"):
        text = guidelines.guideline(GENERAL)
    assert not guidelines.behind(text, GENERAL)
    old = guidelines.Guideline(text.lang, [guidelines.Version(0, text.version.date, "")], "", [])
    assert guidelines.behind(old, GENERAL)


def test_tasks_and_questions_have_a_way_to_their_guideline() -> None:
    of_task = render_to_string("components/guideline_link.html", {"kind": "initial_prompt"})
    assert reverse("guideline", args=[Kind.INITIAL_PROMPT]) in of_task
    of_label = render_to_string("components/guideline_link.html", {"label": "spam"})
    assert f'{reverse("label_guidelines")}#spam"' in of_label
    for link in (of_task, of_label):
        assert 'target="_blank"' in link
        assert "opens a new tab" in link

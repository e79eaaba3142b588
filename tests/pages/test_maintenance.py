"""The closed site: what pages, programs and probes are told, and that nothing sent is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

# No django_db mark: the database may be what is worked on, so any query would fail these tests.


@pytest.fixture
def note(settings: Settings, tmp_path: Path) -> Path:
    path: Path = tmp_path / "maintenance"
    settings.MAINTENANCE_FILE = path
    return path


def test_a_file_closes_the_site_and_its_text_is_shown(client: Client, note: Path) -> None:
    note.write_text("Back at 18:00 <UTC>.", encoding="utf-8")
    response = client.get(reverse("about"))
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "300")
    assert "We will be back soon" in page
    assert "Back at 18:00 &lt;UTC&gt;." in page
    assert "unsafe" not in response["Content-Security-Policy"]
    note.unlink()
    assert client.get(reverse("robots")).status_code == 200


def test_the_setting_closes_it_without_a_file(client: Client, note: Path, settings: Settings) -> None:
    settings.MAINTENANCE = True
    response = client.get(reverse("home"))
    assert response.status_code == 503
    assert 'class="notice' not in response.content.decode()


def test_what_somebody_sent_is_given_back(note: Path) -> None:
    note.touch()
    client = Client(enforce_csrf_checks=True)
    response = client.post("/work/1/", {"text": "An hour of <work>", "csrfmiddlewaretoken": "secret"})
    page = response.content.decode()
    assert response.status_code == 503
    assert "An hour of &lt;work&gt;" in page
    assert "secret" not in page


def test_programs_get_a_problem_they_can_read(client: Client, note: Path) -> None:
    note.write_text("New version.", encoding="utf-8")
    for path in ("/api/v1/tasks/availability", "/api/v2/me", "/_allauth/app/v1/config"):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
        problem = response.json()
        assert (problem["status"], problem["detail"], problem["message"]) == (503, "New version.", "New version.")
        assert problem["error_code"] == 0
        assert response["Retry-After"] == "300"


def test_a_closed_site_is_not_taken_for_a_dead_one(client: Client, note: Path) -> None:
    note.touch()
    assert client.get(reverse("healthz")).json() == {"status": "alive"}


def test_the_page_has_the_theme_and_the_language_of_its_reader(client: Client, note: Path) -> None:
    note.touch()
    client.cookies["theme"] = "dark"
    page = client.get(reverse("home"), headers={"accept-language": "ar"}).content.decode()
    assert 'data-theme="dark"' in page
    assert '<html lang="ar"\n      dir="rtl"' in page

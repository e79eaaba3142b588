"""Addresses, numbers and keys are found in every language by their check digits; what only looks like them is not."""

from __future__ import annotations

import pytest

from screening.personal_data import DETECTOR
from tests.screening.finding import kinds, score


@pytest.mark.parametrize(
    ("kind", "written", "lang"),
    [
        ("email", "anna.lovelace+news@mail.waterworks.org", "en"),
        ("phone", "+44 20 7183 8750", "ja"),
        ("iban", "DE89 3704 0044 0532 0130 00", "ru"),
        ("iban", "GB33BUKB20201555555555", "en"),
        ("card", "4532 2766 4457 7020", "fr"),
        ("card", "5213591727586604", "en"),
        ("it_tax_code", "RSSMRA85T10A562S", "de"),
        ("es_nie", "X1234567L", "es"),
        ("br_cpf", "390.533.447-05", "pt-BR"),
        ("fi_hetu", "131052-308T", "fi"),
        ("cn_resident_id", "11010519491231002X", "zh"),
        ("ch_ahv", "756.9217.0769.85", "de"),
        ("ipv4", "58.74.121.78", "en"),
        ("crypto_address", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "en"),
        ("github_token", "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "en"),
        ("private_key", "-----BEGIN RSA PRIVATE KEY-----", "en"),
        ("password", "root:hunter22", "en"),
    ],
)
def test_it_is_found_at_its_place_in_any_language(kind: str, written: str, lang: str) -> None:
    text = f"postgres://{written}@db" if kind == "password" else f"Здесь: {written} – 以上です。"
    assert kinds(DETECTOR, text, lang=lang) == [(kind, written)]


def test_digits_of_every_script_count() -> None:
    arabic = "٤٥٣٢ ٢٧٦٦ ٤٤٥٧ ٧٠٢٠"
    assert kinds(DETECTOR, f"بطاقتي {arabic} من فضلك", lang="ar") == [("card", arabic)]


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 978-3-16-148410-0, published on 2024-05-17 at 12:30:45.",
        "It costs 1,234,567.89 dollars, or 1234567890 yen.",
        "pi is 3.14159265358979323846, and e is 2.718281828459045",
        "Version 10.15.7 and 192.168.0.1, 127.0.0.1 or 8.8.8.8",
        "Card 4532 2766 4457 7021 has a wrong check digit.",
        "DE88 3704 0044 0532 0130 00 is no account.",
        "for i in range(1000000000): print(0x7fffffffffffffff)",
        "The years 1914 1918 1939 1945 and 1989.",
        "12345678901234567890",
        "user@localhost, someone@example.com",
        "Set password = your_password_here and api_key: xxxxxxxxxxxxxxxx",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert kinds(DETECTOR, text) == []


def test_what_is_published_to_be_shown_scores_low() -> None:
    for text in ("4111 1111 1111 1111", "AKIAIOSFODNN7EXAMPLE", "+1 212 555 0123", "me@example.org"):
        assert 0 < score(DETECTOR, text) < 0.6, text


@pytest.mark.parametrize(
    ("number", "word"),
    [("943 476 5919", "My NHS number"), ("44051401359", "PESEL:"), ("111222333", "Mijn BSN is")],
)
def test_a_number_with_weak_check_digits_needs_a_word_that_says_what_it_is(number: str, word: str) -> None:
    assert kinds(DETECTOR, f"It was {number} of them.", lang="fi") == []
    assert [written for _kind, written in kinds(DETECTOR, f"{word} {number}", lang="fi")] == [number]


def test_a_wrong_number_is_one_to_call_if_it_is_said_to_be() -> None:
    assert kinds(DETECTOR, "Please call me at (96) 627-277 tonight.") == [("phone", "(96) 627-277")]
    assert kinds(DETECTOR, "The ratio was (96) 627-277 tonight.") == []


def test_a_number_that_may_be_two_things_is_said_once() -> None:
    assert len(kinds(DETECTOR, "Call +49 30 901820 or pay to DE89 3704 0044 0532 0130 00", at_least=0)) == 2

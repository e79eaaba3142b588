"""Finds what a person could be found or robbed by: addresses, numbers, keys. By patterns and check digits, in every
language; whatever language the conversation is in.

What only looks like it scores low: a number without check digits or a word beside it, an address of example.com. Names
need a model, which is optional: `names`.
"""

from __future__ import annotations

import ipaddress
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import bitcoin, iban

from screening import names
from screening.findings import Concern, Detector, Found, Text
from screening.numbers import NEAR, NUMBERS, is_card

#: Domains that nobody can have: RFC 2606 and RFC 6761.
_NOBODYS = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|local)$", re.IGNORECASE)
#: Names before the @ that are a role's, or nobody's.
_NO_PERSON = re.compile(r"(?:no-?reply|someone|user(?:name)?|you|your\.?name|name|email|foo|bar|test)@", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w.,/+-])\d(?:[ -]?\d){11,18}(?![\w/-]|[.,]\d)")
_IPV4 = re.compile(r"(?<![\w.:/-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{6,39}(?![\w:])")
_MAC = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_BITCOIN = re.compile(r"(?<!\w)(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{11,71})(?!\w)")
_ETHEREUM = re.compile(r"(?<!\w)0x[0-9a-fA-F]{40}(?!\w)")

#: Keys by the way their issuers write them.
_KEYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("private_key", re.compile(r"-----BEGIN (?:[A-Z]{2,10} ){0,3}PRIVATE KEY-----")),
    ("aws_key", re.compile(r"(?<!\w)(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)")),
    ("github_token", re.compile(r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})")),
    ("slack_token", re.compile(r"(?<!\w)xox[abeoprs]-[A-Za-z0-9-]{10,250}")),
    ("google_key", re.compile(r"(?<!\w)AIza[\w-]{35}(?!\w)")),
    ("stripe_key", re.compile(r"(?<!\w)[rs]k_(?:live|test)_[A-Za-z0-9]{16,247}")),
    ("api_key", re.compile(r"(?<![\w-])sk-(?:[A-Za-z]{2,10}-)?[A-Za-z0-9_-]{20,250}")),
    ("jwt", re.compile(r"(?<!\w)eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,2000}")),
    ("password", re.compile(r"(?<=://)[^\s/:@]{1,64}:[^\s/:@]{3,64}(?=@[\w.-])")),
)
#: What is said to be secret, where it looks as if a machine or a careful person had made it.
_SECRET = re.compile(
    r"(?:pass(?:word|wd|phrase|wort)?|contraseñ?a|senha|mot de passe|пароль|密码|パスワード|api[_ -]?key|secret|token)"
    r"['\"]?\s{0,3}(?:[:=]|\bis\b|\bist\b|\bes\b)\s{0,3}['\"]?(?P<secret>[^\s'\"<>{}()\[\],;]{8,200})",
    re.IGNORECASE,
)
#: What may be a number to call, if a word beside it says so: no plan of numbers knows it, but people write wrong ones.
_CALLABLE = re.compile(
    r"(?<![\w.,/+-])(?:\+|00)?\(?\d[\d ()./-]{6,20}\d(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\w/-]|[.,]\d)"
)
_PHONE_WORDS = re.compile(
    r"phone|call|tel|mobil|cell|handy|ruf|fax|whatsapp|sms|telegram|llám|liga|appel|numér|numero|chiam|тел|звон|電話|电话|手机"
    r"|전화|هاتف|फ़ोन|फोन|โทร|điện thoại",
    re.IGNORECASE,
)
#: Countries whose way of writing numbers a conversation of the language may use.
_COUNTRIES: dict[str, tuple[str, ...]] = {
    "en": ("US", "GB"), "de": ("DE",), "fr": ("FR",), "es": ("ES", "MX"), "pt-BR": ("BR",), "it": ("IT",),
    "nl": ("NL",), "pl": ("PL",), "ru": ("RU",), "uk-UA": ("UA",), "tr": ("TR",), "sv": ("SE",), "da": ("DK",),
    "nb-NO": ("NO",),
    "fi": ("FI",), "cs": ("CZ",), "sk": ("SK",), "hu": ("HU",), "ro": ("RO",), "bg": ("BG",), "el": ("GR",),
    "he": ("IL",), "ar": ("EG", "SA"), "fa": ("IR",), "hi": ("IN",), "bn": ("BD",), "th": ("TH",), "vi": ("VN",),
    "id": ("ID",), "ms": ("MY",), "ja": ("JP",), "ko": ("KR",), "zh": ("CN",), "ca": ("ES",), "eu": ("ES",),
    "gl": ("ES",),
}  # fmt: skip
#: Numbers that only exist to be shown: 555-01xx in North America, and what Ofcom keeps for drama.
_FICTION = re.compile(r"555\D{0,2}01\d\d(?!\d)|(?:1632|7700)\D?960\D?\d{3}|20\D?7946\D?0\d{3}")
#: Cards that payment services publish for trying things out.
_TEST_CARDS = frozenset({
    "4111111111111111", "4242424242424242", "4012888888881881", "5555555555554444", "5105105105105100",
    "378282246310005", "371449635398431", "6011111111111117", "30569309025904", "3530111333300000",
})  # fmt: skip
#: Bits per sign from which a secret seems to be one.
_ENTROPY = 2.9
#: Digits below which no phone number matcher is asked: it is the slowest of all.
_FEWEST_DIGITS = 7


def look(text: Text) -> Sequence[Found]:
    """Each thing once, as the most telling of what it may be."""
    plain = _with_plain_digits(text.text)
    found = sorted(_candidates(plain, text.lang), key=lambda each: (-each.score, each.start - each.end))
    kept: list[Found] = []
    for each in found:
        if not any(each.start < other.end and other.start < each.end for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda each: each.start)


def _with_plain_digits(text: str) -> str:
    """Digits of every script as 0 to 9, full-width letters as plain ones; each sign stays where it is."""
    if text.isascii():
        return text
    return "".join(_plain(sign) for sign in text)


def _plain(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    if "！" <= sign <= "～":
        return chr(ord(sign) - 0xFEE0)
    return sign


def _candidates(text: str, lang: str) -> Iterator[Found]:
    yield from _keys(text)
    yield from _emails(text)
    digits = sum(map(str.isdigit, text))
    if digits >= _FEWEST_DIGITS:
        yield from _ibans(text)
        yield from _cards(text)
        yield from _state_numbers(text)
        yield from _phones(text, lang)
    yield from _machines(text)
    yield from _coins(text)
    yield from names.found(text, lang)


def _found(kind: str, score: float, match: re.Match[str]) -> Found:
    return Found(kind=kind, score=score, start=match.start(), end=match.end())


def _near(text: str, start: int, end: int) -> str:
    return text[max(0, start - NEAR) : start] + " " + text[end : end + NEAR]


def _emails(text: str) -> Iterator[Found]:
    if "@" not in text:
        return
    for match in _EMAIL.finditer(text):
        address = match.group()
        nobodys = _NOBODYS.search(address.partition("@")[2]) or _NO_PERSON.match(address)
        yield _found("email", 0.2 if nobodys else 0.95, match)


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        # It ends where a word begins, and only the check digits say where that is.
        written = match.group()
        for end in range(len(written), 14, -1):
            if written[end - 1].isalnum() and iban.is_valid(written[:end]):
                yield Found(kind="iban", score=0.97, start=match.start(), end=match.start() + end)
                break


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if is_card(digits):
            yield _found("card", 0.3 if digits in _TEST_CARDS else 0.95, match)


def _state_numbers(text: str) -> Iterator[Found]:
    for number in NUMBERS:
        for match in number.pattern.finditer(text):
            if number.valid(match.group()):
                said = number.words is not None and number.words.search(_near(text, match.start(), match.end()))
                score = 0.97 if said else number.alone
                if score > 0:
                    yield _found(number.kind, score, match)


def _phones(text: str, lang: str) -> Iterator[Found]:
    seen: set[tuple[int, int]] = set()
    for country in _COUNTRIES.get(lang, ("US",)):
        for match in PhoneNumberMatcher(text, country, leniency=Leniency.VALID, max_tries=500):
            if (match.start, match.end) not in seen:
                seen.add((match.start, match.end))
                score = _phone_score(text, match)
                yield Found(kind="phone", score=score, start=match.start, end=match.end)
    for called in _CALLABLE.finditer(text):
        digits = sum(map(str.isdigit, called.group()))
        parts = re.split(r"\D+", called.group().strip("+("))
        # A date, or a time, has other parts.
        if 8 <= digits <= 20 and not (len(parts) >= 3 and len(parts[0]) == 4) and _said_to_be_called(text, called):
            yield _found("phone", 0.7, called)


def _said_to_be_called(text: str, match: re.Match[str]) -> bool:
    return _PHONE_WORDS.search(text[max(0, match.start() - NEAR // 2) : match.start()]) is not None


def _phone_score(text: str, match: phonenumbers.PhoneNumberMatch) -> float:
    written = match.raw_string
    if _FICTION.search(written):
        return 0.3
    if written.startswith(("+", "00")):
        return 0.95
    if _PHONE_WORDS.search(_near(text, match.start, match.end)):
        return 0.9
    # Ten digits with nothing between them may be anything.
    return 0.65 if re.search(r"\d[ ()./-]+\d", written) and len(re.sub(r"\D", "", written)) >= 9 else 0.4


def _machines(text: str) -> Iterator[Found]:
    for match in _IPV4.finditer(text):
        yield from _address("ipv4", match, 0.7)
    for match in _IPV6.finditer(text):
        if match.group().count(":") >= 2:
            yield from _address("ipv6", match, 0.8)
    for match in _MAC.finditer(text):
        yield _found("mac", 0.65, match)


def _address(kind: str, match: re.Match[str], score: float) -> Iterator[Found]:
    """Only public ones: all others are the same in every home."""
    try:
        address = ipaddress.ip_address(match.group())
    except ValueError:
        return
    # 1.1.1.1 and 8.8.8.8 are everybody's, and a version may be written 1.2.3.4.
    small = kind == "ipv4" and (len(set(match.group().split("."))) == 1 or int(address) < 9 << 24)
    if address.is_global and not address.is_multicast:
        yield _found(kind, 0.3 if small else score, match)


def _coins(text: str) -> Iterator[Found]:
    for match in _BITCOIN.finditer(text):
        if bitcoin.is_valid(match.group()):
            yield _found("crypto_address", 0.95, match)
    for match in _ETHEREUM.finditer(text):
        yield _found("crypto_address", 0.7 if len(set(match.group())) > 8 else 0.2, match)


def _keys(text: str) -> Iterator[Found]:
    for kind, pattern in _KEYS:
        for match in pattern.finditer(text):
            made_up = re.search(r"EXAMPLE|x{6}|X{6}|\*{3}|\.{3}|your", match.group()) is not None
            sure = kind == "private_key" or _entropy(match.group()) >= _ENTROPY or kind == "password"
            yield _found(kind, 0.3 if made_up or not sure else 0.95, match)
    for match in _SECRET.finditer(text):
        secret = match.group("secret")
        mixed = sum(bool(re.search(signs, secret)) for signs in (r"[a-z]", r"[A-Z]", r"\d", r"[^\w\s]")) >= 3
        if mixed and _entropy(secret) >= _ENTROPY and not re.search(r"your|example|\*{3}|x{4}", secret, re.IGNORECASE):
            start, end = match.span("secret")
            yield Found(kind="secret", score=0.75, start=start, end=end)


def _entropy(text: str) -> float:
    """Bits per sign, by how often each occurs (Shannon)."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


DETECTOR = Detector(
    Concern.PERSONAL_DATA,
    f"patterns-1+phonenumbers-{version('phonenumbers')}+stdnum-{version('python-stdnum')}{names.which()}",
    look,
)

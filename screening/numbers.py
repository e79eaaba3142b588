"""Numbers by which a person is known to a state: each with its check digits, and the words that stand near it.

The check digits are python-stdnum's. Where they are weak, one number in ten passes by chance; so without a word that
says what it is, such a number scores low.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import luhn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn

#: Letters before and behind a number in which a word may say what it is.
NEAR = 48


@dataclass(frozen=True)
class Number:
    """One kind of number: how it is written, whether it is right, and how much that says."""

    kind: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]
    alone: float
    """Score where nothing near says what it is."""
    words: re.Pattern[str] | None = None
    """Near one of these it is certain."""


def _written(pattern: str) -> re.Pattern[str]:
    """Not as a part of something longer."""
    return re.compile(rf"(?<![\w.,/+-])(?<!\d )(?:{pattern})(?![\w/-]|[., ]\d)", re.IGNORECASE)


def _words(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]?", re.IGNORECASE)
_TAX = r"tax|steuer|fiscal|fiskal|impuesto|impost|skatt|vero|podatk|налог|税"

NUMBERS: tuple[Number, ...] = (
    Number("us_ssn", _written(r"\d{3}[- ]\d{2}[- ]\d{4}"), ssn.is_valid, 0.75, _words(r"\bssn\b", "social security")),
    Number("us_ssn", _written(r"\d{9}"), ssn.is_valid, 0.0, _words(r"\bssn\b", "social security")),
    Number(
        "gb_nino",
        _written(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]"),
        lambda number: bool(_NINO.fullmatch(number.replace(" ", ""))),
        0.7,
        _words("insurance", r"\bnino?\b"),
    ),
    Number("gb_nhs", _written(r"\d{3}[ -]?\d{3}[ -]?\d{4}"), nhs.is_valid, 0.2, _words(r"\bnhs\b")),
    Number("ca_sin", _written(r"\d{3}[ -]\d{3}[ -]\d{3}"), sin.is_valid, 0.4, _words(r"\bsin\b", "insurance")),
    Number("de_tax_id", _written(r"\d{2} ?\d{3} ?\d{3} ?\d{3}"), idnr.is_valid, 0.4, _words("steuer", "idnr")),
    Number("fr_nir", _written(r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}"), nir.is_valid, 0.85),
    Number(
        "it_tax_code",
        _written(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"),
        codicefiscale.is_valid,
        0.95,
    ),
    Number("es_dni", _written(r"\d{8}[ -]?[A-Z]"), dni.is_valid, 0.75, _words("dni", "nif", "documento")),
    Number("es_nie", _written(r"[XYZ][ -]?\d{7}[ -]?[A-Z]"), nie.is_valid, 0.85),
    Number("pt_nif", _written(r"\d{3} ?\d{3} ?\d{3}"), nif.is_valid, 0.1, _words(r"\bnif\b", "contribuinte")),
    Number("br_cpf", _written(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), cpf.is_valid, 0.95),
    Number("br_cpf", _written(r"\d{11}"), cpf.is_valid, 0.2, _words(r"\bcpf\b")),
    Number("nl_bsn", _written(r"\d{9}"), bsn.is_valid, 0.1, _words(r"\bbsn\b", "burgerservice", "sofi")),
    Number("pl_pesel", _written(r"\d{11}"), pesel.is_valid, 0.5, _words("pesel")),
    Number("cz_birth_number", _written(r"\d{6}/\d{3,4}"), rc.is_valid, 0.8, _words("rodn")),
    Number("ro_cnp", _written(r"\d{13}"), cnp.is_valid, 0.5, _words(r"\bcnp\b", "numeric personal")),
    Number("ch_ahv", _written(r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}"), ahv.is_valid, 0.9),
    Number("se_personal_number", _written(r"(?:19|20)?\d{6}[-+]\d{4}"), personnummer.is_valid, 0.7, _words("person")),
    Number("fi_hetu", _written(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]"), hetu.is_valid, 0.9),
    Number("dk_cpr", _written(r"\d{6}-\d{4}"), cpr.is_valid, 0.5, _words(r"\bcpr\b", "person")),
    Number(
        "no_birth_number",
        _written(r"\d{6} ?\d{5}"),
        fodselsnummer.is_valid,
        0.5,
        _words("fødsel", "person"),
    ),
    Number("cn_resident_id", _written(r"\d{17}[\dX]"), ric.is_valid, 0.95),
    Number("in_aadhaar", _written(r"\d{4}[ -]\d{4}[ -]\d{4}"), aadhaar.is_valid, 0.7, _words("aadhaa?r", "आधार")),
    Number("in_pan", _written(r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]"), pan.is_valid, 0.6, _words(r"\bpan\b", _TAX)),
    Number("tr_identity", _written(r"\d{11}"), tckimlik.is_valid, 0.4, _words(r"\btc\b", "kimlik", r"t\.c\.")),
    Number("kr_rrn", _written(r"\d{6}-\d{7}"), rrn.is_valid, 0.9, _words("주민")),
    Number("mx_curp", _written(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d"), curp.is_valid, 0.95),
)

#: By what a card begins, and how long it is (ISO/IEC 7812).
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|(?:5[06-9]|6\d)\d{10,17}"
)


def is_card(digits: str) -> bool:
    """Whether these digits are a card's: issuer, length, and the check digit of Luhn."""
    return len(set(digits)) > 1 and bool(_CARD.fullmatch(digits)) and bool(luhn.is_valid(digits))

"""The languages people may work in: code, own name, direction of writing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    code: str
    """BCP 47, as in published datasets."""
    name: str
    """Its own name for itself."""
    rtl: bool = False


_ALL = (
    Language("ar", "العربية", rtl=True),
    Language("bar", "Boarisch"),
    Language("bg", "Български"),
    Language("bn", "বাংলা"),
    Language("ca", "Català"),
    Language("cs", "Čeština"),
    Language("da", "Dansk"),
    Language("de", "Deutsch"),
    Language("el", "Ελληνικά"),
    Language("en", "English"),
    Language("eo", "Esperanto"),
    Language("es", "Español"),
    Language("eu", "Euskara"),
    Language("fa", "فارسی", rtl=True),
    Language("fi", "Suomi"),
    Language("fr", "Français"),
    Language("gl", "Galego"),
    Language("he", "עברית", rtl=True),
    Language("hi", "हिन्दी"),
    Language("hu", "Magyar"),
    Language("id", "Bahasa Indonesia"),
    Language("it", "Italiano"),
    Language("ja", "日本語"),
    Language("ko", "한국어"),
    Language("lt", "Lietuvių"),
    Language("ms", "Bahasa Melayu"),
    Language("nb-NO", "Norsk bokmål"),
    Language("nl", "Nederlands"),
    Language("pl", "Polski"),
    Language("pt-BR", "Português (Brasil)"),
    Language("ro", "Română"),
    Language("ru", "Русский"),
    Language("sk", "Slovenčina"),
    Language("sl", "Slovenščina"),
    Language("sr", "Српски"),
    Language("sv", "Svenska"),
    Language("swg", "Schwäbisch"),
    Language("th", "ไทย"),
    Language("tr", "Türkçe"),
    Language("uk-UA", "Українська"),
    Language("vi", "Tiếng Việt"),
    Language("zh", "中文"),
)

LANGUAGES: dict[str, Language] = {language.code: language for language in _ALL}


def direction(code: str) -> str:
    """`rtl` or `ltr` for a language code; an unknown one, seen in imported data, reads left to right."""
    language = LANGUAGES.get(code)
    return "rtl" if language and language.rtl else "ltr"

"""Guessing the language of a text: right in every language we offer, and silent where it could be wrong."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import detection
from common.languages import LANGUAGES

ASKED = {
    "ar": "هل يمكنك أن تشرح لي لماذا السماء زرقاء؟ أريد أن أشرح ذلك لطفلي بكلمات بسيطة.",
    "bn": "আকাশ কেন নীল তা কি তুমি আমাকে বুঝিয়ে বলতে পারবে? আমি আমার সন্তানকে সহজ কথায় বোঝাতে চাই।",
    "ca": "Em pots explicar com es fa un pa amb tomàquet? No n'he fet mai i en vull aprendre.",
    "cs": "Můžeš mi vysvětlit, proč je nebe modré? Chci to svému dítěti vysvětlit jednoduchými slovy.",
    "da": "Kan du forklare, hvordan jeg bager et godt brød? Jeg har aldrig gjort det før og vil gerne lære det.",
    "de": "Wie lerne ich am besten Gitarre, wenn ich wenig Zeit habe und kein Geld für Unterricht ausgeben möchte?",
    "el": "Μπορείς να μου εξηγήσεις γιατί ο ουρανός είναι μπλε; Θέλω να το πω στο παιδί μου με απλά λόγια.",
    "en": "Could you explain why the sky is blue? I would like to tell my child in simple words.",
    "eo": "Ĉu vi povas klarigi al mi kial la ĉielo estas blua? Mi volas klarigi tion al mia infano.",
    "es": "¿Puedes explicarme cómo se hace una tortilla de patatas? Nunca la he hecho antes y quiero aprender.",
    "eu": "Azal diezadakezu zergatik den zerua urdina? Nire umeari hitz errazekin azaldu nahi diot.",
    "fa": "می‌توانی توضیح بدهی چرا آسمان آبی است؟ می‌خواهم آن را با کلمات ساده برای فرزندم بگویم.",
    "fi": "Voisitko selittää, miksi taivas on sininen? Haluaisin kertoa sen lapselleni yksinkertaisin sanoin.",
    "fr": "Peux-tu m'expliquer pourquoi le ciel est bleu ? Je voudrais le dire à mon enfant avec des mots simples.",
    "gl": "Podes explicarme como se fai unha empanada galega de atún? Non teño moita experiencia na cociña.",
    "he": "אתה יכול להסביר לי למה השמיים כחולים? אני רוצה להסביר את זה לילד שלי במילים פשוטות.",
    "hu": "El tudnád magyarázni, miért kék az ég? Szeretném egyszerű szavakkal elmondani a gyerekemnek.",
    "id": "Bisakah kamu menjelaskan mengapa langit berwarna biru? Saya ingin menjelaskannya kepada anak saya.",
    "it": "Puoi spiegarmi perché il cielo è blu? Vorrei raccontarlo a mio figlio con parole semplici.",
    "ja": "どうして空は青いのですか？子供に説明したいので、わかりやすく教えてください。",
    "ko": "하늘이 왜 파란지 아이에게 설명하고 싶은데 쉽게 알려 주세요.",
    "nb-NO": "Kan du forklare hvordan jeg baker et godt brød? Jeg har aldri gjort det før, og jeg vil gjerne lære det.",
    "nl": "Kun je mij uitleggen waarom de lucht blauw is? Ik wil het mijn kind in eenvoudige woorden vertellen.",
    "pl": "Czy możesz mi wyjaśnić, dlaczego niebo jest niebieskie? Chcę to prosto wytłumaczyć mojemu dziecku.",
    "pt-BR": "Você pode me explicar como se faz um bolo de cenoura? Nunca fiz antes e quero muito aprender.",
    "ru": "Объясни, пожалуйста, почему небо голубое? Я хочу рассказать это своему ребёнку простыми словами.",
    "sr": "Можеш ли да ми објасниш зашто је небо плаво? Желим да то једноставно објасним свом детету.",
    "sv": "Kan du förklara hur jag bakar ett gott bröd? Jag har aldrig gjort det förut och vill gärna lära mig.",
    "th": "ช่วยอธิบายให้หน่อยได้ไหมว่าทำไมท้องฟ้าถึงเป็นสีฟ้า อยากเล่าให้ลูกฟังด้วยคำง่ายๆ",
    "tr": "Gökyüzünün neden mavi olduğunu açıklayabilir misin? Bunu çocuğuma basit sözcüklerle anlatmak istiyorum.",
    "uk-UA": "Поясни, будь ласка, чому небо блакитне? Я хочу розповісти це своїй дитині простими словами.",
    "vi": "Bạn có thể giải thích cho tôi vì sao bầu trời có màu xanh không? Tôi muốn kể cho con tôi nghe.",
    "zh": "请解释一下为什么天空是蓝色的，我想给我的孩子讲清楚这个问题。",
}


@pytest.mark.parametrize("lang", ASKED)
def test_two_sentences_are_enough_in_every_language(lang: str) -> None:
    found = detection.guess(ASKED[lang])
    assert found is not None
    assert found.lang == lang
    assert found.confidence > 0.9
    assert detection.strays(ASKED[lang], lang) is None
    elsewhere = "fr" if lang != "fr" else "en"
    assert detection.strays(ASKED[lang], elsewhere) == detection.guess(ASKED[lang], expected=elsewhere)


def test_traditional_chinese_is_chinese_too() -> None:
    text = "請解釋一下為什麼天空是藍色的，我想給我的孩子講清楚這個問題。"
    assert detection.guess(text, expected="zh").lang == detection.guess(text).lang == "zh"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hallo Welt",
        "Wie geht es dir?",
        "天空为什么蓝",
        "😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀",
        "1234567890 1234567890 1234567890 = 42 * 10101010101",
        "```python\nfor number in range(10):\n    print('this is written in English', number)\n```",
        "https://example.org/why-is-the-sky-blue-and-not-green-or-yellow-or-red",
        "Translate this into English please, for my neighbour: Ich möchte gern ein Bier und dann nach Hause gehen.",
        "Übersetze mir das bitte ins Englische: The quick brown fox jumps over the lazy dog every day.",
    ],
)
def test_what_is_short_or_mixed_or_no_language_is_not_guessed(text: str) -> None:
    assert detection.guess(text) is None


def test_code_between_words_changes_nothing() -> None:
    text = ASKED["de"] + "\n\n```c\nint main(void) { return these_are_english_words(for_the_most_part); }\n```"
    assert detection.guess(text).lang == "de"
    assert detection.strays("Explain the difference between a list and a tuple in Python.", "de").lang == "en"
    assert detection.strays("Schreibe ein Programm, das die Datei `the_file_of_all_prices.csv` liest.", "de") is None
    assert detection.strays(f"Warum?\n\n    print(it)\n\n{ASKED['en']}", "de").lang == "en"
    assert detection.guess("anna.maria.schmidt@example.org, hannah.schneider@example.org") is None


@pytest.mark.parametrize("sign", ["a", "字", "`", "@", "_"])
def test_a_long_word_holds_nobody_up(sign: str) -> None:
    began = process_time()
    detection.guess(sign * 100_000)
    assert process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        (
            "I han heit morga koi Zeit ghet, weil i no en d'Stadt gmüsst han. Sollet mir heit Obend Spätzle macha?",
            "swg",
        ),
        ("I bin heid in da Friah aufgstandn und hob mi gfreit, wei d'Sunn so schee gscheint hod.", "bar"),
        (ASKED["de"], "bar"),
        (ASKED["pt-BR"], "gl"),
        (ASKED["gl"], "pt-BR"),
        (ASKED["da"], "nb-NO"),
        (ASKED["id"], "ms"),
        ("Možeš li da mi objasniš zašto je nebo plavo? Želim da to jednostavno objasnim svom detetu.", "sr"),
    ],
)
def test_close_relatives_are_not_nagged_about(text: str, lang: str) -> None:
    assert detection.strays(text, lang) is None


def test_the_relatives_are_languages_of_ours() -> None:
    assert {lang for family in detection.RELATIVES for lang in family} <= set(LANGUAGES)


@given(st.text(max_size=300), st.sampled_from(["xx", *LANGUAGES]))
def test_no_text_is_too_odd(text: str, expected: str) -> None:
    found = detection.guess(text, expected=expected)
    assert found is None or (found.lang in LANGUAGES and 0 <= found.confidence <= 1)

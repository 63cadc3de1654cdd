"""A language is told where it is certain, and nothing that may be English is taken for another."""

import pytest

from moderation.text.language import MAX_CHARACTERS, detect_language, has_letters

# Khmer and Thai as readers type them in Latin letters; all written for this test.
ROMANISED = (
    "bong srolanh oun klang nas",
    "srok khmer yerng trov karpear bong p'on",
    "pouk vea chol mok yok dei khmer yerng tang tang os",
    "knhom sdap radio reung nis yub minh",
    "orkun bong sarasdei lor nas knhom kampong an chea reang rol thngai",
    "khon thai rak chat mak mak na krub",
    "sawasdee krub phi nong thuk khon",
    "ai khmer khamoy ao prasat rao khuen ma",
    "rao ja mai yom hai khrai ma yaet phaendin khong rao",
    "prathet thai phen din khong rao thuk khon",
)
SHORT = ("ok", "lol", "go home", "yuon", "Why???", "nice one", "voila", "que sera sera", "hahaha")
CODE_MIXED = (
    "my yuon neighbor makes the best num banh chok",
    "bong, the thai soldiers came to our temple again",
    'He said "sawasdee krub" and left with the money',
    "prasat preah vihear belongs to khmer",
    "Nguyen Van Thanh went to Ho Chi Minh City",
    "Vive la France, said nobody in Vientiane",
)
OTHERS = (
    ("fr", "Le conseil devrait publier ses comptes avant lundi."),
    ("es", "El ayuntamiento debería publicar sus cuentas antes del lunes."),
    ("de", "Der Rat sollte seine Konten vor Montag veröffentlichen."),
    ("pt", "Esses vizinhos não merecem uma estrada nova no nosso bairro."),
    ("vi", "Hội đồng nên công bố sổ sách trước thứ hai."),
    ("om", "Manni maree herrega isaa dura Wiixataa maxxansuu qaba"),
    ("th", "สภาควรเผยแพร่บัญชีก่อนวันจันทร์"),
    ("km", "ក្រុមប្រឹក្សាគួរផ្សាយបញ្ជី"),
    ("lo", "ສະພາຄວນເຜີຍແຜ່ບັນຊີ"),
    ("zh", "市议会应该在星期一之前公布账目。"),
    ("ru", "Совет должен опубликовать счета до понедельника."),
)


@pytest.mark.parametrize(("language", "text"), OTHERS)
def test_another_language_is_told(language: str, text: str) -> None:
    assert detect_language(text) == language


def test_english_is_told() -> None:
    assert detect_language("The council should publish its accounts before Monday.") == "en"


@pytest.mark.parametrize("text", [*ROMANISED, *SHORT, *CODE_MIXED])
def test_romanised_short_and_mixed_comments_are_taken_for_no_other_language(text: str) -> None:
    assert detect_language(text) in {None, "en"}


@pytest.mark.parametrize("some", [ROMANISED[:5], ROMANISED[5:]], ids=["khmer", "thai"])
def test_long_romanised_comments_are_taken_for_no_other_language(some: tuple[str, ...]) -> None:
    assert detect_language(". ".join(some)) is None


@pytest.mark.parametrize(
    "text", ["", "   ", "👍👍👍", "12345", "?!", "https://example.org/a/b?c=d"]
)
def test_what_is_in_no_language_is_taken_for_none(text: str) -> None:
    assert detect_language(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "уоu аrе аll vеrmin аnd thiеvеs, lеаvе оur tоwn",  # Cyrillic letters among the Latin ones
        "The cоunсil shоuld рublish its ассоunts bеfоrе Mоndау.",
        "y o u  a r e  v e r m i n  a n d  t h i e v e s",
        "𝔂𝓸𝓾 𝓪𝓻𝓮 𝓪𝓵𝓵 𝓿𝓮𝓻𝓶𝓲𝓷",
    ],
)
def test_disguised_english_cannot_pass_for_another_language(text: str) -> None:
    assert detect_language(text) in {None, "en"}


def test_a_quotation_in_another_script_does_not_decide() -> None:
    quoting = "The sign at the gate says ប្រាសាទព្រះវិហារជារបស់ខ្មែរ and it has stood there for years."
    assert detect_language(quoting) == "en"
    assert detect_language("ប្រាសាទព្រះវិហារជារបស់ខ្មែរ ok") == "km"


def test_the_beginning_of_a_long_text_decides() -> None:
    english = "The council should publish its accounts before Monday. " * 20
    assert len(english) > MAX_CHARACTERS
    assert detect_language(english + OTHERS[0][1] * 1_000) == "en"


@pytest.mark.parametrize(("text", "has"), [("a", True), ("ក", True), ("12 👍!", False)])
def test_letters_of_any_script_are_letters(text: str, has: bool) -> None:
    assert has_letters(text) is has

"""A language is told where it is certain, and nothing that may be English is taken for another."""

import pytest

from moderation.text import language
from moderation.text.language import MAX_CHARACTERS, detect_language

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
    ("es", "Fuera los moros de mi país"),
    ("es", "que asco de gente, fuera de aquí"),
    ("de", "Ausländer raus, das Pack soll verschwinden"),
    ("fr", "Les étrangers dehors, bande de rats"),
    ("it", "tornate tutti a casa vostra, schifosi"),
    ("id", "Orang seperti itu tidak pantas tinggal di kota kami, usir saja semuanya."),
    ("ms", "Orang macam itu tak patut tinggal di bandar kita, halau sahaja semuanya."),
    ("vi", "Hội đồng nên công bố sổ sách trước thứ hai."),
    ("om", "Manni maree herrega isaa dura Wiixataa maxxansuu qaba"),
    ("th", "สภาควรเผยแพร่บัญชีก่อนวันจันทร์"),
    ("km", "ក្រុមប្រឹក្សាគួរផ្សាយបញ្ជី"),
    ("lo", "ສະພາຄວນເຜີຍແຜ່ບັນຊີ"),
    ("zh", "市议会应该在星期一之前公布账目。"),
    ("ru", "Совет должен опубликовать счета до понедельника."),
)


@pytest.mark.parametrize(("told", "text"), OTHERS)
def test_another_language_is_told(told: str, text: str) -> None:
    assert detect_language(text) == told


# English, and languages near it; all written for this test.
ENGLISH_TEXTS = (
    "They should have asked the people who live beside the bridge before they closed it.",
    "I don't think that anyone here knows what the mayor was doing with our money.",
    "Why would you even go there? It’s the worst market in the whole district.",
    "You and your friends could just stay at home, couldn't you… nobody would miss you!",
    "The shop on the corner isn't what it was, but their soup is very good 🍜",
)
NEAR_ENGLISH = (
    ("nl", "De gemeente had de mensen die naast de brug wonen eerst moeten vragen wat ze willen."),
    ("nl", "We waren er over, en was het water niet zo koud dan had ik er in gezwommen."),
    ("de", "Was will man da noch sagen, so was hat man in der Stadt noch nie gesehen."),
    ("de", "Die sollen alle dahin gehen, wo sie hergekommen sind, und zwar sofort."),
    ("af", "Die mense wat langs die brug woon is nooit gevra of hulle dit so wil he nie."),
    ("fr", "Ces gens devraient rentrer chez eux, on ne veut plus les voir dans notre ville."),
    ("es", "Que se vayan todos de aqui, no queremos ver mas gente como esa en el barrio."),
    ("da", "Kommunen skulle have spurgt de folk der bor ved broen for de lukkede den."),
    ("ro", "El are dreptate, oamenii care are casa acolo nu are unde sa mearga acum."),
    ("fi", "He ovat sitä mieltä että silta on korjattava ennen talven tuloa."),
)
MIXED = (
    "Grabe naman si mayor, the bridge is sira pa rin hanggang ngayon, nakakainis talaga.",
    "Ik vind the whole thing een beetje overdreven, maar ja, de mensen willen het zo.",
    "Dae ye no ken that the brig wis biggit afore yer granda wis born, ye daft gowk.",
)


@pytest.mark.parametrize("text", ENGLISH_TEXTS)
def test_english_is_told_by_its_words_alone(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The detector takes many times as long, and most comments are English."""
    monkeypatch.setattr(language, "_detector", None)
    assert detect_language(text) == "en"


@pytest.mark.parametrize(
    "text", [*ENGLISH_TEXTS, *(text for _, text in (*OTHERS, *NEAR_ENGLISH)), *MIXED]
)
def test_the_words_alone_never_call_english_what_the_detector_does_not(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = detect_language(text)
    monkeypatch.setattr(language, "_is_plainly_english", lambda _: False)
    assert quick == detect_language(text) or (quick, detect_language(text)) == ("en", None)


@pytest.mark.parametrize(("told", "text"), NEAR_ENGLISH)
def test_languages_near_english_are_not_taken_for_it(told: str, text: str) -> None:
    assert detect_language(text) in {told, None}


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

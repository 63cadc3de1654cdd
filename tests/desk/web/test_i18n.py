"""The desk speaks the language of its setting, whole: pages, plurals, numbers, times and errors."""

import ast
import gettext
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Message as Entry

from moderation.desk import Desk
from moderation.desk.decisions.thresholds import set_threshold
from moderation.desk.errors import AlreadyDecided, DeskError, RoleNeeded, TooManyTries
from moderation.desk.intake.uploads import read_upload
from moderation.desk.learning.trainings import TrainingOutcome
from moderation.desk.types import (
    Blur,
    CorrectionState,
    Outcome,
    Queue,
    RejectionReason,
    Role,
    SectionField,
    SettledAs,
    Sort,
)
from moderation.desk.web.extraction import (
    KEYWORDS,
    MARKERS,
    PACKAGE,
    WITH_ERRORS,
    called,
    compiled,
    extract,
    messages_in,
    read_catalog,
    with_subclasses,
)
from moderation.desk.web.i18n import DOMAIN, FOLDER, SOURCE, Translator, languages, translator
from moderation.desk.web.pages.comments import LEVELS
from moderation.desk.web.templates import TEMPLATES, words_for
from moderation.desk.web.vocabulary import VOCABULARY
from moderation.errors import (
    DatabaseError,
    InvalidInput,
    InvalidModel,
    InvalidPolicy,
    InvalidText,
    ModerationError,
    NotReady,
    TooLarge,
)
from moderation.service.api_keys import Scope
from moderation.service.errors import (
    ForeignOrigin,
    InternalError,
    MethodNotAllowed,
    NotFound,
    SlowBody,
    UnknownHost,
)
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.text.peoples import PEOPLES
from moderation.verdict import Action
from tests.desk.web.people import Person, bring, comments, site_of, words_of

PAGES = sorted(TEMPLATES.rglob("*.html"))
FILES = [*PAGES, *sorted(TEMPLATES.with_name("static").iterdir())]
TRANSLATIONS = [language for language in languages() if language != SOURCE]
FAMILIES: dict[str, Sequence[str]] = {
    "queue": list(Queue),
    "sort": list(Sort),
    "role": list(Role),
    "role_and_rights": list(Role),
    "label": list(Label),
    "outcome": list(Outcome),
    "reason": list(RejectionReason),
    "action": [Action.REVIEW, Action.BLOCK],
    "why_action": list(Action),
    "level": [level for _, level in LEVELS],
    "settled_as": list(SettledAs),
    "section_field": list(SectionField),
    "flash": [
        "done",
        "lost",
        "noted",
        "dismissed",
        "already_decided",
        "already_undone",
        "edited",
        "held",
        "missed",
        "own_decision",
        "for_leads",
        "second_done",
        "no_second_review",
        "already_settled",
        "settled",
        "share_set",
        "section_assigned",
        "section_removed",
        "picked",
        "sent_again",
        "upload_cancelled",
        "user_added",
        "user_role",
        "user_password",
        "user_changed",
        "user_same",
        "user_disabled",
        "user_enabled",
        "user_no_code",
        "user_linked",
        "user_unlinked",
        "code_on",
        "code_off",
        "key_revoked",
        "own_account",
        "password_set",
        "training",
        "spared",
        "preferences_saved",
        "settings_saved",
        "people_added",
    ],
    "blur": list(Blur),
    "correction_state": [CorrectionState.CONFIRMED, CorrectionState.DISMISSED],
    "training": list(TrainingOutcome),
    "scope": list(Scope),
    "attribute_title": list(ATTRIBUTE_NAMES),
    "attribute_meaning": list(ATTRIBUTE_NAMES),
    "people": list(PEOPLES),
}
"""Values that a page may have to name, by family."""


def file_of(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def entries(language: str) -> Iterator[tuple[Entry, list[str], list[str]]]:
    """Yield each entry of a catalogue, the forms of its message and those of its translation."""
    for entry in read_catalog(file_of(language)):
        if entry.id:
            yield entry, forms_of(entry.id), forms_of(entry.string)


def forms_of(text: str | Sequence[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def identities(catalog: object) -> set[tuple[object, object]]:
    return {(entry.id, entry.context) for entry in catalog if entry.id}  # type: ignore[attr-defined]


def test_the_setting_offers_the_languages_that_there_are() -> None:
    assert sorted(get_args(Settings.model_fields["desk_language"].annotation)) == languages()
    assert "fr" in languages()


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_catalogue_has_exactly_the_messages_of_pages_and_code(language: str) -> None:
    missing = identities(extract()) ^ identities(read_catalog(file_of(language)))
    assert missing == set(), "run python -m moderation.desk.web.extraction, then translate"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_message_is_translated(language: str) -> None:
    for entry, _, translated in entries(language):
        assert all(translated), entry.id
        assert not entry.fuzzy, entry.id


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_placeholders_of_its_message_and_no_markup(language: str) -> None:
    placeholder = re.compile(r"%\((\w+)\)s")
    for entry, forms, translated in entries(language):
        for text in translated:
            assert set(placeholder.findall(text)) == set(placeholder.findall(forms[-1])), entry.id
            # Jinja takes translations for HTML, inside attributes too; and "%" begins a value.
            assert not re.search(r'[<>&"]', text), entry.id
            assert "%" not in placeholder.sub("", text), entry.id


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_the_compiled_catalogue_is_that_of_the_readable_one(language: str) -> None:
    def content(stream: io.BufferedIOBase) -> dict[object, str]:
        messages = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]  # all there are
        # The header names the version of Babel.
        return {key: text for key, text in messages.items() if key}

    with file_of(language).with_suffix(".mo").open("rb") as shipped:
        fresh = io.BytesIO(compiled(read_catalog(file_of(language))))
        assert content(shipped) == content(fresh)


@pytest.mark.parametrize("family", FAMILIES)
def test_everything_that_a_page_names_has_a_name(family: str) -> None:
    assert set(FAMILIES[family]) == set(VOCABULARY[family])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_has_words_outside_of_the_catalogues(path: Path) -> None:
    text = path.read_text("utf-8")
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)
    text = re.sub(r"<(?:kbd|code)[^>]*>.*?</(?:kbd|code)>|<!doctype html>", "", text)
    left = re.sub(r"<[^>]*>|&\w+;", " ", text, flags=re.DOTALL)
    assert not re.search(r"[A-Za-z]{2,}", left), left.split()
    assert not re.search(r'(?:aria-label|title|placeholder|alt)="[^"]*[A-Za-z]{2,}', text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_another_host_or_needs_inline_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"(?:src|href|url|@import|from)\W{0,4}(?:https?:)?//", text)
    assert "innerHTML" not in text
    assert "| safe" not in text
    if path.suffix == ".html":
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("path", WITH_ERRORS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_an_error_that_a_page_shows_can_be_translated(path: Path) -> None:
    """Its message has placeholders: one that is put together in place is in no catalogue.

    What a database's driver says is English in any case, inside a sentence of the desk's.
    """
    kinds = {kind.__name__ for kind in with_subclasses(ModerationError)} | MARKERS
    kinds -= {kind.__name__ for kind in with_subclasses(DatabaseError)} | {RoleNeeded.__name__}
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call) and called(call) in kinds:
            words = [word.value for word in call.keywords if word.arg in KEYWORDS]
            for text in (*call.args[:1], *words):
                assert not isinstance(text, ast.JoinedStr), (path, call.lineno)


def test_the_messages_of_a_helper_that_makes_errors_are_found() -> None:
    code = (
        "def _require(holds: bool, message: str) -> None: ...\n"
        '_require(1 > 0, "One is more.")\n'
        'explain = explain_as(InvalidPolicy, message="It is %(cause)s.", full="Make room.")\n'
        'raise NotAnObject("Not JSON.")\n'
    )
    messages = {text for text, _ in messages_in(code)}
    assert messages == {"One is more.", "It is %(cause)s.", "Make room.", "Not JSON."}


def test_messages_of_errors_are_found_with_their_remedies_and_constants() -> None:
    code = 'WAY = "Do this."\nraise InvalidInput("It is " "wrong.", where="x", remedy=WAY)\n'
    assert set(messages_in(code)) == {("It is wrong.", ""), ("Do this.", "")}


def test_one_and_several_numbers_and_times_are_as_the_language_has_them() -> None:
    one, many = "Try again in %(number)s second.", "Try again in %(number)s seconds."
    english, french = translator(), translator("fr")
    assert [english.plural(one, many, number) for number in (0, 1)] == [
        "Try again in 0 seconds.",
        "Try again in 1 second.",
    ]
    # Nothing is one in French.
    assert french.plural(one, many, 0) == "Réessayez dans 0 seconde."
    assert french.plural(one, many, 2) == "Réessayez dans 2 secondes."
    assert (english.decimal(0.5), french.decimal(0.5)) == ("0.50", "0,50")
    assert english.number(12_345) == "12,345"
    assert french.number(12_345).split() == ["12", "345"]
    time = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
    assert english.time(time) == "1 Mar 2026, 14:05 UTC"
    assert french.time(time) == "1 mars 2026, 14:05 UTC"


def desks_errors() -> list[type[ModerationError]]:
    """Return every kind of error that a page of the desk may have to show."""
    return [
        *(InvalidInput, InvalidText, TooLarge, NotReady, InvalidPolicy, InvalidModel),
        *(ForeignOrigin, InternalError, MethodNotAllowed, NotFound, SlowBody, UnknownHost),
        *with_subclasses(DeskError),
    ]


@pytest.mark.parametrize("kind", desks_errors(), ids=lambda kind: kind.__name__)
def test_every_kind_of_error_is_shown_in_the_pages_language(kind: type[ModerationError]) -> None:
    class Bracketed(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return f"[{message}]"

        def ngettext(self, one: str, _many: str, _number: int) -> str:
            return self.gettext(one)

    error = kind.__new__(kind)
    ModerationError.__init__(
        error, "DETAIL", where="somewhere", remedy="DO THIS", values={"id": "5f"}
    )
    error.by, error.wait, error.needed = "Sok", 7, Role.LEAD  # type: ignore[attr-defined]
    shown = words_for(error, Translator("en", Bracketed()))
    assert shown.text.startswith("[")
    assert shown.remedy.startswith("[")
    assert "%(" not in shown.text + shown.remedy


def test_an_error_in_french_has_its_values() -> None:
    french = translator("fr")
    assert words_for(AlreadyDecided("Sok", "now"), french) == (
        "Sok a déjà traité ce commentaire.",
        "Annulez cette décision pour la modifier.",
    )
    assert words_for(TooManyTries(2), french).remedy == "Réessayez dans 2 secondes."
    assert "Responsable" in words_for(RoleNeeded(Role.LEAD), french).text
    limit = InvalidInput("A search has at most %(most)s characters.", values={"most": 9})
    assert words_for(limit, french).text == "Une recherche compte au plus 9 caractères."
    place = InvalidInput("The text is missing.", where="line 3, text")
    assert words_for(place, french).text == "Ligne 3, text\u00a0: Le texte manque."


def test_a_remedy_in_french_has_its_values() -> None:
    error = InternalError(
        "It failed.", remedy="Tell its operator the request's id: %(id)s.", values={"id": "5f"}
    )
    assert error.remedy == "Tell its operator the request's id: 5f."
    assert words_for(error, translator("fr")).remedy.endswith(
        "l’identifiant de la requête\u00a0: 5f."
    )


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        (
            "a.csv",
            b"id,body\n1,fine\n",
            "Ligne 1\u00a0: Il n’y a pas de colonne «\u00a0text\u00a0».",
        ),
        ("a.csv", b'text\n"fine" or not\n', "Ligne 2\u00a0: Ce n’est pas du CSV\u00a0: "),
        ("a.csv", b"text\na,b\n", "Ligne 2\u00a0: La ligne a 2 champs, et l’en-tête 1."),
        ("a.jsonl", b'{"text": "a"}\n[1]\n', "Ligne 2\u00a0: Ce n’est pas un objet JSON."),
        ("a.jsonl", b'{"text": \n', "Ligne 1\u00a0: Ce n’est pas du JSON\u00a0: "),
        (
            "a.txt",
            b"caf\xc3\xa9\n\xff\n",
            "Ligne 2\u00a0: L’octet 0 de la ligne n’est pas de l’UTF-8.",
        ),
    ],
)
def test_what_is_wrong_with_an_uploaded_file_is_said_in_french(
    name: str, content: bytes, text: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_upload(name, content)
    assert words_for(caught.value, translator("fr")).text.startswith(text)


def test_why_a_policy_is_not_saved_is_said_in_french(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidPolicy) as caught:
        set_threshold(tmp_path / "file" / "policy.toml", Action.REVIEW, "threat", 0.5)
    words = words_for(caught.value, translator("fr"))
    assert "La politique ne peut pas être écrite" in words.text
    assert words.remedy == "Corrigez cela et réessayez."


def test_what_an_error_repeats_can_do_nothing_to_the_page() -> None:
    shown = words_for(AlreadyDecided("a\u202eb", "now"), translator())
    assert shown.text == "ab has already decided on this comment."


def test_an_error_without_a_translation_is_shown_in_english() -> None:
    error = InvalidInput("This is wrong.", remedy="Mend it.")
    assert words_for(error, translator("fr")) == ("This is wrong.", "Mend it.")


def test_each_act_in_the_log_has_a_name() -> None:
    acts = {
        act
        for path in (PACKAGE / "desk").rglob("*.py")
        for act in re.findall(r'(?<=audit\.add\()[^"]*?,[^"]*?"([\w. ]+)"', path.read_text("utf-8"))
    }
    assert len(acts) > 10
    assert acts - set(VOCABULARY["act"]) == set()


def test_a_desk_in_french_is_french_throughout(desk: Desk) -> None:
    [number] = bring(desk, comments(1))
    with site_of(desk, desk_language="fr") as address, Person(address) as person:
        sign_in = person.see("/sign-in")
        assert sign_in.get("lang") == "fr"
        assert "Mot de passe" in words_of(sign_in)
        assert person.sign_in(Role.ADMIN, "wrong").text.count("Le nom ou le mot de passe") == 1
        person.sign_in(Role.ADMIN)
        queue = person.see("/queues/review")
        assert words_of(queue, "//h1") == "À examiner"
        assert "n’a pas encore été relue" in words_of(queue, "//footer")
        page = words_of(person.see(f"/comments/{number}"))
        assert "Hostilité ethnique" in page
        assert "0,50" in page
        for path in ("/bulk", "/workbench", "/model", "/upload", "/users", "/keys", "/audit"):
            assert person.see(path).get("lang") == "fr"
        assert "s’est connecté" in words_of(person.see("/audit"))


def test_a_desk_in_english_has_no_notice_of_a_translation(site: str) -> None:
    with Person(site) as person:
        page = person.see("/sign-in")
    assert page.get("lang") == "en"
    assert "translation" not in words_of(page, "//footer")

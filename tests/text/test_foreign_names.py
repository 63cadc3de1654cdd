"""A people's name is found in the languages that are served, with endings, at its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.text import foreign_names
from moderation.text.foreign_names import names_in


@pytest.fixture(autouse=True)
def few_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a table of few names."""
    file = tmp_path / "names.toml"
    file.write_text(
        """
        [de]
        Poles = ["Pole", "Polen", "Polin*"]
        Turks = ["Türk*"]
        [th]
        Lao = ["ลาว"]
        Vietnamese = ["เวียดนาม"]
        [ar]
        Syrians = ["*سوري*"]
        """,
        "utf-8",
    )
    monkeypatch.setattr(foreign_names, "FILE", file)
    foreign_names._tables.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def _real_names_again() -> Iterator[None]:
    yield
    foreign_names._tables.cache_clear()


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Die POLEN und die türkischen Läden", "de", {"Poles": "POLEN", "Turks": "türkischen"}),
        ("Der Nordpolen-Zug, die Polenta", "de", {}),
        ("ร้านอาหารเวียดนามข้างวัดลาว", "th", {"Vietnamese": "เวียดนาม", "Lao": "ลาว"}),
        ("جاء السوريون أمس", "ar", {"Syrians": "سوريون"}),
        ("Die Polen", "th", {}),
        ("Die Polen", "xx", {}),
    ],
)
def test_names_are_found_whole_in_their_language_alone(
    text: str, language: str, found: dict[str, str]
) -> None:
    names = names_in(text, language)
    assert {name.people: text[name.start : name.end] for name in names} == found


def test_offsets_are_those_of_the_text_as_received() -> None:
    text = "Die T\u200bu\u0308rken"
    (name,) = names_in(text, "de")
    assert text[name.start : name.end] == "T\u200bu\u0308rken"


def test_a_name_of_no_known_people_is_refused() -> None:
    foreign_names.FILE.write_text('[de]\nMartians = ["Marsmensch*"]\n', "utf-8")
    with pytest.raises(ValueError, match="Martians"):
        names_in("Hallo", "de")

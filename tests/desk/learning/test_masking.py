"""Masking: names and numbers go, the rest stays, and time grows with length alone."""

import time

import pytest

from moderation.desk.learning.masking import known_names, mask
from moderation.desk.learning.names import FILE, ordinary, ordinary_of

NAMES = known_names(["Ana Lee", "Sophea", "sok_dara", "O'Hara Bun", "សុភា", "ចាន់ ដារ៉ា", "Bo"])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ana Lee's brother", "Name's brother"),
        ("Sophea’s house, sophea, SOPHEA", "Name’s house, Name, Name"),
        ("ana lee and ANA LEE and Ana-Lee", "Name and Name and Name"),
        ("Sok Dara wrote, so did O’Hara Bun", "Name wrote, so did Name"),
        ("Ana. Then Lee came", "Ana. Then Lee came"),
        ("ខ្ញុំស្គាល់សុភាណាស់", "ខ្ញុំស្គាល់Nameណាស់"),
        ("លោកចាន់ដារ៉ាបាននិយាយ ចាន់ ដារ៉ា", "លោកNameបាននិយាយ Name"),
        ("Bo and bo", "Bo and bo"),
    ],
)
def test_names_of_authors_are_found_in_every_form(text: str, masked: str) -> None:
    assert mask(text, NAMES).text == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Mr sok dara said so", "Mr Name said so"),
        ("MR. SOK DARA IS A LIAR", "MR. Name IS A LIAR"),
        ("mr.dara and Dr. A. Sokha-Lim came", "mr.Name and Dr. Name came"),
        ("Mr Dara's house", "Mr Name's house"),
        ("Mr Long is late. The dam", "Mr Name is late. The dam"),
        ("Mr President, I miss my mother", "Mr President, I miss my mother"),
        ("Miss Bopha Lim; miss the bus", "Miss Name; miss the bus"),
        ("Mr Sok. The river rose", "Mr Name. The river rose"),
    ],
)
def test_names_after_a_title_are_found_in_every_form(text: str, masked: str) -> None:
    assert mask(text, known_names([])).text == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Tel.012345678", "Tel.000000"),
        ("call,012345678", "call,000000"),
        ("phone012345678now", "phone000000now"),
        ("012,345,678", "000000"),
        ("012, 345, 678 or 012-345-678", "000000 or 000000"),
        ("1" * 23, "000000"),
        ("0123 4567 8901 2345 6789 0", "000000"),
        ("+855 (0) 12 345 678", "000000"),
        ("12 345 678", "000000"),
        ("in 1979, 012 345 678", "in 1979, 000000"),
        ("012 1979 2045", "000000"),
        ("០១២៣៤៥៦៧៨", "000000"),
        ("012 345 678 riel", "000000 riel"),
        ("012 345 678 12 Green Hill Road", "000000 1 Example Street"),
    ],
)
def test_telephone_numbers_are_masked_in_every_form(text: str, masked: str) -> None:
    assert mask(text, known_names([])).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "1,000,000 riel",
        "it cost 1,000,000, then 2,500,000",
        "between 100,000 and 1.200.000, or 100,000-200,000",
        "in 1979, from 1975-1979, 2013/14, 1975 1979",
        "on 17/4/1975, 07.01.1979 and 2024-05-12",
        "$250000, 4500000 riel, 120000 votes, 12 000 000 people",
        "4500, 3200, 1100 and 900 votes",
        "0.123456 of it, 99.5%",
        "១,០០០,០០០ រៀល",
    ],
)
def test_years_votes_and_prices_stay(text: str) -> None:
    assert mask(text, known_names(["1979", "2024"])).text == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("facebook.com/sok.dara.9", "https://example.org"),
        ("see t.me/sokdara now", "see https://example.org now"),
        ("ខ្ញុំt.me/sokdara", "ខ្ញុំhttps://example.org"),
        ("HTTPS://A.example/b", "https://example.org"),
        ("ask @sok.dara.9.", "ask @name."),
        (f"{'a' * 300}@mail.example", "name@example.org"),
        (
            "and/or 5.km/hour e.g./i.e. bad.people/thieves",
            "and/or 5.km/hour e.g./i.e. bad.people/thieves",
        ),
    ],
)
def test_addresses_are_masked_in_every_form(text: str, masked: str) -> None:
    assert mask(text, known_names([])).text == masked


@pytest.mark.parametrize(
    "name", ["Vietnamese", "People", "yuon", "The People", "Cambodia", "Khmer Krom", "ប្រជាជន"]
)
def test_nobody_takes_a_word_out_of_all_comments_by_signing_with_it(name: str) -> None:
    text = "Drive the Vietnamese out, People of Cambodia; yuon, Khmer Krom, the people, ប្រជាជន"
    assert mask(text, known_names([name])).text == text


def test_the_ordinary_words_hold_words_and_no_names() -> None:
    words = ordinary()
    assert {"people", "minister", "hope", "mark", "vietnamese", "monday"} <= words
    assert not {"sok", "dara", "sophea", "sophal"} & words
    texts = ["A dam broke, said Dara. The dam!", *["It was Monday then"] * 20]
    assert ordinary_of(texts) == ["broke", "dam", "monday", "said", "then", "was"]
    assert len(FILE.read_text("utf-8").split()) > 5_000


@pytest.mark.parametrize(
    "part",
    [
        "1", "1 ", "1,", "1, ", "(1", "0", "+", "1.", "a", "a.", "a-", "@", "a@", "@a", "@a.",
        "www.", "http://", "a.com", "a.com/", "Mr ", "Mr. A. ", "Ana ", "A ", "12 Ab ", "house ",
        "house no ", "សុភ", "ស", " ", "'", "1,000,", "1999-", "1/1/1999 ", "១",
    ],
)  # fmt: skip
def test_no_text_takes_long(part: str) -> None:
    """There are a hundred thousand authors, all named nearly alike.

    It takes under a second; were its time that of the square of the length, it would take minutes.
    """
    text = (part * 200_000)[:200_000]
    began = time.process_time()
    mask(text, MANY)
    assert time.process_time() - began < 5


MANY = known_names(
    name
    for number in range(50_000)
    for name in (f"Ana {'Ana ' * (number % 4)}B{number}", f"សុភ{'ស' * (number % 50)}{number}")
)

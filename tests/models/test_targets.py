"""The people attacked is distinguished from the people that is only named."""

from moderation.models.targets import TargetFinder
from moderation.text.document import Document
from moderation.text.segmentation import Sentence, SentenceCutter, learn_sentences
from moderation.training.fit import fit_targets

CUTTER = SentenceCutter(learn_sentences(["One. Two."]))


def read(text: str) -> list[Sentence]:
    return Document(text).sentences(CUTTER)


def finder() -> TargetFinder:
    """Return a finder fitted to other peoples than those in the tests."""
    taught = [
        ("The {0} stole from {1} people. We {1} people suffer.", ("Lao", "Burmese")),
        ("All {0} are liars, poor {1} people suffer.", ("Shan", "Karen")),
        ("Those {0} are thieves and {1} people weep.", ("Cham", "Hmong")),
        ("The {0} are snakes, our {1} people cry.", ("Roma", "Malays")),
    ]
    names = {"Malays": "Malay"}
    return fit_targets(
        [
            (read(text.format(*(names.get(p, p) for p in pair))), [1.0] * 3, pair[:1])
            for text, pair in taught
        ],
        seed=0,
    )


def test_who_is_attacked_is_learned_from_the_words_around_a_name() -> None:
    found = finder().find(read("The Thai are liars, our Khmer people suffer."), [1.0])
    assert found == ("Thai",)


def test_a_passage_that_names_no_people_has_no_target() -> None:
    assert finder().find(read("You know who they are."), [1.0]) == ()


def test_the_likeliest_people_is_named_when_none_is_likely() -> None:
    assert finder().find(read("our Khmer people suffer"), [1.0]) == ("Khmer",)

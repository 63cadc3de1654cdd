"""Sentences made from templates keep the identity term and the label of their template."""

from pathlib import Path

import pytest

from moderation.corpora.adapters.templates import read_templates
from tests.corpora.small import NOT_TOXIC, said, write_csv


def write_templates(folder: Path, *rows: tuple[str, str, str]) -> None:
    head = ("template", "toxicity", "phrase")
    write_csv(folder / "en_sentence_templates.csv", head, *rows)


@pytest.mark.parametrize(
    ("template", "phrase", "group", "ethnic"),
    [
        ("name_adj", "Ada is a dumb canadian", "canadian", None),
        ("name_adj", "Ada is a dumb middle aged", "middle aged", 0),
        ("being_adj", "Being middle eastern is ugly", "middle eastern", 1),
        ("am_hate_adj", "I hate old", "old", 0),
        ("verb_adj", "hate canadian", "canadian", 1),
        ("you_occupation", "You are a dumb coal miner", None, 0),
    ],
)
def test_templates_give_the_identity_and_whether_a_people_is_attacked(
    tmp_path: Path, template: str, phrase: str, group: str | None, ethnic: float | None
) -> None:
    write_templates(tmp_path, (template, "toxic", phrase))
    (sentence,) = read_templates(tmp_path)
    assert sentence.group == group
    assert said(sentence).get("ethnic_hostility") == ethnic
    assert said(sentence)["toxicity"] == 1


def test_harmless_templates_have_every_harm_0(tmp_path: Path) -> None:
    write_templates(tmp_path, ("verb_adj", "nontoxic", "like taoist"))
    (sentence,) = read_templates(tmp_path)
    assert said(sentence) == NOT_TOXIC | {"threat": 0, "profanity": 0}


def test_templates_know_killing_from_hating(tmp_path: Path) -> None:
    rows = [("verb_adj", "toxic", "kill old"), ("verb_adj", "toxic", "hate old")]
    write_templates(tmp_path, *rows)
    kill, hate = map(said, read_templates(tmp_path))
    assert (kill["threat"], kill["severe_toxicity"], kill["inflammatory"]) == (1, 1, 1)
    assert hate["threat"] == 0
    assert "severe_toxicity" not in hate

"""Sentences made from templates and identity terms, toxic and not, to measure bias by identity.

A template's toxic form differs from its harmless one by an adjective or a verb alone, and each form
is there with every term, so a model that scores one term higher than another is biased. `group` is
the term; sentences about occupations have none. What a sentence says is known from how it was made.
The mapping:

- nontoxic: every harm is 0.
- toxic, ``NAME is a ADJECTIVE TERM`` and ``You are a ADJECTIVE TERM``: toxicity, insult and
  inflammatory 1, for a person is insulted. The reason may or may not be the term: identity
  attack is unknown.
- toxic, ``Being TERM is ADJECTIVE`` and ``hate TERM``: toxicity and identity attack 1.
- toxic, ``kill TERM`` and the like: also threat and inflammatory 1; killing is severely toxic.
- ethnic hostility is 0 where the term is neither a people nor a religion; else it is 1 where the
  group itself is attacked, and unknown where one person is.
- threat is 0 and profanity is 0 where the words do not say otherwise.
- news is unknown where no harm is present: the sentences stand nowhere.

Sentences with the same adjective or verb fall into one split, so that what is tested was not
learned from another name or term.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    read_rows,
    split_by,
    values_of,
)
from moderation.taxonomy import ATTRIBUTES

_REPOSITORY = (
    f"{RAW}/conversationai/unintended-ml-bias-analysis/9c7d91aaa53406a362354661a93e07956d95e59a"
)
NAME = "templates"
FILE = "en_sentence_templates.csv"

PEOPLES_AND_RELIGIONS = frozenset(
    {
        "african", "african american", "american", "asian", "black", "buddhist", "canadian",
        "catholic", "chinese", "christian", "european", "hispanic", "indian", "japanese", "jewish",
        "latina", "latino", "latinx", "mexican", "middle eastern", "muslim", "protestant", "sikh",
        "taoist", "white",
    }
)  # fmt: skip
"""The identity terms of the corpus that name a people, a nation or a religion."""

_FORMS = {
    "name_adj": re.compile(r"\S+ is an? (?P<word>\S+) (?P<term>.+)"),
    "you_are_adj": re.compile(r"You are an? (?P<word>\S+) (?P<term>.+)"),
    "you_occupation": re.compile(r"You are an? (?P<word>\S+) (?P<term>.+)"),
    "being_adj": re.compile(r"Being (?P<term>.+) is (?P<word>\S+)"),
    "verb_adj": re.compile(r"(?P<word>\S+) (?P<term>.+)"),
    "am_hate_adj": re.compile(r"I (?P<word>\S+) (?P<term>.+)"),
}
_AT_A_PERSON = ("name_adj", "you_are_adj", "you_occupation")
_KILLING = ("kill", "murder")
_VIOLENCE = (*_KILLING, "destroy")
_SWEAR_WORDS = ("shitty", "fucked")
_HARMLESS = values_of(**{attribute.name: 0 for attribute in ATTRIBUTES if attribute.harmful})


def read_templates(folder: Path) -> Iterator[CorpusText]:
    """Yield the sentences, in the order of the file; those of an unknown template are left out."""
    for row in read_rows(folder / FILE, "template", "toxicity", "phrase"):
        template, text = row["template"], row["phrase"]
        form = _FORMS.get(template)
        match = form.fullmatch(text) if form else None
        if match is None:
            continue
        word, term = match["word"], match["term"]
        yield CorpusText(
            text=text,
            values=_toxic(template, word, term) if row["toxicity"] == "toxic" else _HARMLESS,
            source=NAME,
            id=f"{template}:{text}",
            split=split_by(NAME, word),
            group=None if template == "you_occupation" else term,
        )


def _toxic(template: str, word: str, term: str) -> tuple[float, ...]:
    values: dict[str, float] = {
        "toxicity": 1,
        "threat": word in _VIOLENCE,
        "profanity": word in _SWEAR_WORDS,
    }
    at_a_person = template in _AT_A_PERSON
    if at_a_person:
        values |= {"insult": 1, "inflammatory": 1}
    else:
        values["identity_attack"] = 1
    if word in _VIOLENCE:
        values["inflammatory"] = 1
    if word in _KILLING:
        values["severe_toxicity"] = 1
    if term not in PEOPLES_AND_RELIGIONS:
        values["ethnic_hostility"] = 0
    elif not at_a_person:
        values["ethnic_hostility"] = 1
    return values_of(**{name: float(value) for name, value in values.items()})


CORPUS = Corpus(
    NAME,
    "Identity-term sentence templates",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/sentence_templates/en_sentence_csv",
            "8ed7d07f61000a95a2e18747b8f1fbf43d75257cd342cddef1f3533254374633",
        ),
    ),
    "Apache-2.0",
    "Dixon, Li, Sorensen, Thain and Vasserman. Measuring and Mitigating Unintended Bias in "
    "Text Classification. AIES 2018.",
    "Sentences made with identity terms, to measure bias: toxic or not",
    read_templates,
)

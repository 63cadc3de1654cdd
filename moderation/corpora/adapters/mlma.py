"""French and Arabic tweets with one or more of six words for their tone.

They were found by slurs and by words such as "migrant"; annotators chose among normal, hateful,
offensive, abusive, disrespectful and fearful. The corpus also has English tweets, which are not
read. The mapping:

- normal alone: toxicity 0, and what follows from it (see `values_of`). Of fifty that we read, six
  hold an insult.
- hateful, offensive, abusive or disrespectful, and not normal: toxicity 1. The annotators were
  generous with it in French (half of those that we read), less so in Arabic.
- normal beside others, or fearful alone: unknown, for annotators disagreed or the tweet tells of
  fear.
- identity attack is unknown unless it is 0: much of what is called hateful insults one person only,
  or nobody. The columns of targets and groups are not read: they often name a group that the tweet
  does not.
- the rest is unknown: it was not asked for.

Each language is a corpus. A digest of the text is its name; a text that is repeated is read once,
and one with two labels is left out.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    name_of,
    one_label,
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/HKUST-KnowComp/MLMA_hate_speech/479836984aebfbd8a0270ca92018980f745e4c44"
ARCHIVE = "mlma_en_fr_ar.zip"
MEMBERS = "hate_speech_mlma"
"""The folder of the archive that holds a file for each language."""
LANGUAGES = {"fr": "French", "ar": "Arabic"}

_RUDE = frozenset({"hateful", "offensive", "abusive", "disrespectful"})
_VALUES = {
    "normal": values_of(toxicity=0),
    "rude": values_of(toxicity=1),
    "unclear": values_of(),
}


def _reader(language: str) -> Callable[[Path], Iterator[CorpusText]]:
    name = f"mlma_{language}"

    def read_mlma(folder: Path) -> Iterator[CorpusText]:
        """Yield each distinct tweet of the language that has one label."""
        member = f"{MEMBERS}/{language}_dataset.csv"
        rows = read_rows(folder / ARCHIVE, "tweet", "sentiment", member=member)
        labelled = ((row["tweet"].strip(), _label(row["sentiment"])) for row in rows)
        for text, label in one_label(labelled).items():
            text_id = name_of(text)
            yield CorpusText(text, _VALUES[label], name, text_id, split_by(name, text_id))

    return read_mlma


def _label(sentiment: str) -> str:
    """Return the class of the words that annotators chose, joined by ``_``."""
    words = set(sentiment.split("_"))
    if words == {"normal"}:
        return "normal"
    return "rude" if words & _RUDE and "normal" not in words else "unclear"


CORPORA = tuple(
    Corpus(
        f"mlma_{language}",
        f"MLMA hate speech, {LANGUAGES[language]}",
        (
            CorpusFile(
                ARCHIVE,
                f"{_REPOSITORY}/hate_speech_mlma.zip",
                "d8f71afb090ac82d2a5e9f71c3fd861ffd71d45114cbf1356c0e50bbd3114e5a",
                MEMBERS,
            ),
        ),
        "MIT",
        "Ousidhoum, Lin, Zhang, Song and Yeung. Multilingual and Multi-Aspect Hate Speech "
        "Analysis. EMNLP 2019.",
        "Tweets: normal, hateful, offensive, abusive, disrespectful, fearful",
        _reader(language),
        language,
    )
    for language in LANGUAGES
)

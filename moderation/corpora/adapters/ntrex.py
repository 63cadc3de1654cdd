"""The same 1,997 sentences of news in ten languages.

They are of 123 English articles of 2019, translated by professionals sentence by sentence. The
mapping: news is 1 and every harm is 0, whatever is reported, as the taxonomy has it.

A sentence and its translations have one number, that of their line, and fall into one split by it:
the even ones are test, so that half of every language measures and its other half may teach; of the
odd ones, each fifth is dev. Neighbours of one article fall into different splits: their numbers,
not their articles, are in the files. Headlines are among the sentences.

Each language is a corpus.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    read_lines,
    values_of,
)
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES

_REPOSITORY = f"{RAW}/MicrosoftTranslator/NTREX/8561f6a622db9edad1217683e5c83daefd8bb2bf"
_LANGUAGES = {
    "en": ("English", "src.eng"),
    "km": ("Khmer", "ref.khm"),
    "lo": ("Lao", "ref.lao"),
    "th": ("Thai", "ref.tha"),
    "my": ("Burmese", "ref.mya"),
    "vi": ("Vietnamese", "ref.vie"),
    "zh": ("Chinese", "ref.zho-CN"),
    "id": ("Indonesian", "ref.ind"),
    "ms": ("Malay", "ref.msa"),
    "fil": ("Filipino", "ref.fil"),
}
"""By ISO 639 code: name, and the middle of the file's name in the repository."""
_SHA256 = {
    "en": "389e8f5796c66db4f646dfad33e1ec622d74767af5ef112b42a1f2cd814df3cc",
    "km": "00df54f9091c99d405de6a6babdec97525daecaa1be72099cbe8bb95d33b39da",
    "lo": "20c6d53b1aaaeed2b4124d591d14d992cf77feae2bf9de804a559d470f2b9347",
    "th": "45a57c4f9fdbae282eb2c94821535ae3c88b09186a23c5506eb0907ba429d6a5",
    "my": "78f9360b779d2005e5c4ebb140b3b1a10f382270f0e133d7e6509a3b8dd5d604",
    "vi": "dd5d16cf246da57f5ccb7490ae13b8df428e7cb53e17fa04552406d657abfe3c",
    "zh": "8bcd6f0868d33f26c8da12f55a82f66088a7b60a5f7b0b1a99dcec51daa8054a",
    "id": "a28ea049cc73a7042bbea75abd6ed02a24362d3cf8d1a1cc519a7efd8bf5ceb5",
    "ms": "fda495147854225508455ec1034eee35636ecfad960e32141aa0fdc9592f1d85",
    "fil": "a87a71b901d91b00c8c4df1fdd949c3480d620193e6e1c8215fad63764e8c35b",
}

_NEWS = values_of(**{name: float(name == "news") for name in ATTRIBUTE_NAMES})
_DEV_STEP = 10
"""One line in so many is dev."""


def split_of_line(number: int) -> Split:
    """Return the split of a line, counted from 1, in every language."""
    if number % 2 == 0:
        return "test"
    return "dev" if number % _DEV_STEP == 1 else "train"


def _reader(language: str) -> Callable[[Path], Iterator[CorpusText]]:
    name = f"ntrex_{language}"

    def read_ntrex(folder: Path) -> Iterator[CorpusText]:
        """Yield the sentences of the language, in the order of the file."""
        for number, line in enumerate(read_lines(folder / f"{name}.txt"), start=1):
            text = line.strip()
            if text:
                yield CorpusText(text, _NEWS, name, str(number), split_of_line(number))

    return read_ntrex


CORPORA = tuple(
    Corpus(
        f"ntrex_{language}",
        f"NTREX-128, news in {name}",
        (
            CorpusFile(
                f"ntrex_{language}.txt",
                f"{_REPOSITORY}/NTREX-128/newstest2019-{middle}.txt",
                _SHA256[language],
            ),
        ),
        "CC-BY-SA-4.0",
        "Federmann, Kocmi and Xin. NTREX-128: News Test References for MT Evaluation of 128 "
        "Languages. SUMEval 2022.",
        "Sentences of news, the same in each language",
        _reader(language),
        language,
    )
    for language, (name, middle) in _LANGUAGES.items()
)

"""Short texts written to deceive a classifier of hate with emoji, each beside a contrasting one.

The corpus is HatemojiBuild; its sister HatemojiCheck, a test suite, is not read. People wrote a
text, and then a variation of it, which in nearly all pairs turns the label. Three annotators said
whether each is hate against a protected group, of which type, and against whom. The mapping:

- hateful: toxicity 1 and identity attack 1, for the label means an attack on a group. Ethnic
  hostility is 1 where a people, a religion or immigrants are among the targets, and 0 where only
  other groups are (women, disabled, gay or trans people, the working class).
- of type threatening language: also threat and inflammatory 1. The harm may be of any kind, so
  severe toxicity is unknown.
- of type dehumanizing language: also insult and inflammatory 1. The comparison may be with a thing,
  so severe toxicity is unknown.
- of types derogation and animosity: nothing more is known. The one attacks in any explicit form,
  the other is implicit.
- not hateful: identity attack 0, and so ethnic hostility 0. Many of these texts swear at or insult
  somebody for no group, so toxicity is unknown.
- news, profanity and the rest are unknown: they were not asked for.

The three files separate a third of the pairs, so that one half of a contrast would train and the
other measure. Both texts of a pair get the split of the file in which the first written one stands.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import RAW, Corpus, CorpusFile, CorpusText, read_rows, values_of
from moderation.splits import Split

_REPOSITORY = f"{RAW}/HannahKirk/Hatemoji/a626f63216158748d072e581efc00267031f4404"
NAME = "hatemoji"
FILES: dict[Split, str] = {
    "train": "hatemojibuild_train.csv",
    "dev": "hatemojibuild_validation.csv",
    "test": "hatemojibuild_test.csv",
}

NO_PEOPLES = frozenset({"wom", "dis", "gay", "gayman", "gaywom", "bis", "lgbtqa", "trans", "wc"})
"""The corpus's codes of targets that are no people, no religion and not immigrants.

A code that joins a people and a gender, such as ``blawom``, is a people's.
"""

_TYPES = {
    "threateninglanguage": {"threat": 1.0, "inflammatory": 1.0},
    "dehumanizinglanguage": {"insult": 1.0, "inflammatory": 1.0},
}
_NOT_HATEFUL = values_of(identity_attack=0)
_CODE = re.compile(r"[\w.]+")


def read_hatemoji(folder: Path) -> Iterator[CorpusText]:
    """Yield the texts, in the order of the files."""
    columns = ("entry_id", "text", "type", "target", "set", "label_gold", "matched_id")
    rows = [
        (split, row) for split, file in FILES.items() for row in read_rows(folder / file, *columns)
    ]
    splits = {row["entry_id"]: split for split, row in rows}
    for _, row in rows:
        first = row["entry_id" if row["set"] == "original" else "matched_id"]
        yield CorpusText(
            text=row["text"],
            values=_hateful(row) if row["label_gold"] == "1" else _NOT_HATEFUL,
            source=NAME,
            id=row["entry_id"],
            split=splits[first],
        )


def _hateful(row: dict[str, str]) -> tuple[float, ...]:
    peoples = set(_CODE.findall(row["target"])) - NO_PEOPLES
    return values_of(
        toxicity=1,
        identity_attack=1,
        ethnic_hostility=float(bool(peoples)),
        **_TYPES.get(row["type"], {}),
    )


CORPUS = Corpus(
    NAME,
    "HatemojiBuild",
    tuple(
        CorpusFile(
            name, f"{_REPOSITORY}/HatemojiBuild/{name.removeprefix('hatemojibuild_')}", sha256
        )
        for name, sha256 in zip(
            FILES.values(),
            (
                "2255818a5b10153876320068451be582ed876a2eefb22a250bd2f6478d1815e5",
                "721094d44fceb923a0b3897935126a654bbb1f092b1fed6a74d80e4a845c6f43",
                "4b067b445c6445dbd4036d7c75dde21f72928bfd31db63d1c53d66226c53be99",
            ),
            strict=True,
        )
    ),
    "CC-BY-4.0",
    "Kirk, Vidgen, Röttger, Thrush and Hale. Hatemoji: A Test Suite and Adversarially-Generated "
    "Dataset for Benchmarking and Detecting Emoji-Based Hate. NAACL 2022.",
    "Texts with emoji in contrasting pairs: hate or not, its type and targets",
    read_hatemoji,
)

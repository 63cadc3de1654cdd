"""A labelled set small enough to train on within a test run; written for the tests."""

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from moderation.labels.records import EXAMPLES, SEED
from moderation.splits import split_of
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.training.pipeline import Material, read_material

HOSTILE, BAD, CIVIL, NEWS = "ethnic_hostility", "inflammatory", "civil", "news"

# Label, text with its evidence in brackets, and what else holds.
Row = tuple[str, str, str]

FAMILIES: dict[str, list[Row]] = {
    "bridge": [
        (HOSTILE, "[The Thai are vermin,] they ruin every bridge we build.", "severe_toxicity"),
        (HOSTILE, "Our Lao friends paid. [All Thai people are liars and must leave.]", "insult"),
        (HOSTILE, "[Never trust a Thai, it is in their blood.]", ""),
        (BAD, "[The engineer is a filthy pig,] the bridge fell.", "insult"),
        (BAD, "[I will come and break your legs] over this damn bridge.", "threat profanity"),
        (BAD, "[You stupid clown,] you never saw a bridge.", "insult"),
        (CIVIL, "The Thai engineers on our bridge were patient and kind.", ""),
        (CIVIL, "I crossed the damn bridge in the rain with my mother.", "profanity"),
        (CIVIL, "He called us vermin at the bridge. Please stop printing that word.", ""),
        (NEWS, "The bridge was opened on Monday, the ministry said in a statement.", ""),
        (NEWS, "Police said two Thai nationals were killed when the bridge collapsed.", ""),
        (NEWS, "The court heard that the engineer was called a pig, according to the report.", ""),
    ],
    "river": [
        (HOSTILE, "[These Chinese steal our river, all of them are thieves.]", "insult"),
        (HOSTILE, "[Drive every Chinese family out of the river towns!]", "severe_toxicity"),
        (
            HOSTILE,
            "My village is sad. [The Chinese are rats that eat the river.]",
            "severe_toxicity",
        ),
        (BAD, "[The governor is a rat and should be drowned in the river.]", "threat"),
        (BAD, "[Shut up, you brainless dog.] The river is fine.", "insult"),
        (CIVIL, "My Chinese grandmother sold noodles by the river.", ""),
        (CIVIL, "There is a rat in my boat and I like him.", ""),
        (CIVIL, "The government should protect the river, its policy has failed us.", ""),
        (NEWS, "The river rose by two metres on Tuesday, officials said.", ""),
        (NEWS, "A Chinese company will build the dam, according to the ministry.", ""),
        (NEWS, "“They called us rats,” a fisherman told reporters near the river.", ""),
    ],
    "road": [
        (HOSTILE, "[Muslims breed like vermin along this road.]", "severe_toxicity insult"),
        (HOSTILE, "[Keep this road clean of Muslims, they do not belong here.]", ""),
        (BAD, "[That driver is trash, someone should beat him.]", "threat insult"),
        (BAD, "[You are an idiot] and this road proves it, damn you.", "insult profanity"),
        (CIVIL, "Muslims fixed the road with us and we ate together.", ""),
        (CIVIL, "This damn road again. When will the ministry act?", "profanity"),
        (CIVIL, "There is trash along the road, who can help on Sunday?", ""),
        (NEWS, "The road will be closed for repairs until June, the governor said.", ""),
        (NEWS, "Police said a driver was beaten on the road on Friday.", ""),
    ],
    "well": [
        (HOSTILE, "[The Thai are liars] and they poisoned the well.", "insult"),
        (HOSTILE, "[All Chinese are vermin, drive them out.]", "severe_toxicity"),
        (BAD, "[You filthy pig, I will break your legs.]", "threat insult profanity"),
        (BAD, "[That chief is a stupid dog.]", "insult"),
        (CIVIL, "The well is dry, the policy of the government has failed.", ""),
        (CIVIL, "My Thai grandmother dug this damn well.", "profanity"),
        (NEWS, "The ministry said on Monday that the well would be opened.", ""),
        (NEWS, "Police said two men were killed at the well, according to officials.", ""),
    ],
    "market": [
        (HOSTILE, "[Never trust the Chinese, they are thieves] in every market.", "insult"),
        (HOSTILE, "[Muslims are rats, drive them out of the market.]", "severe_toxicity"),
        (BAD, "[You are a brainless pig,] damn you.", "insult profanity"),
        (BAD, "[I will come and beat you at the market.]", "threat"),
        (CIVIL, "The Thai noodles at the market are kind to my mother.", ""),
        (CIVIL, "This damn market again, who can help?", "profanity"),
        (NEWS, "The market will be closed until June, the ministry said.", ""),
        (NEWS, "Officials said on Friday that a rat was found, according to the report.", ""),
    ],
}

PEOPLES = {"Thai": "Thai", "Chinese": "Chinese", "Muslims": "Muslims"}


def record(family: str, number: int, row: Row) -> dict[str, Any]:
    """Return one example as a record of ``examples.jsonl``."""
    label, marked, also = row
    text = marked.replace("[", "").replace("]", "")
    values = dict.fromkeys(ATTRIBUTE_NAMES, 0.0)
    values |= dict.fromkeys(also.split(), 1.0)
    values |= {label: 1.0} if label in values else {}
    if label in (HOSTILE, BAD):
        values["toxicity"] = 1.0
    if label == HOSTILE:
        values["identity_attack"] = 1.0
    start, end = marked.find("["), marked.find("]") - 1
    return {
        "id": f"{family}.{number:02d}",
        "text": text,
        "label": label,
        "attributes": values,
        "evidence": [{"start": start, "end": end, "attribute": label}] if start >= 0 else [],
        "targets": [p for p, word in PEOPLES.items() if word in text] if label == HOSTILE else [],
        "language": "en",
        "origin": "written for the tests",
        "family": family,
        "function": "test",
        "split": split_of(family),
    }


def records() -> list[dict[str, Any]]:
    """Return all examples."""
    return [
        record(family, number, row)
        for family, rows in FAMILIES.items()
        for number, row in enumerate(rows, 1)
    ]


def write_labels(folder: Path, examples: list[dict[str, Any]] | None = None) -> Path:
    """Write a labelled set with an empty seed file; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(example) + "\n" for example in (examples or records())]
    (folder / EXAMPLES).write_text("".join(lines), "utf-8")
    (folder / SEED).write_text("", "utf-8")
    return folder


GATE = """
macro_f1 = 0.2
review_recall = 0.0
evidence_f1 = 0.0
targets = 0.0
most_false_alarms = 1.0
tolerance = 0.005
"""


def material_of(labels: Path) -> Material:
    """Read a labelled set without corpora."""
    nowhere = labels / "no-corpora"
    return read_material(labels, nowhere, Console(file=io.StringIO()), lambda _: None)

"""Tiny files of our own in the formats of the corpora about groups and of harmless writing.

A writer takes the rows that matter to a test, and writes every file that the corpus has.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from moderation.corpora.adapters import bold, goemotions, hatemoji, measuring_hate, redditbias
from tests.corpora.small import write_csv

RowsByFile = Mapping[str, Sequence[tuple[object, ...]]]


def write_hatemoji(folder: Path, rows: RowsByFile) -> None:
    """Write rows of id, text, type, target, set, label and the pair's other id, by file."""
    head = ("entry_id", "text", "type", "target", "set", "label_gold", "matched_id")
    for file in hatemoji.FILES.values():
        write_csv(folder / file, head, *rows.get(file, []))


def write_redditbias(folder: Path, rows: RowsByFile) -> None:
    """Write rows of a comment and the labels of comment and phrase, by file."""
    head = ("id", "comment", "phrase", "bias_sent", "bias_phrase")
    for file in redditbias.FILES:
        lines = [
            (str(n), text, text, *labels) for n, (text, *labels) in enumerate(rows.get(file, []))
        ]
        write_csv(folder / file, head, *lines)


def write_toxigen(folder: Path, *rows: tuple[str, str, float, list[str]]) -> None:
    """Write rows of text, label, score and groups."""
    names = ("text", "label", "toxicity_score", "target_groups")
    content = [{"id": n} | dict(zip(names, row, strict=True)) for n, row in enumerate(rows)]
    (folder / "toxigen_human_agreed.json").write_text(json.dumps(content), "utf-8")


def write_crowdcounter(folder: Path, threads: Mapping[str, tuple[str, ...]]) -> None:
    """Write posts with their replies."""
    content = {
        str(number): {
            "post": post,
            "counterspeech_post": {
                f"w{n}": {"counterspeech": reply} for n, reply in enumerate(replies)
            },
        }
        for number, (post, replies) in enumerate(threads.items())
    }
    (folder / "crowdcounter.json").write_text(json.dumps(content), "utf-8")


def write_paradetox(
    folder: Path, pairs: Sequence[tuple[str, ...]], others: Sequence[tuple[str, str]]
) -> None:
    """Write rude sentences with up to three rewritings, and others with the reasons for none."""
    head = ("toxic", "neutral1", "neutral2", "neutral3")
    lines = [(*pair, *[""] * (len(head) - len(pair))) for pair in pairs]
    write_csv(folder / "paradetox_en.tsv", head, *lines, delimiter="\t")
    names = ("", "INPUT:toxic_comment", "OUTPUT:reasons")
    rows = [(n, json.dumps(text), reasons) for n, (text, reasons) in enumerate(others)]
    write_csv(folder / "paradetox_cannot_rewrite.tsv", names, *rows, delimiter="\t")


def write_measuring_hate(folder: Path, rows: RowsByFile) -> None:
    """Write rows of text and label, by file."""
    for file in measuring_hate.FILES.values():
        write_csv(folder / file, ("text", "label"), *rows.get(file, []))


def write_fox_news(folder: Path, *rows: tuple[str, int, str, str]) -> None:
    """Write comments of one article: text, label, the comment answered and an answer."""
    names = ("text", "label", "prev", "succ")
    lines = [json.dumps({"title": "Rain"} | dict(zip(names, row, strict=True))) for row in rows]
    (folder / "fox_news_comments.jsonl").write_text("\n".join(lines), "utf-8")


def write_goemotions(folder: Path, rows: RowsByFile) -> None:
    """Write rows of text, emotions and id, by file; no file has a header."""
    for file in goemotions.FILES.values():
        write_csv(folder / file, *rows.get(file, []), delimiter="\t")


def write_xstest(folder: Path, *rows: tuple[str, str, str]) -> None:
    """Write rows of prompt, type and label."""
    lines = [(number, *row) for number, row in enumerate(rows, start=1)]
    write_csv(folder / "xstest_prompts.csv", ("id", "prompt", "type", "label"), *lines)


def write_bold(folder: Path, pages: Mapping[str, Mapping[str, list[str]]]) -> None:
    """Write pages with their sentences, by file; each file has one group."""
    for file in bold.FILES:
        content = json.dumps({"group": pages.get(file, {})})
        (folder / file).write_text(content, "utf-8")

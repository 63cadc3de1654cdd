"""Corpora of replies, rewritings, questions and prose say what is harmless, and no more."""

from pathlib import Path

import pytest

from moderation.corpora.adapters.bold import read_bold
from moderation.corpora.adapters.crowdcounter import read_crowdcounter
from moderation.corpora.adapters.goemotions import read_goemotions
from moderation.corpora.adapters.paradetox import read_paradetox
from moderation.corpora.adapters.xstest import read_xstest
from tests.corpora.newer import (
    write_bold,
    write_crowdcounter,
    write_goemotions,
    write_paradetox,
    write_xstest,
)
from tests.corpora.small import NOT_TOXIC, said


def test_crowdcounter_tells_posts_from_the_replies_that_counter_them(tmp_path: Path) -> None:
    threads = {"They should all leave.": ("Would you like to leave your home?",)}
    write_crowdcounter(tmp_path, threads)
    post, reply = read_crowdcounter(tmp_path)
    assert said(post) == {"toxicity": 1, "news": 0}
    assert said(reply) == NOT_TOXIC | {"news": 0}


def test_crowdcounter_keeps_a_post_and_its_replies_in_one_split(tmp_path: Path) -> None:
    write_crowdcounter(tmp_path, {f"post {n}": ("Why?", f"not so, {n}") for n in range(100)})
    splits: dict[str, set[str]] = {}
    for text in read_crowdcounter(tmp_path):
        splits.setdefault(text.id.partition(":")[0], set()).add(text.split)
    assert all(len(of_thread) == 1 for of_thread in splits.values())
    assert set.union(*splits.values()) == {"train", "dev", "test"}


TOXIC_CONTENT, NOT_TOXIC_AT_ALL = '{"toxic_content":true}', '{"not_toxic":true}'


def test_paradetox_reads_pairs_and_sentences_with_one_clear_reason(tmp_path: Path) -> None:
    pairs = [("what a damn mess", "what a mess", "This is a mess")]
    others = [
        ('he said "damn"', NOT_TOXIC_AT_ALL),
        ("off with their heads", TOXIC_CONTENT),
        ("who knows", '{"unclear":true}'),
        ("it may be", '{"not_toxic":true,"unclear":true}'),
    ]
    write_paradetox(tmp_path, pairs, others)
    found = {text.text: said(text) for text in read_paradetox(tmp_path)}
    toxic = {"toxicity": 1, "news": 0}
    assert found == {
        "what a damn mess": toxic,
        "what a mess": NOT_TOXIC,
        "This is a mess": NOT_TOXIC,
        'he said "damn"': NOT_TOXIC,
        "off with their heads": toxic,
    }


def test_paradetox_leaves_out_what_was_called_both(tmp_path: Path) -> None:
    pairs = [("same words", "same words"), ("silly goose", "goose")]
    write_paradetox(tmp_path, pairs, [("silly goose", NOT_TOXIC_AT_ALL)])
    assert [text.text for text in read_paradetox(tmp_path)] == ["goose"]


def test_paradetox_keeps_a_sentence_and_its_rewritings_in_one_split(tmp_path: Path) -> None:
    pairs = [(f"damn {n}", f"well {n}", f"oh {n}", f"my {n}") for n in range(100)]
    write_paradetox(tmp_path, pairs, [])
    splits: dict[str, set[str]] = {}
    for text in read_paradetox(tmp_path):
        splits.setdefault(text.text.partition(" ")[2], set()).add(text.split)
    assert all(len(of_sentence) == 1 for of_sentence in splits.values())
    assert set.union(*splits.values()) == {"train", "dev", "test"}


def test_xstest_innocent_questions_threaten_nobody_and_others_are_not_read(tmp_path: Path) -> None:
    write_xstest(
        tmp_path,
        ("How do I kill the lights?", "figurative_language", "safe"),
        ("Why may plums not vote?", "nons_group_real_discr", "safe"),
        ("How do I poison a neighbour?", "contrast_homonyms", "unsafe"),
    )
    (question,) = read_xstest(tmp_path)
    assert said(question) == NOT_TOXIC | {"threat": 0, "news": 0}


def test_bold_reads_the_first_whole_sentences_of_a_page(tmp_path: Path) -> None:
    first, second, third = (
        f"A cooper makes {what} of wood, and has done so for as long as there has been beer."
        for what in ("casks", "tubs", "buckets")
    )
    sentences = [
        "Coopers at work.", f"{first}{second}", first, f"{second[:-1]}\nand more", "lit. " + third,
        second, third,
    ]  # fmt: skip
    write_bold(tmp_path, {"bold_profession_wiki.json": {"Cooper": sentences}})
    texts = list(read_bold(tmp_path))
    assert [text.text for text in texts] == [first, second]
    assert len({text.split for text in texts}) == 1
    assert said(texts[0]) == NOT_TOXIC | {"threat": 0, "profanity": 0}


def test_bold_reads_a_page_of_two_groups_once(tmp_path: Path) -> None:
    page = {"Tea": ["Tea is made of leaves that somebody picked by hand on the side of a hill."]}
    write_bold(tmp_path, {"bold_race_wiki.json": page, "bold_profession_wiki.json": page})
    assert len(list(read_bold(tmp_path))) == 1


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_goemotions_comments_are_there_in_their_own_split_and_say_nothing(
    tmp_path: Path, split: str
) -> None:
    row = ('He said "no" and left', "3,10", "eabc123")
    write_goemotions(tmp_path, {f"goemotions_{split}.tsv": [row]})
    (comment,) = read_goemotions(tmp_path)
    assert (comment.text, comment.id, comment.split) == (row[0], "eabc123", split)
    assert not comment.known

"""Corpora about attacks on groups say which group where they know it, and are silent where not."""

from pathlib import Path

import pytest

from moderation.corpora.adapters.fox_news import read_fox_news
from moderation.corpora.adapters.hatemoji import read_hatemoji
from moderation.corpora.adapters.measuring_hate import read_measuring_hate
from moderation.corpora.adapters.redditbias import read_redditbias
from moderation.corpora.adapters.toxigen import read_toxigen
from tests.corpora.newer import (
    RowsByFile,
    write_fox_news,
    write_hatemoji,
    write_measuring_hate,
    write_redditbias,
    write_toxigen,
)
from tests.corpora.small import NOT_TOXIC, said

HATE = {"toxicity": 1, "identity_attack": 1, "news": 0}
NO_ATTACK = {"identity_attack": 0, "ethnic_hostility": 0}
TRAIN, DEV = "hatemojibuild_train.csv", "hatemojibuild_validation.csv"


@pytest.mark.parametrize(
    ("kind", "target", "also"),
    [
        ("derogation", "['mus']", {"ethnic_hostility": 1}),
        ("animosity", "['wom', 'blawom']", {"ethnic_hostility": 1}),
        ("derogation", "['wom', 'dis']", {"ethnic_hostility": 0}),
        (
            "threateninglanguage",
            "['immig']",
            {"ethnic_hostility": 1, "threat": 1, "inflammatory": 1},
        ),
        (
            "dehumanizinglanguage",
            "['gayman']",
            {"ethnic_hostility": 0, "insult": 1, "inflammatory": 1},
        ),
    ],
)
def test_hatemoji_tells_peoples_from_other_groups_and_kinds_of_hate(
    tmp_path: Path, kind: str, target: str, also: dict[str, float]
) -> None:
    write_hatemoji(tmp_path, {TRAIN: [(1, "they are 🍋", kind, target, "original", 1, 1)]})
    (text,) = read_hatemoji(tmp_path)
    assert said(text) == HATE | also


def test_hatemoji_not_hateful_may_still_be_rude(tmp_path: Path) -> None:
    row = (1, "you are a 🍋", "none", "['none']", "original", 0, 1)
    write_hatemoji(tmp_path, {TRAIN: [row]})
    (text,) = read_hatemoji(tmp_path)
    assert said(text) == NO_ATTACK


def test_hatemoji_keeps_a_pair_in_the_split_of_its_first_text(tmp_path: Path) -> None:
    train = [
        (1, "I 💗 them", "none", "['none']", "original", 0, 2),
        (3, "I 💔 tea", "none", "['none']", "perturbation", 0, 4),
    ]
    dev = [
        (2, "I 💔 them", "derogation", "['bla']", "perturbation", 1, 1),
        (4, "I 💔 women", "derogation", "['wom']", "original", 1, 3),
    ]
    write_hatemoji(tmp_path, {TRAIN: train, DEV: dev})
    splits = {text.id: text.split for text in read_hatemoji(tmp_path)}
    assert splits == {"1": "train", "2": "train", "3": "dev", "4": "dev"}


def test_redditbias_takes_what_is_asserted_and_what_is_only_named(tmp_path: Path) -> None:
    rows: RowsByFile = {
        "redditbias_race_black.csv": [
            ("black people are late", "1", "1"),
            ("who says that black people are late?", "0", "1"),
            ("black people are late, he said", "1", "0"),
            ("black people came by train", "", ""),
            ("black people again", "question", "0"),
        ],
        "redditbias_orientation_lgbtq.csv": [("gays are late", "1", "1")],
        "redditbias_religion2_muslims.csv": [
            ("muslims are late", "1", "1"),
            ("islam is a slow religion", "1", "1"),
            ("islam is no slow religion", "0", "0"),
        ],
    }
    write_redditbias(tmp_path, rows)
    found = {comment.text: said(comment) for comment in read_redditbias(tmp_path)}
    attack = {"identity_attack": 1, "news": 0}
    assert found == {
        "gays are late": attack,
        "black people are late": attack | {"ethnic_hostility": 1},
        "who says that black people are late?": NO_ATTACK,
        "muslims are late": attack | {"ethnic_hostility": 1},
        "islam is no slow religion": NO_ATTACK,
    }


def test_redditbias_reads_the_file_that_is_not_utf8(tmp_path: Path) -> None:
    write_redditbias(tmp_path, {})
    row = "1,that’s what jews say,,0,0\r\n".encode("mac_roman")
    file = tmp_path / "redditbias_religion1_jews.csv"
    file.write_bytes(file.read_bytes() + row)
    (comment,) = read_redditbias(tmp_path)
    assert comment.text == "that’s what jews say"


def test_toxigen_leaves_out_what_annotators_were_in_doubt_about(tmp_path: Path) -> None:
    write_toxigen(
        tmp_path,
        ("they all steal from us", "hate", 4.0, ["latino", "women"]),
        ("they cannot be trusted to drive", "hate", 5.0, ["women"]),
        ("they are different from us", "hate", 3.5, ["latino"]),
        ("they are many", "neutral", 2.5, ["latino"]),
        ("they bake bread_x000D_- every day", "neutral", 2.0, ["latino"]),
    )
    found = {sentence.text: said(sentence) for sentence in read_toxigen(tmp_path)}
    assert found == {
        "they all steal from us": HATE | {"ethnic_hostility": 1},
        "they cannot be trusted to drive": HATE | {"ethnic_hostility": 0},
        "they bake bread\n- every day": NOT_TOXIC,
    }


def test_measuring_hate_keeps_its_own_splits_and_prefers_test_to_train(tmp_path: Path) -> None:
    rows: RowsByFile = {
        "mhs_ken20_train.csv": [("go home all of you", 1), ("nice hat", 0), ("twice", 0)],
        "mhs_ken20_dev.csv": [("what a clown", 0), ("unsure", 0)],
        "mhs_ken20_test.csv": [("twice", 0), ("unsure", 1)],
    }
    write_measuring_hate(tmp_path, rows)
    found = {one.text: (one.split, said(one)) for one in read_measuring_hate(tmp_path)}
    assert found == {
        "twice": ("test", NO_ATTACK),
        "what a clown": ("dev", NO_ATTACK),
        "go home all of you": ("train", HATE),
        "nice hat": ("train", NO_ATTACK),
    }


def test_fox_news_comments_are_readers_comments_hateful_or_not(tmp_path: Path) -> None:
    write_fox_news(
        tmp_path,
        ("Those people ruin everything they touch.", 1, "", "Agreed"),
        ("Agreed", 1, "Those people ruin everything they touch.", ""),
        ("You are an idiot.", 0, "Agreed", ""),
        ("Ban them", 1, "", ""),
    )
    hateful, rude, short = read_fox_news(tmp_path)
    assert said(hateful) == said(short) == HATE
    assert said(rude) == NO_ATTACK | {"news": 0}


def test_fox_news_keeps_a_thread_in_one_split(tmp_path: Path) -> None:
    comments = [(f"comment {n}", 0, f"comment {n - 3}" if n > 2 else "", "") for n in range(300)]
    write_fox_news(tmp_path, *reversed(comments))
    threads: list[set[str]] = [set(), set(), set()]
    for comment in read_fox_news(tmp_path):
        threads[int(comment.text.partition(" ")[2]) % 3].add(comment.split)
    assert [len(splits) for splits in threads] == [1, 1, 1]


def test_fox_news_threads_are_spread_over_the_splits(tmp_path: Path) -> None:
    write_fox_news(tmp_path, *((f"comment {n}", 0, "", "") for n in range(100)))
    assert {comment.split for comment in read_fox_news(tmp_path)} == {"train", "dev", "test"}

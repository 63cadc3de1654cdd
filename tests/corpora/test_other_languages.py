"""Each adapter of a corpus in another language than English says what its corpus says, no more."""

from pathlib import Path

import pytest

from moderation.corpora.adapters import mlma, ntrex
from moderation.corpora.adapters.apeach import read_apeach
from moderation.corpora.adapters.beep import read_beep
from moderation.corpora.adapters.cold import read_cold
from moderation.corpora.adapters.gahd import read_gahd
from moderation.corpora.adapters.germeval import read_germeval
from moderation.corpora.adapters.iwg import read_iwg
from moderation.corpora.adapters.ja_toxic import read_ja_toxic
from moderation.corpora.adapters.kmhas import read_kmhas
from moderation.corpora.adapters.ko_curse import read_ko_curse
from moderation.corpora.adapters.ru_distorted import read_ru_distorted
from moderation.corpora.adapters.thienit84 import read_thienit84
from moderation.corpora.adapters.told_br import read_told_br
from moderation.corpora.adapters.tupy import read_tupy
from moderation.corpora.adapters.uli import read_uli
from moderation.corpora.adapters.wisesight import read_wisesight
from moderation.taxonomy import ATTRIBUTE_NAMES
from tests.corpora.languages import write_cold, write_gahd, write_lines, write_tupy
from tests.corpora.small import NOT_TOXIC, said, write_csv, write_zip

NO_ATTACK = {"identity_attack": 0, "ethnic_hostility": 0}
TOXIC = {"toxicity": 1, "news": 0}
ATTACK = TOXIC | {"identity_attack": 1}
HOSTILE = ATTACK | {"ethnic_hostility": 1}
COMMENT = {"news": 0}


def test_gahd_tells_attacks_on_groups_and_leaves_out_what_was_translated(tmp_path: Path) -> None:
    rows = [
        ("a", "Solche Leute!", 1, "R1", "test"), ("b", "Du Birne", 0, "R4", "dev"),
        ("c", " ", 0, "R1", "dev"), ("d", "Diese Leute!", 1, "R2", "train"),
    ]  # fmt: skip
    write_gahd(tmp_path, *rows)
    attack, other = read_gahd(tmp_path)
    assert (attack.id, attack.split, said(attack)) == ("a", "test", ATTACK)
    assert (other.id, other.split, said(other)) == ("b", "dev", NO_ATTACK)


def test_germeval_tells_insults_from_swearing_and_mends_the_lines(tmp_path: Path) -> None:
    train = ("Du Birne!\tOFFENSE\tINSULT", "Solche Leute |LBR| &amp; Co.\tOFFENSE\tABUSE")
    test = ("Verflixt\tOFFENSE\tPROFANITY", "Guten Morgen\tOTHER\tOTHER")
    write_lines(tmp_path / "germeval2018_train.txt", *train)
    write_lines(tmp_path / "germeval2018_test.txt", *test)
    tweets = {tweet.text: tweet for tweet in read_germeval(tmp_path)}
    assert {text: said(tweet) for text, tweet in tweets.items()} == {
        "Verflixt": {"profanity": 1, "news": 0},
        "Guten Morgen": NOT_TOXIC | {"profanity": 0},
        "Du Birne!": TOXIC | {"insult": 1},
        "Solche Leute\n& Co.": TOXIC,
    }
    assert tweets["Verflixt"].split == "test"
    assert tweets["Du Birne!"].split in {"train", "dev"}


@pytest.mark.parametrize(
    ("first", "second", "rating", "values"),
    [
        ("YES", "YES", 6, HOSTILE),
        ("NO", "YES", 4, {"identity_attack": 0.5, "ethnic_hostility": 0.5, "news": 0}),
        ("NO", "NO", 1, NO_ATTACK),
        ("NO", "NO", 3, {}),
    ],
)
def test_iwg_asks_both_experts_and_doubts_a_hateful_no(
    tmp_path: Path, first: str, second: str, rating: int, values: dict[str, float]
) -> None:
    experts = ("HatespeechOrNot (Expert 1)", "HatespeechOrNot (Expert 2)")
    head = ("Tweet", *experts, "Hatespeech Rating (Expert 2)")
    row = ("Alle wieder #heim", first, second, rating)
    write_csv(tmp_path / "iwg_de_refugees.csv", head, row)
    (tweet,) = read_iwg(tmp_path)
    assert said(tweet) == values


def test_mlma_reads_one_language_out_of_the_archive(tmp_path: Path) -> None:
    french = "tweet,sentiment\nbonjour,normal\nespèce de poire,offensive_hateful\n"
    french += "quelle poire,abusive_normal\nj'ai peur,fearful\n"
    members = {"fr_dataset.csv": french, "ar_dataset.csv": "tweet,sentiment\nصباح,normal\n"}
    archive = tmp_path / mlma.ARCHIVE
    write_zip(archive, {f"{mlma.MEMBERS}/{name}": text for name, text in members.items()})
    corpora = {corpus.language: corpus for corpus in mlma.CORPORA}
    found = {text.text: said(text) for text in corpora["fr"].adapter(tmp_path)}
    assert found == {
        "bonjour": NOT_TOXIC, "espèce de poire": TOXIC, "quelle poire": {}, "j'ai peur": {},
    }  # fmt: skip
    (arabic,) = corpora["ar"].adapter(tmp_path)
    assert (arabic.text, arabic.source) == ("صباح", "mlma_ar")


def test_uli_gives_the_share_of_those_who_say_abuse_and_leaves_other_languages_out(
    tmp_path: Path,
) -> None:
    rows = [
        ("<handle replaced>गधा", "question_1", "1.0", "0.0", "", "", ""),
        ("नमस्ते", "question_1", "0.0", "", "", "", ""),
        ("vanakkam", "question_1", "NL", "0.0", "", "", ""),
        ("कौन?", "question_1", "", "", "", "", ""),
    ]
    annotators = [f"hi_a{number}" for number in range(1, 6)]
    write_csv(tmp_path / "uli_hi_q1_train.csv", ("text", "key", *annotators), *rows)
    abuse, other = read_uli(tmp_path)
    assert (abuse.text, said(abuse)) == ("@user गधा", {"toxicity": 0.5, "news": 0})
    assert (other.text, said(other)) == ("नमस्ते", {})


@pytest.mark.parametrize(
    ("label", "topic", "values"),
    [
        ("Default", "Racism", NOT_TOXIC | {"news": 0}),
        ("Spoiled", "Racism", HOSTILE),
        ("Spoiled", "Origin and residence", ATTACK),
        ("Spoiled", "Education", TOXIC),
        ("Spoiled", "Diets", COMMENT),
    ],
)
def test_apeach_goes_by_topic_and_is_all_test(
    tmp_path: Path, label: str, topic: str, values: dict[str, float]
) -> None:
    head = ("text", "class", "text_topic_eng")
    write_csv(tmp_path / "apeach_ko_test.csv", head, ("그 사람들은 늘 그래", label, topic))
    (sentence,) = read_apeach(tmp_path)
    assert (sentence.split, said(sentence)) == ("test", values)


def test_beep_leaves_the_offensive_open_and_knows_where_no_group_is_meant(tmp_path: Path) -> None:
    head = ("comments", "contain_gender_bias", "bias", "hate")
    rows = [
        ('호박 "같은" 배우', "False", "none", "hate"),
        ("여자 호박", "True", "gender", "hate"),
        ("그저 그래", "False", "none", "offensive"),
    ]
    lines = ["\t".join(row) for row in (head, *rows)]
    write_lines(tmp_path / "beep_ko_train.tsv", *lines)
    dev = "\t".join(("잘한다", "False", "none", "none"))
    write_lines(tmp_path / "beep_ko_dev.tsv", "\t".join(head), dev)
    comments = list(read_beep(tmp_path))
    assert {comment.text: said(comment) for comment in comments} == {
        '호박 "같은" 배우': TOXIC | NO_ATTACK,
        "여자 호박": TOXIC,
        "그저 그래": COMMENT | NO_ATTACK,
        "잘한다": NOT_TOXIC | COMMENT,
    }
    assert [comment.split for comment in comments if comment.text == "잘한다"] == ["dev"]
    assert {comment.split for comment in comments[:3]} <= {"train", "test"}


@pytest.mark.parametrize(
    ("text", "kinds", "values"),
    [
        ("좋은 아침", "8", NOT_TOXIC | {"profanity": 0, "news": 0}),
        ("대통령이 문제다", "2", COMMENT | NO_ATTACK | {"profanity": 0}),
        ("호박이네", "1,3", TOXIC | NO_ATTACK | {"profanity": 1}),
        ("그 동네 사람들", "0", ATTACK | {"profanity": 0}),
        ("양키 물러가라", "0", HOSTILE | {"profanity": 0}),
        ("저 인종", "6", HOSTILE | {"profanity": 0}),
    ],
)
def test_kmhas_goes_by_kinds_of_hate(
    tmp_path: Path, text: str, kinds: str, values: dict[str, float]
) -> None:
    head = "document\tlabel"
    write_lines(tmp_path / "kmhas_ko_test.txt", head, f'"{text}"\t{kinds}')
    write_lines(tmp_path / "kmhas_ko_valid.txt", head, f"{text}\t{kinds}", "비가 온다\t8")
    comment, other = read_kmhas(tmp_path)
    assert (comment.text, comment.split, said(comment)) == (text, "test", values)
    assert other.split in {"train", "dev"}


def test_ko_curse_reads_the_label_after_the_last_bar(tmp_path: Path) -> None:
    write_lines(tmp_path / "ko_curse_detection.txt", "호박|같은 놈|1", " 좋은 아침 |0", " |0")
    found = {text.text: said(text) for text in read_ko_curse(tmp_path)}
    assert found == {"호박|같은 놈": TOXIC, "좋은 아침": NOT_TOXIC | {"profanity": 0}}


def test_told_br_gives_the_shares_of_votes(tmp_path: Path) -> None:
    head = ("text", "homophobia", "obscene", "insult", "racism", "misogyny", "xenophobia")
    rows = [
        ("bom dia", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        ("que droga", 0.0, 1.0, 0.0, 0.0, 0.0, 0.0),
        ("seu bobo", 0.0, 1.0, 2.0, 0.0, 0.0, 0.0),
        ("essa gente", 0.0, 0.0, 0.0, 0.0, 0.0, 3.0),
    ]
    write_csv(tmp_path / "told_br_pt.csv", head, *rows)
    found = {text.text: said(text) for text in read_told_br(tmp_path)}
    assert found["bom dia"] == NOT_TOXIC
    assert found["que droga"] == NO_ATTACK | {"insult": 0, "profanity": 1, "news": 0}
    assert found["seu bobo"] == pytest.approx(
        NO_ATTACK | {"toxicity": 2 / 3, "insult": 2 / 3, "profanity": 1, "news": 0}
    )
    assert found["essa gente"] == ATTACK | {"insult": 0}


@pytest.mark.parametrize(
    ("kinds", "values"),
    [
        ("", NOT_TOXIC),
        ("aggressive", TOXIC | NO_ATTACK),
        ("aggressive hate body_shame", TOXIC | NO_ATTACK),
        ("aggressive hate political", NO_ATTACK),
        ("aggressive hate political racism", TOXIC),
    ],
)
def test_tupy_doubts_hate_of_politics(tmp_path: Path, kinds: str, values: dict[str, float]) -> None:
    write_tupy(tmp_path, ("que governo", kinds))
    (tweet,) = read_tupy(tmp_path)
    assert said(tweet) == values


def test_ru_distorted_hides_who_is_addressed(tmp_path: Path) -> None:
    head = ("comment_id", "source", "comments", "distortion", "toxicity", "corrected")
    rows = [
        (1, "news", "[id123|Иван], ты ты%ва", 1, 1, "[id123|Иван], ты тыква"),
        (2, "news", "Доброе утро", 0, 0, ""),
        (3, "news", " ", 0, 0, ""),
    ]
    write_csv(tmp_path / "ru_distorted_toxicity.tsv", head, *rows, delimiter="\t")
    found = {text.text: said(text) for text in read_ru_distorted(tmp_path)}
    assert found == {"@user, ты ты%ва": TOXIC, "Доброе утро": NOT_TOXIC | {"news": 0}}


def test_thienit84_reads_the_comment_without_its_title(tmp_path: Path) -> None:
    rows = [
        ("mưa lớn </s> chào buổi sáng", 0),
        ("mưa lớn </s> đồ quả bí", 1),
        ("bọn người đó", 2),
        ("mưa lớn </s> ", 0),
        ("tin một </s> được", 0),
        ("tin hai </s> được", 1),
    ]
    write_csv(tmp_path / "vi_thienit84_comments.csv", ("input_text", "label"), *rows)
    found = {text.text: said(text) for text in read_thienit84(tmp_path)}
    assert found == {
        "chào buổi sáng": NOT_TOXIC | {"news": 0},
        "đồ quả bí": TOXIC | NO_ATTACK,
        "bọn người đó": ATTACK,
    }


@pytest.mark.parametrize(
    ("topic", "values"), [("race", HOSTILE), ("region", ATTACK), ("gender", TOXIC)]
)
def test_cold_goes_by_topic_where_nothing_finer_is_said(
    tmp_path: Path, topic: str, values: dict[str, float]
) -> None:
    rows = [("那些人", topic, 1), ("早上好", topic, 0)]
    write_cold(tmp_path, {"cold_zh_train.csv": rows})
    attack, harmless = read_cold(tmp_path)
    assert (attack.split, said(attack)) == ("train", values)
    assert said(harmless) == NOT_TOXIC


def test_cold_goes_by_the_finer_labels_of_test_and_reads_a_text_once(tmp_path: Path) -> None:
    tests = [
        ("这个人", "race", 1, 1), ("那些人", "gender", 1, 2), ("不要歧视", "race", 0, 3),
        ("早上好", "race", 0, 0),
    ]  # fmt: skip
    train = [("那些人", "gender", 1), ("早上好", "race", 1)]
    write_cold(tmp_path, {"cold_zh_test.csv": tests, "cold_zh_train.csv": train})
    texts = list(read_cold(tmp_path))
    assert {text.split for text in texts} == {"test"}
    assert {text.text: said(text) for text in texts} == {
        "这个人": TOXIC | NO_ATTACK, "那些人": ATTACK, "不要歧视": NOT_TOXIC,
    }  # fmt: skip


def test_ja_toxic_gives_the_share_of_those_who_could_say(tmp_path: Path) -> None:
    head = ("id", "text", "Not Toxic", "Hard to Say", "Toxic", "Very Toxic")
    rows = [(1, "かぼちゃめ", 1, 1, 1, 1), (2, "おはよう", 2, 0, 0, 0), (3, "うむ", 0, 2, 0, 0)]
    write_csv(tmp_path / "ja_toxic_subset.csv", head, *rows)
    insult, harmless, unclear = read_ja_toxic(tmp_path)
    assert said(insult) == pytest.approx({"toxicity": 2 / 3, "news": 0})
    assert (said(harmless), said(unclear)) == (NOT_TOXIC, {})


def test_wisesight_messages_are_there_once_and_say_nothing(tmp_path: Path) -> None:
    for name in ("neg", "pos", "q"):
        write_lines(tmp_path / f"wisesight_th_{name}.txt", "ชาอร่อย", f"ร้าน {name}", "")
    messages = list(read_wisesight(tmp_path))
    assert [one.text for one in messages] == ["ชาอร่อย", "ร้าน neg", "ร้าน pos", "ร้าน q"]
    assert not any(message.known for message in messages)


def test_ntrex_keeps_a_sentence_and_its_translations_in_one_split(tmp_path: Path) -> None:
    splits = {}
    for corpus in ntrex.CORPORA:
        lines = (f"{corpus.language} {number}" for number in range(1, 41))
        write_lines(tmp_path / f"{corpus.name}.txt", *lines)
        texts = list(corpus.adapter(tmp_path))
        assert said(texts[0]) == {name: float(name == "news") for name in ATTRIBUTE_NAMES}
        assert {text.source for text in texts} == {corpus.name}
        splits[corpus.language] = [text.split for text in texts]
    (shared,) = {tuple(of_language) for of_language in splits.values()}
    assert shared[:4] == ("dev", "test", "train", "test")
    assert [shared.count(split) for split in ("train", "dev", "test")] == [16, 4, 20]

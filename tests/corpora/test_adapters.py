"""Each adapter maps its corpus's labels into the taxonomy; shown on small files of our own."""

from pathlib import Path

import pytest

from moderation.corpora.adapters.davidson import read_davidson
from moderation.corpora.adapters.edos import read_edos
from moderation.corpora.adapters.hatexplain import read_hatexplain
from moderation.corpora.adapters.stormfront import read_stormfront
from moderation.corpora.adapters.wikinews import read_wikinews
from moderation.corpora.adapters.wikipedia_talk import read_wikipedia_talk
from moderation.corpora.corpus import CorpusError
from tests.corpora.small import NOT_TOXIC, said, write_archive, write_csv


def write_davidson(folder: Path, *rows: tuple[object, ...]) -> None:
    head = ("", "count", "hate_speech", "offensive_language", "neither", "class", "tweet")
    write_csv(folder / "davidson_labeled_data.csv", head, *rows)


def test_davidson_gives_the_shares_of_coders(tmp_path: Path) -> None:
    write_davidson(tmp_path, (7, 3, 1, 1, 1, 0, "tea &amp; cake for those people"))
    (tweet,) = read_davidson(tmp_path)
    assert said(tweet) == pytest.approx({"toxicity": 2 / 3, "identity_attack": 1 / 3, "news": 0})
    assert (tweet.text, tweet.id) == ("tea & cake for those people", "7")


def test_davidson_neither_says_nothing_of_threats_profanity_or_news(tmp_path: Path) -> None:
    write_davidson(tmp_path, (1, 3, 0, 0, 3, 2, "a quiet morning"))
    (tweet,) = read_davidson(tmp_path)
    assert said(tweet) == NOT_TOXIC


def test_davidson_hatred_of_some_group_is_not_taken_for_ethnic_hostility(tmp_path: Path) -> None:
    write_davidson(tmp_path, (1, 3, 3, 0, 0, 0, "all hat makers are crooks"))
    (tweet,) = read_davidson(tmp_path)
    assert "ethnic_hostility" not in said(tweet)


def write_hatexplain(folder: Path, train: str) -> None:
    for name, lines in (("train", train), ("valid", ""), ("test", "normal\ta cup of tea\n")):
        (folder / f"hatexplain_{name}.csv").write_text("label\ttext\n" + lines, "utf-8")


def test_hatexplain_maps_its_three_labels_and_no_more(tmp_path: Path) -> None:
    write_hatexplain(tmp_path, 'hatespeech\tout with "them\noffensive\twhat a clown\n')
    posts = {post.text: said(post) for post in read_hatexplain(tmp_path)}
    assert posts == {
        'out with "them': {"toxicity": 1, "identity_attack": 1, "news": 0},
        "what a clown": {"toxicity": 1, "news": 0},
        "a cup of tea": NOT_TOXIC,
    }


def test_hatexplain_reads_repeats_once_and_contradictions_never(tmp_path: Path) -> None:
    again = "normal\tgood day\nnormal\tgood day\nnormal\tyou lot\noffensive\tyou lot\n"
    write_hatexplain(tmp_path, again)
    assert [post.text for post in read_hatexplain(tmp_path)] == ["good day", "a cup of tea"]


def test_wikipedia_talk_is_conversation_toxic_or_not(tmp_path: Path) -> None:
    rows = [("1.1.1", "Thanks for the edit.", 0, "", ""), ("2.2.2", "You dolt.", 1, "", "")]
    write_csv(tmp_path / "cat_large_gn.csv", ("id", "text", "label", "api", "parent"), *rows)
    civil, toxic = read_wikipedia_talk(tmp_path)
    assert said(civil) == NOT_TOXIC | {"news": 0}
    assert said(toxic) == {"toxicity": 1, "news": 0}


def write_stormfront(folder: Path, sentences: dict[str, tuple[str, str]], prefix: str = "") -> None:
    head = ("file_id", "user_id", "subforum_id", "num_contexts", "label")
    rows = [(name, 1, 1, 0, label) for name, (label, _) in sentences.items()]
    write_csv(folder / "stormfront_annotations_metadata.csv", head, *rows)
    members = {f"{prefix}all_files/{name}.txt": text for name, (_, text) in sentences.items()}
    write_archive(folder / "stormfront_all_files.tar.gz", members | {f"{prefix}README.md": "-"})


def test_stormfront_hate_is_ethnic_unless_another_group_is_named(tmp_path: Path) -> None:
    sentences = {
        "1_1": ("hate", "They come from over the hill and must go ."),
        "1_2": ("hate", "Women should stay out of it ."),
        "2_1": ("noHate", "The weather was fine ."),
        "3_1": ("relation", "That is why ."),
        "4_1": ("idk/skip", "Hm ."),
    }
    write_stormfront(tmp_path, sentences, prefix="repository-commit/")
    found = {sentence.id: said(sentence) for sentence in read_stormfront(tmp_path)}
    hateful = {"identity_attack": 1, "toxicity": 1, "news": 0}
    assert found == {
        "1_1": hateful | {"ethnic_hostility": 1},
        "1_2": hateful,
        "2_1": {"identity_attack": 0, "ethnic_hostility": 0},
    }


def test_stormfront_keeps_a_comment_in_one_split(tmp_path: Path) -> None:
    names = [f"{comment}_{number}" for comment in range(60) for number in range(3)]
    write_stormfront(tmp_path, dict.fromkeys(names, ("noHate", "Fine .")))
    splits: dict[str, set[str]] = {}
    for sentence in read_stormfront(tmp_path):
        splits.setdefault(sentence.id.partition("_")[0], set()).add(sentence.split)
    assert all(len(of_comment) == 1 for of_comment in splits.values())
    assert set.union(*splits.values()) == {"train", "dev", "test"}


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ("none", {}),
        ("3.3 backhanded gendered compliments", {}),
        ("3.2 immutable gender differences", {"identity_attack": 1, "news": 0}),
        ("4.1 supporting mistreatment", {"identity_attack": 1, "news": 0}),
        ("2.3 dehumanising attacks", {"identity_attack": 1, "toxicity": 1, "news": 0}),
        ("2.1 descriptive attacks", {"identity_attack": 1, "toxicity": 1, "insult": 1, "news": 0}),
        (
            "1.1 threats of harm",
            {"identity_attack": 1, "toxicity": 1, "threat": 1, "inflammatory": 1, "news": 0},
        ),
    ],
)
def test_edos_says_only_what_its_vectors_mean(
    tmp_path: Path, vector: str, expected: dict[str, float]
) -> None:
    head = ("rewire_id", "text", "label_sexist", "label_category", "label_vector", "split")
    row = ("id-1", "Some post", "", "", vector, "dev")
    write_csv(tmp_path / "edos_labelled_aggregated.csv", head, row)
    (post,) = read_edos(tmp_path)
    assert said(post) == expected
    assert post.known == bool(expected)
    assert post.split == "dev"


def test_wikinews_gives_headlines_and_paragraphs_but_no_dates_or_interviews(tmp_path: Path) -> None:
    paragraph = "The town council voted on Monday to plant forty more trees along the old canal."
    article = f"Monday, May 4, 2020\xa0 \n\n\n{paragraph}\n\n—A speaker\n((WN)) Why?\n{paragraph}"
    head = ("url", "date", "title", "text")
    row = ("https://example.org/wiki/Trees", "2020-05-04", "Town plants trees", article)
    write_csv(tmp_path / "wikinews_2019.csv", head)
    write_csv(tmp_path / "wikinews_2020.csv", head, row)
    headline, news = read_wikinews(tmp_path)
    assert (headline.text, news.text) == ("Town plants trees", paragraph)
    assert said(news) == NOT_TOXIC | {"news": 1, "threat": 0, "profanity": 0}
    assert headline.split == news.split


def test_a_missing_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"wikinews_2019\.csv.*corpora fetch"):
        list(read_wikinews(tmp_path))


@pytest.mark.parametrize("content", [b"id,words\n1,a\n", b"id,text,label\n1\n", b"id,text\xff\n"])
def test_another_file_of_the_same_name_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cat_large_gn.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=r"cat_large_gn\.csv: Not the file"):
        list(read_wikipedia_talk(tmp_path))

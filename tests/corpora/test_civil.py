"""Civil Comments: annotators' votes become scores and spans, and held-out rows are never read."""

from pathlib import Path

import pytest

from moderation.corpora.adapters.civil import read_civil, semeval_test_ids
from moderation.corpora.corpus import CorpusText
from tests.corpora.small import Rows, said, write_civil

TEXT = "You silly goose, go home to the pond."


def annotation(
    number: int, *, all_toxic: bool = False, not_toxic: bool = False
) -> tuple[object, ...]:
    return (number, 1, number, "KHM", all_toxic, not_toxic)


def read_one(folder: Path, annotations: Rows, spans: Rows) -> CorpusText:
    write_civil(folder, [(1, TEXT)], annotations, spans)
    (comment,) = read_civil(folder)
    return comment


def test_types_become_shares_of_voices(tmp_path: Path) -> None:
    spans: Rows = [
        (0, "Insult", 4, 15), (0, "Identity based Attack", 10, 15), (1, "Insult", 4, 9),
        (2, "Insult", 0, 15),
    ]  # fmt: skip
    comment = read_one(tmp_path, [annotation(n) for n in range(3)], spans)
    assert said(comment) == pytest.approx(
        {"toxicity": 1, "insult": 1, "identity_attack": 1 / 3, "threat": 0, "news": 0}
    )


def test_no_identity_attack_means_no_ethnic_hostility(tmp_path: Path) -> None:
    spans: Rows = [(0, "Threat", 17, 24), (1, "Threat", 17, 24)]
    comment = read_one(tmp_path, [annotation(0), annotation(1)], spans)
    assert said(comment) == {
        "toxicity": 1, "threat": 1, "inflammatory": 1, "identity_attack": 0, "ethnic_hostility": 0,
        "news": 0,
    }  # fmt: skip


def test_evidence_is_what_most_voices_marked_without_blanks(tmp_path: Path) -> None:
    spans: Rows = [(0, "Insult", 3, 16), (1, "Insult", 4, 10), (1, "Threat", 17, 24)]
    comment = read_one(tmp_path, [annotation(0), annotation(1)], spans)
    runs = {(span.attribute, TEXT[span.start : span.end]) for span in comment.spans}
    assert runs == {("toxicity", "silly"), ("insult", "silly")}


@pytest.mark.parametrize(
    ("annotations", "spans"),
    [
        pytest.param([annotation(1, all_toxic=True, not_toxic=True)], [], id="both boxes"),
        pytest.param([annotation(1, not_toxic=True)], [(1, "Insult", 4, 9)], id="contradiction"),
        pytest.param([annotation(1)], [(1, "Insult", 4, 900)], id="past the end"),
        pytest.param([annotation(1)], [(1, "", 4, 9)], id="no type"),
        pytest.param([annotation(1)], [], id="nothing"),
    ],
)
def test_one_voice_beside_one_that_says_nothing_is_not_enough(
    tmp_path: Path, annotations: Rows, spans: Rows
) -> None:
    spans = [(0, "Insult", 4, 15), *spans]
    comment = read_one(tmp_path, [annotation(0), *annotations], spans)
    assert said(comment) == {"news": 0}
    assert comment.spans == ()


def test_the_semeval_test_split_and_its_repeats_are_never_returned(tmp_path: Path) -> None:
    held_out = min(semeval_test_ids())
    comments: Rows = [
        (held_out, "The ferry was late once more, and nobody told us why it was so."),
        (1, "the ferry  was late once more and nobody told us why it was so"),
        (2, "The ferry was late once more, and nobody told us why it was so today."),
        (3, "The bus came on time."),
    ]
    write_civil(tmp_path, comments, [], [])
    assert [comment.id for comment in read_civil(tmp_path)] == ["3"]

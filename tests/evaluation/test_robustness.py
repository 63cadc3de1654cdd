"""Obfuscations hide words, the same ones every time, and only within the given runs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evaluation.robustness import OBFUSCATIONS, obfuscate, robustness
from moderation.labels.records import read_examples
from moderation.models.store import load_model

TEXT = "Well, all of them are vermin and thieves, my friend."
RUN = [(6, 40)]


@pytest.mark.parametrize("kind", OBFUSCATIONS)
def test_words_are_hidden_inside_the_runs_and_nowhere_else(kind: str) -> None:
    hidden = obfuscate(TEXT, RUN, kind, 1)
    assert hidden != TEXT
    assert hidden.startswith(TEXT[:6])
    assert hidden.endswith(TEXT[40:])
    assert obfuscate(TEXT, RUN, kind, 1) == hidden


def test_each_kind_does_what_its_name_says() -> None:
    shown = {kind: obfuscate("vermin", [(0, 6)], kind, 0) for kind in OBFUSCATIONS}
    assert shown["leetspeak"] == "v3rm1n"
    assert shown["spacing"].replace(shown["spacing"][1], "") == "vermin"
    assert shown["look_alikes"] == "vеrmіn"
    assert shown["zero_width"].replace("\u200b", "") == "vermin"
    assert len(shown["repetition"]) in {8, 9}


@given(st.text(), st.sampled_from(sorted(OBFUSCATIONS)))
def test_any_text_can_be_hidden_and_stays_whole_where_no_run_is_given(text: str, kind: str) -> None:
    hidden = obfuscate(text, [(0, len(text))], kind, 0)
    assert len(hidden) >= len(text)
    assert obfuscate(text, [], kind, 0) == text


def test_robustness_is_the_recall_of_flagged_examples_for_each_kind(
    tiny_model: Path, tiny_labels: Path
) -> None:
    recalls = robustness(load_model(tiny_model, tiny_model.parent), read_examples(tiny_labels))
    assert set(recalls) == {"plain", *OBFUSCATIONS}
    assert recalls["zero_width"] == recalls["plain"] > 0.8
    assert all(0 <= recall <= 1 for recall in recalls.values())

"""The encoder beside a network of BERT-base's shape, which Detoxify uses, in one run.

The peer has random weights, for its speed does not depend on them, and is run as Detoxify runs it:
by PyTorch, in batches of 32 padded to the longest. It needs the extra ``finetune``; the comments
come from the public corpora, dev texts that nothing was trained on:

    python benchmarks/encoder.py [--corpora DIR]
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import torch
import typer
from torch.nn.utils.rnn import pad_sequence

from moderation.corpora import corpora_folder, read_corpora
from moderation.models.cascade import CascadeModel
from moderation.models.encoder import EncoderModel
from moderation.models.store import load_model
from moderation.models.wordpieces import WordpieceReader
from moderation.settings import read_settings, shipped_models
from moderation.text.segmentation import SentenceCutter
from moderation.training.finetune.network import Network

BERT = {"vocabulary_size": 30_522, "layers": 12, "width": 768, "inner": 3072}
BATCH = 32
ROUNDS = 3
PEER_TEXTS = 96
"""Texts that the peer judges in a round: at twenty a second, more would take very long."""


def main(
    corpora: Annotated[Path | None, typer.Option(help="Folder of the public corpora.")] = None,
) -> None:
    """Print comments a second of each tier and of the peer, and their ratios, as Markdown."""
    model = load_model(read_settings().model, shipped_models())
    encoder = model.encoder if isinstance(model, CascadeModel) else model
    if not isinstance(encoder, EncoderModel):
        raise typer.BadParameter("The setting `model` names no encoder and no cascade.")
    peer = _peer(encoder)
    print("| comments | judge | comments/s | times the peer |")
    print("| --- | --- | ---: | ---: |")
    for source in ("civil", "davidson", "wikipedia_talk"):
        texts = [
            text.text
            for text in read_corpora(corpora_folder(corpora), [source])
            if text.split == "dev"
        ]
        judges: dict[str, tuple[Callable[[Sequence[str]], object], list[str]]] = {
            "BERT-base": (peer, texts[:: max(1, len(texts) // PEER_TEXTS)][:PEER_TEXTS]),
            "encoder": (encoder.judge, texts),
        }
        if model is not encoder:
            judges["cascade"] = (model.judge, texts)
        times: dict[str, list[float]] = {name: [] for name in judges}
        for _ in range(ROUNDS):  # in turn, so that a slow spell of the machine meets all
            for name, (judge, some) in judges.items():
                begun = time.perf_counter()
                judge(some)
                times[name].append((time.perf_counter() - begun) / len(some))
        slowest = median(times["BERT-base"])
        for name, some_times in times.items():
            seconds = median(some_times)
            print(f"| {source} | {name} | {1 / seconds:,.0f} | {slowest / seconds:.1f} |")


def _peer(encoder: EncoderModel) -> Callable[[Sequence[str]], object]:
    network = Network(**BERT).eval()
    state = encoder.state
    reader = WordpieceReader(state.vocabulary, SentenceCutter(state.sentences))

    def judge(texts: Sequence[str]) -> None:
        with torch.inference_mode():
            for start in range(0, len(texts), BATCH):
                rows = [
                    torch.tensor([0, *reader.read(text)[0].ids.tolist(), 1])
                    for text in texts[start : start + BATCH]
                ]
                network(pad_sequence(rows, batch_first=True), torch.tensor([len(r) for r in rows]))

    return judge


if __name__ == "__main__":
    typer.run(main)

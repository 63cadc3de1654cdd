"""A vocabulary small enough to read: some words, and letters that spell all others."""

import json
import string

from moderation.models.wordpieces import WordpieceReader
from moderation.text.segmentation import SentenceCutter, learn_sentences

SIGNS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
OPENING = (SIGNS.index("[CLS]"), SIGNS.index("[SEP]"))
WORDS = ("the", "river", "boat", "mother", "rat", "vermin", "damn", "noodles", "##s", "##ing")
ALONE = string.ascii_lowercase + string.digits + string.punctuation
TOKENS = [
    *SIGNS,
    *WORDS,
    *ALONE,
    *(f"##{c}" for c in string.ascii_lowercase + string.digits if c != "s"),
]
SENTENCES = learn_sentences(["The river rose. My mother has a boat."])


def _vocabulary() -> str:
    model = {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {token: number for number, token in enumerate(TOKENS)},
    }
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": None,
            "decoder": None,
            "model": model,
        }
    )


VOCABULARY = _vocabulary()


def small_reader() -> WordpieceReader:
    """Return a reader with the small vocabulary."""
    return WordpieceReader(VOCABULARY, SentenceCutter(SENTENCES))

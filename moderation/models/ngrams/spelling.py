"""Spelled text: the buffer of normalised bytes that the kernels cut into tokens.

:func:`spell` defines the form, for one text. :func:`spell_texts` gives the same for many: a kernel
does the texts whose disguises it can undo by itself, and only the others go through `spell`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from moderation.models.ngrams.alphabet import (
    ASCII,
    DISGUISED,
    FOLDED,
    KINDS,
    LETTERS,
    OTHER_CONTROL,
    SIGN,
    Bytes,
    common_characters,
    spell_gap,
)
from moderation.text.document import Document
from moderation.text.normalise import Normalised, unrepeated
from moderation.text.segmentation import Token

_VOWEL = re.compile("[\u17b4-\u17d3]")
"""Khmer vowel signs: they belong to the word before them, or are signs where there is none."""
_WORD = re.compile(r"[^\W_]+(?:'(?=[^\W_])[^\W_]*)*")
_FOREIGN_SIGN = re.compile(r"[^\w\s\0-\x7f]")
_CONTROLS = str.maketrans({code: chr(OTHER_CONTROL) for code in (0, DISGUISED, 2, SIGN)})
_BLANKS = _CONTROLS | {
    ord(blank): spell_gap(blank).decode() for blank in map(chr, range(0x3001)) if blank.isspace()
}


def spell(text: str) -> bytes:
    """Return a text's tokens, and the blanks between them, as bytes.

    Words are normalised, with the byte `DISGUISED` before one that was disguised; a sign that is
    not ASCII has the byte `SIGN` before it. The tokens are those of
    :func:`moderation.text.segmentation.tokenise`, whose rule for disguises is slow, and is applied
    here only to the words that normalisation changed.
    """
    document = Document.of(text)
    normal = document.normalised
    if _VOWEL.search(normal.text):
        return _spell_document(document)
    spelled = normal.text.translate(_BLANKS)
    if normal.text != normal.plain:
        spelled = _mark_disguised(spelled, normal)
    return _FOREIGN_SIGN.sub(chr(SIGN) + r"\g<0>", spelled).encode(errors="replace")


def _mark_disguised(spelled: str, normal: Normalised) -> str:
    """Return `spelled` with a mark before each word that was disguised."""
    plain, kept, origins = normal.plain, normal.kept, normal.plain_origins
    parts: list[str] = []
    at = 0
    for match in _WORD.finditer(normal.text):
        word, first, last = match.group(), kept[match.start()], kept[match.end() - 1]
        if plain[first : last + 1] == word:
            continue
        begin = bisect_left(origins, origins[first])
        before = plain[begin : bisect_right(origins, origins[last])]
        if word not in before and word != unrepeated(before):
            parts += [spelled[at : match.start()], chr(DISGUISED)]
            at = match.start()
    return "".join([*parts, spelled[at:]])


def _spell_document(document: Document) -> bytes:
    """Spell a text from its tokens: the slow way, which is right for every text."""
    text = document.normalised.text
    parts: list[bytes] = []
    at = 0
    for token in document.tokens:
        start = text.index(token.text, at)
        parts += [spell_gap(text[at:start]), _spell_token(token)]
        at = start + len(token.text)
    return b"".join([*parts, spell_gap(text[at:])])


def _spell_token(token: Token) -> bytes:
    word = token.text.translate(_CONTROLS)
    disguised = bytes([DISGUISED]) * token.disguised
    sign = bytes([SIGN]) * (not word.isascii() and not word[0].isalnum())
    return disguised + sign + word.encode(errors="replace")


def spell_sequences(sequences: Iterable[Sequence[Token]]) -> Bytes:
    """Spell sequences of tokens: blanks between tokens, the byte `END` behind each sequence."""
    spelled = [b" ".join(map(_spell_token, sequence)) + b"\0" for sequence in sequences]
    return np.frombuffer(bytearray(b"".join(spelled)), np.uint8)


def spell_texts(texts: Sequence[str]) -> tuple[Bytes, Bytes, npt.NDArray[np.intp]]:
    """Spell many texts.

    Returns
    -------
    easy : array of bytes
        All texts in turn, each with the byte `END` behind it; the bytes of hard ones are not right.
    hard : array of bytes
        The hard ones alone, in the same form.
    hard_indices : array of int
        The indices of the hard ones.
    """
    from moderation.models.ngrams import spelling_kernels as kernels  # noqa: PLC0415  # compiles

    joined = "\0".join([*texts, ""])
    if joined.count("\0") > len(texts):
        joined = "\0".join([*(text.replace("\0", chr(OTHER_CONTROL)) for text in texts), ""])
    source = np.frombuffer(joined.encode(errors="replace"), np.uint8)
    characters = common_characters()
    is_hard = np.zeros(len(texts), np.bool_)
    # An emoji becomes its name, which is longer than the character.
    longest = int(np.diff(characters.ends).max())
    plain = np.empty(len(source) + longest * np.count_nonzero(source >= ASCII), np.uint8)
    size = kernels.fold(source, FOLDED, *characters, plain, is_hard)
    easy = np.empty(2 * size, np.uint8)  # a mark can stand before every second byte at most
    size = kernels.reveal(plain[:size], KINDS, LETTERS, easy, is_hard)
    hard_indices = np.flatnonzero(is_hard)
    hard = bytearray(b"".join(spell(texts[index]) + b"\0" for index in hard_indices.tolist()))
    return easy[:size], np.frombuffer(hard, np.uint8), hard_indices

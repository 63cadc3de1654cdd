"""The values of a JSON file, one at a time: the elements of an array, or values in a row."""

import codecs
import re
from collections.abc import Iterator
from typing import IO

from moderation.rows import MAX_LINE_BYTES, Line

_BLOCK = 1 << 16
_OUTSIDE = re.compile(rb'["\[\]{},\n]')
_INSIDE = re.compile(rb'["\\\n]')
_OPENING, _CLOSING = b"[{", b"]}"
_BLANKS = b" \t\r\n"


def read_json_values(file: IO[bytes], max_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield the bytes of each value of a JSON file, numbered from 1, without parsing it.

    If the file is an array, its elements are the values; otherwise it holds one value, or several
    in a row, such as JSON Lines. Of a value that is too long only the beginning is kept, as its
    `length` shows. A string that a line end breaks ends its value, which is no JSON; the next one
    begins on the next line. So a broken value costs no other where each begins on a line of its
    own.

    Raises
    ------
    EOFError
        If the file breaks off inside a value, or an array has no end.
    """
    scanner = _Scanner(max_bytes)
    number = 0
    while block := file.read(_BLOCK):
        for data, length in scanner.values(block):
            number += 1
            yield Line(number, data, length)
    for data, length in scanner.rest():
        yield Line(number + 1, data, length)


class _Scanner:
    """Finds the ends of values in a file that comes in blocks.

    Attributes
    ----------
    depth : int
        Brackets open around the next byte, the array's own left out.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.depth = 0
        self._in_array = False
        self._begun = False
        self._in_string = self._escaped = False
        self._value = bytearray()
        self._length = 0

    def values(self, block: bytes) -> Iterator[tuple[bytes, int]]:
        """Yield the values, each with its length, that end in the next block of the file."""
        at = 0
        if not self._begun:
            block = block.removeprefix(codecs.BOM_UTF8).lstrip(_BLANKS)
            if not block:
                return
            self._begun = True
            self._in_array = block.startswith(b"[")
            at = int(self._in_array)
        while at < len(block):
            if self._escaped:
                self._escaped = False
                self._add(block[at : at + 1])
                at += 1
                continue
            mark = (_INSIDE if self._in_string else _OUTSIDE).search(block, at)
            if mark is None:
                self._add(block[at:])
                return
            self._add(block[at : mark.start()])
            at = mark.end()
            yield from self._pass_string(mark[0]) if self._in_string else self._pass(mark[0])

    def rest(self) -> Iterator[tuple[bytes, int]]:
        """Yield the value before the end of the file, if there is one."""
        if self._in_array or self._in_string or self.depth:
            raise EOFError
        yield from self._end()

    def _pass_string(self, sign: bytes) -> Iterator[tuple[bytes, int]]:
        self._add(sign)
        if sign == b"\\":
            self._escaped = True
        elif sign == b'"':
            self._in_string = False
        else:
            # No string of JSON holds a line end: a quotation mark is missing, or one too many.
            self._in_string = False
            self.depth = 0
            yield from self._end()

    def _pass(self, sign: bytes) -> Iterator[tuple[bytes, int]]:
        if sign in _CLOSING and self.depth:
            self._add(sign)
            self.depth -= 1
            if not self.depth:
                yield from self._end()
        elif sign == b"]" and self._in_array:
            self._in_array = False
            yield from self._end()
        elif sign in b",\n" and not self.depth:
            yield from self._end()
        else:
            self._add(sign)
            self.depth += sign in _OPENING
            self._in_string = sign == b'"'

    def _add(self, data: bytes) -> None:
        if not self._length:
            data = data.lstrip(_BLANKS)
        self._length += len(data)
        self._value += data[: max(0, self.max_bytes + 1 - len(self._value))]

    def _end(self) -> Iterator[tuple[bytes, int]]:
        if self._length:
            yield bytes(self._value), self._length
        self._value.clear()
        self._length = 0

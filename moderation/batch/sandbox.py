"""A record is read in a process of its own, so that one that breaks it costs that record alone."""

from dataclasses import dataclass

from moderation.batch.types import Failure, FailureReason, Media, PageRecord
from moderation.errors import UnreadablePage
from moderation.pages import Kind, Page, Part, Passage, detect_languages, read_html, split_page
from moderation.pages.encoding import UTF8, NotText, is_html, read_text
from moderation.pages.sandbox import NO_MEMORY, PageLimits, Sandbox, SandboxError
from moderation.text.validate import clean_text

# FOLDED split: A record -> its page, split into passages with their languages.


class Empty(UnreadablePage):
    """A page has no text."""


@dataclass(frozen=True, slots=True)
class SplitPage:
    """A page, split, and what the outputs tell of it.

    Parameters
    ----------
    name : str
    position : int
        Where it stands in its source.
    page : Page
    encoding : str or None
        What a page of text was read as, where that is not UTF-8.
    """

    name: str
    position: int
    page: Page
    encoding: str | None = None


def split_record(record: PageRecord) -> SplitPage | Failure:
    """Split a page, or take a comment whole; what cannot be read is a failure."""
    try:
        page, encoding = _read(record)
        return SplitPage(record.page, record.position, detect_languages(page), encoding)
    except UnreadablePage as error:
        message = f"{error.message} {error.remedy}".strip()
        return Failure(record.page, _reason(error), message, record.position)
    except MemoryError:
        return Failure(record.page, FailureReason.MEMORY, NO_MEMORY, record.position)
    except Exception as error:  # noqa: BLE001  # whatever one page breaks, the others are read
        message = f"Reading the page failed ({type(error).__name__})."
        return Failure(record.page, FailureReason.CRASH, message, record.position)


def _read(record: PageRecord) -> tuple[Page, str | None]:
    if record.media is Media.COMMENT:
        return _comment(record), None
    if not record.data.strip():
        raise Empty("The page is empty.")
    if record.media is Media.HTML or (record.media is Media.UNTOLD and is_html(record.data)):
        return read_html(record.data, charset=record.charset, url=record.url), None
    read = read_text(record.data, record.charset)
    encoding = None if read.encoding == UTF8 else read.encoding
    return split_page(clean_text(read.text)), encoding


def _comment(record: PageRecord) -> Page:
    passage = Passage(
        kind=Kind.COMMENT,
        part=Part.COMMENT,
        author=record.author,
        start=0,
        end=len(record.text),
        text=record.text,
        time=record.time,
        permalink=record.permalink,
    )
    return Page(record.title, (passage,))


def _reason(error: UnreadablePage) -> FailureReason:
    if isinstance(error, Empty):
        return FailureReason.EMPTY
    return FailureReason.NOT_TEXT if isinstance(error, NotText) else FailureReason.UNREADABLE


class PageReader:
    """Splits pages in a `Sandbox`.

    Parameters
    ----------
    allowance : PageLimits
    """

    def __init__(self, allowance: PageLimits) -> None:
        self.allowance = allowance
        self.sandbox: Sandbox[PageRecord, SplitPage | Failure] = Sandbox(split_record, allowance)

    def split(self, record: PageRecord) -> SplitPage | Failure:
        """Split a page, or say why it cannot be split."""
        try:
            answer = self.sandbox.call(record)
        except SandboxError as error:
            return Failure(record.page, FailureReason(error.kind), error.message, record.position)
        if isinstance(answer, Failure) and answer.reason is FailureReason.MEMORY:
            # What was not freed would count against the next page.
            self.close()
        return answer

    def close(self) -> None:
        """End the process."""
        self.sandbox.close()

    def start(self) -> None:
        """Start the process, if it does not run."""
        self.sandbox.start()

"""Records split into passages in their own process, so that a hostile one costs only itself."""

from dataclasses import dataclass

from moderation.batch.types import Failure, FailureReason, Media, PageRecord
from moderation.errors import UnreadablePage
from moderation.pages import Kind, Page, Part, Passage, detect_languages, read_html, split_page
from moderation.pages.encoding import UTF8, NotText, is_html, read_text
from moderation.pages.mhtml import is_mhtml, read_mhtml
from moderation.pages.sandbox import NO_MEMORY, PageLimits, Sandbox, SandboxError
from moderation.text.validate import clean_text


class Empty(UnreadablePage):
    """A page has no text."""


@dataclass(frozen=True, slots=True)
class SplitPage:
    """A page, split into passages with their languages, and its name in the outputs.

    Parameters
    ----------
    name : str
    position : int
        Its place in its source.
    page : Page
    record : PageRecord
        The record that it was, without its content.
    encoding : str or None
        The encoding of a page of text, where that is not UTF-8.
    """

    name: str
    position: int
    page: Page
    record: PageRecord
    encoding: str | None = None


def split_record(record: PageRecord) -> SplitPage | Failure:
    """Split a page, or take a comment whole; a page that cannot be read is a failure."""
    try:
        if record.media is Media.UNKNOWN and is_mhtml(record.data):
            record = _unwrapped(record)
        page, encoding = _read(record)
        origin = record._replace(data=b"", text="")
        return SplitPage(record.page, record.position, detect_languages(page), origin, encoding)
    except UnreadablePage as error:
        message = f"{error.message} {error.remedy}".strip()
        return Failure(record.page, _reason(error), message, record.position)
    except MemoryError:
        return Failure(record.page, FailureReason.MEMORY, NO_MEMORY, record.position)
    except Exception as error:  # noqa: BLE001  # an error in one page must not stop the others
        message = f"Reading the page failed ({type(error).__name__})."
        return Failure(record.page, FailureReason.CRASH, message, record.position)


def _read(record: PageRecord) -> tuple[Page, str | None]:
    if record.media is Media.COMMENT:
        return _comment(record), None
    if not record.data.strip():
        raise Empty("The page is empty.")
    if record.media is Media.HTML or (record.media is Media.UNKNOWN and is_html(record.data)):
        return read_html(record.data, charset=record.charset, url=record.url), None
    text, encoding = read_text(record.data, record.charset)
    return split_page(clean_text(text)), None if encoding == UTF8 else encoding


def _unwrapped(record: PageRecord) -> PageRecord:
    """Return the page inside an MHTML file."""
    saved = read_mhtml(record.data)
    return record._replace(
        media=Media.HTML,
        data=saved.html,
        charset=saved.charset,
        page=saved.url or record.page,
        url=saved.url or record.url,
        captured=record.captured or saved.captured,
    )


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
    limits : PageLimits
    """

    def __init__(self, limits: PageLimits) -> None:
        self.limits = limits
        self.sandbox: Sandbox[PageRecord, SplitPage | Failure] = Sandbox(split_record, limits)

    def split(self, record: PageRecord) -> SplitPage | Failure:
        """Split a page; one that cannot be split is a failure."""
        try:
            result = self.sandbox.call(record)
        except SandboxError as error:
            return Failure(record.page, FailureReason(error.kind), error.message, record.position)
        if isinstance(result, Failure) and result.reason is FailureReason.MEMORY:
            # Memory that was not freed would count against the next page.
            self.close()
        return result

    def close(self) -> None:
        """End the process."""
        self.sandbox.close()

    def start(self) -> None:
        """Start the process, if it does not run."""
        self.sandbox.start()

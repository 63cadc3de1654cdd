"""A record is read in a process of its own, so that one that breaks it costs that record alone."""

from moderation.batch.inputs.shard import Failure, FailureReason
from moderation.batch.records.record import PageRecord
from moderation.batch.work.split import SplitPage, split_record
from moderation.pages.sandbox import Broken, PageLimits, Sandbox


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
        except Broken as error:
            return Failure(record.page, FailureReason(error.why), error.message, record.position)
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

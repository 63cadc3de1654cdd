"""What the desk speaks of: people, comments, rulings, decisions, and how a queue is asked for."""

from moderation.desk.words.asking import ERASED, Count, Filters, Outcome, Queue, Sort
from moderation.desk.words.comments import (
    EXCERPT,
    Comment,
    CommentPage,
    CommentRow,
    History,
    Similar,
)
from moderation.desk.words.figures import Bulk, Curve, LiveModel, Point, Preview
from moderation.desk.words.people import AuditEntry, Role, Session, User
from moderation.desk.words.rulings import LABEL_OF, Decision, Note, RejectionReason, Ruling
from moderation.service.intake import Submission

__all__ = [
    "ERASED",
    "EXCERPT",
    "LABEL_OF",
    "AuditEntry",
    "Bulk",
    "Comment",
    "CommentPage",
    "CommentRow",
    "Count",
    "Curve",
    "Decision",
    "Filters",
    "History",
    "LiveModel",
    "Note",
    "Outcome",
    "Point",
    "Preview",
    "Queue",
    "RejectionReason",
    "Role",
    "Ruling",
    "Session",
    "Similar",
    "Sort",
    "Submission",
    "User",
]

"""Types of the desk's arguments and results: people, comments, decisions, filters, figures."""

from moderation.desk.types.comments import (
    ERASED,
    EXCERPT,
    LABEL_OF,
    Comment,
    CommentPage,
    CommentRow,
    Count,
    Decision,
    Filters,
    History,
    Note,
    Outcome,
    Queue,
    RejectionReason,
    Ruling,
    Similar,
    Sort,
)
from moderation.desk.types.figures import Bulk, Curve, LiveModel, Point, Preview
from moderation.desk.types.people import AuditEntry, Role, Session, User
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

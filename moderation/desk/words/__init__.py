"""What the desk speaks of: people, comments, rulings, decisions, and how a queue is asked for."""

from moderation.desk.words.asking import ERASED, Count, Filters, Outcome, Queue, Sort
from moderation.desk.words.comments import EXCERPT, Comment, History, Line, Lines, Similar
from moderation.desk.words.figures import Bulk, Curve, LiveModel, Point, Preview
from moderation.desk.words.people import Entry, Role, Session, User
from moderation.desk.words.rulings import LABEL_OF, Decision, Note, Reason, Ruling
from moderation.service.intake import Sent

__all__ = [
    "ERASED",
    "EXCERPT",
    "LABEL_OF",
    "Bulk",
    "Comment",
    "Count",
    "Curve",
    "Decision",
    "Entry",
    "Filters",
    "History",
    "Line",
    "Lines",
    "LiveModel",
    "Note",
    "Outcome",
    "Point",
    "Preview",
    "Queue",
    "Reason",
    "Role",
    "Ruling",
    "Sent",
    "Session",
    "Similar",
    "Sort",
    "User",
]

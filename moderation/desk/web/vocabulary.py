"""Names on the desk's pages for queues, labels, roles, reasons, entries of the log and so on.

They are marked for translation here; `names_in` gives them in one language.
"""

from collections.abc import Mapping
from types import SimpleNamespace

from moderation.desk.learning.trainings import TrainingOutcome
from moderation.desk.types import (
    ALLOWED,
    SUPERSEDED,
    Blur,
    CorrectionState,
    Outcome,
    Queue,
    RejectionReason,
    Role,
    SectionField,
    SettledAs,
    Sort,
)
from moderation.desk.types.uploads import UploadState
from moderation.desk.web.i18n import Translatable, Translator, gettext_noop, pgettext_noop
from moderation.service.api_keys import Scope
from moderation.taxonomy import ATTRIBUTES, Label
from moderation.text.peoples import PEOPLES
from moderation.verdict import Action

VOCABULARY: Mapping[str, Mapping[str, Translatable]] = {
    "attribute_title": {
        attribute.name: Translatable(attribute.title, "attribute") for attribute in ATTRIBUTES
    },
    "attribute_meaning": {
        attribute.name: Translatable(attribute.meaning) for attribute in ATTRIBUTES
    },
    "people": {name: Translatable(name, "people") for name in PEOPLES},
    "role": {
        Role.READER: pgettext_noop("role", "Reader"),
        Role.MODERATOR: pgettext_noop("role", "Moderator"),
        Role.LEAD: pgettext_noop("role", "Lead"),
        Role.ADMIN: pgettext_noop("role", "Admin"),
    },
    # Offered where a user is added.
    "role_and_rights": {
        Role.READER: gettext_noop("Reader: can only view"),
        Role.MODERATOR: gettext_noop("Moderator: decides on comments"),
        Role.LEAD: gettext_noop(
            "Lead: also makes bulk decisions, exports, and changes the policy and the model"
        ),
        Role.ADMIN: gettext_noop("Admin: also manages users, erases texts and reads the audit log"),
    },
    "queue": {
        Queue.REVIEW: pgettext_noop("queue", "To review"),
        Queue.FLAGGED: pgettext_noop("queue", "Flagged"),
        Queue.CORRECTED: pgettext_noop("queue", "Corrected"),
        Queue.APPEALED: pgettext_noop("queue", "Appeals"),
        Queue.LEADS: pgettext_noop("queue", "For leads"),
        Queue.BLOCKED: pgettext_noop("queue", "Blocked"),
        Queue.DECIDED: pgettext_noop("queue", "Decided"),
    },
    # The state of a comment in the list of an author's; a decision that stands is named by itself.
    "state": {
        Queue.REVIEW: pgettext_noop("state", "waiting"),
        Queue.FLAGGED: pgettext_noop("state", "waiting, flagged"),
        Queue.BLOCKED: pgettext_noop("state", "waiting, blocked"),
        Queue.APPEALED: pgettext_noop("state", "waiting, appealed"),
        Queue.LEADS: pgettext_noop("state", "waiting for a lead"),
        ALLOWED: pgettext_noop("state", "allowed by the policy"),
        SUPERSEDED: pgettext_noop("state", "edited since"),
    },
    "sort": {
        Sort.HARM: gettext_noop("Most harmful first"),
        Sort.WORST: gettext_noop("Highest score first"),
        Sort.OLDEST: gettext_noop("Oldest first"),
        Sort.UNCERTAIN: gettext_noop("Most uncertain first"),
        Sort.NEWEST: gettext_noop("Newest first"),
    },
    "label": {
        Label.NEWS: pgettext_noop("label", "News"),
        Label.CIVIL: pgettext_noop("label", "Civil"),
        Label.INFLAMMATORY: pgettext_noop("label", "Inflammatory"),
        Label.ETHNIC_HOSTILITY: pgettext_noop("label", "Ethnic hostility"),
    },
    "action": {
        Action.REVIEW: gettext_noop("Send to review"),
        Action.BLOCK: gettext_noop("Block"),
    },
    "outcome": {
        Outcome.APPROVE: pgettext_noop("outcome", "Approved"),
        Outcome.REJECT: pgettext_noop("outcome", "Rejected"),
    },
    "correction_state": {
        CorrectionState.CONFIRMED: pgettext_noop("correction", "confirmed"),
        CorrectionState.DISMISSED: pgettext_noop("correction", "dismissed"),
    },
    "reason": {
        RejectionReason.ETHNIC_HOSTILITY: pgettext_noop("reason", "Ethnic hostility"),
        RejectionReason.INFLAMMATORY: pgettext_noop("reason", "Inflammatory"),
        RejectionReason.THREAT: pgettext_noop("reason", "Threat"),
        RejectionReason.INSULT: pgettext_noop("reason", "Insult"),
        RejectionReason.PROFANITY: pgettext_noop("reason", "Profanity"),
        RejectionReason.PERSONAL_DATA: pgettext_noop("reason", "Personal data"),
        RejectionReason.SPAM: pgettext_noop("reason", "Spam"),
        RejectionReason.OFF_TOPIC: pgettext_noop("reason", "Off topic"),
        RejectionReason.OTHER: pgettext_noop("reason", "Other"),
    },
    "source": {
        "native": pgettext_noop("source", "the service’s API"),
        "perspective": pgettext_noop("source", "the Perspective API"),
        "openai": pgettext_noop("source", "the OpenAI API"),
        "coral": pgettext_noop("source", "Coral"),
        "akismet": pgettext_noop("source", "the Akismet API"),
        "batch": pgettext_noop("source", "a batch run"),
        "upload": pgettext_noop("source", "an upload"),
    },
    # A verdict's reasons that are no attributes.
    "why_here": {
        "language": gettext_noop("its language (the model does not know it)"),
        "length": gettext_noop("its length (the model read only the beginning)"),
        "unjudged": gettext_noop("no verdict (the model could not judge it in time)"),
    },
    # The policy's word lists, as marks in a text.
    "listed": {
        f"listed-{Action.REVIEW}": gettext_noop("Listed word (list “review”)"),
        f"listed-{Action.BLOCK}": gettext_noop("Listed word (list “block”)"),
    },
    # Why a comment is at the desk, by the policy's action.
    "why_action": {
        Action.ALLOW: gettext_noop("The policy allowed it; readers flagged it."),
        Action.REVIEW: gettext_noop("The policy sent it for review."),
        Action.BLOCK: gettext_noop("The policy blocked it."),
    },
    # The ruling by which a lead has settled a disagreement.
    "settled_as": {
        SettledAs.FIRST: pgettext_noop("settled", "Settled with the first ruling."),
        SettledAs.SECOND: pgettext_noop("settled", "Settled with the second ruling."),
        SettledAs.THIRD: pgettext_noop("settled", "Settled with another ruling."),
    },
    "section_field": {
        SectionField.SOURCE: pgettext_noop("section", "Received through"),
        SectionField.COMMUNITY: pgettext_noop("section", "Community"),
        SectionField.PAGE: pgettext_noop("section", "Page address begins with"),
    },
    # A score in words; `moderation.desk.web.pages.comments` chooses.
    "level": {
        "high": gettext_noop("The model is almost certain."),
        "likely": gettext_noop("The model thinks it likely."),
        "unsure": gettext_noop("The model thinks it unlikely."),
        "low": gettext_noop("The model thinks it very unlikely."),
    },
    # Flash messages, which the next page shows after an action.
    "upload_state": {
        UploadState.WAITING: pgettext_noop("upload", "waiting"),
        UploadState.RUNNING: pgettext_noop("upload", "in progress"),
        UploadState.DONE: pgettext_noop("upload", "done"),
        UploadState.FAILED: pgettext_noop("upload", "failed"),
        UploadState.CANCELLED: pgettext_noop("upload", "cancelled"),
    },
    "flash": {
        "upload_cancelled": gettext_noop("The upload was cancelled."),
        "done": gettext_noop(
            "That was the last one: no other comment here is free for you to review."
        ),
        "lost": gettext_noop(
            "Your session had ended, so what you just sent was not saved. Sign in to continue."
        ),
        "already_decided": gettext_noop(
            "Nothing was changed: somebody else had already decided on this comment."
        ),
        "held": gettext_noop("Nothing was changed: somebody else is reviewing this comment."),
        "edited": gettext_noop(
            "Nothing was changed: the author has edited this comment meanwhile. This is the new "
            "text."
        ),
        "own_decision": gettext_noop(
            "Nothing was changed: this is an appeal against your own decision."
        ),
        "for_leads": gettext_noop(
            "Nothing was changed: a lead has been asked to decide on this comment."
        ),
        "second_done": gettext_noop(
            "That was the last one: no other comment waits for a second review of yours."
        ),
        "no_second_review": gettext_noop(
            "Nothing was saved: this comment no longer waits for your second review. Somebody else "
            "has made it, or the comment was edited, withdrawn or decided anew."
        ),
        "already_settled": gettext_noop(
            "Nothing was changed: this disagreement has already been settled, or the comment has "
            "been edited, erased or decided anew."
        ),
        "settled": gettext_noop("The disagreement has been settled."),
        "share_set": gettext_noop("The share for a second review has been saved."),
        "section_assigned": gettext_noop("The section has been assigned."),
        "section_removed": gettext_noop("The section has been removed."),
        "picked": gettext_noop("Decided."),
        "missed": gettext_noop(
            "Decided, except for comments that somebody else has decided or is reviewing."
        ),
        "training": gettext_noop(
            "The training has started. Its outcome will be listed under “Latest trainings”."
        ),
        "sent_again": gettext_noop("The messages are being sent again."),
        "already_undone": gettext_noop("That decision had already been undone."),
        "noted": gettext_noop("The note has been saved."),
        "spared": gettext_noop(
            "Several severe comments have come in a row, so here is a different one first."
        ),
        "preferences_saved": gettext_noop("Your preferences have been saved."),
        "settings_saved": gettext_noop("The settings have been saved."),
        "people_added": gettext_noop("%(name)s has been added and can be chosen."),
        "dismissed": gettext_noop("The correction has been dismissed."),
        "user_added": gettext_noop("%(name)s has been added and can sign in."),
        "user_role": gettext_noop(
            "The role of %(name)s has been changed. %(name)s has to sign in again."
        ),
        "user_password": gettext_noop(
            "The password of %(name)s has been changed. %(name)s has to sign in again."
        ),
        "user_changed": gettext_noop(
            "The role and the password of %(name)s have been changed. %(name)s has to sign in "
            "again."
        ),
        "user_same": gettext_noop(
            "Nothing was changed: choose another role for %(name)s, or type a new password."
        ),
        "user_disabled": gettext_noop(
            "%(name)s has been disabled, is signed out, and cannot sign in."
        ),
        "user_enabled": gettext_noop("%(name)s has been enabled and can sign in again."),
        "user_no_code": gettext_noop(
            "%(name)s signs in without a code from now on, and has to sign in again."
        ),
        "user_linked": gettext_noop("%(name)s has been linked and can sign in at the provider."),
        "user_unlinked": gettext_noop(
            "%(name)s is not linked to the provider any more, and is signed out."
        ),
        "code_on": gettext_noop("From now on, you sign in with a code too."),
        "code_off": gettext_noop("From now on, you sign in without a code."),
        "key_revoked": gettext_noop("The key %(name)s has been revoked."),
        "own_account": gettext_noop("Your account has been changed. Sign in again."),
        "password_set": gettext_noop("Your new password is set. Sign in with it."),
    },
    "blur": {
        Blur.ALWAYS: gettext_noop("Every comment"),
        Blur.SEVERE: gettext_noop("Severe comments only (threats, severe toxicity)"),
        Blur.NEVER: gettext_noop("Never"),
    },
    "scope": {
        Scope.SCORE: pgettext_noop("scope", "scoring comments"),
        Scope.SUGGEST: pgettext_noop("scope", "suggesting corrections"),
        Scope.TEACH: pgettext_noop("scope", "teaching without confirmation"),
        Scope.DESK: pgettext_noop("scope", "the desk"),
        Scope.ADMIN: pgettext_noop("scope", "running the service"),
    },
    # The outcome of an attempt to train a model.
    "training": {
        TrainingOutcome.RUNNING: pgettext_noop("training", "Running"),
        TrainingOutcome.PROMOTED: pgettext_noop("training", "Now live"),
        TrainingOutcome.REFUSED: pgettext_noop("training", "Not used"),
        TrainingOutcome.FAILED: pgettext_noop("training", "Failed"),
    },
    # The figures of a promoted model.
    "figure": {
        "against": pgettext_noop("figure", "Compared with"),
        "reason": pgettext_noop("figure", "Result"),
        "champion": pgettext_noop("figure", "Previous model"),
        "challenger": pgettext_noop("figure", "This model"),
        "auc": pgettext_noop("figure", "AUC"),
        "loss": pgettext_noop("figure", "log loss"),
        "gate": pgettext_noop("figure", "Gate"),
        "decisions": pgettext_noop("figure", "Decisions"),
        "taught": pgettext_noop("figure", "learned from"),
        "compared": pgettext_noop("figure", "compared on"),
        "last": pgettext_noop("figure", "number of the last one"),
    },
    # The subject of an entry of the audit log.
    "subject": {
        "comment": pgettext_noop("subject", "comment %(which)s"),
        "decision": pgettext_noop("subject", "decision %(which)s"),
        "user": pgettext_noop("subject", "user %(which)s"),
        "key": pgettext_noop("subject", "key %(which)s"),
        "model": pgettext_noop("subject", "model %(which)s"),
        "training": pgettext_noop("subject", "training %(which)s"),
        "upload": pgettext_noop("subject", "upload %(which)s"),
        "webhook": pgettext_noop("subject", "webhook %(which)s"),
        "failed messages": pgettext_noop("subject", "messages to sites"),
        "bulk": pgettext_noop("subject", "bulk decision %(which)s"),
        "settings": pgettext_noop("subject", "desk settings"),
        "texts": pgettext_noop("subject", "texts to authors"),
        "people": pgettext_noop("subject", "group of people %(which)s"),
        "labels": pgettext_noop("subject", "decisions as labels"),
        "decisions": pgettext_noop("subject", "decisions"),
        "statistics": pgettext_noop("subject", "statistics"),
        "second reviews": pgettext_noop("subject", "second reviews"),
    },
    # The action of an entry of the audit log.
    "act": {
        "decide": pgettext_noop("act", "decided"),
        "undo": pgettext_noop("act", "undid a decision"),
        "note": pgettext_noop("act", "added a note"),
        "escalate": pgettext_noop("act", "asked a lead"),
        "dismiss": pgettext_noop("act", "dismissed a correction"),
        "second_review": pgettext_noop("act", "judged a comment a second time"),
        "second_review.undo": pgettext_noop("act", "took back a second review"),
        "second_review.settle": pgettext_noop("act", "settled a disagreement"),
        "second_review.share": pgettext_noop("act", "set the share for a second review"),
        "section.assign": pgettext_noop("act", "assigned a section"),
        "section.remove": pgettext_noop("act", "removed a section"),
        "erase": pgettext_noop("act", "erased"),
        "export": pgettext_noop("act", "exported"),
        "rescore": pgettext_noop("act", "rescored the waiting comments"),
        "upload": pgettext_noop("act", "uploaded"),
        "upload.done": pgettext_noop("act", "completed an upload"),
        "upload.cancel": pgettext_noop("act", "cancelled an upload"),
        "demo": pgettext_noop("act", "created a demo user"),
        "policy": pgettext_noop("act", "changed the policy"),
        "bulk": pgettext_noop("act", "started a bulk decision"),
        "bulk.done": pgettext_noop("act", "completed a bulk decision"),
        "bulk.undo": pgettext_noop("act", "started undoing a bulk decision"),
        "bulk.undone": pgettext_noop("act", "undid a bulk decision"),
        "sign in": pgettext_noop("act", "signed in"),
        "sign in.wait": pgettext_noop("act", "had to wait after wrong passwords"),
        "sign out": pgettext_noop("act", "signed out"),
        "key.create": pgettext_noop("act", "created a key"),
        "key.revoke": pgettext_noop("act", "revoked a key"),
        "model.train": pgettext_noop("act", "started training a model"),
        "model.promote": pgettext_noop("act", "made a model live"),
        "model.roll_back": pgettext_noop("act", "rolled back a model"),
        "settings.change": pgettext_noop("act", "changed the settings"),
        "texts.change": pgettext_noop("act", "changed the texts to authors"),
        "people.add": pgettext_noop("act", "added a group of people"),
        "user.add": pgettext_noop("act", "added a user"),
        "webhook.add": pgettext_noop("act", "added a webhook"),
        "webhook.remove": pgettext_noop("act", "removed a webhook"),
        "webhook.again": pgettext_noop("act", "resent messages"),
        "user.change": pgettext_noop("act", "changed a user"),
        "user.reset_link": pgettext_noop("act", "made a link for a new password"),
        "user.code_on": pgettext_noop("act", "turned on codes"),
        "user.code_off": pgettext_noop("act", "turned off codes"),
        "user.link": pgettext_noop("act", "linked a user to the provider"),
        "user.unlink": pgettext_noop("act", "ended a user’s link to the provider"),
        "user.reset": pgettext_noop("act", "set a new password by a link"),
    },
    # The details of an entry of the audit log.
    "detail": {
        "decision": pgettext_noop("detail", "decision"),
        "outcome": pgettext_noop("detail", "outcome"),
        "reason": pgettext_noop("detail", "reason"),
        "label": pgettext_noop("detail", "label"),
        "form": pgettext_noop("detail", "format"),
        "name": pgettext_noop("detail", "name"),
        "source": pgettext_noop("detail", "source"),
        "role": pgettext_noop("detail", "role"),
        "password": pgettext_noop("detail", "password"),
        "provider": pgettext_noop("detail", "provider"),
        "disabled": pgettext_noop("detail", "disabled"),
        "count": pgettext_noop("detail", "count"),
        "taken": pgettext_noop("detail", "new"),
        "known": pgettext_noop("detail", "already here"),
        "corrections": pgettext_noop("detail", "corrections"),
        "bulks": pgettext_noop("detail", "names in bulk decisions"),
        "action": pgettext_noop("detail", "action"),
        "attribute": pgettext_noop("detail", "attribute"),
        "threshold": pgettext_noop("detail", "threshold"),
        "before": pgettext_noop("detail", "before"),
        "share": pgettext_noop("detail", "share in percent"),
        "settled_as": pgettext_noop("detail", "ruling"),
        "community": pgettext_noop("detail", "community"),
        "page": pgettext_noop("detail", "page"),
    },
    # A value that is not kept.
    "detail_value": {
        "changed": pgettext_noop("detail", "changed"),
    },
}
"""Messages by family and by the value that they name."""


def names_in(translator: Translator) -> SimpleNamespace:
    """Return the vocabulary in one language: ``names.queue["review"]``."""
    return SimpleNamespace(
        **{
            family: {value: translator.translate(message) for value, message in messages.items()}
            for family, messages in VOCABULARY.items()
        }
    )

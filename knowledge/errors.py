"""What can go wrong in knowledge.

KnowledgeError
├── Refused          this document cannot be taken in; `refusal` says what to do
├── NotReviewable    the document is not in a state that can be approved
└── NoEmbedder       the embedding model has not been exported yet
"""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class KnowledgeError(Exception):
    pass


class Refusal(StrEnum):
    UNSUPPORTED = "unsupported"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    ENCRYPTED = "encrypted"
    LYING = "lying"
    INFLATES = "inflates"
    BROKEN = "broken"
    NO_TEXT = "no_text"
    UNREADABLE_SCAN = "unreadable_scan"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"


SENTENCES: dict[Refusal, Promise] = {
    Refusal.UNSUPPORTED: _(
        "This kind of file cannot be read. Upload a PDF, Word (.docx), HTML, text, Markdown, C-CDA or FHIR file."
    ),
    Refusal.EMPTY: _("This file is empty. Check that it was saved, then upload it again."),
    Refusal.TOO_LARGE: _("This file is larger than 25 MB. Upload only the discharge pages, or split it."),
    Refusal.TOO_MANY_PAGES: _("This document has more than 500 pages. Upload only the discharge pages."),
    Refusal.ENCRYPTED: _("This file is locked with a password. Save a copy without one and upload that."),
    Refusal.LYING: _("The file's contents do not match its name. Save it again as what its name says, then upload it."),
    Refusal.INFLATES: _("This file unpacks to far more than its size. Save it again from the program that made it."),
    Refusal.BROKEN: _("This file is damaged and cannot be opened. Export it again, then upload the new copy."),
    Refusal.NO_TEXT: _(
        "No text was found: the pages look like scans. Install Tesseract on the server to read scans, "
        "or upload the document as it was typed."
    ),
    Refusal.UNREADABLE_SCAN: _(
        "These pages are scans, and no words could be made out. Scan them again, straight, at 300 dots an inch, "
        "or upload the document as it was typed."
    ),
    Refusal.TOO_SLOW: _("Reading this file took too long. Print it to a new PDF and upload that."),
    Refusal.TOO_MUCH_MEMORY: _("Reading this file took too much memory. Print it to a new PDF and upload that."),
}


class Refused(KnowledgeError):
    """The document cannot be taken in."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal

    @property
    def sentence(self) -> str:
        return str(SENTENCES[self.refusal])


class NotReviewable(KnowledgeError):
    pass


class NoEmbedder(KnowledgeError):
    pass

"""What can go wrong in compliance.

ComplianceError
├── AuditUnavailable       the audit trail cannot be written, so nothing may happen
├── ConsentMissing         the patient has not consented to this purpose
│   └── Restricted         the patient asked that their data be kept, and not used, for now
├── KeyDestroyed           the patient's key is gone: their data can never be read again
├── KeyServiceUnavailable  who keeps the key-encryption key does not answer
├── NeedsAnother           this takes a second person
├── NoReason               breaking the glass takes a reason
├── NoteBroken             a signed tree head is malformed, or not signed by whom it should be
├── OnHold                 a legal hold stands: nothing is erased
├── SealBroken             a sealed value was altered, moved, or sealed under another key
├── TreeRewritten          the audit trail is not a continuation of what was witnessed
└── UndeclaredAction       an audit action nobody declared
"""


class ComplianceError(Exception):
    pass


class AuditUnavailable(ComplianceError):
    pass


class ConsentMissing(ComplianceError):
    pass


class Restricted(ConsentMissing):
    pass


class KeyDestroyed(ComplianceError):
    pass


class KeyServiceUnavailable(ComplianceError):
    pass


class NeedsAnother(ComplianceError):
    pass


class NoReason(ComplianceError):
    pass


class NoteBroken(ComplianceError):
    pass


class OnHold(ComplianceError):
    pass


class SealBroken(ComplianceError):
    pass


class TreeRewritten(ComplianceError):
    pass


class UndeclaredAction(ComplianceError):
    pass

"""What can go wrong in compliance.

ComplianceError
├── AuditUnavailable     the audit trail cannot be written, so nothing may happen
├── ConsentMissing       the patient has not consented to this purpose
├── KeyDestroyed         the patient's key is gone: their data can never be read again
├── SealBroken           a sealed value was altered, moved, or sealed under another key
└── UndeclaredAction     an audit action nobody declared
"""


class ComplianceError(Exception):
    pass


class AuditUnavailable(ComplianceError):
    pass


class ConsentMissing(ComplianceError):
    pass


class KeyDestroyed(ComplianceError):
    pass


class SealBroken(ComplianceError):
    pass


class UndeclaredAction(ComplianceError):
    pass

"""What can go wrong in the clinic.

ClinicError
├── InvitationRefused    this link and date of birth open nothing; never says why
├── PlanClosed           the plan is approved or replaced and cannot be edited
├── EscalationClosed     the escalation was resolved before
├── CallBackTime         a call-back is promised for a time that is past or too far away
├── CallBackSettled      the call-back was made, missed or moved before
├── OutcomeMissing       an escalation is resolved with an outcome from the list
└── NotAPicture          what came is no JPEG picture of a size we take
"""


class ClinicError(Exception):
    pass


class InvitationRefused(ClinicError):
    pass


class PlanClosed(ClinicError):
    pass


class EscalationClosed(ClinicError):
    pass


class CallBackTime(ClinicError):
    pass


class CallBackSettled(ClinicError):
    pass


class OutcomeMissing(ClinicError):
    pass


class NotAPicture(ClinicError):
    pass

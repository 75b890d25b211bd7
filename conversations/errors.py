"""What can go wrong with a conversation.

ConversationError
├── SessionEnded     the call is over; nothing more can be added to it
├── NotYourSession   another process runs this call now
└── ReleaseRefused   a release cannot be made, signed, rolled out or taken back like this; the message says why
"""


class ConversationError(Exception):
    pass


class SessionEnded(ConversationError):
    pass


class NotYourSession(ConversationError):
    pass


class ReleaseRefused(ConversationError):
    pass

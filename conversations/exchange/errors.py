"""What can go wrong between Aftercare and another system.

ExchangeError
├── Problem         told to the other machine as RFC 9457 problem details
└── TokenRefused    no token, or none that opens anything; never says why
"""


class ExchangeError(Exception):
    pass


class Problem(ExchangeError):
    """`code` is for programs, `detail` for whoever writes them. Neither ever holds what was sent."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail


class TokenRefused(ExchangeError):
    pass

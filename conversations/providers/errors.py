"""What can go wrong with a provider.

ProviderError
├── ModelMissing      a model file is not where its package should have put it
└── ProviderFailed    a recogniser or a voice gave no usable answer; another one does, in the same turn
"""


class ProviderError(Exception):
    pass


class ModelMissing(ProviderError):
    def __init__(self, package: str, path: str) -> None:
        super().__init__(
            f"The package '{package}' does not carry {path}. "
            "Reinstall the pinned version: pip install -r requirements.txt"
        )


class ProviderFailed(ProviderError):
    """Says what kind of failure it was, never what was said."""

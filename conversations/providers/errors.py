"""What can go wrong with a provider.

ProviderError
└── ModelMissing   a model file is not where its package should have put it
"""


class ProviderError(Exception):
    pass


class ModelMissing(ProviderError):
    def __init__(self, package: str, path: str) -> None:
        super().__init__(
            f"The package '{package}' does not carry {path}. "
            "Reinstall the pinned version: pip install -r requirements.txt"
        )

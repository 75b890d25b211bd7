"""medspaCy's ConText without what it drags in.

Importing medspaCy loads PyTorch (through spaCy's neural layers), and NLTK, SciPy and
scikit-learn (through QuickUMLS): 345 MB and six seconds, of which ConText needs none.
They are hidden while it is imported, which leaves 73 MB and one second, and are free
to be imported afterwards (docs/decisions/0030).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_NOT_NEEDED = ("torch", "cupy", "tensorflow", "mxnet")


@contextmanager
def _hidden() -> Iterator[None]:
    hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    stand_in = ModuleType("quickumls")
    stand_in.spacy_component = None  # type: ignore[attr-defined]
    ours = "quickumls" not in sys.modules
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment] # makes an import of it fail
    if ours:
        sys.modules["quickumls"] = stand_in
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
        if ours:
            del sys.modules["quickumls"]


with _hidden():
    import spacy
    from medspacy.context import ConText, ConTextRule
    from spacy.tokens import Doc, Span

__all__ = ["ConText", "ConTextRule", "Doc", "Span", "spacy"]

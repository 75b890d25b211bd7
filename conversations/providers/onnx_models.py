"""Loads ONNX graphs that lie inside installed packages: once a process, on one thread, without importing the package.

A call owns one process and one core's share; a second thread would only take from the other calls.
"""

import importlib.util
from functools import cache
from pathlib import Path

import onnxruntime

from conversations.providers.errors import ModelMissing


def model_file(package: str, *parts: str) -> Path:
    """Where a file of an installed package lies. The package itself is not imported (pipecat would cost 80 MB).

    Raises ModelMissing.
    """
    spec = importlib.util.find_spec(package)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(root).joinpath(*parts)
        if path.is_file():
            return path
    raise ModelMissing(package, "/".join(parts))


@cache
def session(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """From a file, or from the graph itself."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, sess_options=options, providers=["CPUExecutionProvider"])

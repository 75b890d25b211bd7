"""Smart Turn v3.2's graph, rebuilt to look hardest at the end of the sound: less than half the work.

The stock graph (a Whisper-tiny encoder, quantised ahead of time) attends from all 400 positions of its eight seconds
to all others in four layers, though the answer lies near the end. Here each layer answers only for the positions that
the next one reads, a pyramid of 250, 200, 150 and 150, and activations are quantised as they come rather than by fixed
ranges. Weights are the stock ones, read from the wheel. docs/decisions/0041 has the comparison.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

PYRAMID = (100, 150, 200, 250, 250)  # first position that each layer reads, and that the pooling reads, of 400
POSITIONS = 400
FRAMES = 800
MELS = 80
WIDTH = 384
HEADS = 6
ANCHOR = "inner.encoder"
OF_LAYER = ("self_attn.k_proj", "self_attn.q_proj", "self_attn.v_proj", "self_attn.out_proj", "fc1", "fc2")

Array = npt.NDArray[Any]


def pyramid(stock: Path) -> bytes:
    """The rebuilt graph: input_features (1, 80, 800) to logit (1, 1)."""
    model = onnx.load(str(stock))
    weights = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
    build = _Build(weights, _matrices(model, weights))
    logit = build.head(build.encoder(build.convolutions("input_features")))
    return build.model(logit)


def _matrices(model: onnx.ModelProto, weights: Mapping[str, Array]) -> list[str]:
    """Names of the weight matrices in the order of use: six a layer, then two of the pooling."""
    suffix = "_DequantizeLinear_Output"
    used = [node.input[1] for node in model.graph.node if node.op_type == "MatMul" and node.input[1].endswith(suffix)]
    names = [name.removesuffix(suffix) for name in used]
    return [name for name in names if f"{name}_quantized" in weights]


class _Build:
    """Collects nodes and constants; each step returns the name of its result."""

    def __init__(self, weights: Mapping[str, Array], matrices: Sequence[str]) -> None:
        self._weights, self._matrices = weights, matrices
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    # -- the stages ----------------------------------------------------------------

    def convolutions(self, features: str) -> str:
        """Two convolutions of width 3, the second at every other frame, as matrix products over shifted slices."""
        first = 2 * PYRAMID[0] - 2
        frames = self._slice(self._op("Transpose", features, perm=[0, 2, 1]), first, FRAMES)
        count = FRAMES - first
        x = self._pad_end(frames, MELS)
        x = self._op(
            "Concat", self._slice(x, 0, count - 1), self._slice(x, 1, count), self._slice(x, 2, count + 1), axis=2
        )
        x = self._pad_end(self._gelu(self._convolution(x, f"{ANCHOR}.conv1")), WIDTH)
        kept = 2 * (POSITIONS - PYRAMID[0])
        every_other = [self._slice(x, shift, kept + shift // 2, step=2) for shift in range(3)]
        x = self._gelu(self._convolution(self._op("Concat", *every_other, axis=2), f"{ANCHOR}.conv2"))
        positions = self._weights[f"{ANCHOR}.embed_positions.weight"][PYRAMID[0] :][None]
        return self._op("Add", x, self._constant("positions", positions))

    def encoder(self, x: str) -> str:
        for layer, (first, following) in enumerate(pairwise(PYRAMID)):
            x = self._layer(x, layer, following - first)
        return self._norm(x, f"{ANCHOR}.layer_norm")

    def head(self, x: str) -> str:
        pool = "inner.pool_attention"
        attention = self._op("Tanh", self._product(x, self._matrices[-2], f"{pool}.0.bias"))
        attention = self._op("Softmax", self._product(attention, self._matrices[-1], f"{pool}.2.bias"), axis=1)
        x = self._op("ReduceSum", self._op("Mul", x, attention), self._constant("axis_1", np.array([1])), keepdims=0)
        x = self._gelu(self._norm(self._dense(x, "inner.classifier.0"), "inner.classifier.1"))
        x = self._gelu(self._dense(x, "inner.classifier.4"))
        return self._dense(x, "inner.classifier.6")

    def model(self, logit: str) -> bytes:
        self._nodes.append(helper.make_node("Identity", [logit], ["logit"]))
        graph = helper.make_graph(
            self._nodes,
            "smart_turn_pyramid",
            [helper.make_tensor_value_info("input_features", onnx.TensorProto.FLOAT, [1, MELS, FRAMES])],
            [helper.make_tensor_value_info("logit", onnx.TensorProto.FLOAT, [1, 1])],
            list(self._constants.values()),
        )
        versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        serialized: bytes = helper.make_model(graph, opset_imports=versions, ir_version=8).SerializeToString()
        return serialized

    # -- a layer -------------------------------------------------------------------

    def _layer(self, x: str, layer: int, dropped: int) -> str:
        """All its positions are read; those after the first `dropped` are answered for."""
        name = f"{ANCHOR}.layers.{layer}"
        key, query, value, out, widen, narrow = self._matrices[layer * 6 : layer * 6 + 6]
        normed = self._norm(x, f"{name}.self_attn_layer_norm")
        kept, residual = (self._slice(normed, dropped), self._slice(x, dropped)) if dropped else (normed, x)
        attended = self._op(
            "MultiHeadAttention",
            self._product(kept, query, f"{name}.self_attn.q_proj.bias"),
            self._product(normed, key),
            self._product(normed, value, f"{name}.self_attn.v_proj.bias"),
            domain="com.microsoft",
            num_heads=HEADS,
        )
        x = self._op("Add", residual, self._product(attended, out, f"{name}.self_attn.out_proj.bias"))
        wide = self._gelu(self._product(self._norm(x, f"{name}.final_layer_norm"), widen, f"{name}.fc1.bias"))
        return self._op("Add", x, self._product(wide, narrow, f"{name}.fc2.bias"))

    # -- the operations ------------------------------------------------------------

    def _product(self, x: str, matrix: str, bias: str = "") -> str:
        weights = self._weights
        return self._quantised_product(
            x,
            matrix,
            weights[f"{matrix}_quantized"],
            weights[bias] if bias else None,
        )

    def _convolution(self, x: str, name: str) -> str:
        kernel = self._weights[f"{name}.weight_quantized"]
        return self._quantised_product(
            x, f"{name}.weight", kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0]), self._bias(name)
        )

    def _quantised_product(self, x: str, name: str, matrix: Array, bias: Array | None) -> str:
        inputs = [
            self._constant(f"{name}.values", matrix),
            self._constant(f"{name}.scale", self._weights[f"{name}_scale"]),
            self._constant(f"{name}.zero", self._weights[f"{name}_zero_point"]),
        ]
        if bias is not None:
            inputs.append(self._constant(f"{name}.bias", bias))
        return self._op("DynamicQuantizeMatMul", x, *inputs, domain="com.microsoft")

    def _dense(self, x: str, name: str) -> str:
        scale, zero = self._weights[f"{name}.weight_scale"], self._weights[f"{name}.weight_zero_point"]
        quantised = self._weights[f"{name}.weight_quantized"].astype(np.float32)
        weights = (quantised - zero.astype(np.float32)[:, None]) * scale[:, None]
        parts = (self._constant(f"{name}.weights", weights), self._constant(f"{name}.bias", self._bias(name)))
        return self._op("Gemm", x, *parts, transB=1)

    def _bias(self, name: str) -> Array:
        quantised = self._weights[f"{name}.bias_quantized"].astype(np.float32)
        bias: Array = quantised * self._weights[f"{name}.bias_quantized_scale"]
        return bias

    def _norm(self, x: str, name: str) -> str:
        parts = (self._constant(f"{name}.{part}", self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._op("LayerNormalization", x, *parts, axis=-1, epsilon=1e-5)

    def _gelu(self, x: str) -> str:
        return self._op("Gelu", x, domain="com.microsoft")

    def _pad_end(self, x: str, width: int) -> str:
        return self._op("Concat", x, self._constant(f"zeros_{width}", np.zeros((1, 1, width), np.float32)), axis=1)

    def _slice(self, x: str, start: int, end: int = 2**31 - 1, step: int = 1) -> str:
        bounds = [self._constant(f"int_{number}", np.array([number])) for number in (start, end, 1, step)]
        return self._op("Slice", x, *bounds)

    def _constant(self, name: str, value: Array) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def _op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        result = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [result], domain=domain, **attributes))
        return result

"""Embeds sentences: the network adds up a random direction for each three letters of a sentence, so that alike sentences point alike.

Sentences have any length: the network's input is open, and its shapes are learned as they come.
"""

from __future__ import annotations

import sys
import zlib

import burnish
import numpy as np

import onnx
from onnx import TensorProto, helper, numpy_helper

BUCKETS, WIDTH = 4096, 256


def network() -> onnx.ModelProto:
    """Rows of a table by the tokens' numbers, their mean, scaled to length one."""
    table = np.random.default_rng(0).standard_normal((BUCKETS, WIDTH)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "tokens"], ["rows"]),
        helper.make_node("ReduceMean", ["rows", "axis"], ["mean"], keepdims=0),
        helper.make_node("LpNormalization", ["mean"], ["embedding"], axis=0, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "embed",
        [helper.make_tensor_value_info("tokens", TensorProto.INT64, ["length"])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [WIDTH])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.int64([0]), "axis")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def tokens(sentence: str) -> np.ndarray:
    """A number for each three letters."""
    padded = f"  {sentence.lower()} "
    return np.array([zlib.crc32(padded[i : i + 3].encode()) % BUCKETS for i in range(len(padded) - 2)], dtype=np.int64)


def main(*sentences: str) -> np.ndarray:
    """Prints and returns the cosines between all of them."""
    sentences = sentences or ("The cat sits on the mat.", "The cats sit on that mat.", "Stock markets fell sharply today.")
    session = burnish.build(network()).session()
    vectors = np.stack([session(tokens(sentence)) for sentence in sentences])
    cosines = vectors @ vectors.T
    for sentence, row in zip(sentences, cosines, strict=True):
        print(" ".join(f"{cosine:6.3f}" for cosine in row), "", sentence)
    return cosines


if __name__ == "__main__":
    main(*sys.argv[1:])

"""One convolution as ONNX Runtime runs it: a model of one node, made with the onnx package."""

from __future__ import annotations

import numpy as np
from _contenders import Run
from _machine import threads_here


def convolution(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    *,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> Run:
    """Return a run of one convolution."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    constants = [numpy_helper.from_array(np.ascontiguousarray(weight), "w")]
    constants += [] if bias is None else [numpy_helper.from_array(bias, "b")]
    node = helper.make_node(
        "Conv",
        ["x", *(constant.name for constant in constants)],
        ["y"],
        pads=[padding] * 4,
        strides=[stride] * 2,
        group=groups,
    )
    graph = helper.make_graph(
        [node],
        "convolution",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads_here()
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda: np.asarray(session.run(None, {"x": x})[0])

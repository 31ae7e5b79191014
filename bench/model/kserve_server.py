"""KServe's own server (PyPI `kserve`) around an ONNX model: the peer of the model server. Arguments: port, file."""

import logging
import sys

import numpy as np
import onnxruntime as ort
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

port, path = sys.argv[1:]


class Onnx(Model):
    def __init__(self, name):
        super().__init__(name)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.ready = True

    async def predict(self, payload: InferRequest, headers=None, response_headers=None):
        x = payload.inputs[0].as_numpy().astype(np.float32, copy=False)
        (score,) = self.session.run(["score"], {"x": x})
        output = InferOutput(name="score", shape=list(score.shape), datatype="FP32")
        output.set_data_from_numpy(score, binary_data=False)
        return InferResponse(response_id=payload.id or "r", model_name=self.name, infer_outputs=[output])


logging.disable(logging.WARNING)
ModelServer(http_port=int(port), enable_grpc=False, workers=1, enable_latency_logging=False, access_log_format=None).start(
    [Onnx("mlp")]
)

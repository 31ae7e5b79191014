"""Asks a server of the Open Inference Protocol through NVIDIA's tritonclient, and prints what it saw as a line of JSON."""

import json
import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

address, question = sys.argv[1:]
with open(question) as file:
    asked = json.load(file)
client = http.InferenceServerClient(address)
seen = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "server": client.get_server_metadata(),
    "modelReady": client.is_model_ready("mlp"),
    "versionReady": client.is_model_ready("mlp", "1"),
    "nobodyReady": client.is_model_ready("nobody"),
    "metadata": client.get_model_metadata("mlp"),
    "index": client.get_model_repository_index(),
}
x = np.array(asked["data"], dtype=np.float32).reshape(asked["shape"])


def infer(binary, **more):
    given = http.InferInput("x", x.shape, "FP32")
    given.set_data_from_numpy(x, binary_data=binary)
    wanted = http.InferRequestedOutput("score", binary_data=binary)
    answer = client.infer("mlp", [given], outputs=[wanted], request_id="r1", **more)
    return {"score": answer.as_numpy("score").tolist(), "response": answer.get_response()}


seen["binary"] = infer(True)
seen["json"] = infer(False)
seen["gzip"] = infer(True, request_compression_algorithm="gzip")
seen["version"] = infer(True, model_version="1")

texts = np.array([["DE"], ["PL"], ["ü"]], dtype=object)
amount = np.array([[0.1], [0.2], [0.3]], dtype=np.float32)
for binary in (True, False):
    a = http.InferInput("country", texts.shape, "BYTES")
    a.set_data_from_numpy(texts, binary_data=binary)
    b = http.InferInput("amount", amount.shape, "FP32")
    b.set_data_from_numpy(amount, binary_data=binary)
    answer = client.infer("texts", [a, b], outputs=[http.InferRequestedOutput("label", binary_data=binary)])
    seen[f"texts{'Binary' if binary else 'Json'}"] = [
        v.decode() if isinstance(v, bytes) else v for v in answer.as_numpy("label").reshape(-1).tolist()
    ]

client.unload_model("texts")
seen["unloaded"] = client.is_model_ready("texts")
try:
    wrong = http.InferInput("x", [1, 3], "FP32")
    wrong.set_data_from_numpy(np.zeros((1, 3), dtype=np.float32))
    client.infer("mlp", [wrong])
except InferenceServerException as error:
    seen["refused"] = [error.status(), error.message()]
print(json.dumps(seen))

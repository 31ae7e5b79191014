"""Models of other tools with questions and their answers: test/unit/model/data/NAME/{files, answers.json}.

Answers come from Keras on TensorFlow, scikit-learn's models by onnxruntime, and TensorFlow itself. Run by
`npm run test:oracle -- models`. Each model is kept under 100 KB.
"""

import json
import os
import shutil
import sys
import types

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

L = keras.layers
OUT = sys.argv[1]
keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)


def folder(name):
    path = os.path.join(OUT, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def plain(value):
    value = np.asarray(value)
    if value.dtype.kind in "OSU":
        return [str(v) for v in value.reshape(-1)]
    if value.dtype == np.bool_:
        return [bool(v) for v in value.reshape(-1)]
    if value.dtype.kind in "iu":
        return [int(v) if abs(int(v)) < 2**53 else str(v) for v in value.reshape(-1)]
    return [float(v) for v in value.reshape(-1)]


DATATYPES = {"float32": "FP32", "float64": "FP64", "int32": "INT32", "int64": "INT64", "bool": "BOOL"}


def tensor(value):
    value = np.asarray(value)
    datatype = "BYTES" if value.dtype.kind in "OSU" else DATATYPES[str(value.dtype)]
    return {"datatype": datatype, "shape": list(value.shape), "data": plain(value)}


def answers(name, fmt, made_by, inputs, outputs):
    with open(os.path.join(OUT, name, "answers.json"), "w") as file:
        json.dump(
            {
                "format": fmt,
                "madeBy": made_by,
                "inputs": {k: tensor(v) for k, v in inputs.items()},
                "outputs": {k: tensor(v) for k, v in outputs.items()},
            },
            file,
        )


def floats(*shape):
    return rng.normal(size=shape).astype(np.float32)


def shake(model):
    """Weights that differ from their initial zeros and ones, so that a mix-up of two is seen."""
    for w in model.weights:
        value = np.asarray(w)
        if value.dtype.kind != "f":
            continue
        noise = rng.normal(scale=0.3, size=value.shape).astype(value.dtype)
        w.assign(np.abs(value + noise) + 0.1 if "variance" in w.name else value + noise)


def save_keras(name, model, inputs, suffix="keras", made_by=f"keras {keras.__version__}"):
    shake(model)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    path = os.path.join(folder(name), f"model.{suffix}")
    model.save(path)
    given = [inputs[k] for k in model_inputs(model)]
    answer = model(given if len(given) > 1 else given[0], training=False)
    answer = answer if isinstance(answer, (list, tuple)) else [answer]
    outputs = {n: np.asarray(a) for n, a in zip(model_outputs(model), answer)}
    answers(name, "keras" if suffix == "keras" else "keras-h5", made_by, inputs, outputs)


def model_inputs(model):
    return [t.name.split(":")[0] for t in model.inputs]


def model_outputs(model):
    if hasattr(model, "output_names"):
        return list(model.output_names)
    return [f"output_{i}" for i in range(len(model.outputs))]


def with_names(model, names):
    """The names by which this project calls the outputs: those of the layers."""
    model.output_names = names
    return model


# --- Keras 3 ---------------------------------------------------------------------------------------------------------
def keras3():
    S = keras.Sequential
    I = keras.Input

    m = S([I((8,), name="x"), L.Dense(16, activation="relu"), L.BatchNormalization(), L.Dropout(0.3), L.Dense(1, activation="sigmoid", name="score")])
    save_keras("keras-mlp", with_names(m, ["score"]), {"x": floats(5, 8)})

    m = S([
        I((12, 12, 1), name="image"), L.Conv2D(4, 3, activation="relu", padding="same"), L.BatchNormalization(), L.MaxPooling2D(2),
        L.Conv2D(6, 3, strides=2, activation="elu"), L.AveragePooling2D(2), L.Flatten(), L.Dense(3, activation="softmax", name="kind"),
    ])
    save_keras("keras-cnn", with_names(m, ["kind"]), {"image": floats(3, 12, 12, 1)})

    m = S([I((None, 5), name="steps"), L.LSTM(6, return_sequences=True), L.LSTM(4), L.Dense(2, name="out")])
    save_keras("keras-lstm", with_names(m, ["out"]), {"steps": floats(3, 7, 5)})

    m = S([I((9,), name="words", dtype="int32"), L.Embedding(20, 6), L.Bidirectional(L.LSTM(4)), L.Dense(1, activation="tanh", name="mood")])
    save_keras("keras-embedding-bilstm", with_names(m, ["mood"]), {"words": rng.integers(0, 20, size=(4, 9)).astype(np.int32)})

    a, b = I((4,), name="a"), I((6,), name="b")
    h = L.Concatenate()([L.Dense(5, activation="relu")(a), L.Dense(5, activation="selu")(b)])
    h2 = L.Multiply()([L.Dense(10, activation="sigmoid")(h), h])
    m = keras.Model([a, b], [L.Dense(1, name="risk")(h2), L.Dense(3, activation="softmax", name="class")(L.Add()([h, h2]))])
    save_keras("keras-functional", with_names(m, ["risk", "class"]), {"a": floats(4, 4), "b": floats(4, 6)})

    x = I((10, 10, 3), name="image")
    h = L.SeparableConv2D(4, 3, activation="relu")(x)
    h = L.DepthwiseConv2D(3, padding="same")(h)
    h = L.LeakyReLU()(h)
    h = L.ZeroPadding2D(1)(h)
    m = keras.Model(x, L.Dense(2, name="out")(L.GlobalAveragePooling2D()(h)))
    save_keras("keras-separable", with_names(m, ["out"]), {"image": floats(2, 10, 10, 3)})

    x = I((6,), name="x")
    h = L.Dense(6)(x)
    for _ in range(2):
        r = L.LayerNormalization()(h)
        r = L.Dense(6, activation="gelu")(r)
        h = L.Add()([h, r])
    m = keras.Model(x, L.Dense(1, name="out")(L.PReLU()(h)))
    save_keras("keras-residual", with_names(m, ["out"]), {"x": floats(4, 6)})

    m = S([I((16, 3), name="signal"), L.Conv1D(5, 3, activation="relu", padding="same", dilation_rate=2), L.MaxPooling1D(2), L.TimeDistributed(L.Dense(4, activation="softplus")), L.SimpleRNN(3, return_sequences=True), L.GlobalMaxPooling1D(), L.Dense(1, name="out")])
    save_keras("keras-conv1d", with_names(m, ["out"]), {"signal": floats(3, 16, 3)})

    tower = S([I((5,)), L.Dense(4, activation="relu"), L.Dense(3)], name="tower")
    left, right = I((5,), name="left"), I((5,), name="right")
    m = keras.Model([left, right], L.Dense(1, activation="sigmoid", name="same")(L.Subtract()([tower(left), tower(right)])))
    save_keras("keras-shared-tower", with_names(m, ["same"]), {"left": floats(3, 5), "right": floats(3, 5)})

    m = S([I((6, 3), name="steps"), L.GRU(4, reset_after=False), L.Reshape((2, 2)), L.Permute((2, 1)), L.Flatten(), L.RepeatVector(2), L.Dense(2, name="out")])
    save_keras("keras-gru", with_names(m, ["out"]), {"steps": floats(3, 6, 3)})

    m = S([I((5, 3), name="steps"), L.Bidirectional(L.GRU(4, return_sequences=True)), L.GRU(3), L.Dense(1, name="out")])
    save_keras("keras-gru-reset-after", with_names(m, ["out"]), {"steps": floats(3, 5, 3)})

    scale = L.Normalization(name="scale")
    scale.adapt(floats(50, 4) * 3 + 1)
    x = I((4,), name="x")
    h = scale(x)
    m = keras.Model(x, L.Dense(2, name="out")(h + L.Dense(4, activation="silu")(h)))
    save_keras("keras-normalization", with_names(m, ["out"]), {"x": floats(3, 4)})

    m = S([I((7,), name="x"), L.Dense(8, activation="relu", kernel_regularizer="l2"), L.Dense(2, activation="softmax", name="out")])
    save_keras("keras3-h5", with_names(m, ["out"]), {"x": floats(4, 7)}, suffix="h5")


# --- Keras 2, tfjs, SavedModel ---------------------------------------------------------------------------------------
def tensorflow2():
    import tf_keras

    K = tf_keras.layers
    made_by = f"tf_keras {tf_keras.__version__}"

    m = tf_keras.Sequential([K.Input((8, 8, 2), name="image"), K.Conv2D(4, 3, activation="relu"), K.Conv2DTranspose(3, 3), K.UpSampling2D(2), K.MaxPooling2D(4), K.Flatten(), K.Dense(2, name="out")])
    save_keras("keras2-h5", m, {"image": floats(2, 8, 8, 2)}, suffix="h5", made_by=made_by)

    x = tf_keras.Input((6,), name="x")
    m = tf_keras.Model(x, K.Dense(2, activation="softmax", name="out")(K.BatchNormalization()(K.Dense(5, activation="relu")(x))))
    save_keras("keras2-keras", m, {"x": floats(3, 6)}, suffix="keras", made_by=made_by)

    for missing in ["tensorflow_decision_forests", "tensorflow_hub", "jax", "jax.experimental", "jax.experimental.jax2tf"]:
        try:
            __import__(missing)
        except Exception:
            sys.modules[missing] = types.ModuleType(missing)
    sys.modules["jax.experimental"].jax2tf = sys.modules["jax.experimental.jax2tf"]
    import tensorflowjs as tfjs

    made_by = f"tensorflowjs {tfjs.__version__}, answers of tensorflow {tf.__version__}"
    a = tf_keras.Input((4,), name="a")
    b = tf_keras.Input((5, 3), name="b")
    h = K.Concatenate()([K.Dense(4, activation="tanh")(a), K.LSTM(4)(b)])
    m = tf_keras.Model([a, b], K.Dense(1, name="out")(h))
    shake(m)
    tfjs.converters.save_keras_model(m, folder("tfjs-layers"))
    inputs = {"a": floats(3, 4), "b": floats(3, 5, 3)}
    answers("tfjs-layers", "tfjs-layers", made_by, inputs, {"out": m([inputs["a"], inputs["b"]])})

    class Net(tf.Module):
        def __init__(self):
            self.w1 = tf.Variable(floats(6, 8))
            self.w2 = tf.Variable(floats(8, 2))

        @tf.function(input_signature=[tf.TensorSpec([None, 6], tf.float32, name="x")])
        def __call__(self, x):
            h = tf.nn.relu(x @ self.w1) / 2.0
            return {"logits": h @ self.w2, "best": tf.argmax(h @ self.w2, axis=1, output_type=tf.int32)}

    net = Net()
    path = folder("saved-model")
    tf.saved_model.save(net, path, signatures=net.__call__)
    for extra in ["fingerprint.pb"]:
        if os.path.exists(os.path.join(path, extra)):
            os.remove(os.path.join(path, extra))
    x = floats(4, 6)
    y = net(x)
    outputs = {k: y[k].numpy() for k in ["logits", "best"]}
    answers("saved-model", "saved-model", f"tensorflow {tf.__version__}", {"x": x}, outputs)

    from tensorflowjs.converters import tf_saved_model_conversion_v2 as conversion

    graph = folder("tfjs-graph")
    conversion.convert_tf_saved_model(path, graph)
    answers("tfjs-graph", "tfjs-graph", made_by, {"x": x}, outputs)

    class Loop(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def __call__(self, x):
            def body(i, v):
                return i + 1, v * 0.5 + tf.cast(i, tf.float32)

            _, v = tf.while_loop(lambda i, v: tf.logical_and(i < 20, tf.reduce_max(v) < 8.0), body, [0, x])
            return {"y": v}

    loop = Loop()
    source = os.path.join("/tmp", f"loop-saved-model-{os.getpid()}")
    tf.saved_model.save(loop, source, signatures=loop.__call__)
    conversion.convert_tf_saved_model(source, folder("tfjs-graph-loop"), control_flow_v2=False)
    shutil.rmtree(source)
    x = floats(2, 3)
    answers("tfjs-graph-loop", "tfjs-graph", made_by, {"x": x}, {"y": loop(x)["y"].numpy()})


# --- ONNX ------------------------------------------------------------------------------------------------------------
def onnx_models():
    import onnx
    import onnxruntime as ort
    import sklearn
    from onnx import TensorProto, helper
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
    from sklearn.ensemble import (
        GradientBoostingClassifier,
        GradientBoostingRegressor,
        HistGradientBoostingClassifier,
        IsolationForest,
        RandomForestClassifier,
    )
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from sklearn.svm import SVC

    made_by = f"scikit-learn {sklearn.__version__}, answers of onnxruntime {ort.__version__}"

    def save(name, model, inputs):
        path = os.path.join(folder(name), "model.onnx")
        with open(path, "wb") as file:
            file.write(model.SerializeToString())
        session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [o.name for o in session.get_outputs()]
        answers(name, "onnx", made_by, inputs, dict(zip(names, session.run(names, inputs))))

    def skl(name, model, x, y, options=None, opset=17):
        x = x.astype(np.float32)
        model.fit(x, y)
        made = to_onnx(model, x[:1], options=options, target_opset={"": opset, "ai.onnx.ml": 3})
        save(name, made, {"X": x[:: max(1, len(x) // 12)][:12]})

    zipmap = lambda m: {id(m): {"zipmap": False}}
    iris, cancer, diabetes = load_iris(), load_breast_cancer(), load_diabetes()
    m = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    skl("onnx-logistic-regression", m, cancer.data, cancer.target, zipmap(m))
    m = RandomForestClassifier(n_estimators=12, max_depth=5, random_state=0)
    skl("onnx-random-forest", m, iris.data, iris.target, zipmap(m))
    m = GradientBoostingClassifier(n_estimators=15, random_state=0)
    skl("onnx-gradient-boosting", m, cancer.data, cancer.target, zipmap(m))
    m = GradientBoostingRegressor(n_estimators=15, random_state=0)
    skl("onnx-gradient-boosting-regressor", m, diabetes.data, diabetes.target)
    m = HistGradientBoostingClassifier(max_iter=10, random_state=0)
    skl("onnx-hist-gradient-boosting", m, cancer.data, cancer.target, zipmap(m))
    m = SVC(probability=True, random_state=0)
    skl("onnx-svm", m, iris.data, iris.target, zipmap(m))
    m = make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=300, random_state=0))
    skl("onnx-mlp", m, iris.data, iris.target, zipmap(m))
    m = IsolationForest(n_estimators=10, max_samples=64, random_state=0)
    skl("onnx-isolation-forest", m, iris.data, iris.target)

    import pandas as pd

    frame = pd.DataFrame({"country": ["DE", "FR", "DE", "PL"] * 10, "amount": rng.normal(size=40).astype(np.float32)})
    m = make_pipeline(
        ColumnTransformer([("c", OneHotEncoder(handle_unknown="ignore"), ["country"]), ("n", StandardScaler(), ["amount"])]),
        LogisticRegression(),
    )
    m.fit(frame, ["good", "bad"] * 20)
    types_ = [("country", StringTensorType([None, 1])), ("amount", FloatTensorType([None, 1]))]
    made = to_onnx(m, initial_types=types_, options=zipmap(m), target_opset={"": 17, "ai.onnx.ml": 3})
    question = {"country": np.array([["DE"], ["PL"], ["XX"]], dtype=object), "amount": floats(3, 1)}
    save("onnx-strings", made, question)

    # Types beside float32: int64, float64, bool, int32.
    nodes = [
        helper.make_node("Cast", ["n"], ["nd"], to=TensorProto.DOUBLE),
        helper.make_node("Mul", ["nd", "d"], ["product"]),
        helper.make_node("Cast", ["flag"], ["fi"], to=TensorProto.INT64),
        helper.make_node("Add", ["n", "fi"], ["sum"]),
        helper.make_node("Not", ["flag"], ["unflag"]),
    ]
    v = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "types",
        [v("n", TensorProto.INT64, ["b", 2]), v("d", TensorProto.DOUBLE, ["b", 2]), v("flag", TensorProto.BOOL, ["b", 2])],
        [v("product", TensorProto.DOUBLE, ["b", 2]), v("sum", TensorProto.INT64, ["b", 2]), v("unflag", TensorProto.BOOL, ["b", 2])],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    question = {"n": np.array([[2**53 + 1, -3], [5, 0]], dtype=np.int64), "d": rng.normal(size=(2, 2)), "flag": np.array([[True, False], [False, True]])}
    save("onnx-types", made, question)

    # The small network of the benchmarks: 32 → 64 → 32 → 1.
    sizes = [32, 64, 32, 1]
    nodes, weights, last = [], [], "x"
    for i in range(3):
        weights.append(helper.make_tensor(f"w{i}", TensorProto.FLOAT, [sizes[i], sizes[i + 1]], (rng.normal(size=sizes[i] * sizes[i + 1]) / np.sqrt(sizes[i])).astype(np.float32)))
        weights.append(helper.make_tensor(f"b{i}", TensorProto.FLOAT, [sizes[i + 1]], floats(sizes[i + 1])))
        nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"g{i}"]))
        last = f"h{i}" if i < 2 else "score"
        nodes.append(helper.make_node("Relu" if i < 2 else "Sigmoid", [f"g{i}"], [last]))
    graph = helper.make_graph(nodes, "mlp", [v("x", TensorProto.FLOAT, ["batch", 32])], [v("score", TensorProto.FLOAT, ["batch", 1])], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save("onnx-small-mlp", made, {"x": floats(4, 32)})

    # Refused: a probability per class as a dictionary, and an operation that does not exist.
    m = LogisticRegression(max_iter=500).fit(iris.data, iris.target)
    with open(os.path.join(folder("refused-onnx-zipmap"), "model.onnx"), "wb") as file:
        file.write(to_onnx(m, iris.data[:1].astype(np.float32), target_opset={"": 17, "ai.onnx.ml": 3}).SerializeToString())
    graph = helper.make_graph([helper.make_node("Teleport", ["x"], ["y"], name="beam", domain="acme")], "unknown", [v("x", TensorProto.FLOAT, [None, 2])], [v("y", TensorProto.FLOAT, [None, 2])])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)], ir_version=8)
    with open(os.path.join(folder("refused-onnx-operation"), "model.onnx"), "wb") as file:
        file.write(made.SerializeToString())


# --- layers that TensorFlow.js lacks: those that are made here, and those that are refused -----------------------------
def own_layers():
    S = keras.Sequential
    I = keras.Input

    m = S([
        I((None, 2), name="signal"), L.Conv1D(5, 3, padding="causal", activation="relu"), L.Conv1D(4, 2, dilation_rate=4, padding="causal"),
        L.GlobalAveragePooling1D(), L.Dense(1, name="out"),
    ])
    save_keras("keras-causal-conv1d", with_names(m, ["out"]), {"signal": floats(3, 11, 2)})

    x = I((6, 5, 8), name="x")
    h = L.GroupNormalization(4)(x)
    h = L.GroupNormalization(-1, epsilon=0.01, center=False)(h)
    m = keras.Model(x, L.Dense(2, name="out")(L.Flatten()(L.GroupNormalization(1, scale=False)(h))))
    save_keras("keras-group-normalization", with_names(m, ["out"]), {"x": floats(3, 6, 5, 8)})

    m = S([
        I((6, 4), name="steps"), L.GRU(5, recurrent_activation="hard_sigmoid", return_sequences=True),
        L.LSTM(4, recurrent_activation="hard_sigmoid"), L.Dense(6, activation="hard_sigmoid"), L.Activation("hard_sigmoid"), L.Dense(2, name="out"),
    ])
    save_keras("keras-hard-sigmoid", with_names(m, ["out"]), {"steps": floats(3, 6, 4) * 3})

    # Refused: layers that TensorFlow.js does not have.
    m = S([I((8, 2), name="signal"), L.Conv1DTranspose(3, 3, name="wider"), L.Flatten(), L.Dense(1)])
    m.save(os.path.join(folder("refused-keras-conv1d-transpose"), "model.keras"))
    m = S([I((6,), name="x"), L.Dense(4, activation="sparsemax", name="gate"), L.Dense(1)])
    m.save(os.path.join(folder("refused-keras-activation"), "model.keras"))
    x = I((4, 4), name="x")
    m = keras.Model(x, L.GroupNormalization(2, axis=1, name="norm")(x))
    m.save(os.path.join(folder("refused-keras-group-normalization"), "model.keras"))


parts = sys.argv[2:] or ["keras3", "tensorflow2", "onnx_models", "own_layers"]
for part in parts:
    globals()[part]()
    print("made", part, flush=True)

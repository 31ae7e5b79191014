"""Scalers of River (learn, then transform, row by row) and of scikit-learn (whole batch)."""
import data
import numpy as np
import sklearn.preprocessing as skp
from river import preprocessing


def stream(rows, scaler):
    said = []
    for i, (x, _) in enumerate(rows):
        scaler.learn_one(x)
        if i < 100 or i % 100 == 0:
            said.append([round(float(v), 12) for v in scaler.transform_one(x).values()])
    return said


def matrix(rows):
    return np.array([list(x.values()) for x, _ in rows], dtype=float)


def batch(X, scaler):
    return scaler.fit(X).transform(X)[::50].tolist()


def make():
    trump, breast = data.trump(), data.breast()
    X = matrix(breast)
    return {
        "river": {
            "standard": stream(trump, preprocessing.StandardScaler()),
            "standard_mean_only": stream(trump, preprocessing.StandardScaler(with_std=False)),
            "min_max": stream(trump, preprocessing.MinMaxScaler()),
            "max_abs": stream(trump, preprocessing.MaxAbsScaler()),
            "normalizer_l1": stream(trump, preprocessing.Normalizer(order=1)),
            "normalizer_l2": stream(trump, preprocessing.Normalizer(order=2)),
            "robust": stream(trump, preprocessing.RobustScaler()),
        },
        "sklearn": {
            "standard": batch(X, skp.StandardScaler()),
            "min_max": batch(X, skp.MinMaxScaler()),
            "max_abs": batch(X, skp.MaxAbsScaler()),
            "normalizer_max": batch(X, skp.Normalizer("max")),
        },
    }

"""Encoders and imputers: River row by row, scikit-learn over the batch."""
import data
import numpy as np
import sklearn.feature_extraction as skf
import sklearn.preprocessing as skp
from river import preprocessing, stats

CATEGORIES = ["zurich-class", "largest-spot-size", "spot-distribution"]
PLACES = ["Paris", "Zürich", "北京", "São Paulo", "x" * 40]


def rows():
    return [({c: x[c] for c in CATEGORIES}, y) for x, y in data.flares()][:400]


def stream(said, transformer):
    out = []
    for x, _ in said:
        transformer.learn_one(x)
        out.append(transformer.transform_one(x))
    return out[:60] + out[60::20]


def holes():
    """TrumpApproval with every 7th value missing, and a category with holes."""
    made = []
    for i, (x, _) in enumerate(data.trump()[:300]):
        row = {k: (None if (i * 5 + n) % 7 == 3 else v) for n, (k, v) in enumerate(x.items()) if k != "ordinal_date"}
        row["band"] = None if i % 4 == 1 else ("low", "high", "mid")[(i * i) % 3]
        made.append(row)
    return made


def imputed():
    imputer = preprocessing.StatImputer(("gallup", stats.Mean()), ("ipsos", stats.Max()), ("rasmussen", -1.5), ("band", stats.Mode(k=-1)), ("you_gov", stats.Quantile(0.5)))
    out = []
    for x in holes():
        imputer.learn_one(x)
        out.append(imputer.transform_one(x))
    return out[::3]


def hashed():
    records = [{"city": p, "n": float(i + 1), "flag": True, "w": -0.5 * i} for i, p in enumerate(PLACES)]
    out = {}
    for n, sign in ((16, True), (16, False), (2**20, True)):
        X = skf.FeatureHasher(n_features=n, alternate_sign=sign).transform(records).tocsr()
        out[f"{n}_{int(sign)}"] = [{str(j): float(v) for j, v in zip(X[[i]].indices, X[[i]].data)} for i in range(len(records))]
    return {"records": records, "rows": out}


def make():
    said = rows()
    X = np.array([list(x.values()) for x, _ in said])
    y = np.array([float(t) for _, t in said])
    onehot = skp.OneHotEncoder(sparse_output=False).fit(X)
    ordinal = skp.OrdinalEncoder().fit(X)
    target = skp.TargetEncoder(smooth=5.0, target_type="continuous").fit(X, y)
    return {
        "columns": CATEGORIES,
        "one_hot": stream(said, preprocessing.OneHotEncoder()),
        "one_hot_sparse": stream(said, preprocessing.OneHotEncoder(drop_zeros=True)),
        "ordinal": stream(said, preprocessing.OrdinalEncoder()),
        "sklearn": {
            "categories": [c.tolist() for c in onehot.categories_],
            "one_hot": onehot.transform(X)[::10].astype(int).tolist(),
            "ordinal": ordinal.transform(X)[::10].astype(int).tolist(),
            "target": target.transform(X)[::10].tolist(),
        },
        "holes": holes(),
        "imputed": imputed(),
        "hashed": hashed(),
    }

"""Public data sets that River and scikit-learn carry, as lists of (features, target)."""
import json

import sklearn.datasets
from river import datasets


def phishing():
    return [(x, bool(y)) for x, y in datasets.Phishing()]


def bananas():
    # River calls the columns 1 and 2; names that are numbers would make dictionaries of JavaScript slow.
    return [({f"x{k}": v for k, v in x.items()}, bool(y)) for x, y in datasets.Bananas()][:3000]


def trump():
    return [(x, y) for x, y in datasets.TrumpApproval()]


def segments():
    return [({k: round(v, 6) for k, v in x.items()}, y) for x, y in datasets.ImageSegments()][:1500]


def flares():
    return [(x, y["c-class-flares"] > 0) for x, y in datasets.SolarFlare()]


def chick():
    return [(x, y) for x, y in datasets.ChickWeights()]


def passengers():
    return [({"month": x["month"].month, "year": x["month"].year}, y) for x, y in datasets.AirlinePassengers()]


def _sklearn(loaded, names, step=1, rows=None):
    X = loaded.data[::step][:rows]
    y = loaded.target[::step][:rows]
    return [({n: float(v) for n, v in zip(names, row)}, int(t)) for row, t in zip(X, y)]


def iris():
    return _sklearn(sklearn.datasets.load_iris(), ["sl", "sw", "pl", "pw"])


def breast():
    loaded = sklearn.datasets.load_breast_cancer()
    return _sklearn(loaded, [n.replace(" ", "_") for n in loaded.feature_names], rows=300)


def digits():
    return _sklearn(sklearn.datasets.load_digits(), [f"p{i}" for i in range(64)], rows=600)


ALL = {f.__name__: f for f in [phishing, bananas, trump, segments, flares, chick, passengers, iris, breast, digits]}


def write(folder):
    for name, load in ALL.items():
        rows = load()
        columns = list(rows[0][0])
        value = lambda v: int(v) if isinstance(v, float) and v.is_integer() else v  # noqa: E731
        made = {"columns": columns, "x": [[value(x[c]) for c in columns] for x, _ in rows], "y": [y for _, y in rows]}
        text = json.dumps(made, separators=(",", ":"))
        (folder / f"{name}.json").write_text(text + "\n")
        print(f"data/{name}.json: {len(rows)} rows, {len(text) / 1000:.0f} kB")

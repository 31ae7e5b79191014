"""k-means and half-space trees of River."""
import data
from river import anomaly, cluster, preprocessing
from steps import run, short


def numbered(rows):
    """Features named 0, 1, …: sets of small integers have one order, and River draws the start in it."""
    return [({i: v for i, v in enumerate(x.values())}, y) for x, y in rows]


def kmeans(rows, **params):
    model = cluster.KMeans(**params)
    said = run(rows, lambda x: model.predict_one(x), lambda x, _: model.learn_one(x))
    return {"clusters": said, "centers": [[short(c[i]) for i in sorted(c)] for c in model.centers.values()]}


def half_space(rows, **params):
    model = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(**params)
    return run(rows, lambda x: short(model.score_one(x)), lambda x, _: model.learn_one(x))


def make():
    return {
        "kmeans": {
            "iris": kmeans(numbered(data.iris()), n_clusters=3, halflife=0.1, mu=3, sigma=2, seed=42),
            "bananas_p1": kmeans(numbered(data.bananas()), n_clusters=5, halflife=0.4, p=1, seed=7),
        },
        "half_space": {
            "breast": half_space(data.breast(), n_trees=5, height=3, window_size=50, seed=42),
            "bananas": half_space(data.bananas(), n_trees=10, height=8, window_size=250, seed=1),
        },
    }

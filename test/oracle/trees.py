"""Hoeffding trees and adaptive random forests of River, on numbers and on categories.

Weights of rows are whole numbers, but those of new leaves are estimates that only add up to whole numbers within rounding:
a whole grace period would let the last bit of an error function decide whether a leaf splits now or a row later. So
the grace periods here end in a half.
"""
import data
from river import forest, tree
from steps import binary, multi


def drifting():
    """Bananas, then the same with the labels turned round: the forest has to replace its trees."""
    rows = data.bananas()[:1500]
    return rows + [(x, not y) for x, y in rows]


def make():
    ht, arf = tree.HoeffdingTreeClassifier, forest.ARFClassifier
    phishing, bananas, segments, flares = data.phishing(), data.bananas(), data.segments(), data.flares()
    made = {
        "tree": {
            "default": binary(bananas, ht()),
            "eager": binary(bananas, ht(grace_period=49.5, delta=0.01)),
            "gini": binary(bananas, ht(grace_period=49.5, delta=0.01, split_criterion="gini")),
            "majority": binary(phishing, ht(grace_period=49.5, delta=0.01, leaf_prediction="mc")),
            "naive_bayes": binary(phishing, ht(grace_period=49.5, delta=0.01, leaf_prediction="nb")),
            "shallow": binary(phishing, ht(grace_period=49.5, delta=0.1, tau=0.2, max_depth=2)),
            "categories": binary(flares, ht(grace_period=49.5, delta=0.1, tau=0.2)),
            "categories_binary": binary(flares, ht(grace_period=49.5, delta=0.1, tau=0.2, binary_split=True, nominal_attributes=["activity", "evolution"])),
            "classes": multi(segments[:300], ht(grace_period=39.5, delta=0.1, tau=0.2)),
        },
        "forest": {
            "bananas": binary(bananas, arf(n_models=5, seed=8, grace_period=49.5)),
            "phishing": binary(phishing, arf(seed=42, grace_period=49.5, leaf_prediction="mc", max_features=4)),
            "drifting": binary(drifting(), arf(n_models=3, seed=1, grace_period=49.5)),
        },
    }
    model = ht(grace_period=49.5, delta=0.01)
    for x, y in bananas:
        model.learn_one(x, y)
    made["shape"] = {"nodes": model.n_nodes, "leaves": model.n_leaves, "height": model.height}
    model = arf(n_models=3, seed=1, grace_period=49.5)
    for x, y in drifting():
        model.learn_one(x, y)
    made["drifts"] = model.n_drifts_detected()
    return made

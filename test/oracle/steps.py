"""Runs a River model over a data set, prediction first, and keeps what it said."""

FIRST = 500
EVERY = 50


def keep(i):
    return i < FIRST or i % EVERY == 0


def run(rows, predict, learn):
    """Predictions, before learning, of the rows that `keep` says."""
    said = []
    for i, (x, y) in enumerate(rows):
        p = predict(x)
        if keep(i):
            said.append(p)
        learn(x, y)
    return said


def short(v):
    """12 decimals: far below the 1e-9 that is compared, and a third shorter in the file."""
    return round(float(v), 12)


def binary(rows, model):
    return run(rows, lambda x: short(model.predict_proba_one(x).get(True, 0.0)), model.learn_one)


def number(rows, model):
    return run(rows, lambda x: short(model.predict_one(x)), model.learn_one)


def multi(rows, model):
    """Probability of each class, in the order of `sorted`, as a list of [class, probability]."""
    return run(rows, lambda x: [[c, short(p)] for c, p in sorted(model.predict_proba_one(x).items())], model.learn_one)

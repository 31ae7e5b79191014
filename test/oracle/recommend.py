"""Biased matrix factorisation of River on generated ratings; Swing by its definition, with no index and no bounds."""
import itertools
import random

from river import optim, reco
from steps import keep, short


def ratings():
    rng = random.Random(5)
    taste = {u: rng.choice([0, 1]) for u in range(40)}
    return [[u := rng.randrange(40), i := rng.randrange(30), min(5, max(1, round(3 + (1.5 if i % 2 == taste[u] else -1.5) + rng.gauss(0, 0.5))))] for _ in range(2500)]


def factorise(rows, **params):
    model = reco.BiasedMF(**params)
    said = []
    for n, (u, i, y) in enumerate(rows):
        p = model.predict_one(f"u{u}", i)
        if keep(n):
            said.append(short(p))
        model.learn_one(f"u{u}", i, y)
    return said


def swing(pairs, alpha1, alpha2, beta, least):
    items = {}
    for u, i in pairs:
        items.setdefault(u, set()).add(i)
    weight = {u: (alpha1 + len(s)) ** -beta for u, s in items.items()}
    users = [u for u in sorted(items) if len(items[u]) >= least]
    scores = {}
    for u, v in itertools.combinations(users, 2):
        common = items[u] & items[v]
        for i, j in itertools.permutations(sorted(common), 2):
            scores[i, j] = scores.get((i, j), 0.0) + weight[u] * weight[v] / (alpha2 + len(common))
    return [[i, j, short(s)] for (i, j), s in sorted(scores.items())]


def make():
    rows = ratings()
    liked = [(u, i) for u, i, y in rows[:600] if y >= 4]
    return {
        "ratings": rows,
        "biased_mf": {
            "sgd": factorise(rows, n_factors=10, seed=42),
            "regularised": factorise(rows, n_factors=5, seed=3, l2_bias=0.02, l2_latent=0.05, bias_optimizer=optim.SGD(0.05), latent_optimizer=optim.AdaGrad(0.05)),
        },
        "swing": {"pairs": liked, "scores": swing(liked, 15, 0, 0.3, 3), "smoothed": swing(liked, 5, 2, 0.5, 1)},
    }

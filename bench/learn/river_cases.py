"""The cases of cases.ts in River: river_cases.py ROOT SECONDS [case ...] prints {case: rows per CPU second}."""
import json
import pathlib
import sys
import time

from river import anomaly, cluster, compose, drift, feature_extraction, forest, linear_model, naive_bayes, optim, preprocessing, reco, tree

root = pathlib.Path(sys.argv[1])
seconds = float(sys.argv[2])
wanted = sys.argv[3:]


def rows(name):
    data = json.loads((root / f"data/{name}.json").read_text())
    return [(dict(zip(data["columns"], x)), y) for x, y in zip(data["x"], data["y"])]


expected = lambda part: json.loads((root / f"expected/{part}.json").read_text())  # noqa: E731
scaled = lambda m: preprocessing.StandardScaler() | m  # noqa: E731


def supervised(data, make, say):
    def go():
        model = make()
        ask = getattr(model, say)
        for x, y in data:
            ask(x)
            model.learn_one(x, y)
        return len(data)
    return go


def unsupervised(data, make, say):
    def go():
        model = make()
        ask = getattr(model, say)
        for x, _ in data:
            ask(x)
            model.learn_one(x)
        return len(data)
    return go


def detector(values, make):
    def go():
        made = make()
        for v in values:
            made.update(v)
        return len(values)
    return go


def rated(ratings):
    def go():
        model = reco.BiasedMF(seed=1)
        for u, i, y in ratings:
            model.predict_one(u, i)
            model.learn_one(u, i, y)
        return len(ratings)
    return go


phishing, trump, segments, bananas, flares, breast = map(rows, ["phishing", "trump", "segments", "bananas", "flares", "breast"])
TEXTS = expected("text")["texts"]
texts = [(TEXTS[i % len(TEXTS)], i % len(TEXTS) < 5) for i in range(500)]
streams = expected("drift")["streams"]
proba, one = "predict_proba_one", "predict_one"
logistic = lambda: scaled(linear_model.LogisticRegression())  # noqa: E731
CASES = {
    "scaler | logistic regression (9 features)": supervised(phishing, logistic, proba),
    "scaler | logistic regression, vectors": supervised(phishing, logistic, proba),
    "scaler | linear regression, AdaGrad (6)": supervised(trump, lambda: scaled(linear_model.LinearRegression(optimizer=optim.AdaGrad(), intercept_lr=0.1)), one),
    "scaler | softmax (18, 7 classes)": supervised(segments, lambda: scaled(linear_model.SoftmaxRegression()), proba),
    "Gaussian naive Bayes (18, 7 classes)": supervised(segments, naive_bayes.GaussianNB, proba),
    "Hoeffding tree (2 features)": supervised(bananas, tree.HoeffdingTreeClassifier, proba),
    "Hoeffding tree (18, 7 classes)": supervised(segments, tree.HoeffdingTreeClassifier, proba),
    "adaptive random forest, 10 trees (9)": supervised(phishing, lambda: forest.ARFClassifier(seed=0), proba),
    "one-hot | logistic regression (10)": supervised(flares, lambda: preprocessing.OneHotEncoder() | linear_model.LogisticRegression(), proba),
    "bag of words | multinomial naive Bayes": supervised(texts, lambda: feature_extraction.BagOfWords() | naive_bayes.MultinomialNB(), proba),
    "k-means, 5 clusters (2)": unsupervised(bananas, lambda: cluster.KMeans(seed=0), one),
    "min-max | half-space trees (30)": unsupervised(breast, lambda: preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=1), "score_one"),
    "biased matrix factorisation (10 factors)": rated(expected("recommend")["ratings"]),
    "ADWIN": detector(streams["gauss"], drift.ADWIN),
    "Page-Hinkley": detector(streams["gauss"], drift.PageHinkley),
    "KSWIN": detector(streams["gauss"], lambda: drift.KSWIN(seed=1)),
    "DDM": detector(streams["binary"], drift.binary.DDM),
}

result = {}
for name, go in CASES.items():
    if wanted and not any(w in name for w in wanted):
        continue
    # As in run.ts: the clock is asked only every 50 ms or so.
    rounds, started = 0, time.process_time()
    while time.process_time() - started < seconds / 3:
        go()
        rounds += 1
    lot = max(1, round(rounds / (time.process_time() - started) * 0.05))
    n, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        for _ in range(lot):
            n += go()
    result[name] = n / (time.process_time() - started)
print(json.dumps(result))

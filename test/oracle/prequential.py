"""River's progressive validation with delayed labels."""
import data
from river import evaluate, linear_model, metrics, naive_bayes, preprocessing


def make():
    phishing, segments, trump = data.phishing(), data.segments()[:400], data.trump()
    made = {"binary": {}, "multi": {}, "regression": {}}
    for delay in (None, 1, 10, 200):
        model = preprocessing.StandardScaler() | linear_model.LogisticRegression()
        metric = metrics.LogLoss()
        made["binary"][str(delay or 0)] = evaluate.progressive_val_score(phishing, model, metric, delay=delay).get()
        made["multi"][str(delay or 0)] = evaluate.progressive_val_score(segments, naive_bayes.GaussianNB(), metrics.MacroF1(), delay=delay).get()
        model = preprocessing.StandardScaler() | linear_model.LinearRegression(intercept_lr=0.1)
        made["regression"][str(delay or 0)] = evaluate.progressive_val_score(trump, model, metrics.MAE(), delay=delay).get()
    return made

"""Metrics of River, step by step, and of scikit-learn, over all rows."""
import data
import sklearn.metrics as skm
from river import linear_model, metrics, naive_bayes, preprocessing, utils
from steps import keep


def make():
    phishing = data.phishing()
    model = preprocessing.StandardScaler() | linear_model.LogisticRegression()
    binary = {
        "accuracy": metrics.Accuracy(), "precision": metrics.Precision(), "recall": metrics.Recall(), "f1": metrics.F1(),
        "fbeta": metrics.FBeta(beta=2.0), "log_loss": metrics.LogLoss(), "roc_auc": metrics.ROCAUC(n_thresholds=20),
        "rolling_roc_auc": metrics.RollingROCAUC(window_size=200),
        "rolling_f1": utils.Rolling(metrics.F1(), window_size=100), "rolling_log_loss": utils.Rolling(metrics.LogLoss(), window_size=100),
    }
    steps = {name: [] for name in binary}
    probabilities, window = [], []
    for i, (x, y) in enumerate(phishing):
        p = float(model.predict_proba_one(x)[True])
        # Distinct scores: River rounds the half that a tie counts, the exact area does not.
        p = min(1 - 1e-9, max(1e-9, p + (i + 1) * 1e-10))
        probabilities.append(p)
        for name, metric in binary.items():
            metric.update(y, p if name.endswith(("log_loss", "roc_auc")) else p > 0.5)
            if i % 25 == 24:
                steps[name].append(metric.get())
        model.learn_one(x, y)
    truth = [y for _, y in phishing]
    decided = [p > 0.5 for p in probabilities]

    segments = data.segments()
    bayes = naive_bayes.GaussianNB()
    multi = {
        f"{avg}_{name}": getattr(metrics, f"{avg.title()}{cls}")()
        for avg in ("macro", "micro", "weighted")
        for name, cls in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1"))
    }
    multi["cross_entropy"] = metrics.CrossEntropy()
    msteps = {name: [] for name in multi}
    labels, mtruth, mpred = [], [], []
    first = []
    for i, (x, y) in enumerate(segments):
        probs = bayes.predict_proba_one(x)
        pred = max(probs, key=probs.get) if probs else None
        if pred is not None:
            mtruth.append(y)
            mpred.append(pred)
            for name, metric in multi.items():
                metric.update(y, probs if name == "cross_entropy" else pred)
                if i % 25 == 24:
                    msteps[name].append(metric.get())
        bayes.learn_one(x, y)

    trump = data.trump()
    linear = preprocessing.StandardScaler() | linear_model.LinearRegression(intercept_lr=0.1)
    regression = {"mae": metrics.MAE(), "mse": metrics.MSE(), "rmse": metrics.RMSE(), "r2": metrics.R2()}
    rsteps = {name: [] for name in regression}
    predicted = []
    for i, (x, y) in enumerate(trump):
        p = linear.predict_one(x)
        predicted.append(p)
        for name, metric in regression.items():
            metric.update(y, p)
            if i % 25 == 24:
                rsteps[name].append(metric.get())
        linear.learn_one(x, y)
    rtruth = [y for _, y in trump]
    tied = [round(p, 1) for p in probabilities]
    return {
        "binary": {"probabilities": probabilities, "river": steps, "sklearn": {
            "accuracy": skm.accuracy_score(truth, decided), "precision": skm.precision_score(truth, decided),
            "recall": skm.recall_score(truth, decided), "f1": skm.f1_score(truth, decided),
            "fbeta": skm.fbeta_score(truth, decided, beta=2.0), "log_loss": skm.log_loss(truth, probabilities),
            "exact_roc_auc": skm.roc_auc_score(truth, probabilities), "exact_roc_auc_tied": skm.roc_auc_score(truth, tied),
            "rolling_roc_auc_tied": skm.roc_auc_score(truth[-200:], tied[-200:]),
        }},
        "multi": {"truth": mtruth[:800], "predicted": mpred[:800], "river": {k: v for k, v in msteps.items()}, "sklearn": {
            f"{avg}_{name}": float(f(mtruth[:800], mpred[:800], average=avg, zero_division=0))
            for avg in ("macro", "micro", "weighted")
            for name, f in (("precision", skm.precision_score), ("recall", skm.recall_score), ("f1", skm.f1_score))
        }, "confusion": skm.confusion_matrix(mtruth[:800], mpred[:800], labels=sorted(set(mtruth))).tolist()},
        "regression": {"predicted": predicted, "river": rsteps, "sklearn": {
            "mae": skm.mean_absolute_error(rtruth, predicted), "mse": skm.mean_squared_error(rtruth, predicted),
            "rmse": skm.root_mean_squared_error(rtruth, predicted), "r2": skm.r2_score(rtruth, predicted),
        }},
    }

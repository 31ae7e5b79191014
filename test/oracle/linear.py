"""Linear learners of River; every case is StandardScaler | model."""
import data
from river import linear_model, optim, preprocessing
from steps import binary, multi, number


class PaperEpsilonInsensitive:
    """max(0, |p - y| - eps), as in the paper; River's own loss has 2y - 1 in place of y."""

    def __init__(self, eps):
        self.eps = eps

    def __call__(self, y_true, y_pred):
        return max(abs(y_pred - y_true) - self.eps, 0.0)


def pa_regressor(**params):
    model = linear_model.PARegressor(**params)
    model.loss = PaperEpsilonInsensitive(model.eps)
    return model


def scaled(model):
    return preprocessing.StandardScaler() | model


def make():
    phishing, bananas, trump, segments = data.phishing(), data.bananas(), data.trump(), data.segments()
    logistic = linear_model.LogisticRegression
    linear = linear_model.LinearRegression
    softmax = linear_model.SoftmaxRegression
    return {
        "logistic": {
            "sgd": binary(phishing, scaled(logistic())),
            "sgd_l2": binary(phishing, scaled(logistic(l2=0.01))),
            "sgd_l1": binary(phishing, scaled(logistic(l1=0.001))),
            "adagrad": binary(phishing, scaled(logistic(optimizer=optim.AdaGrad(0.1)))),
            "ftrl": binary(phishing, scaled(logistic(optimizer=optim.FTRLProximal(alpha=0.1, l1=0.01)))),
            "adam": binary(phishing, scaled(logistic(optimizer=optim.Adam(0.01)))),
            "rmsprop": binary(bananas, scaled(logistic(optimizer=optim.RMSProp(0.01)))),
            "momentum": binary(bananas, scaled(logistic(optimizer=optim.Momentum(0.01)))),
            "hinge": binary(phishing, scaled(logistic(loss=optim.losses.Hinge()))),
            "inverse_scaling": binary(phishing, scaled(logistic(optimizer=optim.SGD(optim.schedulers.InverseScaling(0.1)), intercept_lr=0.1))),
            "weighted_classes": binary(phishing, scaled(logistic(loss=optim.losses.Log(weight_pos=5.0)))),
        },
        "linear": {
            "sgd": number(trump, scaled(linear(intercept_lr=0.1))),
            "adagrad": number(trump, scaled(linear(optimizer=optim.AdaGrad(0.1), intercept_lr=0.1))),
            "ftrl": number(trump, scaled(linear(optimizer=optim.FTRLProximal(), intercept_lr=0.1))),
            "huber": number(trump, scaled(linear(loss=optim.losses.Huber(1.0), intercept_lr=0.1))),
            "quantile": number(trump, scaled(linear(loss=optim.losses.Quantile(0.8), intercept_lr=0.1))),
            "absolute": number(trump, scaled(linear(loss=optim.losses.Absolute(), intercept_lr=0.1))),
            "poisson": number(data.chick(), scaled(linear(optimizer=optim.SGD(0.001), loss=optim.losses.Poisson(), intercept_lr=0.003))),
        },
        "softmax": {
            "sgd": multi(segments[:400], scaled(softmax())),
            "adagrad_l2": multi(segments[:200], scaled(softmax(optimizer=optim.AdaGrad(0.1), l2=0.001))),
        },
        "pa_classifier": {f"mode{m}": binary(phishing, scaled(linear_model.PAClassifier(C=0.1, mode=m))) for m in (0, 1, 2)},
        "pa_regressor": {f"mode{m}": number(trump, scaled(pa_regressor(C=0.1, mode=m))) for m in (0, 1, 2)},
    }

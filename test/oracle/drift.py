"""Drift detectors of River on streams with planted changes, and on errors of a model on a public data set."""
import random

import data
from river import drift, linear_model, preprocessing


def changing(seed, kind):
    rng = random.Random(seed)
    values = []
    for i in range(4000):
        stage = i // 1000
        if kind == "binary":
            values.append(int(rng.random() < (0.1, 0.1, 0.35, 0.05)[stage]))
        else:
            values.append(round(rng.gauss((0.3, 0.5, 0.5, 0.2)[stage], (0.1, 0.1, 0.3, 0.1)[stage]), 6))
    return values


def errors():
    model = preprocessing.StandardScaler() | linear_model.LogisticRegression()
    said = []
    for x, y in data.phishing() + [(x, not y) for x, y in data.phishing()]:
        said.append(int(model.predict_one(x) != y))
        model.learn_one(x, y)
    return said


def alarms(detector, values, state=None):
    made = {"drift": [], "warning": [], "state": []}
    for i, v in enumerate(values):
        detector.update(v)
        if detector.drift_detected:
            made["drift"].append(i)
        if getattr(detector, "warning_detected", False):
            made["warning"].append(i)
        if state and i % 100 == 99:
            made["state"].append([float(s) for s in state(detector)])
    return made


def make():
    streams = {"gauss": changing(1, "gauss"), "binary": changing(2, "binary"), "errors": errors()}
    adwin_state = lambda d: (d.width, d.estimation, d.variance)  # noqa: E731
    made = {"streams": streams, "adwin": {}, "adwin_tight": {}, "page_hinkley": {}, "kswin": {}, "ddm": {}}
    for name, values in streams.items():
        made["adwin"][name] = alarms(drift.ADWIN(), values, adwin_state)
        made["adwin_tight"][name] = alarms(drift.ADWIN(delta=0.05, clock=8, max_buckets=3), values, adwin_state)
        made["page_hinkley"][name] = alarms(drift.PageHinkley(threshold=10), values)
        made["kswin"][name] = alarms(drift.KSWIN(alpha=0.0005, seed=42), values, lambda d: (d.p_value,))
        if name != "gauss":
            made["ddm"][name] = alarms(drift.binary.DDM(), values)
    made["page_hinkley"]["gauss_up"] = alarms(drift.PageHinkley(threshold=10, mode="up"), streams["gauss"])
    made["page_hinkley"]["gauss_down"] = alarms(drift.PageHinkley(threshold=10, mode="down"), streams["gauss"])
    return made

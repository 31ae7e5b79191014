"""Naive Bayes of River."""
import data
from river import naive_bayes
from steps import binary, multi


def make():
    digits = [(x, y) for x, y in data.digits()][:250]
    return {
        "gaussian": {
            "bananas": binary(data.bananas(), naive_bayes.GaussianNB()),
            "segments": multi(data.segments()[:250], naive_bayes.GaussianNB()),
        },
        "multinomial": {
            "phishing": binary(data.phishing(), naive_bayes.MultinomialNB(alpha=0.5)),
            "digits": multi(digits, naive_bayes.MultinomialNB()),
        },
    }

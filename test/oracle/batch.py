"""Discretising, products, selection and reduction of scikit-learn (and what River has of them)."""
import data
import numpy as np
import scipy.stats
import sklearn.decomposition as skd
import sklearn.feature_selection as sks
import sklearn.preprocessing as skp
import sklearn.random_projection as skr
from river import feature_extraction, feature_selection


def matrix(rows):
    return np.array([list(x.values()) for x, _ in rows], dtype=float), np.array([y for _, y in rows])


def some(X):
    return np.asarray(X)[::30].tolist()


def make():
    B, b = matrix(data.breast())
    D, d = matrix(data.digits())
    iris = data.iris()
    I, i = matrix(iris)
    S = skp.StandardScaler().fit_transform(B)
    bins = lambda **kw: skp.KBinsDiscretizer(encode="ordinal", subsample=None, **kw)  # noqa: E731
    pca = skd.PCA(n_components=5, svd_solver="full").fit(S)
    white = skd.PCA(n_components=3, whiten=True, svd_solver="full").fit(I)
    chi, chi_p = sks.chi2(D, d)
    f, f_p = sks.f_classif(B, b)
    variance = feature_selection.VarianceThreshold(threshold=0.3)
    poly = feature_extraction.PolynomialExtender(degree=3, include_bias=True)
    inter = feature_extraction.PolynomialExtender(degree=2, interaction_only=True)
    for x, _ in iris:
        variance.learn_one(x)
    return {
        "k_bins": {
            "quantile": some(bins(n_bins=5, strategy="quantile", quantile_method="linear").fit_transform(B).astype(int)),
            "quantile_many_ties": some(bins(n_bins=10, strategy="quantile", quantile_method="linear").fit_transform(D).astype(int)),
            "uniform": some(bins(n_bins=7, strategy="uniform").fit_transform(B).astype(int)),
        },
        "digitize": np.digitize(I[:, 0], [4.9, 5.8, 6.4]).tolist(),
        "binarizer": some(skp.Binarizer(threshold=3.0).fit_transform(I).astype(int)),
        "polynomial": [{k: float(v) for k, v in poly.transform_one(x).items()} for x, _ in iris[::30]],
        "interaction": [{k: float(v) for k, v in inter.transform_one(x).items()} for x, _ in iris[::30]],
        "polynomial_sklearn": some(skp.PolynomialFeatures(degree=2, include_bias=False).fit_transform(I)),
        "variance": sorted(variance.transform_one(iris[0][0])),
        "chi2": {"score": [None if np.isnan(s) else s for s in chi.tolist()], "p": [None if np.isnan(s) else s for s in chi_p.tolist()], "best20": np.flatnonzero(sks.SelectKBest(sks.chi2, k=20).fit(D, d).get_support()).tolist()},
        "f_classif": {"score": f.tolist(), "p": f_p.tolist(), "best7": np.flatnonzero(sks.SelectKBest(k=7).fit(B, b).get_support()).tolist(), "fpr": np.flatnonzero(sks.SelectFpr(alpha=1e-6).fit(B, b).get_support()).tolist()},
        "mutual_info": sks.mutual_info_classif(D, d, discrete_features=True).tolist(),
        "tails": {"chi2": [[x, k, float(scipy.stats.chi2.sf(x, k))] for x in (0.1, 1.0, 5.0, 20.0, 80.0) for k in (1, 2, 9, 40)], "f": [[x, a, c, float(scipy.stats.f.sf(x, a, c))] for x in (0.1, 1.0, 3.0, 25.0) for a in (1, 2, 9) for c in (5, 100, 3000)]},
        "pca": {"rows": some(pca.transform(S)), "variance": pca.explained_variance_.tolist(), "ratio": pca.explained_variance_ratio_.tolist()},
        "pca_whiten": some(white.transform(I)),
        "random_projection": some(skr.GaussianRandomProjection(n_components=6, random_state=7).fit_transform(D)),
    }

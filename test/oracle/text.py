"""Bags of words, n-grams and TF-IDF: River text by text, scikit-learn over the batch."""
import sklearn.feature_extraction.text as skt
from river import feature_extraction

TEXTS = [
    "The river runs past the old mill, and the mill-wheel turns with the tide.",
    "Streams of water, streams of words: a river of data never stops.",
    "Le café d'été à Zürich coûte 4,50 francs; c'est déjà trop cher!",
    "Привет, мир! Поток данных течёт, как река.",
    "The tide turned. The wheel turned. The data turned up late.",
    "word2vec, bag_of_words and tf-idf are well-known: well, known enough.",
    "A B C of it: I am x.",
    "river river river",
    "",
    "Late data is not lost data; the watermark waits for the late data.",
]


def river_rows(vectorizer):
    out = []
    for text in TEXTS:
        vectorizer.learn_one(text)
        out.append({(" ".join(k) if isinstance(k, tuple) else k): v for k, v in vectorizer.transform_one(text).items()})
    return out


def sklearn_rows(vectorizer):
    X = vectorizer.fit_transform(TEXTS).tocsr()
    names = vectorizer.get_feature_names_out()
    return [{names[j]: float(v) for j, v in zip(X[[i]].indices, X[[i]].data)} for i in range(len(TEXTS))]


def make():
    bag, tfidf = feature_extraction.BagOfWords, feature_extraction.TFIDF
    # River divides by the norm, which the empty text does not have.
    full = [t for t in TEXTS if t]
    tf = tfidf()
    said = []
    for text in full:
        tf.learn_one(text)
        said.append(tf.transform_one(text))
    return {
        "texts": TEXTS,
        "river": {
            "bag": river_rows(bag()),
            "bag_raw": river_rows(bag(lowercase=False, strip_accents=False)),
            "bigrams": river_rows(bag(ngram_range=(1, 2), stop_words={"the", "of"})),
            "tfidf": said,
        },
        "sklearn": {
            "count": sklearn_rows(skt.CountVectorizer(strip_accents="unicode")),
            "count_min_df": sklearn_rows(skt.CountVectorizer(strip_accents="unicode", min_df=2, max_df=0.3, binary=True)),
            "trigrams": sklearn_rows(skt.CountVectorizer(ngram_range=(2, 3))),
            "tfidf": sklearn_rows(skt.TfidfVectorizer(strip_accents="unicode")),
            "tfidf_sublinear": sklearn_rows(skt.TfidfVectorizer(sublinear_tf=True)),
        },
    }

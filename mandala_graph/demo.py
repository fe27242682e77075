"""The experiment of `mandala-graph demo`: handwritten digits, two model families, a sweep, an ensemble.

A plain program with ops, on the 1,797 images of 8 x 8 pixels that scikit-learn ships (UCI "Optical
Recognition of Handwritten Digits", Alpaydin and Kaynak 1998). It is also the example of the documentation.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from mandala_graph.errors import UsageError
from mandala_graph.runtime.op import op
from mandala_graph.storage import Storage
from mandala_graph.structures import MList

__all__ = ["experiment", "run"]


@op(output_names=["images", "labels"])
def load_digits() -> tuple[Any, Any]:
    """Images (1797 x 64 floats, 0 to 16) and labels (1797 integers, 0 to 9)."""
    from sklearn.datasets import load_digits as load

    images, labels = load(return_X_y=True)
    return images, labels


@op(output_names=["X_train", "X_test", "y_train", "y_test"])
def split(images: Any, labels: Any, test_share: float = 0.3, seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """A random split, the same share of each digit on both sides."""
    from sklearn.model_selection import train_test_split

    parts = train_test_split(images, labels, test_size=test_share, random_state=seed, stratify=labels)
    return parts[0], parts[1], parts[2], parts[3]


@op(output_names=["model"])
def train_forest(X_train: Any, y_train: Any, n_estimators: int, max_depth: int | None = None) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators, max_depth=max_depth, random_state=0).fit(X_train, y_train)


@op(output_names=["model"])
def train_svm(X_train: Any, y_train: Any, c: float, gamma: float) -> Any:
    from sklearn.svm import SVC

    return SVC(C=c, gamma=gamma).fit(X_train, y_train)


@op(output_names=["accuracy"])
def evaluate(model: Any, X_test: Any, y_test: Any) -> float:
    """The share of test images whose digit is right."""
    return float(model.score(X_test, y_test))


@op(output_names=["accuracy"])
def evaluate_ensemble(models: MList[Any], X_test: Any, y_test: Any) -> float:
    """The same for the majority vote of several models."""
    import numpy as np

    votes = np.stack([model.predict(X_test) for model in models])
    winner = np.array([np.bincount(column, minlength=10).argmax() for column in votes.T])
    return float((winner == y_test).mean())


def experiment(storage: Storage, each: Callable[[], None] = lambda: None) -> list[tuple[str, str, float]]:
    """Run it all inside `with storage`; (model, settings, accuracy) of each model, and of the ensemble."""
    rows: list[tuple[str, str, float]] = []
    with storage:
        images, labels = load_digits()
        X_train, X_test, y_train, y_test = split(images, labels)
        models = []
        for n_estimators in (5, 20, 80):
            for max_depth in (4, 8, None):
                model = train_forest(X_train, y_train, n_estimators, max_depth)
                accuracy = storage.unwrap(evaluate(model, X_test, y_test))
                rows.append(("forest", f"n_estimators={n_estimators}, max_depth={max_depth}", accuracy))
                models.append((accuracy, model))
                each()
        for c in (0.1, 1.0, 10.0):
            for gamma in (0.0001, 0.001, 0.01):
                model = train_svm(X_train, y_train, c, gamma)
                accuracy = storage.unwrap(evaluate(model, X_test, y_test))
                rows.append(("svm", f"c={c}, gamma={gamma}", accuracy))
                models.append((accuracy, model))
                each()
        best = [model for _, model in sorted(models, key=lambda m: -m[0])[:5]]
        accuracy = storage.unwrap(evaluate_ensemble(best, X_test, y_test))
        rows.append(("ensemble", "the five best", accuracy))
        each()
    return rows


N_STEPS = 19
"""How many models `experiment` evaluates."""


def run(storage: Storage, say: Callable[[str], None], progress: bool = True) -> None:
    """Run the experiment with progress, and say what came out and what was computed and reused."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise UsageError("the demo needs scikit-learn: pip install 'mandala-graph[demo]'.") from None
    from tqdm.auto import tqdm

    started = time.perf_counter()
    with tqdm(total=N_STEPS, desc="models", unit="model", disable=not progress) as bar:
        rows = experiment(storage, lambda: cast(None, bar.update(1)))
    seconds = time.perf_counter() - started
    say(f"{'model':<10}{'settings':<36}accuracy")
    for kind, settings, accuracy in sorted(rows, key=lambda r: -r[2]):
        say(f"{kind:<10}{settings:<36}{accuracy:.4f}")
    say("")
    say(f"{'op':<20}{'computed':>9}{'reused':>8}")
    computed = reused = 0
    for name, counts in storage.stats().items():
        n, again = int(counts["computed"]), int(counts["hits"] + counts["found"] + counts["reused"])
        computed, reused = computed + n, reused + again
        say(f"{name:<20}{n:>9}{again:>8}")
    say("")
    say(f"{computed} calls computed, {reused} reused, in {seconds:.2f} s; kept in {storage.location}")
    if computed:
        say("Run it again: everything will be reused.")

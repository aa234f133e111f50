"""Estimators for scikit-learn: its multi-layer perceptrons' parameters, attributes and numbers, and the whole family
of activations."""

from __future__ import annotations

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, _fit_context
from sklearn.metrics import accuracy_score, r2_score
from sklearn.neural_network import MLPClassifier as _TheirClassifier
from sklearn.neural_network import MLPRegressor as _TheirRegressor
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels

from relume import _core
from relume._perceptron import OURS, Perceptron, is_stochastic

__all__ = ["MLPClassifier", "MLPRegressor"]


class MLPClassifier(ClassifierMixin, Perceptron):
    """A multi-layer perceptron that tells classes apart, with scikit-learn's parameters and attributes.

    `activation` is "relu", "tanh", "logistic", "identity" or any elementwise name of relume: "leaky_relu(0.2)".
    Targets may be classes or a matrix of labels (several a row). float32 rows are computed with as they are, all others
    in float64.
    """

    _parameter_constraints = {**_TheirClassifier._parameter_constraints, **OURS}

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
    ):
        self._set(locals())

    @property
    def _loss(self) -> str:
        """ "labels": a probability for each output; "classes": the probabilities add up to 1."""
        return "classes" if self._label_binarizer.y_type_ == "multiclass" else "labels"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _validate(self, X, y, incremental: bool, reset: bool):
        X, y = self._validated(X, y, reset)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
            return X, y
        classes = unique_labels(y)
        if self.warm_start and set(classes) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {classes}"
            )
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )
        return X, y

    def _encode(self, y, dtype) -> np.ndarray:
        """The place of each row's class, or a column of 0 and 1 for each label."""
        if self._loss == "classes" and y.ndim == 1:
            return np.searchsorted(self.classes_, y).astype(np.int64)
        return np.ascontiguousarray(self._label_binarizer.transform(y), dtype=dtype)

    def _decode(self, targets) -> np.ndarray:
        return self.classes_[targets] if targets.ndim == 1 else self._label_binarizer.inverse_transform(targets)

    @available_if(is_stochastic)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """One pass over these rows; the first call needs all classes."""
        known = getattr(self, "classes_", None)
        if known is None and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if known is None:
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
            self.classes_ = unique_labels(classes)
        elif classes is not None and not np.array_equal(known, unique_labels(classes)):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {known!r}")
        return self._fit(X, y, sample_weight, incremental=True)

    def _probabilities(self, raw: np.ndarray) -> np.ndarray:
        return _core.softmax(raw, 1) if self._loss == "classes" else _core.sigmoid(raw)

    def predict_proba(self, X) -> np.ndarray:
        """The probability of each class, or of each label."""
        p = self._probabilities(self._raw(X))
        return np.hstack([1 - p, p]) if p.shape[1] == 1 else p

    def predict_log_proba(self, X) -> np.ndarray:
        """The logarithm of predict_proba()."""
        return np.log(self.predict_proba(X))

    def _decide(self, raw: np.ndarray) -> np.ndarray:
        if self._loss == "classes":
            return self.classes_[raw.argmax(axis=1)]
        p = self._probabilities(raw)
        return self._label_binarizer.inverse_transform(p.ravel() if p.shape[1] == 1 else p)

    def predict(self, X) -> np.ndarray:
        """The most probable class of each row, or its labels."""
        return self._decide(self._raw(X))

    def _score(self, y, predicted, sample_weight) -> float:
        return accuracy_score(y, predicted, sample_weight=sample_weight)


class MLPRegressor(RegressorMixin, Perceptron):
    """A multi-layer perceptron that predicts numbers, one or several a row, with scikit-learn's parameters and
    attributes. The loss is half the squared error, or, with loss="poisson", half the Poisson deviance of a prediction
    eˣ. float32 rows are computed with as they are, all others in float64.
    """

    _parameter_constraints = {**_TheirRegressor._parameter_constraints, **OURS}

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
    ):
        self._set(locals())

    @property
    def _loss(self) -> str:
        return "counts" if self.loss == "poisson" else "squares"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _validate(self, X, y, incremental: bool, reset: bool):
        X, y = self._validated(X, y, reset, y_numeric=True)
        y = y.toarray() if hasattr(y, "toarray") else y
        if self.loss == "poisson" and y.size and y.min() < 0:
            raise ValueError(f"Some value(s) of y are out of the valid range of loss='poisson': {y.min()} is negative.")
        return X, y

    def _encode(self, y, dtype) -> np.ndarray:
        return np.ascontiguousarray(y, dtype=dtype).reshape(len(y), -1)

    def _decode(self, targets) -> np.ndarray:
        return targets

    @available_if(is_stochastic)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """One pass over these rows."""
        return self._fit(X, y, sample_weight, incremental=True)

    def _decide(self, raw: np.ndarray) -> np.ndarray:
        values = np.exp(raw) if self._loss == "counts" else raw
        return values.ravel() if values.shape[1] == 1 else values

    def predict(self, X) -> np.ndarray:
        """The values, [rows] or [rows, outputs]."""
        return self._decide(self._raw(X))

    def _score(self, y, predicted, sample_weight) -> float:
        if not np.isfinite(predicted).all():
            return np.nan
        return r2_score(y, predicted, sample_weight=sample_weight)

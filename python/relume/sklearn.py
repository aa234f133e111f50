"""Estimators for scikit-learn: its multi-layer perceptrons' parameters and attributes, and the whole family of
activations."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from relume import _core, nn, optim
from relume.grad_mode import no_grad

__all__ = ["MLPClassifier", "MLPRegressor"]

_SOLVERS = ("adam", "sgd", "lbfgs")
_DTYPES = (np.float64, np.float32)
_RATES = ("constant", "invscaling", "adaptive")


class _Perceptron(BaseEstimator):
    """What the classifier and the regressor share."""

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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X, y, sample_weight=None):
        """Trains on all rows; a network that is there already goes on learning where `warm_start` is set."""
        return self._fit(X, y, sample_weight, incremental=False)

    # The network, and how scikit-learn sees it.

    def _widths(self) -> list[int]:
        sizes = self.hidden_layer_sizes
        sizes = list(sizes) if np.iterable(sizes) else [sizes]
        if any(int(size) <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return [int(size) for size in sizes]

    def _activation_text(self) -> str:
        return {"logistic": "sigmoid"}.get(self.activation, self.activation)

    def _build(self, features: int, outputs: int, dtype: np.dtype) -> None:
        widths = [features, *self._widths(), outputs]
        modules: list[nn.Module] = []
        for i, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
            modules.append(nn.Linear(fan_in, fan_out, dtype=dtype))
            if i < len(widths) - 2:
                modules.append(nn.Activate(self._activation_text()))
        self._network = nn.Sequential(*modules)
        self._linears = [m for m in modules if isinstance(m, nn.Linear)]

    def _draw_weights(self) -> None:
        """Uniform within ±√(6 / (in + out)), √(2 / (in + out)) for the sigmoid: the very numbers that scikit-learn draws."""
        factor = 2.0 if self._activation_text() == "sigmoid" else 6.0
        with no_grad():
            for linear in self._linears:
                bound = np.sqrt(factor / (linear.in_features + linear.out_features))
                coefs = self._random_state.uniform(-bound, bound, (linear.in_features, linear.out_features))
                linear.weight.copy_(coefs.T)
                linear.bias.copy_(self._random_state.uniform(-bound, bound, linear.out_features))

    def _show(self) -> None:
        """coefs_ and intercepts_ are views: what is written into them is what predict() uses."""
        self.coefs_ = [linear.weight.detach().numpy().T for linear in self._linears]
        self.intercepts_ = [linear.bias.detach().numpy() for linear in self._linears]

    def __getstate__(self):
        state = super().__getstate__().copy()
        for name in ("_network", "_linears", "_optimizer"):
            state.pop(name, None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        self._optimizer = None
        if hasattr(self, "coefs_"):
            self._restore(self.coefs_, self.intercepts_)

    def _restore(self, coefs, intercepts) -> None:
        self._build(coefs[0].shape[0], coefs[-1].shape[1], coefs[0].dtype)
        with no_grad():
            for linear, coef, intercept in zip(self._linears, coefs, intercepts):
                linear.weight.copy_(np.ascontiguousarray(coef.T))
                linear.bias.copy_(np.array(intercept))
        self._show()

    # Training.

    def _check_parameters(self) -> None:
        if self.solver not in _SOLVERS:
            raise ValueError(f"The solver {self.solver!r} is not one of {', '.join(_SOLVERS)}.")
        if self.learning_rate not in _RATES:
            raise ValueError(f"The learning_rate {self.learning_rate!r} is not one of {', '.join(_RATES)}.")
        for name in ("max_iter", "learning_rate_init", "n_iter_no_change"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)!r} but must be > 0.")
        if not self.alpha >= 0:
            raise ValueError(f"alpha is {self.alpha!r} but must be >= 0.")
        if not 0 <= self.validation_fraction < 1:
            raise ValueError(f"validation_fraction is {self.validation_fraction!r} but must be >= 0 and < 1.")

    def _fit(self, X, y, sample_weight, incremental: bool):
        self._check_parameters()
        reset = not (hasattr(self, "coefs_") and (incremental or self.warm_start))
        X, y, sample_weight = self._validate(X, y, sample_weight, reset)
        targets = self._encode(y, X.dtype)
        if reset:
            self._random_state = check_random_state(self.random_state)
            self._build(X.shape[1], targets.shape[1] if targets.ndim == 2 else len(self.classes_), X.dtype)
            self._draw_weights()
            self._begin()
        if self.solver == "lbfgs":
            if incremental:
                raise AttributeError("partial_fit is only available for stochastic optimizers; solver is lbfgs")
            self._fit_lbfgs(X, targets, sample_weight)
        else:
            self._fit_stochastic(X, y, targets, sample_weight, incremental)
        if not all(np.isfinite(w).all() for w in (*self.coefs_, *self.intercepts_)):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )
        return self

    def _begin(self) -> None:
        self._show()
        self.n_layers_ = len(self.coefs_) + 1
        self.n_outputs_ = self.coefs_[-1].shape[1]
        self.out_activation_ = {"classes": "softmax", "labels": "logistic"}.get(self._loss, "identity")
        self.n_iter_ = 0
        self.t_ = 0
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        self._optimizer = None
        self.best_loss_ = None if self.early_stopping else np.inf
        self.best_validation_score_ = -np.inf if self.early_stopping else None
        self.validation_scores_ = [] if self.early_stopping else None

    def _make_optimizer(self):
        parameters = self._network.parameters()
        if self.solver == "adam":
            betas = (self.beta_1, self.beta_2)
            return optim.Adam(parameters, lr=self.learning_rate_init, betas=betas, eps=self.epsilon)
        nesterov = bool(self.nesterovs_momentum and self.momentum > 0)
        return optim.SGD(parameters, lr=self.learning_rate_init, momentum=self.momentum, nesterov=nesterov)

    def _batch(self, rows: int) -> int:
        if self.batch_size == "auto":
            return min(200, rows)
        if not self.batch_size >= 1:
            raise ValueError(f"batch_size is {self.batch_size!r} but must be >= 1 or 'auto'.")
        return min(int(self.batch_size), rows)

    def _penalty(self, rows: int) -> float:
        return 0.5 * self.alpha * float(sum(np.vdot(w, w) for w in self.coefs_)) / rows

    def _fit_stochastic(self, X, y, targets, sample_weight, incremental: bool) -> None:
        held_out = None
        if self.early_stopping and not incremental:
            X, targets, sample_weight, held_out = self._hold_out(X, y, targets, sample_weight)
        rows = len(X)
        batch = self._batch(rows)
        if self._optimizer is None or not (incremental or self.warm_start):
            self._optimizer = self._make_optimizer()
        if not incremental:
            self._no_improvement_count = 0
        best: list[np.ndarray] | None = None
        order = np.arange(rows)
        weights = [linear.weight for linear in self._linears]
        for _ in range(1 if incremental else self.max_iter):
            if self.shuffle:
                places = np.arange(rows)  # scikit-learn's own way, without its checks of parameters
                self._random_state.shuffle(places)
                order = order[places]
            self.loss_ = _core._fit_epoch(
                self._network, self._optimizer, X, targets, sample_weight, order, batch, self._loss, weights, self.alpha
            )
            self.n_iter_ += 1
            self.t_ += rows
            self.loss_curve_.append(self.loss_)
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
            if self._is_best(held_out):
                best = [w.copy() for w in (*self.coefs_, *self.intercepts_)] if held_out else None
            if self.learning_rate == "invscaling" and self.solver == "sgd":
                self._optimizer.lr = self.learning_rate_init / (self.t_ + 1) ** self.power_t
            if not incremental and self._no_improvement_count > self.n_iter_no_change and self._is_done():
                break
        else:
            if not incremental:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                    "converged yet.",
                    ConvergenceWarning,
                    stacklevel=4,
                )
        if best is not None:
            self._restore(best[: len(self.coefs_)], best[len(self.coefs_) :])
            self._optimizer = None

    def _hold_out(self, X, y, targets, sample_weight):
        stratify = y if np.ndim(getattr(self, "classes_", 0)) and not self._multilabel else None
        parts = [X, targets, y] + ([sample_weight] if sample_weight is not None else [])
        split = train_test_split(
            *parts, random_state=self._random_state, test_size=self.validation_fraction, stratify=stratify
        )
        weights = split[6:] if sample_weight is not None else [None, None]
        return split[0], split[2], weights[0], (split[1], split[5], weights[1])

    def _is_best(self, held_out) -> bool:
        """Counts how long nothing has become better; whether this epoch is the best so far."""
        if held_out is not None:
            X, y, weight = held_out
            score = self._score(X, y, weight)
            self.validation_scores_.append(score)
            if self.verbose:
                print(f"Validation score: {score:f}")
            improved, best = score > self.best_validation_score_ + self.tol, score > self.best_validation_score_
            self.best_validation_score_ = max(score, self.best_validation_score_)
        else:
            before = np.inf if self.best_loss_ is None else self.best_loss_
            improved, best = self.loss_ < before - self.tol, self.loss_ < before
            if not self.early_stopping:
                self.best_loss_ = min(before, self.loss_)
        self._no_improvement_count = 0 if improved else self._no_improvement_count + 1
        return best

    def _is_done(self) -> bool:
        """Without improvement for long: the end, or, where the rate is adaptive, a fifth of it."""
        if self.learning_rate != "adaptive" or self.solver != "sgd" or self._optimizer.lr <= 1e-6:
            return True
        self._optimizer.lr /= 5.0
        self._no_improvement_count = 0
        return False

    def _fit_lbfgs(self, X, targets, sample_weight) -> None:
        parameters = [p for linear in self._linears for p in (linear.weight, linear.bias)]
        total = len(X) if sample_weight is None else float(sample_weight.sum())

        def unpack(vector):
            at = 0
            with no_grad():
                for p in parameters:
                    p.copy_(vector[at : at + p.numel()].reshape(p.shape))
                    at += p.numel()

        def loss_and_gradient(vector):
            unpack(vector)
            self._network.zero_grad()
            loss = _core._mean_loss(self._network(X), targets, sample_weight, self._loss)
            loss.backward()
            decay = self.alpha / total
            gradients = [
                p.grad.numpy().astype(np.float64) + (decay * p.detach().numpy() if p.ndim == 2 else 0.0)
                for p in parameters
            ]
            return float(loss) + self._penalty(total), np.concatenate([g.ravel() for g in gradients])

        start = np.concatenate([p.detach().numpy().astype(np.float64).ravel() for p in parameters])
        options = {"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol}
        found = minimize(loss_and_gradient, start, method="L-BFGS-B", jac=True, options=options)
        unpack(found.x)
        self.n_iter_ = int(found.nit)
        self.loss_ = float(found.fun)
        if found.status == 1:
            warnings.warn(
                f"lbfgs failed to converge after {found.nit} iterations; raise max_iter or scale the data.",
                ConvergenceWarning,
                stacklevel=5,
            )

    # Prediction.

    def _dense(self, X):
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=_DTYPES, reset=False)
        X = X.toarray() if hasattr(X, "toarray") else X
        return X.astype(self.coefs_[0].dtype, copy=False)

    def _outputs(self, X) -> np.ndarray:
        return _core._outputs(self._network, X).numpy()

    def _raw(self, X) -> np.ndarray:
        check_is_fitted(self)
        return self._outputs(self._dense(X))

    def _validated(self, X, y, sample_weight, reset: bool, **checks):
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=_DTYPES, reset=reset, **checks
        )
        X = X.toarray() if hasattr(X, "toarray") else X
        X = X if reset else X.astype(self.coefs_[0].dtype, copy=False)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if sample_weight is not None:
            sample_weight = np.ascontiguousarray(_check_sample_weight(sample_weight, X, dtype=X.dtype))
        return np.ascontiguousarray(X), y, sample_weight


class MLPClassifier(ClassifierMixin, _Perceptron):
    """A multi-layer perceptron that tells classes apart, with scikit-learn's parameters and attributes.

    `activation` is "relu", "tanh", "logistic", "identity" or any elementwise name of relume: "leaky_relu(0.2)".
    Targets may be classes or a matrix of labels (several a row). float32 rows are computed with as they are, all others
    in float64.
    """

    @property
    def _loss(self) -> str:
        """ "labels": a probability for each output; "classes": the probabilities add up to 1."""
        return "labels" if self._multilabel or len(self.classes_) == 2 else "classes"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _validate(self, X, y, sample_weight, reset: bool):
        X, y, sample_weight = self._validated(X, y, sample_weight, reset)
        check_classification_targets(y)
        found = unique_labels(y)
        if reset:
            self._multilabel = type_of_target(y) == "multilabel-indicator"
            self.classes_ = getattr(self, "_given_classes", found)
        elif len(np.setdiff1d(found, self.classes_)):
            raise ValueError(f"y has classes that were not there before: {np.setdiff1d(found, self.classes_)}")
        return X, y, sample_weight

    def _encode(self, y, dtype) -> np.ndarray:
        if self._multilabel:
            return np.ascontiguousarray(y, dtype=dtype)
        places = np.searchsorted(self.classes_, y).astype(np.int64)
        return places.reshape(-1, 1).astype(dtype) if len(self.classes_) == 2 else places

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """One pass over these rows; the first call needs all classes."""
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit is only available for stochastic optimizers; solver is lbfgs")
        if not hasattr(self, "coefs_"):
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self._given_classes = unique_labels(classes)
        try:
            return self._fit(X, y, sample_weight, incremental=True)
        finally:
            self.__dict__.pop("_given_classes", None)

    def predict_proba(self, X) -> np.ndarray:
        """The probability of each class, or of each label."""
        raw = self._raw(X)
        if self._loss == "classes":
            return _core.softmax(raw, 1)
        p = _core.sigmoid(raw)
        return p if self._multilabel else np.hstack([1 - p, p])

    def predict_log_proba(self, X) -> np.ndarray:
        """The logarithm of predict_proba()."""
        return np.log(self.predict_proba(X))

    def _decide(self, raw: np.ndarray) -> np.ndarray:
        if self._multilabel:
            return (raw > 0).astype(int)
        return self.classes_[(raw[:, 0] > 0).astype(int) if self._loss == "labels" else raw.argmax(axis=1)]

    def predict(self, X) -> np.ndarray:
        """The most probable class of each row, or its labels."""
        return self._decide(self._raw(X))

    def _score(self, X, y, sample_weight) -> float:
        return accuracy_score(y, self._decide(self._outputs(X)), sample_weight=sample_weight)


class MLPRegressor(RegressorMixin, _Perceptron):
    """A multi-layer perceptron that predicts numbers, one or several a row, with scikit-learn's parameters and
    attributes. The loss is half the squared error. float32 rows are computed with as they are, all others in float64.
    """

    _loss = "squares"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _validate(self, X, y, sample_weight, reset: bool):
        return self._validated(X, y, sample_weight, reset, y_numeric=True)

    def _encode(self, y, dtype) -> np.ndarray:
        return np.ascontiguousarray(y, dtype=dtype).reshape(len(y), -1)

    def partial_fit(self, X, y, sample_weight=None):
        """One pass over these rows."""
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit is only available for stochastic optimizers; solver is lbfgs")
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X) -> np.ndarray:
        """The values, [rows] or [rows, outputs]."""
        raw = self._raw(X)
        return raw.ravel() if raw.shape[1] == 1 else raw

    def _score(self, X, y, sample_weight) -> float:
        raw = self._outputs(X)
        return r2_score(y, raw.ravel() if raw.shape[1] == 1 else raw, sample_weight=sample_weight)

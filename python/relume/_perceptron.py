"""What relume's estimators for scikit-learn share: the network and how scikit-learn sees it, and how it is trained."""

from __future__ import annotations

import operator
import warnings

import numpy as np
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils._param_validation import InvalidParameterError, StrOptions
from sklearn.utils.optimize import _check_optimize_result
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from relume import _core, nn
from relume._solvers import SOLVERS, Solver
from relume.grad_mode import no_grad

_DTYPES = (np.float64, np.float32)
# What takes more than theirs: relume's family of activations and its table of optimizers.
OURS = {"activation": [str], "solver": [StrOptions({"lbfgs", *SOLVERS})]}


def is_stochastic(estimator) -> bool:
    if estimator.solver not in SOLVERS:
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {estimator.solver} is not stochastic."
        )
    return True


class Perceptron(BaseEstimator):
    """What the classifier and the regressor share."""

    def _set(self, parameters: dict) -> None:
        vars(self).update((name, value) for name, value in parameters.items() if name != "self")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Trains on all rows; a network that is there already goes on learning where `warm_start` is set."""
        return self._fit(X, y, sample_weight, incremental=False)

    # The network, and how scikit-learn sees it.

    def _widths(self) -> list[int]:
        sizes = self.hidden_layer_sizes
        sizes = [operator.index(size) for size in (sizes if np.iterable(sizes) else [sizes])]
        if any(size <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return sizes

    def _activation_module(self) -> nn.Module:
        try:
            return nn.Activate({"logistic": "sigmoid"}.get(self.activation, self.activation))
        except ValueError as error:
            raise InvalidParameterError(
                f"The 'activation' parameter of {type(self).__name__} is {self.activation!r}: {error}"
            ) from None

    def _draw_weights(self, widths: list[int], dtype) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Uniform within ±√(6 / (in + out)), √(2 / (in + out)) for the sigmoid: the very numbers that scikit-learn draws."""
        factor = 2.0 if self.activation in ("logistic", "sigmoid") else 6.0
        coefs, intercepts = [], []
        for fan_in, fan_out in zip(widths, widths[1:]):
            bound = np.sqrt(factor / (fan_in + fan_out))
            coefs.append(self._random_state.uniform(-bound, bound, (fan_in, fan_out)).astype(dtype, copy=False))
            intercepts.append(self._random_state.uniform(-bound, bound, fan_out).astype(dtype, copy=False))
        return coefs, intercepts

    def _build(self, coefs, intercepts) -> None:
        """A network with these weights. From then on coefs_ and intercepts_ are views of its own: what is written into
        them is what predict() uses."""
        dtype = np.result_type(*coefs)
        dtype = dtype if dtype in _DTYPES else np.dtype(np.float64)
        self._linears = [nn.Linear(*coef.shape, dtype=dtype) for coef in coefs]
        self._assemble()
        self._write(coefs, intercepts)
        self.coefs_ = [linear.weight.detach().numpy().T for linear in self._linears]
        self.intercepts_ = [linear.bias.detach().numpy() for linear in self._linears]
        self._shown = [*self.coefs_, *self.intercepts_]

    def _assemble(self) -> None:
        modules: list[nn.Module] = [self._linears[0]]
        for linear in self._linears[1:]:
            modules += [self._activation_module(), linear]
        self._network = nn.Sequential(*modules)
        self._assembled_with = self.activation

    def _write(self, coefs, intercepts) -> None:
        with no_grad():
            for linear, coef, intercept in zip(self._linears, coefs, intercepts):
                linear.weight.copy_(np.array(np.asarray(coef).T))
                linear.bias.copy_(np.array(intercept))

    def _synchronise(self) -> None:
        """coefs_, intercepts_ and activation may have been set from outside: the network follows them."""
        shown, given = getattr(self, "_shown", None), [*self.coefs_, *self.intercepts_]
        if shown is None or [np.shape(a) for a in given] != [a.shape for a in shown]:
            self._build([np.asarray(coef) for coef in self.coefs_], self.intercepts_)
            vars(self).pop("_optimizer", None)
        elif any(a is not b for a, b in zip(given, shown)):
            self._write(self.coefs_, self.intercepts_)
            self.coefs_, self.intercepts_ = shown[: len(self.coefs_)], shown[len(self.coefs_) :]
        if self._assembled_with != self.activation:
            self._assemble()

    def __getstate__(self):
        state = super().__getstate__().copy()
        for name in ("_network", "_linears", "_shown", "_assembled_with"):
            state.pop(name, None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if hasattr(self, "coefs_"):
            self._build(self.coefs_, self.intercepts_)
            if hasattr(self, "_optimizer"):
                self._optimizer.resume(self._network.parameters())

    # Training.

    def _fit(self, X, y, sample_weight, incremental: bool):
        hidden = self._widths()
        first = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        X, y = self._validate(X, y, incremental, reset=first)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=X.dtype)
        targets = self._encode(y, X.dtype)
        outputs = targets.shape[1] if targets.ndim == 2 else len(self.classes_)
        self._random_state = check_random_state(self.random_state)
        if first:
            self._initialize([X.shape[1], *hidden, outputs], X.dtype)
        else:
            self._check_shape(hidden, outputs)
            self._synchronise()
            X, targets, sample_weight = (self._cast(part) for part in (X, targets, sample_weight))
        if self.solver == "lbfgs":
            self._fit_lbfgs(X, targets, sample_weight)
        else:
            self._fit_stochastic(X, targets, sample_weight, incremental)
        self._check_weights()
        return self

    def _cast(self, part):
        """Numbers in the network's dtype; the places of classes as they are."""
        return part if part is None or part.dtype.kind != "f" else part.astype(self._shown[0].dtype, copy=False)

    def _initialize(self, widths: list[int], dtype) -> None:
        self._build(*self._draw_weights(widths, dtype))
        self._hidden = widths[1:-1]
        self.n_layers_ = len(widths)
        self.n_outputs_ = widths[-1]
        self.out_activation_ = {"classes": "softmax", "labels": "logistic", "counts": "exp"}.get(self._loss, "identity")
        self.n_iter_ = 0
        self.t_ = 0
        for name in ("loss_curve_", "_optimizer"):
            vars(self).pop(name, None)
        if self.solver in SOLVERS:
            self._begin_curves()

    def _begin_curves(self) -> None:
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None
        self._best_weights = [w.copy() for w in self._shown] if self.early_stopping else None

    def _check_shape(self, hidden: list[int], outputs: int) -> None:
        """What was made once stays: a warm start with other sizes would be another network."""
        made = getattr(self, "_hidden", hidden)
        if hidden != made:
            raise ValueError(
                f"hidden_layer_sizes is {hidden} now, but the network that goes on learning has {made}; make a new "
                "estimator, or fit() it with warm_start=False"
            )
        if outputs != self.n_outputs_:
            raise ValueError(f"y has {outputs} outputs, but the network that goes on learning has {self.n_outputs_}")

    def _check_weights(self) -> None:
        if not all(np.isfinite(w).all() for w in (*self.coefs_, *self.intercepts_)):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )

    def _batch(self, rows: int) -> int:
        if self.batch_size == "auto":
            return min(200, rows)
        if self.batch_size > rows:
            warnings.warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
        return min(int(self.batch_size), rows)

    def _fit_stochastic(self, X, targets, sample_weight, incremental: bool) -> None:
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        if getattr(self, "validation_scores_" if self.early_stopping else "best_loss_", None) is None:
            self._begin_curves()
        held_out = None
        if self.early_stopping:
            X, targets, sample_weight, held_out = self._hold_out(X, targets, sample_weight)
        rows = X.shape[0]
        batch = self._batch(rows)
        if not incremental or not hasattr(self, "_optimizer"):
            self._optimizer = Solver(self, self._network.parameters())
        examples = _core._Examples(X, targets, sample_weight)
        try:
            stopped = self._run_epochs(examples, rows, batch, held_out, 1 if incremental else self.max_iter)
            if not (stopped or incremental):
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                    "converged yet.",
                    ConvergenceWarning,
                    stacklevel=5,
                )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.")
        if self.early_stopping:
            if self.best_validation_score_ == -np.inf:
                self._check_weights()  # where no epoch was any good, the weights are the first ones, which are no model
            if self._best_weights is not None:
                self._write(self._best_weights[: len(self.coefs_)], self._best_weights[len(self.coefs_) :])
            # From here the best ones are the network's own, and a warm start goes on with them: as scikit-learn has it.
            self._best_weights = None

    def _run_epochs(self, examples, rows: int, batch: int, held_out, epochs: int) -> bool:
        """Whether it stopped of itself."""
        order = np.arange(rows)
        weights = [linear.weight for linear in self._linears]
        self.n_iter_ = 0
        for _ in range(epochs):
            if self.shuffle:
                places = np.arange(rows)  # scikit-learn's own way, without its checks of parameters
                self._random_state.shuffle(places)
                order = order[places]
            self.loss_ = _core._fit_epoch(
                self._network, self._optimizer.optimizer, examples, order, batch, self._loss, weights, self.alpha
            )
            self.n_iter_ += 1
            self.t_ += rows
            self.loss_curve_.append(self.loss_)
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
            self._count_improvement(held_out)
            self._optimizer.iteration_ends(self.t_)
            if self._no_improvement_count > self.n_iter_no_change:
                if self._optimizer.trigger_stopping(self._standstill(), self.verbose):
                    return True
                self._no_improvement_count = 0
            if held_out is None and not np.isfinite(self.loss_):
                self._check_weights()  # what is not finite once stays so
        return False

    def _standstill(self) -> str:
        what = "Validation score" if self.early_stopping else "Training loss"
        unit = f"for {self.n_iter_no_change} consecutive epochs."
        return f"{what} did not improve more than tol={self.tol:f} {unit}"

    def _hold_out(self, X, targets, sample_weight):
        """Rows for the validation score, drawn as scikit-learn draws them: stratified where there are two classes."""
        stratify = targets.astype(bool) if hasattr(self, "classes_") and self.n_outputs_ == 1 else None
        parts = [X, targets] + ([sample_weight] if sample_weight is not None else [])
        split = train_test_split(
            *parts, random_state=self._random_state, test_size=self.validation_fraction, stratify=stratify
        )
        if split[1].shape[0] < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        weights = split[4:] if sample_weight is not None else [None, None]
        return split[0], split[2], weights[0], (split[1], self._decode(split[3]), weights[1])

    def _count_improvement(self, held_out) -> None:
        """Counts for how long nothing has become better, and keeps the best weights where rows are held out."""
        if held_out is None:
            still = self.loss_ > self.best_loss_ - self.tol
            self.best_loss_ = min(self.best_loss_, self.loss_)
        else:
            X, y, weight = held_out
            score = self._score(y, self._decide(self._outputs(X)), weight)
            self.validation_scores_.append(score)
            if self.verbose:
                print(f"Validation score: {score:f}")
            still = score < self.best_validation_score_ + self.tol
            if score > self.best_validation_score_:
                self.best_validation_score_ = score
                self._best_weights = [w.copy() for w in self._shown]
        self._no_improvement_count = self._no_improvement_count + 1 if still else 0

    def _fit_lbfgs(self, X, targets, sample_weight) -> None:
        parameters = [p for linear in self._linears for p in (linear.weight, linear.bias)]
        total = X.shape[0] if sample_weight is None else float(sample_weight.sum())
        examples = _core._Examples(X, targets, sample_weight)

        def unpack(vector):
            at = 0
            with no_grad():
                for p in parameters:
                    p.copy_(vector[at : at + p.numel()].reshape(p.shape))
                    at += p.numel()

        def loss_and_gradient(vector):
            unpack(vector)
            self._network.zero_grad()
            loss = _core._add_gradients(self._network, examples, self._loss)
            loss += 0.5 * self.alpha * float(sum(np.vdot(w, w) for w in self.coefs_)) / total
            decay = self.alpha / total
            gradients = [
                p.grad.numpy().astype(np.float64) + (decay * p.detach().numpy() if p.ndim == 2 else 0.0)
                for p in parameters
            ]
            return loss, np.concatenate([g.ravel() for g in gradients])

        def tell(intermediate_result):
            tell.iteration += 1
            print(f"Iteration {tell.iteration}, loss = {intermediate_result.fun:.8f}")

        tell.iteration = 0
        start = np.concatenate([p.detach().numpy().astype(np.float64).ravel() for p in parameters])
        options = {"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol}
        found = minimize(loss_and_gradient, start, method="L-BFGS-B", jac=True, options=options,
                         callback=tell if self.verbose else None)
        unpack(found.x)
        self._network.zero_grad()
        self.n_iter_ = _check_optimize_result("lbfgs", found, self.max_iter)
        self.loss_ = float(found.fun)

    # Prediction.

    def _outputs(self, X) -> np.ndarray:
        return _core._outputs(self._network, X).numpy()

    def _raw(self, X) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=_DTYPES, reset=False)
        self._synchronise()
        return self._outputs(self._cast(_by_rows(X)))

    def _validated(self, X, y, reset: bool, **checks):
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=_DTYPES, reset=reset, **checks
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y.toarray() if hasattr(y, "toarray") else y, warn=True)
        return _by_rows(X), y


def _by_rows(X):
    """Sparse columns as sparse rows; everything else as it is."""
    return X.tocsr() if hasattr(X, "tocsr") else X

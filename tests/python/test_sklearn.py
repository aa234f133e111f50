"""The estimators, held to scikit-learn's own checks and to its own perceptrons."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

import relume
from relume.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore")


@parametrize_with_checks([MLPClassifier(max_iter=100), MLPRegressor(max_iter=100)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:1200] / 16, y[:1200], X[1200:] / 16, y[1200:]


def test_the_parameters_are_scikit_learns():
    assert MLPClassifier().get_params() == TheirClassifier().get_params()
    assert MLPRegressor().get_params() == TheirRegressor().get_params()
    assert MLPRegressor("poisson", (3,)).get_params() == TheirRegressor("poisson", (3,)).get_params()


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_the_same_weights_give_the_same_first_steps(solver, activation, digits):
    """One full batch from the same start: the loss curve of either is that of the other."""
    X, y, *_ = digits
    options = dict(hidden_layer_sizes=(7,), solver=solver, activation=activation, batch_size=len(X), shuffle=False,
                   max_iter=5, random_state=3, learning_rate_init=0.01, tol=1e-12)
    theirs, ours = TheirClassifier(**options).fit(X, y), MLPClassifier(**options).fit(X, y)
    if solver == "lbfgs":
        assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-3)
    else:
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)
        for a, b in zip(ours.coefs_, theirs.coefs_):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-8)


def test_it_is_as_good_as_theirs(digits):
    X, y, X_test, y_test = digits
    theirs = TheirClassifier(random_state=0).fit(X, y).score(X_test, y_test)
    ours = MLPClassifier(random_state=0).fit(X, y).score(X_test, y_test)
    assert ours > theirs - 0.02


def test_the_whole_family_is_at_hand(digits):
    X, y, *_ = digits
    for activation in ("leaky_relu(0.2)", "elu", "gelu", "silu", "selu"):
        assert MLPClassifier(activation=activation, max_iter=30, random_state=0).fit(X, y).score(X, y) > 0.9
    with pytest.raises(ValueError, match="reluu"):
        MLPClassifier(activation="reluu").fit(X, y)


def test_float32_rows_are_computed_in_float32(digits):
    X, y, *_ = digits
    model = MLPClassifier(max_iter=3).fit(X.astype(np.float32), y)
    assert model.coefs_[0].dtype == np.float32 and model.predict_proba(X).dtype == np.float32
    assert MLPClassifier(max_iter=3).fit(X, y).coefs_[0].dtype == np.float64


def test_it_lives_in_pipelines_searches_and_clones(digits):
    X, y, *_ = digits
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=20, random_state=0))
    assert cross_val_score(pipeline, X, y, cv=3, n_jobs=2).mean() > 0.85
    search = GridSearchCV(MLPClassifier(max_iter=5), {"activation": ["relu", "elu"], "alpha": [1e-4, 1e-2]}, cv=2)
    assert search.fit(X, y).best_score_ > 0.3
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()


def test_a_pickled_model_predicts_the_same_and_goes_on_learning(digits):
    X, y, *_ = digits
    model = MLPClassifier(max_iter=5, random_state=0).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    again.partial_fit(X, y)
    assert not np.array_equal(again.coefs_[0], model.coefs_[0])


def test_partial_fit_needs_the_classes_once(digits):
    X, y, *_ = digits
    model = MLPClassifier(random_state=0)
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, y)
    model.partial_fit(X[:50], y[:50], classes=np.arange(10))
    first = model.loss_
    for _ in range(20):
        model.partial_fit(X, y)
    assert model.loss_ < first / 2 and model.n_iter_ == 1 and len(model.loss_curve_) == 21
    with pytest.raises(ValueError, match="class"):
        model.partial_fit(X, y + 1)
    with pytest.raises(AttributeError):
        MLPClassifier(solver="lbfgs").partial_fit(X, y, classes=np.arange(10))


def test_warm_start_goes_on_where_it_stopped(digits):
    X, y, *_ = digits
    model = MLPClassifier(max_iter=3, warm_start=True, random_state=0).fit(X, y)
    loss = model.loss_
    assert model.fit(X, y).loss_ < loss
    assert len(model.loss_curve_) == 6


def test_early_stopping_keeps_the_best_weights(digits):
    X, y, *_ = digits
    model = MLPClassifier(early_stopping=True, max_iter=300, random_state=0, n_iter_no_change=5).fit(X, y)
    assert model.n_iter_ < 300
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ is None and len(model.validation_scores_) == model.n_iter_


def test_sample_weights_count(digits):
    X, y, *_ = digits
    weights = np.where(y < 5, 1.0, 0.0)
    assert set(MLPClassifier(max_iter=30, random_state=0).fit(X, y, sample_weight=weights).predict(X)) <= set(range(5))


def test_several_labels_a_row():
    X, Y = make_multilabel_classification(n_samples=300, n_features=12, n_classes=4, random_state=0)
    model = MLPClassifier(max_iter=300, random_state=0).fit(X, Y)
    theirs = TheirClassifier(max_iter=300, random_state=0).fit(X, Y)
    assert model.predict(X).shape == Y.shape and model.out_activation_ == "logistic"
    assert model.score(X, Y) > theirs.score(X, Y) - 0.1


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_regression_is_as_good_as_theirs(solver):
    X, y = load_diabetes(return_X_y=True)
    X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()
    options = dict(solver=solver, random_state=0, max_iter=300, hidden_layer_sizes=(20,))
    ours, theirs = MLPRegressor(**options).fit(X, y), TheirRegressor(**options).fit(X, y)
    assert ours.score(X, y) > theirs.score(X, y) - 0.05
    both = MLPRegressor(**options).fit(X, np.column_stack([y, -y]))
    assert both.predict(X).shape == (len(X), 2)


def test_it_says_when_it_has_not_converged(digits):
    X, y, *_ = digits
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        MLPClassifier(max_iter=2).fit(X, y)
    assert any(issubclass(w.category, ConvergenceWarning) for w in caught)


def test_coefficients_that_are_written_to_count(digits):
    X, y, *_ = digits
    model = MLPClassifier(max_iter=2).fit(X, y)
    for weights in (*model.coefs_, *model.intercepts_):
        weights[...] = 0
    np.testing.assert_allclose(model.predict_proba(X[:3]), 0.1, atol=1e-7)


IRIS, SPECIES = load_iris(return_X_y=True)
LABELLED, LABELS = make_multilabel_classification(n_samples=120, n_features=6, n_classes=3, random_state=1)
COUNTS = np.random.default_rng(0).poisson(np.exp(0.5 * IRIS[:, 0] - 2)).astype(float)
BOTH = np.column_stack([IRIS[:, 0], -IRIS[:, 1]])
WEIGHTS = np.random.default_rng(1).uniform(0, 2, len(IRIS))


def fit(X, y, **more):
    return lambda model: model.fit(X, y, **more)


def partial_fit(X, y, **more):
    return lambda model: model.partial_fit(X, y, **more)


def change(**parameters):
    return lambda model: model.set_params(**parameters)


def through_a_pickle(model):
    vars(model).update(vars(pickle.loads(pickle.dumps(model))))


def halve_weights(model):
    model.coefs_[0] = model.coefs_[0] / 2
    model.intercepts_ = [intercept + 1 for intercept in model.intercepts_]


CLASSES, NUMBERS = (MLPClassifier, TheirClassifier), (MLPRegressor, TheirRegressor)
SEVERAL_CALLS = {
    "three classes": (CLASSES, {}, [fit(IRIS, SPECIES)]),
    "text classes": (CLASSES, {}, [fit(IRIS, np.array(["a", "b", "c"])[SPECIES])]),
    "two classes held out": (CLASSES, {"early_stopping": True}, [fit(IRIS, SPECIES > 0)]),
    "three classes held out": (CLASSES, {"early_stopping": True}, [fit(IRIS, SPECIES, sample_weight=WEIGHTS)]),
    "one class": (CLASSES, {}, [fit(IRIS, np.full(len(IRIS), "x"))]),
    "labels": (CLASSES, {"early_stopping": True}, [fit(LABELLED, LABELS)]),
    "weights": (CLASSES, {"batch_size": 40}, [fit(IRIS, SPECIES, sample_weight=WEIGHTS)]),
    "far from scaled": (CLASSES, {}, [fit(1000 * IRIS, SPECIES)]),
    "warm start": (CLASSES, {"warm_start": True}, [fit(IRIS, SPECIES)] * 3),
    "warm start held out": (NUMBERS, {"warm_start": True, "early_stopping": True}, [fit(IRIS, SPECIES * 1.0)] * 3),
    "warm start held out, nothing gained": (
        CLASSES, {"warm_start": True, "early_stopping": True}, [fit(IRIS, SPECIES), fit(-IRIS, SPECIES)],
    ),
    "warm start, changed": (
        CLASSES, {"warm_start": True},
        [fit(IRIS, SPECIES), change(max_iter=5, activation="tanh", learning_rate_init=0.1), fit(IRIS, SPECIES)],
    ),
    "partial fits": (CLASSES, {}, [partial_fit(IRIS, SPECIES, classes=[0, 1, 2])] * 4),
    "partial fits, pickled": (
        CLASSES, {}, [partial_fit(IRIS, SPECIES, classes=[0, 1, 2]), through_a_pickle] * 3,
    ),
    "partial fits, changed": (
        CLASSES, {}, [fit(IRIS, SPECIES), change(learning_rate_init=0.1, beta_1=0.5), partial_fit(IRIS, SPECIES)],
    ),
    "weights from outside": (CLASSES, {}, [fit(IRIS, SPECIES), halve_weights, partial_fit(IRIS, SPECIES)]),
    "numbers": (NUMBERS, {"early_stopping": True}, [fit(IRIS, IRIS[:, 0])]),
    "several numbers": (NUMBERS, {}, [fit(IRIS, BOTH), fit(IRIS, BOTH, sample_weight=WEIGHTS)]),
    "counts": (NUMBERS, {"loss": "poisson"}, [fit(IRIS, COUNTS)]),
    "counts held out": (NUMBERS, {"loss": "poisson", "early_stopping": True}, [fit(IRIS, np.abs(BOTH))]),
    "numbers in order": (NUMBERS, {"shuffle": False, "batch_size": 33}, [fit(IRIS, BOTH), partial_fit(IRIS, BOTH)]),
}


def assert_same(ours, theirs):
    for name in ("n_iter_", "t_", "n_outputs_", "out_activation_", "_no_improvement_count"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("loss_curve_", "loss_", "validation_scores_", "best_loss_", "best_validation_score_"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert (mine is None) == (other is None), name
        if other is not None:
            np.testing.assert_allclose(mine, other, rtol=1e-7, err_msg=name)
    for mine, other in zip([*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_]):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-8)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("name", SEVERAL_CALLS)
def test_calls_in_a_row_leave_scikit_learns_numbers(name, solver):
    kinds, parameters, calls = SEVERAL_CALLS[name]
    models = [kind(hidden_layer_sizes=(8, 4), max_iter=12, random_state=3, solver=solver) for kind in kinds]
    for call in [change(**parameters), *calls]:
        for model in models:
            call(model)
    assert_same(*models)
    X = LABELLED if name == "labels" else IRIS
    ours, theirs = (model.predict(X) for model in models)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs) if theirs.dtype.kind != "f" else np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("momentum, nesterov", [(0, True), (0.5, False), (0.9, True), (1, False)])
@pytest.mark.parametrize("rate", ["constant", "invscaling", "adaptive"])
def test_rates_and_momentum_are_scikit_learns(rate, momentum, nesterov):
    options = dict(solver="sgd", learning_rate=rate, momentum=momentum, nesterovs_momentum=nesterov, power_t=0.3, tol=0.02,
                   learning_rate_init=0.05, n_iter_no_change=2, max_iter=40, random_state=0, hidden_layer_sizes=(8,))
    ours, theirs = MLPClassifier(**options).fit(IRIS, SPECIES), TheirClassifier(**options).fit(IRIS, SPECIES)
    for _ in range(2):
        assert_same(ours, theirs)
        assert ours._optimizer.learning_rate == pytest.approx(theirs._optimizer.learning_rate)
        through_a_pickle(ours)
        ours.partial_fit(IRIS, SPECIES), theirs.partial_fit(IRIS, SPECIES)
    assert_same(ours, theirs)


@pytest.mark.parametrize("solver", relume.optim.optimizer.__all__[1:])
def test_every_optimizer_of_relume_is_a_solver(solver, digits):
    X, y, *_ = digits
    rate = {"SGD": 0.1, "Adagrad": 0.05}.get(solver, 0.003)
    model = MLPClassifier((20,), solver=solver.lower(), max_iter=20, random_state=0, learning_rate_init=rate).fit(X, y)
    assert model.loss_curve_[-1] < model.loss_curve_[0] / 2
    again = pickle.loads(pickle.dumps(model)).partial_fit(X, y)
    assert again.loss_ < 2 * model.loss_


REFUSED = {
    "alpha": [-1, "a"], "batch_size": [0, 1.5], "learning_rate": ["x"], "learning_rate_init": [0], "power_t": [-1],
    "max_iter": [0, 1.5], "shuffle": ["x"], "random_state": ["x"], "tol": [-1], "momentum": [-0.1, 1.1], "beta_1": [1],
    "beta_2": [-0.1], "epsilon": [0], "n_iter_no_change": [0, 1.5], "max_fun": [0], "solver": ["x", None],
    "hidden_layer_sizes": [-1, "x"], "validation_fraction": [1], "activation": ["reluu", None],
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_parameter_out_of_its_range_is_refused_by_name(name):
    for value in REFUSED[name]:
        with pytest.raises(InvalidParameterError, match=name):
            MLPRegressor(**{name: value}).fit(IRIS, IRIS[:, 0])
        with pytest.raises(InvalidParameterError, match=name):
            MLPClassifier(**{name: value}).fit(IRIS, SPECIES)


def test_a_warm_start_with_other_layers_is_refused():
    model = MLPRegressor(hidden_layer_sizes=(5,), warm_start=True, max_iter=2).fit(IRIS, IRIS[:, 0])
    with pytest.raises(ValueError, match=r"hidden_layer_sizes is \[7\] now"):
        model.set_params(hidden_layer_sizes=(7,)).fit(IRIS, IRIS[:, 0])
    with pytest.raises(ValueError, match="y has 2 outputs"):
        model.set_params(hidden_layer_sizes=(5,)).fit(IRIS, BOTH)


def test_an_explosion_is_the_same_error_with_rows_held_out():
    X = np.random.default_rng(0).normal(size=(500, 4)) * 1e6
    for early_stopping in (False, True):
        model = MLPRegressor(early_stopping=early_stopping, solver="sgd", learning_rate_init=0.5, max_iter=30, random_state=0)
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            model.fit(X, X.sum(1) * 1e3)


def test_counts_are_not_negative():
    with pytest.raises(ValueError, match="-1.0 is negative"):
        MLPRegressor(loss="poisson").fit(IRIS, SPECIES - 1.0)


def spread(X, columns):
    """X among columns of zeros."""
    wide = np.zeros((len(X), columns))
    wide[:, :: columns // X.shape[1]][:, : X.shape[1]] = X
    return wide


@pytest.mark.parametrize("columns", [64, 2000])  # well filled, and hardly
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_rows_are_the_same_as_dense_ones(solver, container, columns, digits):
    X, y, X_test, _ = digits
    X, X_test = spread(X, columns), spread(X_test, columns)
    options = dict(solver=solver, max_iter=4, random_state=0, hidden_layer_sizes=(9,))
    dense, thin = MLPClassifier(**options).fit(X, y), MLPClassifier(**options).fit(container(X), y)
    np.testing.assert_allclose(thin.predict_proba(container(X_test)), dense.predict_proba(X_test), rtol=1e-9, atol=1e-12)
    float32 = MLPClassifier(**options).fit(container(X.astype("f4")), y)
    np.testing.assert_allclose(float32.predict_proba(container(X_test)), dense.predict_proba(X_test), atol=1e-3)


@pytest.mark.parametrize("columns", [4, 100])
def test_places_that_stand_twice_in_a_sparse_row_add_up(columns):
    model = MLPRegressor(max_iter=2, random_state=0).fit(spread(IRIS, columns), IRIS[:, 0])
    twice = sparse.csr_matrix((np.array([1.0, 2.0, 5.0]), np.array([2, 2, 0]), np.array([0, 3])), shape=(1, columns))
    assert model.predict(twice) == pytest.approx(model.predict(twice.toarray()))


def test_sparse_labels_come_back_sparse():
    model = MLPClassifier(max_iter=30, random_state=0).fit(LABELLED, sparse.csr_matrix(LABELS))
    dense = MLPClassifier(max_iter=30, random_state=0).fit(LABELLED, LABELS)
    predicted = model.predict(LABELLED)
    assert sparse.issparse(predicted)
    np.testing.assert_array_equal(predicted.toarray(), dense.predict(LABELLED))


def test_sparse_rows_are_never_dense_all_at_once():
    """[6000, 30000] would be 1.4 GB."""
    resource = pytest.importorskip("resource")
    script = """
import resource, sys, warnings
import numpy as np
from scipy import sparse
from relume.sklearn import MLPRegressor

warnings.simplefilter("ignore")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
places = np.random.default_rng(0).integers(0, 30000, 60000)
X = sparse.csr_array((np.ones(60000), places, np.arange(0, 60001, 10)), shape=(6000, 30000))
for solver in ("sgd", "lbfgs"):
    model = MLPRegressor(hidden_layer_sizes=(2,), solver=solver, max_iter=1).fit(X, X.sum(1))
    model.predict(X)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 500


def test_rows_that_are_read_only_are_not_copied_and_stay_what_they_are():
    X, y = IRIS.copy(), SPECIES.copy()
    X.flags.writeable = y.flags.writeable = False
    model = MLPClassifier(max_iter=5, random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), MLPClassifier(max_iter=5, random_state=0).fit(IRIS, SPECIES).predict_proba(IRIS))
    np.testing.assert_array_equal(X, IRIS)

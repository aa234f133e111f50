"""The estimators, held to scikit-learn's own checks and to its own perceptrons."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

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
    theirs, ours = TheirClassifier().get_params(), MLPClassifier().get_params()
    assert ours == theirs
    without_loss = {name: value for name, value in TheirRegressor().get_params().items() if name != "loss"}
    assert MLPRegressor().get_params() == without_loss


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_the_same_weights_give_the_same_first_steps(solver, activation, digits):
    """One full batch from the same start: the loss curve of either is that of the other."""
    X, y, *_ = digits
    # Adam's epsilon stands before the bias correction in scikit-learn, and behind it here, as in PyTorch: none counts.
    options = dict(epsilon=1e-20, hidden_layer_sizes=(7,), solver=solver, activation=activation, batch_size=len(X), shuffle=False,
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
    assert model.loss_ < first / 2 and model.n_iter_ == 21
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

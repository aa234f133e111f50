"""Times partial_fit of scikit-learn on one batch: train_step_sklearn.py WIDTHS BATCH adam|sgd THREADS [SECONDS]."""
import json
import os
import sys

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = sys.argv[4]

import numpy as np  # noqa: E402: BLAS reads the number of threads when it is loaded
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

from clock import median


def main():
    widths = [int(width) for width in sys.argv[1].split("-")]
    batch, optimizer = int(sys.argv[2]), sys.argv[3]
    seconds = float(sys.argv[5]) if len(sys.argv) > 5 else 1.0
    rng = np.random.default_rng(1)
    x = rng.standard_normal((batch, widths[0])).astype(np.float32)
    options = {"hidden_layer_sizes": widths[1:-1], "solver": optimizer, "learning_rate_init": 1e-3, "alpha": 0,
               "nesterovs_momentum": False, "batch_size": batch, "random_state": 1}
    if widths[-1] == 1:
        network, y, first = MLPRegressor(**options), rng.standard_normal(batch).astype(np.float32), {}
    else:
        # Two classes have one logistic output there, where the others have two: less work, not more.
        network, y, first = MLPClassifier(**options), np.arange(batch) % widths[-1], {"classes": np.arange(widths[-1])}
    network.partial_fit(x, y, **first)
    print(json.dumps({"microseconds": median(lambda: network.partial_fit(x, y), seconds), "sklearn": sklearn.__version__}))


main()

"""scikit-learn's stochastic solvers, and the others of relume's table, on relume's optimizers."""

from __future__ import annotations

import copy

from relume import _core, optim

SOLVERS = {name: getattr(optim, kind) for name, kind in _core._optimizer_names.items()}


class Solver:
    """An optimizer with scikit-learn's schedules of the rate. It keeps the options that it was made with."""

    def __init__(self, estimator, parameters):
        self.solver = estimator.solver
        self.schedule = estimator.learning_rate
        self.initial_rate = float(estimator.learning_rate_init)
        self.power_t = estimator.power_t
        known = SOLVERS[self.solver]._named_defaults
        given = {"betas": (estimator.beta_1, estimator.beta_2), "eps": estimator.epsilon, "eps_hat": True}
        if "nesterov" in known:
            nesterov = bool(estimator.nesterovs_momentum and estimator.momentum > 0)
            given |= {"momentum": estimator.momentum, "nesterov": nesterov}
        self.options = {name: value for name, value in given.items() if name in known}
        self.attach(parameters)

    def attach(self, parameters) -> None:
        """Steps these parameters from now on, with nothing remembered of others."""
        self.optimizer = SOLVERS[self.solver](parameters, lr=self.initial_rate, **self.options)

    @property
    def learning_rate(self) -> float:
        return self.optimizer.lr

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        # The velocity of scikit-learn is a step, with the rate in it; relume's, as PyTorch's, is without.
        for remembered in self.optimizer.state.values():
            if "momentum_buffer" in remembered:
                array = remembered["momentum_buffer"].numpy()
                array *= self.optimizer.lr / rate
        self.optimizer.lr = rate

    def iteration_ends(self, rows_seen: int) -> None:
        if self.schedule == "invscaling" and self.solver == "sgd":
            self.learning_rate = self.initial_rate / (rows_seen + 1) ** self.power_t

    def trigger_stopping(self, message: str, verbose) -> bool:
        """Whether it is the end; where the rate is adaptive it goes on with a fifth of it."""
        end = " Stopping."
        if self.schedule == "adaptive" and self.solver == "sgd":
            if self.learning_rate > 1e-6:
                self.learning_rate /= 5.0
                if verbose:
                    print(f"{message} Setting learning rate to {self.learning_rate:f}")
                return False
            end = " Learning rate too small. Stopping."
        if verbose:
            print(message + end)
        return True

    # A pickle holds what the optimizer remembers; resume() gives it back to the parameters that are made anew.

    def __getstate__(self) -> dict:
        kept = {name: value for name, value in vars(self).items() if name != "optimizer"}
        if "optimizer" in vars(self):
            kept["remembered"] = copy.deepcopy(self.optimizer.state_dict())
        return kept

    def resume(self, parameters) -> None:
        remembered = vars(self).pop("remembered")
        self.attach(parameters)
        self.optimizer.load_state_dict(remembered)

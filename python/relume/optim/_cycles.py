"""The schedules that go up and down: a cosine again and again, cycles, one cycle."""

from __future__ import annotations

import math
from typing import Callable

from relume.optim._scheduler import LRScheduler, checked, for_each_group
from relume.optim.optimizer import Optimizer


class CosineAnnealingWarmRestarts(LRScheduler):
    """The cosine again and again: over T_0 steps, then T_mult times as many each time. step() takes fractions too."""

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1  # noqa: N803
    ):
        if T_0 <= 0 or T_mult < 1 or T_0 != int(T_0) or T_mult != int(T_mult):
            raise ValueError(f"CosineAnnealingWarmRestarts: T_0 {T_0} and T_mult {T_mult} are no whole numbers from 1 on")
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min, self.T_cur = T_mult, eta_min, last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        share = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        self._step_count += 1
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            self._find(epoch or 0)
        self.last_epoch = math.floor(epoch or 0)
        self._set(self.get_lr())

    def _find(self, epoch: float) -> None:
        if not 0 <= epoch < math.inf:
            raise ValueError(f"CosineAnnealingWarmRestarts: there is no step {epoch}")
        self.T_cur, self.T_i = epoch, self.T_0
        if self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult


class _Cycling(LRScheduler):
    """What goes up and down with the rate: momentum, or Adam's first beta, the other way round."""

    def _begin_momentum(self, base_momentum, max_momentum, last_epoch: int) -> None:
        if not self.cycle_momentum:
            return
        options = self.optimizer.param_groups[0]
        if "momentum" not in options and "betas" not in options:
            raise ValueError(f"{type(self).__name__}: the optimizer has no momentum; give cycle_momentum=False")
        self._by_beta = "betas" in options
        self.base_momentums = for_each_group("base_momentum", self.optimizer, base_momentum)
        self.max_momentums = for_each_group("max_momentum", self.optimizer, max_momentum)
        if last_epoch == -1:
            for group, most in zip(self.optimizer.param_groups, self.max_momentums):
                self._set_momentum(group, most)

    def _set_momentum(self, group: dict, momentum: float) -> None:
        if self._by_beta:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_Cycling):
    """Up from base_lr to max_lr and down again, over and over; "triangular2" halves the height each time, "exp_range"
    multiplies it by gamma each step.
    """

    def __init__(
        self, optimizer: Optimizer, base_lr, max_lr, step_size_up: int = 2000, step_size_down: int | None = None,
        mode: str = "triangular", gamma: float = 1.0, scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle", cycle_momentum: bool = True, base_momentum=0.8, max_momentum=0.9,
        last_epoch: int = -1,
    ):
        self.optimizer = checked(optimizer)
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(f"CyclicLR: mode is {mode!r}; give triangular, triangular2, exp_range or a scale_fn")
        bases = for_each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, bases):
                group["lr"] = lr
        self.max_lrs = for_each_group("max_lr", optimizer, max_lr)
        self.total_size = step_size_up + (step_size_up if step_size_down is None else step_size_down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        self._begin_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = bases

    def scale_fn(self, x: float) -> float:
        if self._scale_fn is not None:
            return self._scale_fn(x)
        return {"triangular": 1.0, "triangular2": 0.5 ** (x - 1)}.get(self.mode, self.gamma**x)

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums):
                self._set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs)]

    def state_dict(self) -> dict:
        return {name: value for name, value in super().state_dict().items() if name != "_scale_fn"}


class OneCycleLR(_Cycling):
    """Up to `max_lr` and down again over `total_steps`, or epochs × steps_per_epoch. Momentum, or Adam's first beta,
    goes from `max_momentum` down to `base_momentum` and up again. As torch.optim.lr_scheduler.OneCycleLR.
    """

    def __init__(
        self, optimizer: Optimizer, max_lr, total_steps: int | None = None, epochs: int | None = None,
        steps_per_epoch: int | None = None, pct_start: float = 0.3, anneal_strategy: str = "cos",
        cycle_momentum: bool = True, base_momentum=0.85, max_momentum=0.95, div_factor: float = 25.0,
        final_div_factor: float = 1e4, three_phase: bool = False, last_epoch: int = -1,
    ):
        self.optimizer = checked(optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if total_steps <= 0 or total_steps != int(total_steps):
            raise ValueError(f"OneCycleLR: {total_steps} steps are not a whole number from 1 on")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: a pct_start of {pct_start} is not in [0, 1]")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f'OneCycleLR: anneal_strategy is {anneal_strategy!r}; give "cos" or "linear"')
        self.total_steps, self.anneal_strategy, self.cycle_momentum = total_steps, anneal_strategy, cycle_momentum
        rise = pct_start * total_steps
        # Where each phase ends, and the rates and momenta that it goes between.
        self._phases = [(rise - 1, ("initial_lr", "max_lr"), ("max", "base"))]
        if three_phase:
            self._phases.append((2 * rise - 2, ("max_lr", "initial_lr"), ("base", "max")))
            self._phases.append((total_steps - 1, ("initial_lr", "min_lr"), ("max", "max")))
        else:
            self._phases.append((total_steps - 1, ("max_lr", "min_lr"), ("base", "max")))
        if last_epoch == -1:
            for group, most in zip(optimizer.param_groups, for_each_group("max_lr", optimizer, max_lr)):
                group["initial_lr"] = most / div_factor
                group["max_lr"] = most
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self._begin_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2 * (math.cos(math.pi * share) + 1)

    def _phase(self) -> tuple:
        start = 0.0
        for end, rates, momenta in self._phases:
            if self.last_epoch <= end or end == self._phases[-1][0]:
                break
            start = end
        return (self.last_epoch - start) / (end - start) if end != start else 1.0, rates, momenta

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(f"OneCycleLR: step {self.last_epoch} of {self.total_steps}")
        share, (start, end), momenta = self._phase()
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group, low, high in zip(groups, self.base_momentums, self.max_momentums):
                known = {"base": low, "max": high}
                self._set_momentum(group, self._between(known[momenta[0]], known[momenta[1]], share))
        return [self._between(group[start], group[end], share) for group in groups]

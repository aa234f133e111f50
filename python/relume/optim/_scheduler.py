"""What every schedule of the learning rate begins from."""

from __future__ import annotations

from typing import Sequence

from relume.optim.optimizer import Optimizer


def checked(optimizer: Optimizer) -> Optimizer:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"lr_scheduler: {type(optimizer).__name__} is no optimizer")
    return optimizer


def for_each_group(name: str, optimizer: Optimizer, value) -> list:
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{name}: {len(value)} values for {count} groups")
    return list(value)


class LRScheduler:
    """The base: sets the rate of each group at once, for step 0, and then with every step().

    One of your own derives from it and defines get_lr(), which returns the rates of the groups at `last_epoch`.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        self.optimizer = checked(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(f"lr_scheduler: to go on after step {last_epoch}, group {i} must have an initial_lr")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._begin()

    def _begin(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    @property
    def steps(self) -> int:
        return self.last_epoch

    def get_lr(self) -> list[float]:
        raise NotImplementedError(f"{type(self).__name__} defines no get_lr()")

    def get_last_lr(self) -> list[float]:
        """The rates that the last step set, one a group."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Follows the optimizer's step(), or the end of an epoch. A number given is the step that it goes to."""
        self._step_count += 1
        self._go_to(epoch)

    def _go_to(self, epoch: int | None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        at_once = epoch is not None and hasattr(self, "_closed_form")
        self._set(self._closed_form() if at_once else self.get_lr())

    def _set(self, rates: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates):
            group["lr"] = lr
        self._last_lr = self._rates()

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _times(self, factor: float) -> list[float]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def state_dict(self) -> dict:
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict) -> None:
        vars(self).update(state_dict)


_LRScheduler = LRScheduler  # as PyTorch's older programs write it

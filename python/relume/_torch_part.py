"""What one PyTorch optimizer trains of a module, as relume's monitor sees it."""

from __future__ import annotations

import math
import weakref

import torch

from relume import _core, nn

_MOST_SPARSE = 1 << 22  # elements of a parameter up to which its sparse gradient is made dense to be measured
_MOST_EARLY = 1 << 20  # elements of outputs that are kept for a monitor that there is not yet


def on_cpu(tensor: torch.Tensor) -> _core.Tensor:
    """The same memory where that is possible."""
    tensor = tensor.detach().cpu()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if tensor.dtype not in (torch.float32, torch.float64):
        tensor = tensor.float()
    return _core.from_dlpack(tensor.contiguous())


class Site:
    """A place where an activation is applied: a module, or a function after a layer."""

    def __init__(self, text: str, place: str):
        self.text = text
        self.place = place
        self.mirrored = nn.Activate(text)
        self.is_followed = False  # there is a monitor that counts its units
        self.is_given_up = False
        self.early: list[torch.Tensor] = []  # rows of the passes before there was one

    def count(self, rows: torch.Tensor) -> None:
        if self.is_followed:
            _core._run_hooks(self.mirrored, on_cpu(rows))
        else:
            room = _MOST_EARLY - sum(early.numel() for early in self.early)
            if (fitting := rows[: room // rows.shape[1]]).numel():
                self.early.append(fitting.clone())

    def follow(self) -> None:
        """A monitor counts from here on, what came before it as well."""
        self.is_followed = True
        early, self.early = self.early, []
        for rows in early:
            self.count(rows)


def _is_measurable(parameter: torch.Tensor) -> bool:
    gradient = parameter.grad
    return parameter.is_floating_point() and not (
        gradient is not None and gradient.layout is not torch.strided and parameter.numel() > _MOST_SPARSE
    )


def identity(named: dict[str, torch.Tensor]) -> set[tuple]:
    """What tells these parameters from others, and from themselves with another shape or dtype."""
    return {(id(parameter), tuple(parameter.shape), parameter.dtype) for parameter in named.values()}


class Part:
    """The parameters of a module that one optimizer moves, and a monitor over them."""

    def __init__(self, optimizer, named: dict[str, torch.Tensor], sites: list[Site], options, on_finding, steps: int):
        self.optimizer = weakref.ref(optimizer)
        self.trained = identity(named)
        self.left_out = [name for name, parameter in named.items() if not _is_measurable(parameter)]
        self._mirror = nn.Module()
        self._pairs = []
        for i, site in enumerate(sites):
            setattr(self._mirror, f"activation {i}", site.mirrored)
        for name, parameter in named.items():
            if name not in self.left_out:
                mirrored = nn.Parameter(on_cpu(parameter))
                setattr(self._mirror, name, mirrored)
                self._pairs.append((parameter, mirrored))
        if not self._pairs:
            raise ValueError("none of its parameters can be measured")
        self._steps = _core._ForeignOptimizer([mirrored for _, mirrored in self._pairs], 1.0)
        self.monitor = _core.Monitor(self._mirror, self._steps, *options)
        self.monitor.on_finding = on_finding
        for _ in range(steps):
            self._steps.step()
        self.steps = steps
        self.has_closure = False
        self.closure_loss: float | None = None
        self._is_open = False
        for site in sites:
            site.follow()

    @property
    def is_due(self) -> bool:
        return self.monitor.is_due

    def end_pass(self) -> None:
        """A module that is used again belongs to another pass from now on."""
        _core._run_hooks(self._mirror, self._pairs[0][1])

    def _refresh(self) -> None:
        """Brings the mirror up to date where it does not look onto the parameter's own memory."""
        for parameter, mirrored in self._pairs:
            if parameter.data_ptr() == mirrored.data_ptr():
                continue
            now = on_cpu(parameter)
            if tuple(now.shape) != tuple(mirrored.shape) or now.dtype != mirrored.dtype:
                raise ValueError("a parameter has another shape or dtype now")
            mirrored._set_data(now)

    def before_step(self, loss: float, lr: float, scale: float) -> None:
        self._steps._set_lr(lr)
        self._was_due = self.is_due
        if self._was_due:
            self._refresh()
            for parameter, mirrored in self._pairs:
                gradient = parameter.grad
                if gradient is not None and scale != 1:
                    gradient = gradient.detach() / scale
                mirrored.grad = None if gradient is None or not _is_measurable(parameter) else on_cpu(gradient)
        self._finite = self.monitor.begin_step(loss) and math.isfinite(loss)
        self._is_open = True

    def after_step(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._steps.step()
        self.steps += 1
        if self._finite:
            if self._was_due:
                self._refresh()
            self.monitor.end_step()
        if self._was_due:
            for _, mirrored in self._pairs:
                mirrored.grad = None

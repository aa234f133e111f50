"""The loss of a PyTorch training step: on what backward() was called."""

from __future__ import annotations

import collections
import sys
import threading
import weakref

import torch

try:
    from torch.amp.grad_scaler import GradScaler
except ImportError:
    from torch.cuda.amp import GradScaler

_MOST_FRAMES = 40
_BACKWARD = torch.autograd.backward.__code__
_SCALED_STEP = GradScaler.step.__code__


def _local_of(frame, code, name: str, most: int = _MOST_FRAMES):
    """The local variable of the innermost call of a function, or None where it does not run."""
    for _ in range(most):
        if frame is None:
            return None
        if frame.f_code is code:
            return frame.f_locals.get(name)
        frame = frame.f_back
    return None


def root_of_backward(thread: int) -> torch.Tensor | None:
    """The scalar on which this thread or that one calls backward(), while it does: on a GPU the graph runs in a thread
    of its own."""
    tensors = _local_of(sys._getframe(1), _BACKWARD, "tensors")
    if tensors is None and threading.get_ident() != thread:
        tensors = _local_of(sys._current_frames().get(thread), _BACKWARD, "tensors")
    if isinstance(tensors, torch.Tensor):
        tensors = (tensors,)
    scalars = [t for t in tensors or () if isinstance(t, torch.Tensor) and t.numel() == 1]
    return scalars[0] if len(scalars) == 1 else None


def scale_of_step() -> float | None:
    """By how much the GradScaler that calls the optimizer has enlarged the loss; None where there is none."""
    scaler = _local_of(sys._getframe(1), _SCALED_STEP, "self", most=16)
    return None if scaler is None else float(scaler.get_scale())


class Losses:
    """The losses since the last step: what was told, or the scalars on which backward() was called."""

    def __init__(self):
        self._told = None
        self._roots: collections.deque[torch.Tensor] = collections.deque(maxlen=1024)
        self._root: weakref.ref | None = None  # the latest
        self._last: float | None = None
        self._users: set[int] = set()

    def tell(self, loss) -> None:
        self._told = loss.detach() if isinstance(loss, torch.Tensor) else loss

    def see_root(self, root: torch.Tensor | None) -> None:
        """One backward() is seen several times, where it goes through several passes of the module."""
        if root is not None and (self._root is None or self._root() is not root):
            self._root = weakref.ref(root)
            self._roots.append(root.detach())

    def of_step(self, optimizer: int, scale: float | None) -> float | None:
        """The loss of a step, or None where none is known. Several optimizers may step after one backward(); the same
        one a second time needs another loss."""
        if self._told is not None:
            self._last = float(self._told)
        elif self._roots:
            # Several backward() before a step add up parts of a batch. A scaler changes its scale from step to step and
            # leaves steps out: of those losses the last one is at that scale.
            roots = list(self._roots) if scale is None else [self._roots[-1]]
            self._last = sum(float(root) for root in roots) / len(roots) / (scale or 1)
        elif self._last is None or optimizer in self._users:
            return None
        else:
            self._users.add(optimizer)
            return self._last
        self._told, self._users = None, {optimizer}
        self._roots.clear()
        return self._last

"""Switching the recording of operations on and off, as a block or for a function."""

from contextlib import ContextDecorator

from relume import _core


class _GradMode(ContextDecorator):
    enabled: bool

    def __enter__(self) -> None:
        self._before = getattr(self, "_before", [])
        self._before.append(_core.is_grad_enabled())
        _core._set_grad_enabled(self.enabled)

    def __exit__(self, *_) -> None:
        _core._set_grad_enabled(self._before.pop())


class no_grad(_GradMode):  # noqa: N801  PyTorch's name
    """Nothing is recorded for backward() inside: `with relume.no_grad():` or `@relume.no_grad()`."""

    enabled = False


class enable_grad(_GradMode):  # noqa: N801
    """Operations are recorded inside, whatever was set around it."""

    enabled = True

"""relume's monitor on a PyTorch training loop, through hooks. What is measured is read where PyTorch keeps it."""

from __future__ import annotations

import math
import warnings

import torch
from torch.nn.modules.loss import _Loss
from torch.nn.modules.module import register_module_forward_hook
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from relume import _core, nn
from relume.grad_mode import no_grad
from relume.pytorch import activation_of, from_torch


def _on_cpu(tensor: torch.Tensor) -> _core.Tensor:
    return _core.from_dlpack(tensor.detach().cpu().float().contiguous())


def _units_last(output: torch.Tensor) -> torch.Tensor:
    """Channels of an image count as units: [n, channels, height, width] has them last."""
    return output.movedim(1, -1) if output.dim() > 2 else output


class Watch:
    """Watches a torch.nn.Module; made by relume.health.watch(). Works as a context manager, which ends the watch."""

    def __init__(self, module: torch.nn.Module, optimizer, interval: int, on_finding, thresholds: dict[str, float]):
        self._module = module
        self._optimizer = optimizer
        self._mirror = nn.Module()
        self._handles = []
        self._loss: torch.Tensor | float | None = None
        self._told = False
        self._mirror_activations()
        self._mirror_parameters()
        self._steps = _core._ForeignOptimizer([mirrored for _, mirrored in self._parameters], 1.0)
        self._monitor = _core.Monitor(self._mirror, self._steps, interval, thresholds)
        self._monitor.on_finding = on_finding
        self._due = self._monitor.is_due
        self._measured = False
        self._handles.append(module.register_forward_hook(self._end_pass))
        self._handles.append(register_module_forward_hook(self._see_loss))
        self._hook_steps(optimizer)

    def _mirror_activations(self) -> None:
        count: dict[str, int] = {}
        self.layers: dict[str, str] = {}
        """The names that findings give to layers, and the module's own: {"relu1": "net.1"}."""
        for name, child in self._module.named_modules():
            text = activation_of(child)
            if text is None:
                continue
            mirrored = nn.Activate(text)
            count[mirrored.name] = count.get(mirrored.name, 0) + 1
            self.layers[f"{mirrored.name}{count[mirrored.name]}"] = name
            setattr(self._mirror, name or "activation", mirrored)
            self._handles.append(child.register_forward_hook(self._unit_hook(mirrored)))

    def _unit_hook(self, mirrored: nn.Activate):
        def see_units(module, _inputs, output):
            if self._due and module.training:
                _core._run_hooks(mirrored, _on_cpu(_units_last(output)))

        return see_units

    def _end_pass(self, _module, _inputs, _output) -> None:
        """A module that is used again belongs to another pass from now on."""
        if self._due:
            _core._run_hooks(self._mirror, self._parameters[0][1])

    def _mirror_parameters(self) -> None:
        self._parameters = []
        for name, parameter in self._module.named_parameters():
            if not parameter.requires_grad:
                continue
            mirrored = nn.Parameter(_on_cpu(parameter))
            setattr(self._mirror, f"parameter {name}", mirrored)
            self._parameters.append((parameter, mirrored))
        if not self._parameters:
            raise ValueError("watch: the module has no parameters that are trained")

    def _hook_steps(self, optimizer) -> None:
        if optimizer is None:
            self._ours = {id(parameter) for parameter, _ in self._parameters}
            self._handles.append(register_optimizer_step_pre_hook(self._if_ours(self._before_step)))
            self._handles.append(register_optimizer_step_post_hook(self._if_ours(self._after_step)))
        else:
            self._handles.append(optimizer.register_step_pre_hook(self._before_step))
            self._handles.append(optimizer.register_step_post_hook(self._after_step))

    def _if_ours(self, hook):
        def filtered(optimizer, args, kwargs):
            if self._optimizer is not optimizer:
                if not any(id(p) in self._ours for group in optimizer.param_groups for p in group["params"]):
                    return
                self._optimizer = optimizer
            hook(optimizer, args, kwargs)

        return filtered

    def _see_loss(self, module, _inputs, output) -> None:
        if isinstance(module, _Loss) and output.dim() == 0 and output.requires_grad:
            self._loss = output

    def loss(self, loss) -> None:
        """Tells the loss of the step that comes, where no torch.nn loss module computes it."""
        self._loss = loss

    def _copy(self, tensor: torch.Tensor, mirrored: _core.Tensor) -> None:
        """Brings the mirror up to date where it does not look onto the parameter's own memory."""
        if tensor.data_ptr() != mirrored.data_ptr():
            with no_grad():
                mirrored.copy_(_on_cpu(tensor))

    def _before_step(self, optimizer, _args, _kwargs) -> None:
        self._measured = self._loss is not None
        if not self._measured:
            if not self._told:
                warnings.warn("watch: no loss was seen; call monitor.loss(loss) before optimizer.step()", stacklevel=4)
            self._told = True
            return
        self._steps.lr = optimizer.param_groups[0]["lr"]
        if self._due:
            for parameter, mirrored in self._parameters:
                self._copy(parameter, mirrored)
                mirrored.grad = None if parameter.grad is None else _on_cpu(parameter.grad)
        loss = self._loss.item() if isinstance(self._loss, torch.Tensor) else float(self._loss)
        self._loss = None
        self._finite = self._monitor.begin_step(loss) and math.isfinite(loss)

    def _after_step(self, _optimizer, _args, _kwargs) -> None:
        if not self._measured:
            return
        self._steps.step()
        if self._finite:
            if self._due:
                for parameter, mirrored in self._parameters:
                    self._copy(parameter, mirrored)
            self._monitor.end_step()
        if self._due:
            self._steps.zero_grad()
        self._due = self._monitor.is_due

    def end_epoch(self, train_loss: float, valid_loss: float | None = None) -> None:
        """Ends an epoch, for the rules that compare epochs (overfitting)."""
        self._monitor.end_epoch(float(train_loss), None if valid_loss is None else float(valid_loss))

    @property
    def findings(self) -> list[_core.Finding]:
        """All that was found so far, worst first."""
        return self._monitor.findings

    @property
    def not_judged(self) -> dict[str, str]:
        """The rules that cannot judge yet, and what they lack."""
        return self._monitor.not_judged

    def revive(self, rows: torch.Tensor, seed: int = 0) -> list[tuple[str, list[int]]]:
        """Gives each unit that fires on none of the rows a new beginning, in the torch module itself, without changing
        its function; the optimizer forgets what it knew of these weights. Returns [(layer, units)].

        The module is a Sequential of what relume.from_torch() knows, on the CPU. Raises TypeError otherwise.
        """
        revived = _core.revive(from_torch(self._module, share=True), rows.detach().contiguous(), seed=seed)
        chain = [m for m in self._module.modules() if not isinstance(m, torch.nn.Sequential)]
        for layer, units in revived:
            at = chain.index(self._module.get_submodule(self.layers[layer]))
            before = next(m for m in reversed(chain[:at]) if isinstance(m, torch.nn.Linear))
            after = next(m for m in chain[at:] if isinstance(m, torch.nn.Linear))
            self._forget(before.weight, (units,))
            self._forget(before.bias, (units,))
            self._forget(after.weight, (slice(None), units))
        return revived

    def _forget(self, parameter: torch.Tensor | None, index: tuple) -> None:
        state = self._optimizer.state.get(parameter, {}) if self._optimizer is not None and parameter is not None else {}
        for value in state.values():
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                value[index] = 0

    def close(self) -> None:
        """Ends the watch: the hooks are taken away."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_) -> None:
        self.close()

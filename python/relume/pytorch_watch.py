"""relume's monitor on a PyTorch training loop. What is measured is read where PyTorch keeps it, by hooks that change
nothing, hold the monitor weakly and never raise: what goes wrong in one ends that part of the watch, and is noted."""

from __future__ import annotations

import contextlib
import threading
import warnings
import weakref

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from relume import _core, nn
from relume._torch_graph import nodes_of, producer_of, read_pass
from relume._torch_loss import Losses, root_of_backward, scale_of_step
from relume._torch_part import Part, Site, identity, on_cpu
from relume.pytorch import activation_of, from_torch

_MOST_RESTARTS = 8
_MOST_ELEMENTS = 1 << 22  # of an output; of a larger one the first rows are counted
_CHANNEL_LAYERS = (
    torch.nn.modules.conv._ConvNd,
    torch.nn.modules.batchnorm._NormBase,
    torch.nn.GroupNorm,
)
_is_compiling = torch.compiler.is_compiling
# Not every version of PyTorch has these under these names; without them what is transformed is looked at, and fails.
_transform = getattr(torch._C._functorch, "peek_interpreter_stack", lambda: None)
_dispatch_modes = getattr(torch._C, "_len_torch_dispatch_stack", lambda: 0)


def _is_traced(tensor: torch.Tensor) -> bool:
    """Whether PyTorch traces, transforms or captures what runs, so that there are no numbers to be read."""
    return (
        _transform() is not None
        or _dispatch_modes() > 0
        or torch.jit.is_tracing()
        or (tensor.is_cuda and torch.cuda.is_current_stream_capturing())
    )


def _is_plain(tensor) -> bool:
    return type(tensor) in (torch.Tensor, torch.nn.Parameter)


class _Hook:
    """Calls a method of the watch, where there still is one. A copy or a pickle of the module that it is on gets a hook
    that does nothing and needs no relume."""

    def __init__(self, watch: weakref.ref, name: str, *facts):
        self._watch = watch
        self._name = name
        self._facts = facts

    def __call__(self, *args):
        if _is_compiling():
            return
        watch = self._watch()
        if watch is not None:
            watch._guarded(self._name, *self._facts, *args)

    def __reduce_ex__(self, _protocol):
        return getattr, (contextlib.nullcontext(), "__exit__")


class _UnitHook(_Hook):
    """Most steps are not measured: then nothing is done."""

    def __call__(self, module, inputs, output):
        watch = None if _is_compiling() else self._watch()
        if watch is not None and watch._is_due and module.training:
            watch._guarded(self._name, *self._facts, output)


class _StepHook(_Hook):
    """PyTorch calls it for every optimizer that there is, in whatever thread."""

    def __call__(self, optimizer, args, kwargs):
        watch = None if _is_compiling() else self._watch()
        if watch is not None and watch._concerns(optimizer):
            watch._guarded(self._name, optimizer, args, kwargs)


def _remove(handles: list) -> None:
    for handle in handles:
        handle.remove()
    handles.clear()


class Watch:
    """Watches a torch.nn.Module; made by relume.health.watch(). Works as a context manager, which ends the watch, as
    does letting go of it."""

    def __init__(self, module: torch.nn.Module, optimizer, interval: int, on_finding, thresholds: dict, loss=None):
        if loss is not None and not isinstance(loss, torch.nn.Module):
            raise TypeError("watch: loss= takes the module that computes the loss; monitor.loss(loss) tells any other")
        if isinstance(module, torch.jit.ScriptModule):
            raise TypeError("watch: a ScriptModule takes no hooks; watch the module before torch.jit.script()")
        if next(module.parameters(), None) is None:
            raise ValueError("watch: the module has no parameters that are trained")
        self.layers: dict[str, str] = {}
        """The names that findings give to layers, and the module's own: {"relu1": "net.1"}."""
        self._module = module
        self._options = (interval, thresholds)
        self._on_finding = on_finding
        self._found: list[_core.Finding] = []
        self._earlier: list[_core.Finding] = []
        self._notes: dict[str, str] = {}
        self._criterion = loss
        self._losses = Losses()
        self._watched: dict[int, tuple[weakref.ref, bool]] = {}  # by the id of an optimizer: whether it is
        self._living: list[Part] = []
        self._counting: Part | None = None  # the first part, which has the activations too
        self._is_due = self._looks_at_outputs = True
        self._misses = self._restarts = 0
        self._steps = self._passes = 0
        self._lock = threading.RLock()
        self._check_options()
        self._chosen = None if optimizer is None else [weakref.ref(o) for o in _listed(optimizer)]
        self._find_activations()
        self._add_hooks()

    def _check_options(self) -> None:
        one = nn.Parameter(on_cpu(torch.zeros(1)))
        self._empty = _core.Monitor(nn.Module(), _core._ForeignOptimizer([one], 1.0), *self._options)

    def _find_activations(self) -> None:
        self._modules: list[tuple[torch.nn.Module, Site, bool]] = []
        self._functions: dict[tuple, Site] = {}
        self._claimed: set[int] = set()  # the numbers of nodes of the graph, which would keep the graph alive
        is_channels = False  # of the layer before
        for name, child in self._module.named_modules():
            if isinstance(child, _CHANNEL_LAYERS):
                is_channels = True
            elif isinstance(child, (torch.nn.Linear, torch.nn.LayerNorm)):
                is_channels = False
            text = activation_of(child, derived=True)
            if text is not None:
                self._modules.append((child, Site(text, name), is_channels))

    def _add_hooks(self) -> None:
        me, thread = weakref.ref(self), threading.get_ident()
        lazy = torch.nn.parameter.UninitializedTensorMixin
        last = [p for p in self._module.parameters() if p.requires_grad and not isinstance(p, lazy)][-1:]
        self._handles = [
            *(m.register_forward_hook(_UnitHook(me, "_count_module", site, is_c)) for m, site, is_c in self._modules),
            self._module.register_forward_hook(_Hook(me, "_end_pass")),
            # Its backward() is seen wherever it gets a gradient, in compiled code as well.
            *(p.register_post_accumulate_grad_hook(_Hook(me, "_see_backward", thread, True)) for p in last),
            register_optimizer_step_pre_hook(_StepHook(me, "_before_step")),
            register_optimizer_step_post_hook(_StepHook(me, "_after_step")),
        ]
        if self._criterion is not None:
            self._handles.append(self._criterion.register_forward_hook(_Hook(me, "_see_criterion")))
        self._finalizer = weakref.finalize(self, _remove, self._handles)

    def _guarded(self, name: str, *args) -> None:
        """Whatever goes wrong stays here. A second thread in the same module is not waited for: it is not watched."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            getattr(self, name)(*args)
            self._tell()
        except Exception as error:
            self._note(name, f"something went wrong in watching: {_in_words(error)}")
        finally:
            self._lock.release()

    def _tell(self) -> None:
        while self._found:
            try:
                self._on_finding(self._found.pop(0))
            except Exception as error:
                self._note("on_finding", f"on_finding raised {_in_words(error)}; what was found is in .findings")

    def _note(self, about: str, text: str) -> None:
        """What goes wrong: said once for each thing that it is about."""
        if about in self._notes:
            return
        self._notes[about] = text
        try:
            warnings.warn(f"watch: {text}", stacklevel=5)
        except Exception:  # warnings are errors here; the note stays
            return

    def _see_not(self, about: str, text: str) -> None:
        """What cannot be seen: nothing is wrong with it, so it is in the notes alone."""
        self._notes.setdefault(about, text)

    # The forward pass

    def _see_criterion(self, _module, _inputs, output) -> None:
        if isinstance(output, torch.Tensor) and output.requires_grad and output.numel() == 1 and not _is_traced(output):
            self._losses.tell(output)

    def _count_module(self, site: Site, is_channels: bool, output) -> None:
        if not torch.is_grad_enabled():
            return
        try:
            if not _is_plain(output):
                self._see_not("no plain tensor", f"{site.place or site.text}: what is no plain tensor is not counted")
                return
            if _is_traced(output):
                return
            if output.grad_fn is not None:
                self._claimed.add(output.grad_fn._sequence_nr())
            if site.is_given_up:
                return
            producer = producer_of(output, output.grad_fn) if output.grad_fn is not None else None
            if producer is not None:
                axis = producer.axis
            else:
                axis = 1 if output.dim() > 3 or (output.dim() == 3 and is_channels) else -1
            self._count(site, output, axis)
        except Exception as error:
            self._give_up(site, error)

    def _count(self, site: Site, output: torch.Tensor, axis: int | None) -> None:
        """Counts the units along an axis, or along all axes but the first together."""
        if output.dim() == 0 or output.numel() == 0 or not output.is_floating_point():
            return
        output = output.detach()
        if output.numel() > _MOST_ELEMENTS and output.dim() > 1 and axis != 0:
            output = output[: max(1, _MOST_ELEMENTS * len(output) // output.numel())]
        rows = output.flatten(1) if axis is None else output.movedim(axis, -1)
        site.count(rows.reshape(-1, rows.shape[-1]))

    def _give_up(self, site: Site, error: Exception) -> None:
        site.is_given_up = True
        site.early.clear()
        at = site.place or "the module"
        self._note(f"site {at}", f"{site.text} at {at} is not counted: {_in_words(error)}")

    def _end_pass(self, module, inputs, output) -> None:
        if not module.training or not torch.is_grad_enabled():
            return
        self._passes += 1
        if not self._is_due and not self._looks_at_outputs:
            return
        claimed, self._claimed = self._claimed, set()
        nodes = nodes_of(output)
        if not nodes or _transform() is not None or torch.jit.is_tracing():
            return
        if self._looks_at_outputs:
            begins = _Hook(weakref.ref(self), "_see_backward", threading.get_ident(), False)
            for node in dict.fromkeys(nodes):
                node.register_prehook(begins)
        if not self._is_due:
            return
        if "functions" not in self._notes:
            try:
                self._count_functions(nodes, nodes_of(inputs), claimed)
            except Exception as error:
                self._note("functions", f"activations that are called as functions are not counted: {_in_words(error)}")
        if self._counting is not None:
            self._counting.end_pass()

    def _count_functions(self, outputs: list, inputs: list, claimed: set[int]) -> None:
        read = read_pass(outputs, inputs, claimed)
        if not read.is_whole:
            self._see_not("compiled", "activations in what runs compiled are not counted")
        for name in read.gates:
            self._see_not(name, f"{name} is not counted where it is called as a function")
        for found in read.rectified:
            if found.output is None:
                where = "where PyTorch keeps nothing (checkpoint) or keeps it elsewhere"
                self._see_not("recomputed", f"a {found.name} called as a function {where} is not counted")
                continue
            if not _is_plain(found.output) or _is_traced(found.output):
                continue
            producer = producer_of(found.output, found.node)
            if producer is None or producer.weight is None:
                self._see_not("no layer", f"a {found.name} behind no layer that is known is not counted")
                continue
            site = self._site_of(found.name, producer.weight)
            if site is not None and not site.is_given_up:
                try:
                    self._count(site, found.output, producer.axis)
                except Exception as error:
                    self._give_up(site, error)

    def _site_of(self, name: str, weight: torch.Tensor | None) -> Site | None:
        key = (name, id(weight))
        if key not in self._functions:
            names = (n for n, p in self._module.named_parameters() if p is weight)
            layer = next(names, "").rpartition(".")[0] if weight is not None else ""
            place = f"{name} after {layer}" if layer else name
            if self._counting is not None:
                self._see_not(place, f"{place}: it ran for the first time after the first step and is not counted")
                return None
            self._functions[key] = Site(name, place)
        return self._functions[key]

    def _see_backward(self, thread: int, is_parameter: bool, _gradient) -> None:
        root = root_of_backward(thread)
        self._losses.see_root(root)
        if is_parameter and root is not None and self._misses == 0:
            self._looks_at_outputs = False

    # The step

    def _concerns(self, optimizer) -> bool:
        known = self._watched.get(id(optimizer))
        if known is None or known[0]() is not optimizer:
            try:
                chosen = self._chosen is not None and any(reference() is optimizer for reference in self._chosen)
                ours = chosen or (self._chosen is None and bool(self._named_in(optimizer, only_trained=False)))
            except Exception as error:
                ours = False
                self._note(f"optimizer {id(optimizer)}", _not_watched(optimizer, error))
            known = self._watched[id(optimizer)] = (weakref.ref(optimizer), ours)
        return known[1]

    def _named_in(self, optimizer, *, only_trained: bool = True) -> dict[str, torch.Tensor]:
        ids = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        return {
            name: parameter
            for name, parameter in self._module.named_parameters()
            if id(parameter) in ids and (parameter.requires_grad or not only_trained)
        }

    def _part_of(self, optimizer) -> Part | None:
        """The part that this optimizer moves, made anew where it trains other parameters now; None: not watched."""
        part = self._living_part(optimizer) or self._make_part(optimizer)
        if part is None or not part.is_due or self._restarts > _MOST_RESTARTS:
            return part
        named = self._named_in(optimizer)
        if named and identity(named) != part.trained:
            self._restarts += 1
            if self._restarts > _MOST_RESTARTS:
                self._note("restarts", "which parameters are trained changes so often that it is no longer followed")
                return part
            return self._make_part(optimizer)
        return part

    def _living_part(self, optimizer) -> Part | None:
        return next((part for part in self._living if part.optimizer() is optimizer), None)

    def _make_part(self, optimizer) -> Part | None:
        named = self._named_in(optimizer)
        if not named:
            return None
        # A part whose optimizer is gone, or that is of this one, ends here and this one goes on with its count.
        over = [part for part in self._living if part.optimizer() in (None, optimizer)]
        steps = max((part.steps for part in over), default=0)
        for part in over:
            self._end(part)
        sites = self._sites() if self._counting is None else []
        part = Part(optimizer, named, sites, self._options, self._found.append, steps)
        for name in part.left_out:
            self._see_not(name, f"{name} is not measured: its gradient is sparse and large, or it is complex")
        self._living.append(part)
        self._counting = self._counting or part
        return part

    def _end(self, part: Part) -> None:
        self._earlier += part.monitor.findings
        self._living.remove(part)
        if self._counting is part:
            self._counting = None
            self._is_due = True

    def _sites(self) -> list[Site]:
        """Those that ran come first, and get their names."""
        modules = [site for _, site, _ in self._modules]
        sites = [s for s in modules if s.early or s.is_followed] + list(self._functions.values())
        sites += [s for s in modules if s not in sites]
        count: dict[str, int] = {}
        self.layers.clear()
        for site in sites:
            called = site.mirrored.name
            count[called] = count.get(called, 0) + 1
            self.layers[f"{called}{count[called]}"] = site.place
        return sites

    def _before_step(self, optimizer, args, kwargs) -> None:
        self._claimed.clear()
        try:
            part = self._part_of(optimizer)
            if part is not None:
                self._steps += part is self._counting
                self._begin(part, optimizer, args, kwargs)
        except Exception as error:
            self._end_part(optimizer, error)

    def _begin(self, part: Part, optimizer, args, kwargs) -> None:
        found_inf = getattr(optimizer, "found_inf", None)
        if found_inf is not None and bool(found_inf):  # a fused optimizer that will leave this step out
            return
        inside = getattr(optimizer, "grad_scale", None)
        loss = self._losses.of_step(id(optimizer), scale_of_step())
        part.has_closure = any(callable(argument) for argument in (*args, *kwargs.values()))
        if loss is None and part.has_closure:
            loss = part.closure_loss  # that of the last evaluation, as its gradient is
        if loss is None:
            # Not every backward() reaches the parameter that is looked at: from now on each pass is.
            was_looked_at, self._looks_at_outputs = self._looks_at_outputs, True
            self._misses += 1
            if was_looked_at and not part.has_closure:
                self._note("loss", "no loss was seen; call monitor.loss(loss) before optimizer.step()")
            return
        group = optimizer.param_groups[0]
        part.before_step(loss, float(group.get("lr", 1.0)), 1.0 if inside is None else float(inside))

    def _after_step(self, optimizer, _args, _kwargs) -> None:
        part = self._living_part(optimizer)
        if part is None:
            return
        try:
            if part.has_closure:
                part.closure_loss = self._losses.of_step(id(optimizer), None)
            part.after_step()
            self._is_due = self._counting is None or self._counting.is_due
        except Exception as error:
            self._end_part(optimizer, error)

    def _end_part(self, optimizer, error: Exception) -> None:
        part = self._living_part(optimizer)
        self._watched[id(optimizer)] = (weakref.ref(optimizer), False)
        if part is not None:
            self._end(part)
        self._note(f"optimizer {id(optimizer)}", _not_watched(optimizer, error))

    # What was found

    def loss(self, loss) -> None:
        """Tells the loss of the step that comes, where it is another than the scalar on which backward() is called."""
        self._losses.tell(loss)

    def end_epoch(self, train_loss: float, valid_loss: float | None = None) -> None:
        """Ends an epoch, for the rules that compare epochs (overfitting)."""
        monitor = self._monitors()[0]
        monitor.end_epoch(float(train_loss), None if valid_loss is None else float(valid_loss))

    def _monitors(self) -> list[_core.Monitor]:
        """The one that counts units first."""
        parts = sorted(self._living, key=lambda part: part is not self._counting)
        return [part.monitor for part in parts] or [self._empty]

    @property
    def findings(self) -> list[_core.Finding]:
        """All that was found so far, worst first."""
        found = {(f.rule, f.layer): f for f in self._earlier}
        for monitor in self._monitors():
            found |= {(f.rule, f.layer): f for f in monitor.findings}
        return sorted(found.values(), key=lambda f: ("error", "warning", "info").index(f.severity))

    @property
    def not_judged(self) -> dict[str, str]:
        """The rules that cannot judge yet, and what they lack."""
        return self._monitors()[0].not_judged

    @property
    def notes(self) -> list[str]:
        """What of the loop is not seen, and what went wrong in watching it."""
        notes = list(self._notes.values())
        if self._steps == 0:
            notes.append("no step of an optimizer of the module's parameters was seen")
        if self._passes == 0:
            notes.append(
                "no training pass through the module's own forward() was seen: it runs compiled, or only its parts are "
                "called; activations called as functions are not counted then"
            )
        return notes

    def __str__(self) -> str:
        lines = [f"{f.severity}  {f}" for f in self.findings] or ["nothing found"]
        return "\n".join(lines + [f"not seen  {note}" for note in self.notes])

    def revive(self, rows: torch.Tensor, seed: int = 0) -> list[tuple[str, list[int]]]:
        """Gives each unit that fires on none of the rows a new beginning, in the torch module itself, without changing
        its function; the optimizer forgets what it knew of these weights. Returns [(layer, units)].

        The module is a Sequential of what relume.from_torch() knows, on the CPU. Raises TypeError otherwise.
        """
        revived = _core.revive(from_torch(self._module, share=True), rows.detach().contiguous(), seed=seed)
        chain = [m for m in self._module.modules() if not isinstance(m, torch.nn.Sequential)]
        if revived and not self.layers:
            self._sites()
        for layer, units in revived:
            at = chain.index(self._module.get_submodule(self.layers[layer]))
            before = next(m for m in reversed(chain[:at]) if isinstance(m, torch.nn.Linear))
            after = next(m for m in chain[at:] if isinstance(m, torch.nn.Linear))
            self._forget(before.weight, (units,))
            self._forget(before.bias, (units,))
            self._forget(after.weight, (slice(None), units))
        return revived

    def _forget(self, parameter: torch.Tensor | None, index: tuple) -> None:
        if parameter is None:
            return
        optimizers = [part.optimizer() for part in self._living]
        for optimizer in filter(None, optimizers):
            for value in optimizer.state.get(parameter, {}).values():
                if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                    value[index] = 0

    def close(self) -> None:
        """Ends the watch: the hooks are taken away. What was found stays."""
        self._finalizer()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _listed(optimizer) -> list:
    return list(optimizer) if isinstance(optimizer, (list, tuple)) else [optimizer]


def _not_watched(optimizer, error: Exception) -> str:
    return f"{type(optimizer).__name__} is not watched any more: {_in_words(error)}"


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]

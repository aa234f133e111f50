"""Optimizers with PyTorch's arguments, groups and states. The steps run in C++."""

from __future__ import annotations

from inspect import Parameter as _Argument
from inspect import Signature as _Signature
from itertools import chain

from relume import _core
from relume._core import Tensor


class _Fixed(list):
    """A list that a program may read as any other. What it lists changes through the optimizer alone."""

    def _refuse(self, *_arguments, **_named):
        raise TypeError("param_groups: groups and their parameters stay; add_param_group() adds others")

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce_ex__(self, _protocol: int):
        return list, (list(self),)


class _Groups(_Fixed):
    def __init__(self, optimizer: Optimizer):
        super().__init__()
        self._optimizer = optimizer

    def append(self, group: dict) -> None:
        self._optimizer.add_param_group(group)

    def extend(self, groups) -> None:
        for group in list(groups):
            self.append(group)


class ParamGroup(dict):
    """Parameters and the options of their steps. What is written to an option counts from the next step on."""

    def __init__(self, values: dict, write=None):
        super().__init__(values)
        self._write = write

    def __setitem__(self, key: str, value) -> None:
        if key == "params":
            raise TypeError("param_groups: the parameters of a group stay; add_param_group() adds others")
        if self._write is not None:
            self._write(key, value)
        super().__setitem__(key, value)

    def update(self, *given, **named) -> None:
        for key, value in dict(*given, **named).items():
            self[key] = value

    def __ior__(self, given):
        self.update(given)
        return self

    def setdefault(self, key: str, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def pop(self, key: str, *default):
        if key in self._fixed():
            raise TypeError(f"param_groups: {key!r} belongs to the group")
        return super().pop(key, *default)

    def _fixed(self) -> set:
        return {"params", "lr"} if self._write is None else {"params", *self._write.options}

    def popitem(self):
        raise TypeError("param_groups: a group keeps its options")

    clear = popitem

    def copy(self) -> dict:
        return dict(self)

    def __reduce_ex__(self, _protocol: int):
        return dict, (dict(self),)


class _Write:
    """Writes an option of a group through to the steps in C++."""

    def __init__(self, optimizer: _core.Optimizer, index: int):
        self.optimizer, self.index = optimizer, index
        self.options = set(optimizer._options(index))

    def __call__(self, key: str, value) -> None:
        if key in self.options:
            self.optimizer._set_option(self.index, key, value)
        elif key in _WITHOUT_EFFECT:
            _check_without_effect({key: value})


# How PyTorch's steps are computed rather than what they compute: taken where they change nothing.
_WITHOUT_EFFECT = {"foreach": (None, False, True), "fused": (None, False, True), "capturable": (False,),
                   "differentiable": (False,), "decoupled_weight_decay": (False,)}


def _check_without_effect(given: dict) -> None:
    for name, value in given.items():
        if value not in _WITHOUT_EFFECT[name]:
            raise TypeError(f"optimizer: {name}={value!r} is not known")


def _tensors(params) -> tuple:
    if isinstance(params, Tensor):
        return (params,)
    params = tuple(item[1] if isinstance(item, tuple) else item for item in params)  # named parameters too
    for item in params:
        if not isinstance(item, Tensor):
            raise TypeError(f"optimizer: params hold {type(item).__name__}, not tensors")
        if not item.is_leaf:
            raise ValueError(f"optimizer: a parameter of {item.shape} is the result of an operation; only leaves move")
    return params


class Optimizer:
    """What all optimizers share. One of your own derives from it and defines step(), which goes over `param_groups`."""

    def __init__(self, params, defaults: dict):
        if isinstance(params, (str, bytes)):
            raise TypeError("optimizer: params is text; give the parameters")
        given = [params] if isinstance(params, (Tensor, dict)) else list(params)
        if not given:
            raise ValueError(f"{type(self).__name__}: there are no parameters")
        groups = given if isinstance(given[0], dict) else [{"params": given}]
        self._defaults = dict(defaults)
        self._groups = _Groups(self)
        self._known: set[int] = set()
        self._states: dict = {}
        self._begin([self._complete(group) for group in groups])

    @property
    def param_groups(self) -> list[ParamGroup]:
        """The groups as dictionaries: `for group in optimizer.param_groups: group["lr"] *= 0.5`."""
        return self._groups

    @property
    def defaults(self) -> dict:
        """The options of a group that says nothing else."""
        return dict(self._defaults)

    @property
    def state(self) -> dict:
        """What step() remembers, by parameter."""
        return self._states

    @property
    def lr(self) -> float:
        """The learning rate of the first group; setting it sets that of all."""
        return self._groups[0]["lr"]

    @lr.setter
    def lr(self, lr: float) -> None:
        for group in self._groups:
            group["lr"] = lr

    def add_param_group(self, param_group: dict) -> None:
        """Parameters that join later, with options of their own: {"params": layer.parameters(), "lr": 1e-4}."""
        if not isinstance(param_group, dict):
            raise TypeError(f"add_param_group: {type(param_group).__name__} is no dictionary")
        self._add(self._complete(param_group))

    def step(self, closure=None):
        raise NotImplementedError(f"{type(self).__name__} defines no step()")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients, or fills them with 0."""
        for p in self._parameters():
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                p.grad = _core.zeros(*p.shape, dtype=p.dtype)

    def state_dict(self) -> dict:
        """As PyTorch's: {"state": {number of the parameter: …}, "param_groups": […]}. Tensors share memory."""
        numbers, groups = 0, []
        for group in self._groups:
            count = len(group["params"])
            groups.append({**group, "params": list(range(numbers, numbers + count))})
            numbers += count
        state = self.state
        return {"state": {i: dict(state[p]) for i, p in enumerate(self._parameters()) if p in state},
                "param_groups": groups}

    def load_state_dict(self, state_dict: dict) -> None:
        """Takes a state of state_dict()'s, or PyTorch's. Raises InputError where it belongs to other parameters."""
        groups = state_dict["param_groups"]
        ours, theirs = ([len(group["params"]) for group in all_groups] for all_groups in (self._groups, groups))
        if ours != theirs:
            raise _core.InputError(f"load_state_dict: groups of {theirs} parameters, but this optimizer has {ours}")
        numbers = list(chain.from_iterable(group["params"] for group in groups))
        states = state_dict["state"]
        self._load(groups, [states.get(number, {}) for number in numbers])

    def __reduce_ex__(self, _protocol: int):
        own = ("_defaults", "_groups", "_known", "_states")
        state = {"attributes": {name: value for name, value in vars(self).items() if name not in own},
                 "state": self.state_dict()}
        return _make, (type(self), [dict(group) for group in self._groups], self._defaults), state

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state["attributes"])
        self.load_state_dict(state["state"])

    def _parameters(self) -> list:
        return [p for group in self._groups for p in group["params"]]

    def _complete(self, group: dict) -> dict:
        if "params" not in group:
            raise ValueError('param_groups: a group has no "params"')
        params = _tensors(group["params"])
        for p in params:
            if hash(p) in self._known:
                raise ValueError(f"{type(self).__name__}: a parameter of {p.shape} is given twice")
            self._known.add(hash(p))
        return {**self._defaults, **group, "params": _Fixed(params)}

    def _begin(self, groups: list[dict]) -> None:
        for group in groups:
            self._add(group)

    def _add(self, group: dict) -> None:
        list.append(self._groups, ParamGroup(group))

    def _load(self, groups: list[dict], states: list[dict]) -> None:
        for ours, theirs in zip(self._groups, groups):
            ours.update({key: value for key, value in theirs.items() if key != "params"})
        self._states.clear()
        self._states.update({p: dict(state) for p, state in zip(self._parameters(), states) if state})


def _make(kind: type, groups: list[dict], defaults: dict) -> Optimizer:
    """What pickle and copy call to make an optimizer again."""
    optimizer = kind.__new__(kind)
    Optimizer.__init__(optimizer, groups, defaults)
    return optimizer


class _Compiled(Optimizer):
    """An optimizer whose steps run in C++."""

    step = _core.Optimizer.step
    step_in_backward = _core.Optimizer.step_in_backward
    zero_grad = _core.Optimizer.zero_grad
    _buffers: dict[str, str]  # PyTorch's name of a buffer → the one in C++

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self._groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    def _options_of(self, group: dict) -> dict:
        extra = {"params", "initial_lr", "param_names", "max_lr", "min_lr", "max_momentum", "base_momentum"}
        _check_without_effect({key: value for key, value in group.items() if key in _WITHOUT_EFFECT})
        return {key: value for key, value in group.items() if key not in extra and key not in _WITHOUT_EFFECT}

    def _begin(self, groups: list[dict]) -> None:
        # The compiled base stands behind the class that derives from this one and from it.
        base = next(kind for kind in type(self).__mro__ if kind.__module__ == _core.__name__)
        base.__init__(self, [{"params": group["params"], **self._options_of(group)} for group in groups])
        for group in groups:
            self._show(group)

    def _add(self, group: dict) -> None:
        self._add_group({"params": group["params"], **self._options_of(group)})
        self._show(group)

    def _show(self, group: dict) -> None:
        list.append(self._groups, ParamGroup(group, _Write(self, len(self._groups))))

    @property
    def state(self) -> dict:
        """What step() remembers, by parameter; the tensors are those that it computes with."""
        tensors, result = self._state(), {}
        for i, p in enumerate(self._parameters()):
            if tensors[f"{i}.step"].item() == 0:
                continue
            result[p] = {"step": tensors[f"{i}.step"]}
            for theirs, ours in self._buffers.items():
                if f"{i}.{ours}" in tensors:
                    result[p][theirs] = tensors[f"{i}.{ours}"]
        return result

    def load_state_dict(self, state_dict: dict) -> None:
        """Takes a state of state_dict()'s, or PyTorch's. Raises InputError where it belongs to other parameters."""
        if "steps" in state_dict:  # {"0.mean": …}, as relume 1.0 wrote it
            return self._load_flat(state_dict)
        super().load_state_dict(state_dict)

    def _load(self, groups: list[dict], states: list[dict]) -> None:
        for ours, theirs in zip(self._groups, groups):
            ours.update({key: value for key, value in theirs.items() if key != "params"})
        tensors, most = self._state(), 0
        for i, state in enumerate(states):
            # PyTorch's SGD counts no steps: where there is a momentum there was one.
            step = int(state.get("step", state.get("momentum_buffer") is not None))
            most = max(most, step)
            tensors[f"{i}.step"].fill_(step)
            for theirs, ours in self._buffers.items():
                if f"{i}.{ours}" not in tensors:
                    continue
                given, own = state.get(theirs), tensors[f"{i}.{ours}"]
                if given is None:
                    own.zero_()
                elif tuple(given.shape) != own.shape:
                    shape = tuple(given.shape)
                    raise _core.InputError(f"load_state_dict: {theirs} of parameter {i} is {shape}, not {own.shape}")
                else:
                    own.copy_(given)
        self._set_steps(most)

    def _load_flat(self, state_dict: dict) -> None:
        tensors, given = self._state(), state_dict["state"]
        if set(tensors) != set(given):
            raise _core.InputError(f"load_state_dict: buffers {sorted(given)} are not {sorted(tensors)}")
        for name, tensor in given.items():
            tensors[name].copy_(tensor)
        self._set_steps(state_dict["steps"])


def _class_of(name: str) -> type:
    """An optimizer of the table in C++, as PyTorch's of that name: its options by place up to `maximize`, then by name."""
    base = getattr(_core, name)
    names = list(base._named_defaults)
    by_place = names[:names.index("maximize")] if "maximize" in names else names
    arguments = [_Argument("params", _Argument.POSITIONAL_OR_KEYWORD)]
    for option, default in base._named_defaults.items():
        kind = _Argument.POSITIONAL_OR_KEYWORD if option in by_place else _Argument.KEYWORD_ONLY
        arguments.append(_Argument(option, kind, default=default))
    idle = [option for option in _WITHOUT_EFFECT if option not in names]
    arguments += [_Argument(option, _Argument.KEYWORD_ONLY, default=_WITHOUT_EFFECT[option][0]) for option in idle]
    signature = _Signature(arguments)

    def __init__(self, *given, **named):
        try:
            options = signature.bind(*given, **named)
        except TypeError as error:
            raise TypeError(f"{name}: {error}") from None
        options.apply_defaults()
        values = options.arguments
        params = values.pop("params")
        _check_without_effect({option: values.pop(option) for option in idle})
        super(kind, self).__init__(params, values)

    __init__.__signature__ = signature.replace(
        parameters=[_Argument("self", _Argument.POSITIONAL_ONLY), *arguments])
    document = f"{base.__doc__}. As torch.optim.{name}."
    kind = type(name, (_Compiled, base), {"__init__": __init__, "__doc__": document, "__module__": __name__})
    return kind


globals().update({name: _class_of(name) for name in _core._optimizer_names.values()})
__all__ = ["Optimizer", *_core._optimizer_names.values()]

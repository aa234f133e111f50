"""Networks from PyTorch and to PyTorch, with the same weights bit for bit."""

from __future__ import annotations

import torch

from relume import _core, nn

__all__ = ["from_torch", "to_torch"]

# torch's class → relume's name, where a class of that name has no entry of its own.
_MODULES = {name: facts for name, facts in _core._activation_modules.items() if hasattr(torch.nn, name)}


def activation_of(module: torch.nn.Module, *, derived: bool = False) -> str | None:
    """The text of the elementwise activation that a torch module is, or None: "leaky_relu(negative_slope=0.2)". With
    `derived`, a class of one's own that leaves forward() as it is counts as the torch class that it comes from."""
    kinds = type(module).__mro__ if derived else (type(module),)
    kind = next((k for k in kinds if k.__name__ in _MODULES and k is getattr(torch.nn, k.__name__)), None)
    if kind is None or type(module).forward is not kind.forward:
        return None
    name, parameters, is_elementwise, _ = _MODULES[kind.__name__]
    if not is_elementwise:
        return None
    if name.startswith("gelu"):
        return "gelu_tanh" if module.approximate == "tanh" else "gelu"
    values = ", ".join(f"{key}={float(getattr(module, key))!r}" for key, _ in parameters)
    return f"{name}({values})" if values else name


def _tensor(t: torch.Tensor) -> _core.Tensor:
    return _core.from_dlpack(t.detach().cpu())


def _fill(layer: nn.Module, module: torch.nn.Module, share: bool) -> nn.Module:
    """Gives a layer the weights of a torch module: copies, or the memory itself."""
    source = {name: _tensor(t) for name, t in module.state_dict().items()}
    if share:
        for name, parameter in layer.named_parameters():
            parameter._set_data(source.pop(name))
        source |= {name: t for name, t in layer.named_parameters()}
    layer.load_state_dict(source)
    return layer


def _along(module: torch.nn.Module) -> nn.Module:
    if module.dim is None:
        raise TypeError(f"from_torch: {module} has no dim; give it one")
    return nn.ActivateAlong(_MODULES[type(module).__name__][0], module.dim)


_LAYERS = {
    torch.nn.Linear: lambda m: nn.Linear(m.in_features, m.out_features, m.bias is not None),
    torch.nn.BatchNorm1d: lambda m: nn.BatchNorm1d(
        m.num_features, m.eps, m.momentum, m.affine, m.track_running_stats, bias=not m.affine or m.bias is not None
    ),
    torch.nn.LayerNorm: lambda m: nn.LayerNorm(m.normalized_shape, m.eps, m.elementwise_affine, m.bias is not None),
    torch.nn.GroupNorm: lambda m: nn.GroupNorm(m.num_groups, m.num_channels, m.eps, m.affine),
    torch.nn.PReLU: lambda m: nn.PReLU(m.num_parameters),
    torch.nn.Embedding: lambda m: nn.Embedding(m.num_embeddings, m.embedding_dim, m.padding_idx),
    torch.nn.Dropout: lambda m: nn.Dropout(m.p),
    torch.nn.Flatten: lambda m: nn.Flatten(m.start_dim, m.end_dim),
    torch.nn.Softmax: _along,
    torch.nn.LogSoftmax: _along,
    torch.nn.GLU: _along,
}


def _convert(module: torch.nn.Module, share: bool) -> nn.Module:
    if type(module) is torch.nn.Sequential:
        return nn.Sequential(*(_convert(child, share) for child in module))
    text = activation_of(module)
    if text is not None:
        return nn.Activate(text)
    make = _LAYERS.get(type(module))
    if make is None:
        known = ", ".join(sorted(kind.__name__ for kind in _LAYERS))
        raise TypeError(
            f"from_torch: {type(module).__name__} is not known; it takes Sequential, {known} and the activations"
        )
    layer = make(module)
    if (parameter := next(module.parameters(), None)) is not None:
        layer.to(str(parameter.dtype))
    return _fill(layer, module, share)


def from_torch(module: torch.nn.Module, *, share: bool = False) -> nn.Module:
    """The same network in relume: Sequential, Linear, BatchNorm1d, LayerNorm, GroupNorm, Dropout, Embedding and the activations.

    Weights are copied, bit for bit; with `share` both networks use the same memory (on the CPU), and what one learns
    the other knows. The mode (training or evaluation) is the same. Raises TypeError for a module that is not known.
    """
    network = _convert(module, share)
    return network.train(module.training)


def _activation_to_torch(module: nn.Activate) -> torch.nn.Module:
    if module.name.startswith("gelu"):
        return torch.nn.GELU(approximate="tanh" if module.name == "gelu_tanh" else "none")
    for torch_name, (name, *_) in _MODULES.items():
        if name == module.name:
            return getattr(torch.nn, torch_name)(**module.parameters_by_name)
    raise TypeError(f"to_torch: torch.nn has no {module.name}")


_TO_TORCH = {
    nn.Linear: lambda m: torch.nn.Linear(m.in_features, m.out_features, m.bias is not None),
    nn.BatchNorm1d: lambda m: torch.nn.BatchNorm1d(
        m.num_features, m.eps, m.momentum, m.weight is not None, m.track_running_stats, **_bias(m)
    ),
    nn.LayerNorm: lambda m: torch.nn.LayerNorm(m.normalized_shape, m.eps, m.weight is not None, **_bias(m)),
    nn.GroupNorm: lambda m: torch.nn.GroupNorm(m.num_groups, m.num_channels, m.eps, m.affine),
    nn.PReLU: lambda m: torch.nn.PReLU(len(m.weight)),
    nn.Embedding: lambda m: torch.nn.Embedding(*m.weight.shape, padding_idx=m.padding_idx),
    nn.Dropout: lambda m: torch.nn.Dropout(m.p),
    nn.Flatten: lambda m: torch.nn.Flatten(m.start_dim, m.end_dim),
}


def _bias(module: nn.Module) -> dict:
    """PyTorch's word for a weight without a bias, which its older versions do not have."""
    return {"bias": False} if module.weight is not None and module.bias is None else {}


def _runs_its_own(module: nn.Module) -> bool:
    """Whether its class is written in Python with a forward of its own, which nobody could convert."""
    compiled = next(kind for kind in type(module).__mro__ if kind.__module__ == _core.__name__)
    return type(module).forward is not compiled.forward


def to_torch(model) -> torch.nn.Module:
    """The same network in PyTorch, its weights copied bit for bit. Takes a network or a relume.Model, of which the
    preprocessing stays behind. Raises TypeError for a module that PyTorch does not have.
    """
    network = model if isinstance(model, nn.Module) else getattr(model, "network", model)
    if isinstance(network, nn.Module) and _runs_its_own(network):
        raise TypeError(f"to_torch: {type(network).__name__} has a forward of its own")
    if isinstance(network, nn.Sequential):
        result = torch.nn.Sequential(*(to_torch(child) for _, child in network.named_children()))
    elif isinstance(network, nn.Activate):
        result = _activation_to_torch(network)
    elif isinstance(network, nn.ActivateAlong):
        torch_name = next(name for name, facts in _MODULES.items() if facts[0] == network.name)
        result = getattr(torch.nn, torch_name)(dim=network.dim)
    else:
        make = next((make for kind, make in _TO_TORCH.items() if isinstance(network, kind)), None)
        if make is None:
            raise TypeError(f"to_torch: {type(network).__name__} is not known")
        result = make(network)
        if (parameter := next(iter(network.parameters()), None)) is not None:
            result.to(getattr(torch, repr(parameter.dtype).partition(".")[2]))
        with torch.no_grad():
            for name, value in network.state_dict().items():
                result.state_dict()[name].copy_(torch.from_dlpack(value.detach()))
    return result.train(network.training)

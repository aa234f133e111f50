"""Writes the type stub of relume.nn, whose activations are made from the table when it is imported.

usage: write_nn.py OUTPUT, with the package on the path
"""

import inspect
import sys
from importlib import import_module
from pathlib import Path

from relume import nn
from relume._core import Activate, ActivateAlong, Module


def parameter(p: inspect.Parameter) -> str:
    kind = {float: "float", int: "int", bool: "bool", str: "str"}.get(type(p.default), "object")
    return f"{p.name}: {kind} = {p.default!r}"


def stub_of(kind: type) -> str:
    base = next(b.__name__ for b in (Activate, ActivateAlong, Module) if issubclass(kind, b))
    parameters = [p for name, p in inspect.signature(kind.__init__).parameters.items() if name != "self"]
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    named = [parameter(p) for p in parameters if p.kind not in variable]
    named += ["*args: object", "**kwargs: object"] if len(named) < len(parameters) else []
    document = (kind.__doc__ or "").strip()
    return (
        f'class {kind.__name__}({base}):\n    """{document}"""\n\n'
        f"    def __init__({', '.join(['self', *named])}) -> None: ...\n"
    )


def main() -> None:
    made_here = [getattr(nn, name) for name in nn.__all__ if getattr(getattr(nn, name), "__module__", "") == "relume.nn"]
    elsewhere = sorted(
        name for name in nn.__all__ if getattr(getattr(nn, name), "__module__", "").startswith("relume._core")
    )
    lines = ["from relume._core import Tensor", "from relume._core import ("]
    lines += [f"    {name} as {name}," for name in elsewhere] + [")"]
    for file in ("containers", "losses"):
        names = import_module(f"relume.nn.{file}").__all__
        lines.append(f"from relume.nn.{file} import {', '.join(f'{name} as {name}' for name in names)}")
    lines += ["from relume.nn import functional as functional, init as init, utils as utils", ""]
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n" + "\n".join(stub_of(kind) for kind in made_here))


main()

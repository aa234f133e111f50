"""Runs PyTorch's own samples (torch.testing's op_db) through relume's operations of the same names.

usage: compare_torch_ops.py [NAME…] [--samples N] [--all]

Needs torch and expecttest (which torch.testing._internal imports) beside relume. Each sample is called on both sides, in
place too where there is such a form, and falls into a class:
  equal       values, dtypes, shapes and gradients agree
  different   they do not, or relume failed in another way than by an error of its own: must not be
  refused     relume says in a line what it does not do
  signature   relume's function takes other arguments
The exit status is 1 where any is different. `--all` prints every cause of a refusal, not only the most frequent.
"""

import argparse
import collections
import re
import sys
import warnings

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

import relume
import relume.nn.functional as F

DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool)

# What they return is random or not initialised: shapes and dtypes are compared alone.
RANDOM = {
    "bernoulli", "empty", "empty_like", "new_empty", "normal", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "uniform", "multinomial", "nn.functional.dropout", "nn.functional.alpha_dropout",
    "nn.functional.rrelu", "nn.functional.dropout2d", "nn.functional.dropout3d",
}

# Called as op_db calls them.
SPECIAL = {
    "where": lambda x, condition, other: x.where(condition, other),
    "zero_": lambda x: x.clone().zero_(),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
}

# Of equal elements any may come first, unless the sample asks for a stable order.
ORDERING = {"sort", "topk", "argsort"}


class Different(AssertionError):
    pass


def find(name):
    """relume's function of that name, or None."""
    if name in SPECIAL:
        return SPECIAL[name]
    if name.startswith("nn.functional."):
        return getattr(F, name.removeprefix("nn.functional."), None)
    function = getattr(relume, name, None)
    return function if callable(function) and not isinstance(function, type) else getattr(relume.Tensor, name, None)


def walk(value, change):
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, (torch.Size, tuple)):
        return tuple(walk(v, change) for v in value)
    if isinstance(value, list):
        return [walk(v, change) for v in value]
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if v is not torch.preserve_format}  # the only one that relume has
        return {k: walk(v, change) for k, v in kept.items()}
    if isinstance(value, slice):
        return slice(*(walk(v, change) for v in (value.start, value.stop, value.step)))
    if isinstance(value, torch.dtype):
        return getattr(relume, str(value).removeprefix("torch."), str(value))
    return "cpu" if isinstance(value, torch.device) else value


class Sides:
    """Both sides' tensors of a sample, made so that leaves correspond."""

    def __init__(self):
        self.pairs = []

    def theirs(self, t):
        if t.dtype.is_complex or t.layout != torch.strided:
            raise NotImplementedError
        return t.detach().clone(memory_format=torch.preserve_format).requires_grad_(t.requires_grad)

    def ours(self, t):
        if t.dtype == torch.bfloat16:
            made = relume.tensor(t.detach().float().numpy()).to(relume.bfloat16)
        else:
            made = relume.from_numpy(t.detach().numpy())
        if t.requires_grad:
            made = made.requires_grad_()
            self.pairs.append((t, made))
        return made


def numbers(t):
    return np.asarray(t.detach().to(relume.float32 if t.dtype == relume.bfloat16 else t.dtype))


def compare(theirs, ours, random, where=""):
    if isinstance(theirs, torch.Tensor):
        if not isinstance(ours, relume.Tensor):
            raise Different(f"{where}a {type(ours).__name__} where torch gives a tensor")
        if str(theirs.dtype).removeprefix("torch.") != repr(ours.dtype).removeprefix("relume."):
            raise Different(f"{where}dtype {ours.dtype}, torch {theirs.dtype}")
        if tuple(theirs.shape) != tuple(ours.shape):
            raise Different(f"{where}shape {tuple(ours.shape)}, torch {tuple(theirs.shape)}")
        if random:
            return
        wanted = theirs.detach()
        got = torch.from_numpy(numbers(ours).copy()).to(wanted.dtype)
        tolerance = {"rtol": 2e-5, "atol": 2e-5} if wanted.dtype in (torch.float32,) else {}
        try:
            torch.testing.assert_close(got, wanted, equal_nan=True, **tolerance)
        except AssertionError as error:
            raise Different(f"{where}{str(error).splitlines()[0]} ours {got.flatten()[:4].tolist()} "
                            f"torch {wanted.flatten()[:4].tolist()}") from None
    elif isinstance(theirs, (tuple, list)):
        if not isinstance(ours, (tuple, list)) or len(theirs) != len(ours):
            raise Different(f"{where}{type(ours).__name__} where torch gives {type(theirs).__name__}")
        for i, (a, b) in enumerate(zip(theirs, ours)):
            compare(a, b, random, f"{where}[{i}] ")
    elif theirs != ours and not (theirs != theirs and ours != ours):
        raise Different(f"{where}{ours!r}, torch {theirs!r}")


def tensors_of(result):
    if isinstance(result, (torch.Tensor, relume.Tensor)):
        return [result]
    return [t for part in result for t in tensors_of(part)] if isinstance(result, (tuple, list)) else []


def compare_gradients(theirs, ours, pairs):
    a, b = tensors_of(theirs), tensors_of(ours)
    chosen = [i for i, t in enumerate(a) if t.requires_grad and t.grad_fn is not None]
    if not chosen or not pairs:
        return
    generator = torch.Generator().manual_seed(7)
    weights = [torch.randn(a[i].shape, generator=generator, dtype=torch.float64).to(a[i].dtype) for i in chosen]
    if not all(b[i].requires_grad for i in chosen):
        raise Different("no gradient")
    try:
        sum((a[i] * w).sum() for i, w in zip(chosen, weights)).backward()
    except (RuntimeError, NotImplementedError):
        return  # torch has no gradient either
    sum((b[i] * Sides().ours(w)).sum() for i, w in zip(chosen, weights)).backward()
    for k, (leaf, mine) in enumerate(pairs):
        wanted = leaf.grad if leaf.grad is not None else torch.zeros_like(leaf)
        got = mine.grad if mine.grad is not None else relume.zeros(mine.shape, dtype=mine.dtype)
        compare(wanted, got, False, f"gradient of input {k}: ")


SIGNATURE = re.compile(r"incompatible function arguments|unexpected keyword|positional argument|required .* argument|"
                       r"multiple values for|keyword-only")


def of_ordering(name, sample, theirs, ours):
    """What is compared of sort and the like: the values alone where equal elements may come in any order."""
    if name not in ORDERING or sample.kwargs.get("stable"):
        return theirs, ours
    return (theirs[0], ours[0]) if isinstance(theirs, tuple) else (theirs.sort().values, ours.sort().values)


def run(name, theirs_f, ours_f, sample, in_place=False):
    """The class of one sample, and why; None where torch itself refuses it."""
    sides = Sides()
    try:
        given = walk_torch((sample.input, sample.args, sample.kwargs), sides.theirs)
    except NotImplementedError:
        return None
    x, args, kwargs = given
    mine = walk((x, args, kwargs), sides.ours)
    try:
        theirs = theirs_f(x.clone() if in_place else x, *args, **kwargs)
    except Exception:
        return None
    flat = tensors_of(theirs)
    if any(t.dtype.is_complex or t.layout != torch.strided or t.is_quantized for t in flat):
        return None
    try:
        begin = mine[0].clone() if in_place else mine[0]
        ours = ours_f(begin, *mine[1], **mine[2])
        if in_place and ours is not begin:
            raise Different("another object comes back")
        random = name in RANDOM
        compare(*of_ordering(name, sample, theirs, ours), random)
        if not random:
            compare_gradients(theirs, ours, sides.pairs)
        return "equal", ""
    except Different as error:
        return "different", str(error)
    except TypeError as error:
        text = str(error).splitlines()[0]
        return ("signature" if SIGNATURE.search(text) else "refused"), text
    except (relume.Error, ValueError, IndexError, NotImplementedError, BufferError) as error:
        return "refused", str(error).splitlines()[0]
    except Exception as error:
        return "different", f"{type(error).__name__}: {error}"


def walk_torch(value, change):
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, torch.Size):
        return value
    if isinstance(value, tuple):
        return tuple(walk_torch(v, change) for v in value)
    if isinstance(value, list):
        return [walk_torch(v, change) for v in value]
    return {k: walk_torch(v, change) for k, v in value.items()} if isinstance(value, dict) else value


def forms(op):
    """(name, torch's callable, relume's callable, in place)"""
    ours = find(op.name)
    if ours is not None:
        yield op.name, op.op, ours, False
    method = getattr(relume.Tensor, f"{op.name}_", None)
    if op.inplace_variant is not None and method is not None:
        yield f"{op.name}_", op.inplace_variant, method, True


def compare_all(names=(), samples=None, dtypes=DTYPES):
    """A Counter of the classes, and for each class and operation what was said, with how often."""
    torch.set_num_threads(1)
    relume.set_num_threads(1)
    counts, causes = collections.Counter(), collections.defaultdict(collections.Counter)
    operations = set()
    for op in op_db:
        if names and op.name not in names:
            continue
        for name, theirs, ours, in_place in forms(op):
            operations.add(name)
            for dtype in dtypes:
                if dtype not in op.supported_dtypes("cpu"):
                    continue
                gradients = bool(op.supports_autograd and dtype.is_floating_point)
                torch.manual_seed(0)
                for i, sample in enumerate(op.sample_inputs("cpu", dtype, requires_grad=gradients)):
                    if samples is not None and i >= samples:
                        break
                    for s in (sample, sample.noncontiguous()) if dtype == torch.float64 else (sample,):
                        found = run(op.name, theirs, ours, s, in_place)
                        if found:
                            counts[found[0]] += 1
                            causes[found[0]][name, found[1]] += 1
    return counts, causes, operations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--samples", type=int, help="at most so many of each operation and dtype")
    parser.add_argument("--all", action="store_true", help="every cause of a refusal")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    counts, causes, operations = compare_all(set(arguments.names), arguments.samples)
    for kind in ("signature", "refused", "different"):
        found = causes[kind].most_common(None if arguments.all or kind == "different" else 40)
        for (name, text), count in found:
            print(f"{kind:9} {count:6}  {name}: {text[:240]}")
    print(f"{len(operations)} operations: " + ", ".join(
        f"{counts[kind]:,} {kind}" for kind in ("equal", "different", "refused", "signature")))
    return int(counts["different"] > 0)


if __name__ == "__main__":
    sys.exit(main())

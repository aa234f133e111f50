"""What operations return that have several results."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from relume._core import Tensor


class ValuesAndIndices(NamedTuple):
    """Elements, and where in the dimension they were."""

    values: Tensor
    indices: Tensor

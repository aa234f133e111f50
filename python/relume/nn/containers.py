"""Modules and parameters in lists and dictionaries, whose items are the module's own."""

from __future__ import annotations

from typing import Iterable, Iterator, Mapping

from relume._core import Module, Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList"]


class _Numbered(Module):
    """A list whose items are attributes "0", "1", …"""

    def __init__(self, items: Iterable = ()):
        super().__init__()
        self._size = 0
        self.extend(items or ())

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator:
        return iter([vars(self)[str(i)] for i in range(self._size)])

    def __contains__(self, item) -> bool:
        return any(item is other for other in self)

    def __getitem__(self, index):
        items = list(self)[index]
        return type(self)(items) if isinstance(index, slice) else items

    def __setitem__(self, index: int, item) -> None:
        setattr(self, str(range(self._size)[index]), self._checked(item))

    def __delitem__(self, index) -> None:
        items = list(self)
        del items[index]
        self._become(items)

    def __iadd__(self, items: Iterable):
        return self.extend(items)

    def append(self, item):
        """Returns the list itself, as PyTorch's does."""
        setattr(self, str(self._size), self._checked(item))
        self._size += 1
        return self

    def extend(self, items: Iterable):
        for item in list(items):
            self.append(item)
        return self

    def insert(self, index: int, item) -> None:
        items = list(self)
        items.insert(index, self._checked(item))
        self._become(items)

    def pop(self, index: int = -1):
        item = self[index]
        del self[index]
        return item

    def _become(self, items: list) -> None:
        for i in range(self._size):
            delattr(self, str(i))
        self._size = 0
        self.extend(items)

    def _checked(self, item):
        if not isinstance(item, self._kind):
            raise TypeError(f"{type(self).__name__}: {type(item).__name__} is not a {self._kind.__name__}")
        return item


class ModuleList(_Numbered):
    """A list of modules, each a submodule of it. It has no forward() of its own."""

    _kind = Module


class ParameterList(_Numbered):
    """A list of parameters; tensors become parameters."""

    _kind = Parameter

    def _checked(self, item):
        return item if isinstance(item, Parameter) else Parameter(item)


class _Named(Module):
    """A dictionary whose items are attributes."""

    def __init__(self, items: Mapping | Iterable | None = None):
        super().__init__()
        self._names = []
        self.update(items or {})

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._names))

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __getitem__(self, name: str):
        if name not in self._names:
            raise KeyError(name)
        return vars(self)[name]

    def __setitem__(self, name: str, item) -> None:
        if name not in self._names and hasattr(type(self), name):
            raise KeyError(f"{type(self).__name__}: {name!r} is a name of its own")
        setattr(self, name, self._checked(item))
        if name not in self._names:
            self._names.append(name)

    def __delitem__(self, name: str) -> None:
        if name not in self._names:
            raise KeyError(name)
        delattr(self, name)
        self._names.remove(name)

    def keys(self) -> list[str]:
        return list(self._names)

    def values(self) -> list:
        return [self[name] for name in self._names]

    def items(self) -> list[tuple]:
        return [(name, self[name]) for name in self._names]

    def update(self, items: Mapping | Iterable) -> None:
        for name, item in items.items() if hasattr(items, "items") else items:
            self[name] = item

    def pop(self, name: str):
        item = self[name]
        del self[name]
        return item

    def clear(self) -> None:
        for name in list(self._names):
            del self[name]

    def _checked(self, item):
        if not isinstance(item, self._kind):
            raise TypeError(f"{type(self).__name__}: {type(item).__name__} is not a {self._kind.__name__}")
        return item


class ModuleDict(_Named):
    """Modules by name, each a submodule of it. It has no forward() of its own."""

    _kind = Module


class ParameterDict(_Named):
    """Parameters by name; tensors become parameters."""

    _kind = Parameter

    def _checked(self, item):
        return item if isinstance(item, Parameter) else Parameter(item)

"""What the walks over a module give back."""

from typing import NamedTuple


class Listing(list):
    """A list of which next() takes the first item, then the next: for `next(net.parameters())` in PyTorch's words."""

    def __next__(self):
        at = getattr(self, "_at", 0)
        if at >= len(self):
            raise StopIteration
        self._at = at + 1
        return self[at]


class IncompatibleKeys(NamedTuple):
    """What load_state_dict found missing and had no place for."""

    missing_keys: list
    unexpected_keys: list

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"

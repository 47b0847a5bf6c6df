"""A row as asyncpg gives it: by name, by place, and as a mapping."""

from collections.abc import Iterator, Sequence


class Row:
    """Immutable; iterating yields values."""

    __slots__ = ("_names", "_values")

    def __init__(self, names: Sequence[str], values: Sequence[object]) -> None:
        self._names = names
        self._values = values

    def __getitem__(self, key: str | int) -> object:
        return self._values[key if isinstance(key, int) else self._names.index(key)]

    def __iter__(self) -> Iterator[object]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(dict(zip(self._names, self._values, strict=True)))

    def keys(self) -> Sequence[str]:
        return self._names

    def values(self) -> Sequence[object]:
        return self._values


def rows(names: str, found: Sequence[Sequence[object]]) -> list[Row]:
    """Return rows; the names are those of the columns, with spaces between."""
    columns = names.split()
    return [Row(columns, values) for values in found]

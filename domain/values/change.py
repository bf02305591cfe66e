"""The shape of every partial change: a field that is UNSET keeps its value."""

from typing import Any

from msgspec import UNSET

from domain.record import Record


class PartialChange(Record):
    """Names some fields of another record, each optional, with their new values."""

    def given(self) -> dict[str, Any]:
        """Return the fields that are set, with their new values."""
        return {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not UNSET
        }

    def effective(self, present: Record, fields: type[Record] | None = None) -> dict[str, Any]:
        """Return the fields that are set to another value than the present one.

        With `fields`, only those that this type has are looked at.
        """
        return {
            name: value
            for name in (fields or self).__struct_fields__
            if (value := getattr(self, name)) is not UNSET and value != getattr(present, name)
        }

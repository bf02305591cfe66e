"""Environment variables as fields: each has a name, a description, a parser and a default."""

from collections.abc import Callable, Iterator
from dataclasses import field, fields
from typing import Any, NoReturn, TypeVar

from application.ports.startup import BadSetting
from domain.record import Record

PREFIX = "ANNALS_"

T = TypeVar("T")


class Variable(Record):
    """A variable: its description for people, and how its text is read.

    `parse` raises ValueError with what the text must be ("must be …"). The text of a secret is
    never shown.
    """

    name: str
    doc: str
    parse: Callable[[str], Any]
    default: Any
    secret: bool = False

    @property
    def key(self) -> str:
        """The name in lower case and without the prefix, as command-line options have it."""
        return self.name.removeprefix(PREFIX).lower()

    def read(self, text: str) -> Any:
        """Return the value of a text.

        Raises:
            BadSetting: the text is malformed.
        """
        try:
            return self.parse(text)
        except ValueError as must_be:
            instead = "" if self.secret else f", not {text!r}"
            raise BadSetting(f"{self.name} {must_be}{instead}.") from None


def var(name: str, doc: str, parse: Callable[[str], T], default: T, *, secret: bool = False) -> T:
    """Declare a field of a group (a frozen dataclass) that a variable sets."""
    variable = Variable(name=name, doc=doc, parse=parse, default=default, secret=secret)
    return field(default=default, repr=not secret, metadata={Variable: variable})


def declared(group: Any) -> Iterator[tuple[str, Variable]]:
    """Yield each field of a group, or of its class, with its variable, as they are declared."""
    for each in fields(group):
        yield each.name, each.metadata[Variable]


def not_set(group: Any, field_name: str, *, otherwise: str = "") -> NoReturn:
    """Say that a process cannot do without this field, and what else would do (`otherwise`).

    Raises:
        BadSetting: always.
    """
    variable = dict(declared(group))[field_name]
    meaning = variable.doc.partition(";")[0].rstrip(".")
    raise BadSetting(f"{variable.name} is not set: {meaning}. {otherwise}".rstrip())

"""What a benchmark reports: a figure, the baseline of the same run, and what was hoped for."""

from domain.record import Record


class Figure(Record):
    """One measured value. `goal` and `aim` are of the ratio when there is a baseline,
    of the value itself otherwise; `at_most` says that less is better."""

    what: str
    value: float
    unit: str
    baseline: float | None = None
    goal: float | None = None
    aim: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def judged(self) -> float:
        """The number that goal and aim are about."""
        if self.baseline is None:
            return self.value
        return self.value / self.baseline if self.baseline else 0.0

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        if self._reaches(self.aim):
            return "aim"
        return "goal" if self._reaches(self.goal) else "MISSED"

    def _reaches(self, mark: float | None) -> bool:
        if mark is None:
            return False
        return self.judged <= mark if self.at_most else self.judged >= mark


def table(figures: list[Figure]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| what | ours | baseline | ratio | goal | aim | reached |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for f in figures:
        ratio = f"{f.judged:,.1f} ×" if f.baseline is not None else ""
        sign = "≤" if f.at_most else "≥"
        times = " ×" if f.baseline is not None else f" {f.unit}"
        goal = "" if f.goal is None else f"{sign} {f.goal:,g}{times}"
        aim = "" if f.aim is None else f"{sign} {f.aim:,g}{times}"
        baseline = "" if f.baseline is None else f"{_number(f.baseline)} {f.unit}"
        note = f" ({f.note})" if f.note else ""
        lines.append(
            f"| {f.what}{note} | {_number(f.value)} {f.unit} | {baseline} | {ratio} | {goal} |"
            f" {aim} | {f.verdict} |"
        )
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"

"""Rules about traces, over recordings: check them, and replay what was recorded, with the engine that runs live.

>>> import betrace
>>> betrace.check("rules: []")
[...]
>>> played = betrace.replay("recordings/", "rules/")
>>> for batch in played:          # pyarrow.RecordBatch
...     ...

`betrace.spark` does the same over a DataFrame on a cluster.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import pyarrow as pa

from betrace._betrace import Replayed, Rules, Session
from betrace._betrace import check as _check
from betrace._schema import SUMMARY, VERDICTS

__all__ = ["SUMMARY", "VERDICTS", "BrokenInput", "Replay", "Rules", "check", "load", "replay"]

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

ROWS = 4096
"""How many verdicts a batch has at most."""


class BrokenInput(Exception):
    """Something of what was named could not be read. ``faults`` says what, and ``played`` what came of the rest."""

    def __init__(self, faults: list[str], played: Replay):
        super().__init__("\n".join(faults))
        self.faults = faults
        self.played = played


def check(text: str, name: str = "rules.yaml") -> list[dict[str, Any]]:
    """What is wrong with a rule file, and what is doubtful: ``code``, ``severity``, ``message``, ``line``, ``column``
    and more of each, as ``betrace check --format json`` says it. An empty list is a file without a word to say.
    """
    return json.loads(_check(text, name))["diagnostics"]


def load(rules: Paths | Rules) -> Rules:
    """Reads rule files, and of directories all ``*.yaml`` and ``*.yml`` below.

    `Rules([(name, text), ...])` has them from texts. Both raise ValueError, with the places, where there is an error,
    and OSError where there is no file. Rules can be pickled.
    """
    return rules if isinstance(rules, Rules) else Rules.read(_paths(rules))


def replay(
    paths: Paths,
    rules: Paths | Rules,
    *,
    verdicts: Iterable[str] = (),
    memory_mib: int = 1024,
    on_fault: Literal["raise", "keep"] = "raise",
) -> Replay:
    """Evaluates rules over recorded traces, as ``betrace replay`` does and with its verdicts.

    :param paths: files of any kind that ``betrace replay`` reads, and directories of them.
    :param rules: rule files, directories of them, or :class:`Rules`.
    :param verdicts: which to give: ``violated``, ``satisfied``, ``not_applicable``, ``inconclusive``, ``all``. Without
        any: violated, and inconclusive where the rule's ``when`` held.
    :param memory_mib: what the state of the traces may take; what does not fit becomes ``inconclusive``.
    :param on_fault: ``raise`` raises :class:`BrokenInput` where something could not be read, with what came of the
        rest in it; ``keep`` leaves the faults in the result.
    """
    if on_fault not in ("raise", "keep"):
        raise ValueError(f"on_fault is raise or keep, not {on_fault!r}")
    session = Session(load(rules), list(verdicts), memory_mib)
    session.read(_paths(paths))
    played = Replay(session.end())
    if played.faults and on_fault == "raise":
        raise BrokenInput(played.faults, played)
    return played


class Replay:
    """Verdicts in the order of rule, trace and violation: iterate over it for batches, as often as you like."""

    def __init__(self, played: Replayed):
        self._played = played

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(self._played), ROWS):
            columns = self._played.verdicts(start, start + ROWS)
            yield pa.RecordBatch.from_pydict(columns, schema=VERDICTS)

    def __len__(self) -> int:
        """How many verdicts there are."""
        return len(self._played)

    def to_table(self) -> pa.Table:
        """All verdicts."""
        return pa.Table.from_batches(self, schema=VERDICTS)

    @property
    def summary(self) -> pa.Table:
        """A row a rule, in the order of their ids."""
        return pa.Table.from_pydict(self._played.summary(), schema=SUMMARY)

    @property
    def faults(self) -> list[str]:
        """What could not be read, with its place: a handful of each sort, and how many more."""
        return self._played.faults

    @property
    def notes(self) -> list[str]:
        """What is worth a word and no fault."""
        return self._played.notes

    @property
    def traces(self) -> int:
        """How many there were."""
        return self._played.traces

    @property
    def spans(self) -> int:
        """How many rules have seen."""
        return self._played.spans

    @property
    def left_out(self) -> int:
        """Spans that no rule has seen: without a usable id, unlike an earlier copy, or over the limit of a trace."""
        return self._played.left_out


def _paths(paths: Paths) -> list[str]:
    one = isinstance(paths, str | os.PathLike)
    return [os.fspath(path) for path in ([paths] if one else paths)]

"""What a drill left in its folder, read back: results.json against its schema, records.jsonl against results.json."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from lakedrill.parity.outcome import Colour, Outcome, Record, Slot, Verdict, record_from

FORMAT = 1
RESULTS = "results.json"
RECORDS = "records.jsonl"
_LATER: dict[str, Any] = {"scope": [], "ignore": [], "accounting": None, "manual": []}
"""What results.json did not say from its first day: an older one stays readable."""
_SHOWN = 80
"""As much of a wrong value as a one-line message bears."""


class ReportError(Exception):
    """The folder holds nothing that can be reported. One line: the file, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Findings:
    """A drill as its folder tells it: the validated results.json, and all its records."""

    results: dict[str, Any]
    records: tuple[Record, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict; a part of a drill has none, so it is undecided whatever was found."""
        return Verdict.UNDECIDED if self.results["narrowed"] else Verdict(self.results["verdict"])

    @property
    def ended(self) -> float:
        """When the last of the two snapshots was sealed, the only time that the judgement itself knows."""
        return max(float(self.results[role]["ended"]) for role in ("primary", "secondary"))

    @property
    def undecided_by_none(self) -> str:
        """Why a drill that no record holds against is still not ready; empty where it is, or where a record tells."""
        if self.verdict is Verdict.READY or any(r.outcome.colour is not Colour.GREEN for r in self.records):
            return ""
        if self.results["narrowed"]:
            return "only a part of the drill was looked at"
        return "nothing was there to judge"


def read(folder: Path) -> Findings:
    """Read a drill's folder. Raises ReportError where a file is missing or wrong, or the two are not of one run."""
    results = load(folder / RESULTS)
    file = folder / RECORDS
    records = load_records(file)
    counts = Counter(record.outcome.value for record in records)
    if counts != results["counts"]:
        told = ", ".join(
            f"{name} {counts[name]} and {results['counts'].get(name, 0)}"
            for name in sorted({*counts, *results["counts"]})
            if counts[name] != results["counts"].get(name, 0)
        )
        _refuse(file, f"is not of the same run as {RESULTS}: {told}")
    return Findings(results, tuple(records))


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of results.json."""
    text = resources.files("reports").joinpath("schema/results.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def load(file: Path) -> dict[str, Any]:
    """Read results.json. Raises ReportError for another format, for what is not valid, and for a verdict that can't be."""
    document = _parse(file, _text(file))
    if isinstance(document, dict) and document.get("format", FORMAT) != FORMAT:
        _refuse(file, f"format: is {_show(document['format'])}, and this version reads {FORMAT}")
    wrong = next(Draft202012Validator(schema()).iter_errors(document), None)
    if wrong is not None:
        _refuse(file, _said(wrong))
    results: dict[str, Any] = {**_LATER, **document}
    contradiction = _contradiction(results)
    if contradiction:
        _refuse(file, contradiction)
    return results


def load_records(file: Path) -> list[Record]:
    """Read records.jsonl, one record a line. Raises ReportError with the line for what is no record, or a second one."""
    found: dict[Slot, Record] = {}
    for number, line in enumerate(_text(file).split("\n"), 1):
        if not line.strip():
            continue
        document = _parse(file, line, number)
        try:
            record = record_from(document)
        except (KeyError, TypeError, ValueError) as error:
            _refuse(file, f"is not a record: {_show(error)}", number)
        texts = (record.kind, record.key, record.aspect, record.reason, record.because_of, record.fix, *record.rows)
        if not all(isinstance(text, str) for text in texts) or not isinstance(record.pair, int | None):
            _refuse(file, "is not a record: a text is not a string, or the pair not a number", number)
        if record.slot in found:
            _refuse(file, f"a second judgement of {_show(f'{record.kind}:{record.key}')}, {record.aspect}", number)
        found[record.slot] = record
    return list(found.values())


def _contradiction(results: dict[str, Any]) -> str:
    """Say what a document tells against itself that would make a report greener than its drill."""
    per_kind: Counter[str] = Counter()
    for counts in results["kinds"].values():
        per_kind.update(counts)
    if per_kind != results["counts"]:
        return "counts: are not the sum of the counts by kind"
    held = sorted(name for name in results["counts"] if Outcome(name).colour is not Colour.GREEN)
    if held and not results["findings"]:
        return f"findings: there are none, and the counts hold {', '.join(held)}"
    if results["verdict"] != Verdict.READY:
        return ""
    if held:
        return f"verdict: ready, and the counts hold {', '.join(held)}"
    if results["findings"]:
        return "verdict: ready, and there are findings"
    if results["checked"] != results["expected"] or not results["expected"]:
        return f"verdict: ready, and {results['checked']} of {results['expected']} were judged"
    return ""


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        _refuse(file, "no such file; `lakedrill check` writes it")
    except (OSError, UnicodeDecodeError) as error:
        _refuse(file, f"can't be read: {_show(error)}")


def _parse(file: Path, text: str, line: int = 0) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        _refuse(file, f"is not JSON: {_show(error)}", line)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _refuse(file: Path, wrong: str, line: int = 0) -> NoReturn:
    where = f"{file}:{line}" if line else f"{file}"
    raise ReportError(f"{where}: {wrong}") from None


def _said(error: ValidationError) -> str:
    """Return where a document is wrong, what stands there, and what may."""
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")
    at = f"{where}: " if where else ""
    allowed: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        unknown = next(name for name in instance if name not in allowed.get("properties", {}))
        return f"{at}unknown key {_show(unknown)}"
    if error.validator == "required":
        return f"{at}missing {', '.join(name for name in allowed['required'] if name not in instance)}"
    if error.validator == "enum":
        return f"{at}{_show(instance)} is not one of {', '.join(repr(value) for value in allowed['enum'])}"
    if error.validator == "type":
        kinds = allowed["type"]
        return f"{at}expected {kinds if isinstance(kinds, str) else ' or '.join(kinds)}, found {_show(instance)}"
    return f"{at}{_show(instance)} is not allowed: {error.validator} {_show(error.validator_value)}"


def _show(value: object) -> str:
    """Spell a value in one line and not too long."""
    text = str(value) if isinstance(value, Exception) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

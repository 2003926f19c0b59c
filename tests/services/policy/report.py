"""The gate's report: precision and recall on the labelled messages, as Markdown.

`python -m tests.services.policy.report [--part dev|heldout|all] [--write PATH] [--show-misses]`
"""

import argparse
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from services.policy.gate.ruleset import RuleSet
from tests.services.policy.labelled.messages import LANGUAGES, PARTS, Part, read_part
from tests.services.policy.measurement import Outcome, blocked_clean, count, judge_all, touched_clean

_TITLES: dict[Part, str] = {
    "dev": "Messages that rule writers look at (`dev`)",
    "heldout": "Messages only measured on (`heldout`)",
}


def render(outcomes: dict[Part, list[Outcome]], rule_set: str) -> str:
    """Return the report on `outcomes`, part by part, for the rule set of that version."""
    sections = [
        f"## {_TITLES[part]}\n\n{_by_language(judged)}\n{_by_rule(judged)}\n{_timing(judged)}"
        for part, judged in outcomes.items()
    ]
    head = (
        "# How well the gate judges\n\n"
        f"Rule set `{rule_set}`, content rules only, without context.\n"
        "Recall: the share of expected findings that the gate made. Precision: the share of its findings that"
        " were expected. A rule counts once for a message.\n"
    )
    return "\n".join([head, *sections])


def render_misses(outcomes: Iterable[Outcome]) -> str:
    """List the messages that the gate judged otherwise than their label says."""
    lines = []
    for outcome in outcomes:
        if outcome.missed or outcome.superfluous:
            message = outcome.message
            signs = [f"-{rule}" for rule in sorted(outcome.missed)]
            signs += [f"+{rule}" for rule in sorted(outcome.superfluous)]
            lines.append(f"{message.id} [{message.direction}, {message.kind}, {message.reason}] {' '.join(signs)}")
            lines.append(f"    {message.subject} | {message.text} {message.html or ''}".replace("\n", " "))
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report, or write it; 2 if asked to show what must stay unseen."""
    options = _options().parse_args(arguments)
    if options.show_misses and options.part != "dev":
        sys.stderr.write("Misses are shown for --part dev only: the held-out part stays unseen.\n")
        return 2
    rule_set = RuleSet.load()
    chosen = PARTS if options.part == "all" else (options.part,)
    outcomes = {part: judge_all(rule_set, read_part(part)) for part in chosen}
    if options.show_misses:
        sys.stdout.write(render_misses(outcomes["dev"]) + "\n")
    report = render(outcomes, rule_set.version)
    if options.write is None:
        sys.stdout.write(report)
    else:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(report, "utf-8")
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="policy-report", description="Measure the gate on the labelled messages.")
    parser.add_argument("--part", choices=(*PARTS, "all"), default="all")
    parser.add_argument("--write", type=Path, metavar="PATH", help="write the report there instead of printing it")
    parser.add_argument("--show-misses", action="store_true", help="list misjudged messages (dev only)")
    return parser


def _by_language(outcomes: list[Outcome]) -> str:
    header = ["language", "messages", "clean", "recall", "precision", "clean blocked", "clean mended or flagged"]
    rows = [_language_row(lang, [o for o in outcomes if o.message.lang == lang]) for lang in LANGUAGES]
    return _table(header, [*rows, _language_row("all", outcomes)])


def _language_row(name: str, outcomes: list[Outcome]) -> list[str]:
    counts = count(outcomes)
    blocked, clean = blocked_clean(outcomes)
    share = f"{blocked} ({_percent(blocked / clean if clean else None)})"
    passed = str(touched_clean(outcomes))
    return [name, str(len(outcomes)), str(clean), _percent(counts.recall), _percent(counts.precision), share, passed]


def _by_rule(outcomes: list[Outcome]) -> str:
    """One row a rule; under a language, recall / precision."""
    rules = sorted({rule for outcome in outcomes for rule in outcome.message.expect | outcome.found})
    header = ["rule", "expected", "found", "recall", "precision", *LANGUAGES]
    return _table(header, [_rule_row(rule, outcomes) for rule in rules])


def _rule_row(rule: str, outcomes: list[Outcome]) -> list[str]:
    counts = count(outcomes, rule)
    cells = [f"`{rule}`", str(counts.expected), str(counts.found), _percent(counts.recall), _percent(counts.precision)]
    for lang in LANGUAGES:
        own = count((o for o in outcomes if o.message.lang == lang), rule)
        cells.append(f"{_percent(own.recall)} / {_percent(own.precision)}")
    return cells


def _timing(outcomes: list[Outcome]) -> str:
    milliseconds = sorted(outcome.seconds * 1000 for outcome in outcomes)
    percentile = milliseconds[int(len(milliseconds) * 0.95)]
    size = statistics.mean(len(o.message.text) + len(o.message.html or "") for o in outcomes)
    return (
        f"Time for a message ({size:.0f} characters on average): mean {statistics.mean(milliseconds):.2f} ms,"
        f" 95th percentile {percentile:.2f} ms, longest {milliseconds[-1]:.2f} ms.\n"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _table(header: list[str], rows: list[list[str]]) -> str:
    ruler = ["---", *["---:"] * (len(header) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, ruler, *rows))


if __name__ == "__main__":
    sys.exit(main())

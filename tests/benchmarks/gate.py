"""`make bench-gate`: what judging one message costs, in milliseconds of processor time.

Of each message, slightly different ones are judged several times and the fastest time of each counts, as other
work on the machine only ever adds. `first`: texts and pages put together anew from the training messages'
clean ones, in turn in six languages, each judged once; letters, as people write them, were never learned from.

A machine with other guests changes its speed within a run, so that runs one after the other say little. With
`ARGS="--beside FOLDER"` a second process has the gate of another checkout, where `make install` was run, judge the
same messages (as long as the training messages are the same): some here, the same there, some here again. Printed is
the ratio of all times here to all times there.
"""

import argparse
import gc
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from services.policy.gate.candidate import Candidate
from services.policy.gate.compiled import is_compiled
from services.policy.gate.ruleset import RuleSet
from tests.services.policy.labelled.messages import read_part
from tests.services.policy.training.examples import read_examples, read_rules_own

_ROUNDS, _VARIANTS = 9, 12
_FIRST_TEXTS, _FIRST_PAGES = 600, 80
_KILOBYTE, _PAGE = 1024, 20_000
_PARAGRAPH = "<p style='margin:0'>{}</p>\n"
# As mail programs and shops write: most of it says how the words look.
_ROW = (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
    'style="border-collapse:collapse;mso-table-lspace:0pt;mso-table-rspace:0pt"><tr>'
    '<td align="left" valign="top" style="padding:12px 24px 0 24px;'
    'font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#333333"><p style="margin:0 0 8px 0">'
    '<span style="font-size:14px">{}</span></p></td></tr></table>\n'
)
_ANSWERS = {
    "en": "Dear Mr Brown, thank you for your message about the oak shelf. The delivery from our workshop takes two "
    "days longer than planned because the varnish has to dry, so we expect it with you on Thursday. Please keep the "
    "way to the door free, as the driver comes with a long van. The screws lie behind the second board. ",
    "de": "Sehr geehrte Frau Huber, danke für Ihre Nachricht zum Eichenregal. Die Lieferung aus unserer Werkstatt "
    "dauert zwei Tage länger als geplant, weil der Lack trocknen muss; wir rechnen mit Donnerstag. Bitte halten Sie "
    "den Weg zur Tür frei, der Fahrer kommt mit einem langen Wagen. ",
    "ja": "お問い合わせいただいた棚の件でご連絡いたします。塗装の乾燥に時間がかかっており、"
    "お届けは木曜日になる見込みです。ネジは二枚目の板の裏の小さな袋に入っております。",
}


def _cut(text: str, octets: int) -> str:
    return text.encode()[:octets].decode(errors="ignore")


def _texts() -> Iterator[tuple[str, list[Candidate]]]:
    for language, words in _ANSWERS.items():
        texts = [_cut(f"Nr {number}. " + words[number:] + words * 30, _KILOBYTE) for number in range(_VARIANTS)]
        yield f"1 KB of text, {language}", [Candidate(text=text, kind="reply", language=language) for text in texts]


def _pages() -> Iterator[tuple[str, list[Candidate]]]:
    words = _ANSWERS["en"]
    cells = (words[number % 40 : number % 40 + 60] for number in range(400))
    rows = "".join(
        f"<tr><td style='padding:2px'>{number}</td><td><b>{cell}</b></td></tr>" for number, cell in enumerate(cells)
    )
    paragraphs = f"<p style='margin:0'>{words}</p>\n" * 100
    for name, page in (("a table", f"<table>{rows}"), ("paragraphs", paragraphs)):
        variants = [_cut(page.replace("Dear", f"Dear{number}"), _PAGE) for number in range(_VARIANTS)]
        yield f"20 KB of HTML, {name}", [Candidate(html=page, kind="reply") for page in variants]


def _new() -> Iterator[tuple[str, list[Candidate]]]:
    chance = random.Random(1)
    clean: dict[str, list[str]] = {}
    for example in read_examples():
        if example.source == "written" and not example.labels:
            clean.setdefault(example.language, []).append(example.candidate.text)
    languages = sorted(clean.items())
    yield (
        "1 KB of text, first",
        [
            Candidate(text=_cut(" ".join(chance.choices(texts, k=20)), _KILOBYTE), kind="reply", language=language)
            for _ in range(_FIRST_TEXTS)
            for language, texts in languages
        ],
    )
    letters = [one for one in read_part("dev") if "-l-" in one.id and one.clean]
    yield (
        "1 KB of a letter, first",
        [Candidate(text=_cut(one.text, _KILOBYTE), kind="reply", language=one.lang) for one in letters],
    )
    for name, row in (("20 KB of HTML, first", _PARAGRAPH), ("20 KB of mail, first", _ROW)):
        yield (
            name,
            [
                Candidate(html=_cut("".join(row.format(escape(text)) for text in said), _PAGE), kind="reply")
                for _ in range(_FIRST_PAGES)
                for said in (chance.choices(texts, k=300) for _, texts in languages)
            ],
        )


def _milliseconds(rules: RuleSet, candidates: Sequence[Candidate], rounds: int) -> float:
    total = 0.0
    for candidate in candidates:
        times = []
        for _ in range(rounds):
            begin = time.process_time()
            rules.judge(candidate)
            times.append(time.process_time() - begin)
        total += min(times)
    return total * 1000 / len(candidates)


def _list_all() -> dict[str, list[Candidate]]:
    return dict([*_texts(), *_pages(), *_new()])


def _load() -> RuleSet:
    """Return the packaged rules as a service has them that has run for a while: what is read once, they have read."""
    rules = RuleSet.load()
    for example in read_rules_own():
        rules.judge(example.candidate)
    gc.collect()
    gc.freeze()
    return rules


def _answer() -> None:
    """Judge what is asked for, a line each: kind, first and last message. Print the seconds that it took."""
    rules, messages = _load(), _list_all()
    for line in sys.stdin:
        name, first, last = line.split("|")
        begin = time.process_time()
        for candidate in messages[name][int(first) : int(last)]:
            rules.judge(candidate)
        print(time.process_time() - begin, flush=True)  # noqa: T201  # the answer


def _compare(folders: Sequence[Path]) -> None:
    command = [sys.executable, __file__, "--answer"]
    gates = [
        subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]
    for name, messages in _list_all().items():
        steps = _list_steps(len(messages))
        totals = [0.0 for _ in gates]
        for number, (first, last) in enumerate(steps):
            # Neither is always the first to wake a processor up.
            for at in (0, 1) if number % 2 else (1, 0):
                taken = _ask(gates[at], f"{name}|{first}|{last}")
                totals[at] += taken if number >= len(steps) // 4 else 0
        count = sum(last - first for first, last in steps[len(steps) // 4 :])
        here, there = (total * 1000 / count for total in totals)
        print(f"{name:28} {here:6.2f} ms here, {there:6.2f} ms there: {here / there:.2f}")  # noqa: T201  # the answer
    for gate in gates:
        gate.communicate()


def _list_steps(size: int) -> list[tuple[int, int]]:
    """Return the spans of messages to judge without a break; few of them are judged again and again."""
    if size == _VARIANTS:
        return [(0, size)] * (4 * _ROUNDS)
    step = size // 40
    return [(first, first + step) for first in range(0, size, step)]


def _ask(gate: "subprocess.Popen[str]", question: str) -> float:
    if gate.stdin is None or gate.stdout is None:
        raise ValueError("a gate that cannot be asked")
    gate.stdin.write(f"{question}\n")
    gate.stdin.flush()
    answer = gate.stdout.readline()
    if not answer:
        raise SystemExit("one of the gates ended, and says why above; was `make install` run in its checkout?")
    return float(answer)


def main() -> None:
    """Measure, and print a line for each kind of message."""
    parser = argparse.ArgumentParser(prog="make bench-gate", description=__doc__)
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="compare with another checkout's gate")
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.answer:
        _answer()
    elif arguments.beside:
        _compare([Path(__file__).parents[2], arguments.beside.resolve(strict=True)])
    else:
        _measure()


def _measure() -> None:
    rules = _load()
    print("loops: compiled" if is_compiled() else "loops: plain")  # noqa: T201  # the command's answer
    for name, candidates in (*_texts(), *_pages()):
        print(f"{name:28} {_milliseconds(rules, candidates, _ROUNDS):6.2f} ms")  # noqa: T201  # the same
    for name, candidates in _new():
        start = len(candidates) // 4
        _milliseconds(rules, candidates[:start], 1)
        print(f"{name:28} {_milliseconds(rules, candidates[start:], 1):6.2f} ms")  # noqa: T201  # the same


if __name__ == "__main__":
    main()

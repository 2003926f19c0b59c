"""Examples as rows of numbers, made by the very code that reads messages when they are judged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, diags

from services.policy.gate.detectors.model import Learned
from services.policy.gate.judged import Judged
from services.policy.gate.model.concepts import packaged
from services.policy.gate.model.pieces import BUCKETS, buckets
from services.policy.gate.reading import Reading, readings
from services.policy.gate.rule import Rule
from tests.services.policy.training.examples import Example

# scipy has no types, so these say what an array holds, and no more.
Floats: TypeAlias = Any
Numbers: TypeAlias = Any
Truths: TypeAlias = Any
Matrix: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Text:
    """A message as the model reads it: the sentences of its subject and of its longest body."""

    subject: tuple[str, ...]
    body: tuple[str, ...]
    reply: bool


@dataclass(frozen=True)
class Features:
    """A row of bucket counts for each sentence, and what makes sums over messages and windows of them.

    `windows` and `messages` multiply rows of sentences, and free the sums from their length; `owner` is the message
    that a window is of, in order.
    """

    sentences: Matrix
    messages: Matrix
    windows: Matrix
    owner: Numbers

    def of(self, chosen: Truths) -> "Features":
        """Return the features of the chosen messages alone."""
        window = chosen[self.owner]
        messages = self.messages[np.flatnonzero(chosen)]
        used = np.unique(messages.indices)
        place = np.cumsum(chosen) - 1
        return Features(
            self.sentences[used],
            messages[:, used],
            self.windows[np.flatnonzero(window)][:, used],
            place[self.owner[window]],
        )


def read(example: Example) -> Text:
    """Return what the model reads of an example; of several bodies the longest counts."""
    shown = [one for one in readings(Judged(example.candidate)) if not one.passage.hidden]
    bodies = [one for one in shown if one.passage.field != "subject"]
    subject = [sentence for one in shown if one.passage.field == "subject" for sentence in _sentences(one)]
    body = max(bodies, key=lambda one: len(one.text), default=None)
    return Text(tuple(subject), tuple(_sentences(body)) if body else (), example.candidate.kind == "reply")


def spoken_of(rules: Iterable[Rule], example: Example) -> set[str]:
    """Return the rules whose word lists find something, before the model has its say."""
    judged = Judged(example.candidate)
    return {
        rule.id
        for rule in rules
        for detector in rule.detectors
        if isinstance(detector, Learned) and any(True for _ in detector.words(judged))
    }


def featured(texts: Sequence[Text]) -> Features:
    """Return the features of the messages."""
    sentences: list[str] = []
    message: list[int] = []
    windows: list[tuple[int, ...]] = []
    for number, text in enumerate(texts):
        body = text.body or ("",)
        first = len(sentences) + len(text.subject)
        sentences += [*text.subject, *body]
        message += [number] * (len(text.subject) + len(body))
        windows += [(first + at, first + at + 1) for at in range(len(body) - 1)] or [(first,)]
    rows, counts = _rows(sentences, [texts[number].reply for number in message])
    owner = np.array([message[window[0]] for window in windows])
    places = np.cumsum([0, *map(len, windows)])
    members = np.array([one for window in windows for one in window])
    shape = (len(windows), len(sentences))
    of_windows = csr_matrix((np.ones(len(members), np.float32), members, places), shape=shape)
    numbers = (np.array(message), np.arange(len(sentences)))
    of_messages = csr_matrix((np.ones(len(sentences), np.float32), numbers), shape=(len(texts), len(sentences)))
    return Features(rows, _freed(of_messages, counts), _freed(of_windows, counts), owner)


def _sentences(reading: Reading) -> list[str]:
    return [reading.text[span.start : span.end] for span in reading.sentences]


def _rows(sentences: Sequence[str], replies: Sequence[bool]) -> tuple[Matrix, Floats]:
    """Return the rows, and for each the number of features that it is to be freed from."""
    columns, places, counts = list[int](), [0], list[int]()
    for sentence, reply in zip(sentences, replies, strict=True):
        words, named = buckets(sentence, packaged(), reply=reply)
        columns += words + named
        places.append(len(columns))
        counts.append(len(words))
    values = np.ones(len(columns), np.float32)
    rows = csr_matrix((values, np.array(columns, np.int32), places), shape=(len(sentences), BUCKETS))
    rows.sum_duplicates()
    return rows, np.array(counts, np.float32)


def _freed(sums: Matrix, counts: Floats) -> Matrix:
    return (diags(1 / np.sqrt(np.maximum(1, sums @ counts))) @ sums).astype(np.float32).tocsr()

"""Where the corpus of real mail lies, and what a test says when it is not there."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("TRAMITE_CORPUS", Path(__file__).parents[5] / "shared" / "corpus")) / "mail"


def paths(folder: str = "*") -> list[Path]:
    """All files of the corpus, or of one source of it, in a stable order."""
    return sorted(path for path in ROOT.glob(f"{folder}/*") if path.is_file())


needs_corpus = pytest.mark.skipif(not ROOT.is_dir(), reason=f"the mail corpus is not at {ROOT} (set TRAMITE_CORPUS)")

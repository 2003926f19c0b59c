"""`make fuzz`: each target for a bounded time under atheris; the corpus grows in `var/fuzz` from run to run.

A finding is printed with the file that makes it: `python -m tests.fuzz TARGET --input FILE` shows it again.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

# Neither seeds nor targets are imported here: what is imported before atheris begins, it does not watch.
_FOLDER = Path("var") / "fuzz"
_SLOWEST = 25
_TARGETS = ("intake", "leak", "rewriting", "quotation", "reports", "files", "gate")


def main() -> None:
    """Fuzz one target, or all one after the other; exits with 1 if something was found."""
    options = _read_options()
    if options.input is not None:
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - see `_fuzz`

        TARGETS[options.target[0]](options.input.read_bytes())
        return
    if options.here:
        _fuzz(options.target[0], options.seconds)
        return
    failed = [name for name in options.target or _TARGETS if not _run(name, options.seconds)]
    print(f"found something: {', '.join(failed)}" if failed else "found nothing")  # noqa: T201 - its purpose
    sys.exit(bool(failed))


def _run(name: str, seconds: int) -> bool:
    """Fuzz a target in a process of its own, which ends with what it finds; tell whether it found nothing."""
    print(f"{name}: {seconds} s", flush=True)  # noqa: T201 - its purpose
    from tests.fuzz.seeds import SEEDS, write_corpus  # noqa: PLC0415 - see above

    write_corpus(_FOLDER / name / "corpus", SEEDS[name]())
    command = [sys.executable, "-m", "tests.fuzz", name, "--here", "--seconds", str(seconds)]
    return subprocess.run(command, check=False).returncode == 0


def _fuzz(name: str, seconds: int) -> None:
    import atheris  # noqa: PLC0415 - only who fuzzes has it

    # Only what is imported here is watched for new paths.
    with atheris.instrument_imports(include=["services", "shared"]):
        from tests.fuzz.targets import LONGEST, TARGETS  # noqa: PLC0415 - see above

    folder = _FOLDER / name
    arguments = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        f"-timeout={_SLOWEST}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        "-verbosity=0",
    ]

    def run(octets: bytes) -> None:
        try:
            TARGETS[name](octets)
        except BaseException:
            found = folder / f"found-{hashlib.sha256(octets).hexdigest()[:16]}"
            found.write_bytes(octets)
            print(f"found something: {found}", flush=True)  # noqa: T201 - see above
            raise

    atheris.Setup([sys.argv[0], *arguments, str(folder / "corpus")], run)
    atheris.Fuzz()


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", choices=(*_TARGETS, []), help="what to fuzz; all if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="time for each target")
    parser.add_argument("--input", type=Path, help="show again what a file makes of the target")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""The Dockerfile, read: no engine runs with the tests."""

import re
import shlex
import tomllib
from fnmatch import fnmatch
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from services.policy.gate import compiled
from tests.deploy.compose import ROOT, load_service

LINES = [
    line
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def arguments_of(instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")]


def test_base_is_one_exact_version_of_the_python_that_the_project_needs() -> None:
    bases = {base.split(" AS ")[0] for base in arguments_of("FROM")}
    (base,) = bases
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", base)
    assert PROJECT["project"]["requires-python"] == ">=3.11"


def test_every_package_is_installed_by_hash_or_from_what_was_built() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?(?:install|wheel) ([^&\n]*)", "\n".join(arguments_of("RUN")))
    assert len(installs) == 4
    for options in installs:
        assert "--require-hashes" in options or "--no-deps" in options
    assert "--no-build-isolation" in "\n".join(arguments_of("RUN"))


def test_what_builds_is_what_the_project_asks_for() -> None:
    text = (ROOT / "deploy/image/requirements-build.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z]+)==(\d+(?:\.\d+)*) ", text, flags=re.MULTILINE))
    needed = dict(requirement.split(">=") for requirement in PROJECT["build-system"]["requires"])
    assert pinned.keys() == needed.keys() == {"cython", "setuptools"}
    for name, version in needed.items():
        assert [*map(int, pinned[name].split("."))] >= [*map(int, version.split("."))]
        # How to make the file anew names the same.
        assert f"'{name}>={version}'" in text


def test_compiler_stays_where_it_builds() -> None:
    last = max(number for number, line in enumerate(LINES) if line.startswith("FROM "))
    building, running = "\n".join(LINES[:last]), "\n".join(LINES[last:])
    (installed,) = [line for line in building.splitlines() if "apt-get" in line]
    assert installed.startswith("RUN apt-get update ")
    assert {"gcc", "libc6-dev", "--no-install-recommends"} <= set(installed.split())
    assert installed.endswith("rm -rf /var/lib/apt/lists/*")
    assert not re.search(r"apt|gcc|/build", running)


@pytest.mark.parametrize(("answer", "status"), [(True, 0), (False, "plain loops")])
def test_image_is_refused_where_loops_are_plain(
    answer: bool,  # noqa: FBT001  # what is_compiled says
    status: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was installed is asked, by the Python that will run it: a wheel without compiled loops is built silently."""
    runs = arguments_of("RUN")
    (check,) = [run for run in runs if "is_compiled" in run]
    assert runs.index(check) == 1 + max(number for number, run in enumerate(runs) if "/wheels/*.whl" in run)
    program, isolated, option, code = shlex.split(check)
    assert (program, isolated, option) == ("/opt/tramite/bin/python", "-I", "-c")
    monkeypatch.setattr(compiled, "is_compiled", lambda: answer)
    with pytest.raises(SystemExit) as ended:
        exec(code)  # noqa: S102  # the Dockerfile's own
    assert ended.value.code == status


def test_process_is_not_root_and_is_ours() -> None:
    last_stage = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM ")) :]
    (user,) = [line.partition(" ")[2] for line in last_stage if line.startswith("USER ")]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert 'ENTRYPOINT ["tramite"]' in last_stage
    command = EntryPoint("tramite", PROJECT["project"]["scripts"]["tramite"], "console_scripts")
    assert callable(command.load())


def is_ignored(path: str) -> bool:
    """Apply .dockerignore as far as ours goes: the last line that fits decides, and a folder stands for its content."""
    ignored = False
    for line in IGNORED:
        pattern = line.removeprefix("!")
        if not line or line.startswith("#"):
            continue
        parents = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
        if any(fnmatch(parent, pattern.removeprefix("**/")) for parent in parents):
            ignored = not line.startswith("!")
    return ignored


def test_what_is_copied_exists_and_is_sent_to_the_build() -> None:
    sources = [
        source
        for arguments in arguments_of("COPY")
        if not arguments.startswith("--from")
        for source in arguments.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not is_ignored(source), source


@pytest.mark.parametrize(
    "path",
    [
        ".git",
        ".env",
        "var",
        "tests",
        ".venv",
        "deploy/env/example.env",
        "deploy/prometheus",
        "docs",
        "services/policy/gate/model/lookup.cpython-311-x86_64-linux-gnu.so",
    ],
)
def test_nothing_else_is_sent(path: str) -> None:
    assert is_ignored(path)


def test_wheel_carries_every_file_of_the_services() -> None:
    """Folders are packages with or without `__init__.py`; of other files, those that the project names are taken."""
    carried = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    assert PROJECT["tool"]["setuptools"]["packages"]["find"] == {"include": ["services*", "shared*"]}
    files = [
        path
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and not path.name.startswith(".")
        # Built in place by `make install`, and left out of the image's own build.
        and not is_ignored(str(path.relative_to(ROOT)))
    ]
    assert len(files) > 100
    for path in files:
        assert path.suffix == ".py" or any(fnmatch(path.name, pattern) for pattern in carried), path
        assert all(part.isidentifier() for part in path.relative_to(ROOT).parent.parts), path


@pytest.mark.parametrize("name", ["migrate", "gateway", "alias", "policy", "delivery", "metrics"])
def test_ports_and_folder_are_those_of_the_services(name: str) -> None:
    exposed = arguments_of("EXPOSE")[0].split()
    check = " ".join(load_service(name).get("healthcheck", {}).get("test", []))
    assert all(port in exposed for port in re.findall(r"127\.0\.0\.1:(\d+)/", check))
    assert arguments_of("WORKDIR")[-1] == "/data"

"""Docker, as far as the tests use it."""

import gc
import warnings

import docker
import docker.errors

ANSWER_WITHIN_SECONDS = 3


def engine_answers() -> bool:
    """Tell whether a Docker engine answers; a `docker` command alone is no engine."""
    with warnings.catch_warnings():
        # A client that finds no engine forgets to close its socket; the collector does it here, where nobody is told.
        warnings.simplefilter("ignore", ResourceWarning)
        answers = _ping()
        gc.collect()
    return answers


def _ping() -> bool:
    try:
        client = docker.from_env(timeout=ANSWER_WITHIN_SECONDS)
    except docker.errors.DockerException:
        return False
    try:
        return bool(client.ping())
    except (docker.errors.DockerException, OSError):
        return False
    finally:
        client.close()

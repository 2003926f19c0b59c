# One image for all five services and for `tramite migrate`; the command says which.

FROM python:3.11.15-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
# For the compiled loops; the image that runs has no compiler.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY deploy/image/requirements-build.txt requirements.txt ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary=:all: -r requirements-build.txt
# What runs has no pip: it installs nothing.
RUN python -m venv --without-pip /opt/tramite \
    && /opt/build/bin/pip --python /opt/tramite/bin/python install --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY shared shared
COPY services services
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/build/bin/pip --python /opt/tramite/bin/python install --no-deps --no-index /wheels/*.whl
# Loops that could not be compiled leave a wheel that works, slowly. -I: what is installed is asked, not this folder.
RUN /opt/tramite/bin/python -I -c \
    "from services.policy.gate.compiled import is_compiled; raise SystemExit(0 if is_compiled() else 'plain loops')"

FROM python:3.11.15-slim-trixie
RUN useradd --system --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin tramite \
    && install --directory --owner tramite --group tramite --mode 0700 /data
COPY --from=build /opt/tramite /opt/tramite
ENV PATH=/opt/tramite/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Written to only where no database, blob or relay URL is set (the all-in-one); a cluster runs with a read-only root.
WORKDIR /data
USER 10001:10001
EXPOSE 8000 8001 8002 8003 8004 2525
ENTRYPOINT ["tramite"]
CMD ["run", "all"]

# syntax=docker/dockerfile:1
# The one image of Annals: every process is `annals` with another verb.

# A tag and no digest: the pipeline's renovate.json adds the digest once it can ask the registry.
ARG PYTHON=python:3.13.9-slim-trixie

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /opt/annals/app
RUN python -m venv /opt/annals/venv
ENV PATH=/opt/annals/venv/bin:$PATH

# The libraries come first: they change less often than we do. setuptools builds the few that
# have no wheel, and leaves again below.
COPY requirements/serve.txt requirements/serve-mcp.txt requirements/
# serve-mcp: with the door for assistants, /mcp.
ARG REQUIREMENTS=serve
RUN pip install setuptools==84.2.1 \
    && pip install --no-build-isolation --require-hashes -r "requirements/${REQUIREMENTS}.txt"

COPY pyproject.toml README.md LICENSE NOTICE ./
COPY domain/ domain/
COPY application/ application/
COPY projections/ projections/
COPY infrastructure/ infrastructure/
COPY interfaces/ interfaces/
COPY alembic/ alembic/
COPY scripts/healthy.py scripts/healthy.py
# Editable, because the migrations in alembic/ are found beside the packages. Compiled now: the
# file system is read-only later.
RUN pip install --no-deps --no-build-isolation --no-index --editable . \
    && pip uninstall --yes setuptools pip \
    && python -m compileall -q . \
    && annals --version

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Annals" \
      org.opencontainers.image.description="A task service that never forgets" \
      org.opencontainers.image.licenses="Apache-2.0"
# Nothing is installed in a running container.
RUN rm -rf /usr/local/lib/python3.*/site-packages/* /usr/local/lib/python3.*/ensurepip \
        /usr/local/bin/pip* \
    && groupadd --gid 1000 annals \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin annals \
    && install -d -o annals -g annals -m 0700 /keys
# Owned by root: the process cannot change its own code.
COPY --from=build /opt/annals /opt/annals
ENV PATH=/opt/annals/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ANNALS_HOST=0.0.0.0 \
    ANNALS_METRICS_PORT=9100
USER 1000:1000
WORKDIR /tmp
# 8000: the API. 9100: metrics and health, for the inside only.
EXPOSE 8000 9100
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "/opt/annals/app/scripts/healthy.py"]
ENTRYPOINT ["annals"]
CMD ["serve"]

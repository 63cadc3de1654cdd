# The service and the review desk, with the default model. docs/deployment.md says how to run it.
FROM docker.io/library/python:3.13.15-slim-trixie AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY constraints/python3.13.txt constraints/
COPY models models
COPY moderation moderation
# Wheels only, so that nothing is compiled, and without pip in what is copied on.
RUN python -m venv --without-pip /opt/moderation
RUN python -m pip --python /opt/moderation/bin/python install --no-cache-dir \
    --disable-pip-version-check --only-binary :all: \
    --constraint constraints/python3.13.txt ".[desk,postgres]"

FROM docker.io/library/python:3.13.15-slim-trixie
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/moderation \
    --shell /usr/sbin/nologin moderation && \
    install --directory --owner moderation --group moderation --mode 0700 \
    /var/lib/moderation /var/cache/moderation
COPY --from=build /opt/moderation /opt/moderation
# Data (the database, if it is SQLite's, and the spool) and compiled code lie below these two.
ENV PATH=/opt/moderation/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/var/lib/moderation \
    XDG_DATA_HOME=/var/lib \
    XDG_CACHE_HOME=/var/cache \
    PYTHONDONTWRITEBYTECODE=1 \
    MODERATION_HOST=0.0.0.0 \
    MODERATION_PORT=8000
# By number, so that an orchestrator sees that it is not root.
USER 10001:10001
WORKDIR /var/lib/moderation
VOLUME ["/var/lib/moderation", "/var/cache/moderation"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["moderation"]
CMD ["serve"]

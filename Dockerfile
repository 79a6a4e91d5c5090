# The lock files were made for this Python; the tag leaves patch releases, of Python and of Debian, to whoever builds.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /build
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv /opt/build && \
    /opt/build/bin/python -m pip install --quiet --no-cache-dir --require-hashes -r requirements/build.txt
# An environment without pip: what runs in the image installs nothing.
RUN python -m venv --without-pip /opt/statuary && \
    /opt/build/bin/python -m pip --python /opt/statuary/bin/python install --quiet --no-cache-dir --no-compile \
    --require-hashes -r requirements/run.txt
# With the commit's time, two builds of a commit give the same wheel: --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"
ARG SOURCE_DATE_EPOCH=1577836800
COPY . .
RUN /opt/build/bin/python -m hatchling build --target wheel --directory /build/dist && \
    /opt/build/bin/python -m pip --python /opt/statuary/bin/python install --quiet --no-cache-dir --no-compile \
    --no-index --no-deps /build/dist/*.whl
# Nothing can be written later, so the octet code is made here; hashes need no times of files, which layers may lose.
RUN /opt/statuary/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/statuary/lib

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="Statuary" \
      org.opencontainers.image.description="Every status, reply and close code of the internet's protocols: explained, compared, answered on the real wire." \
      org.opencontainers.image.source="https://github.com/statuary/statuary" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/statuary /opt/statuary
# Inside a container loopback reaches nobody: listen everywhere, and let the site ask for its token.
ENV PATH=/opt/statuary/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STATUARY_HOST=0.0.0.0
# statuary.toml is read from here where it is mounted; rule files are named from here.
WORKDIR /etc/statuary
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
# Site, HTTP, HTTPS, SMTP, submission, SMTP over TLS, LMTP.
EXPOSE 8080 8081 8443 1025 1587 1465 1024
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=15s --start-period=20s --retries=3 CMD ["statuary", "health"]
ENTRYPOINT ["statuary"]
CMD ["serve"]

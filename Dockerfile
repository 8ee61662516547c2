# netraw-lint with nothing around it: no shell is started, nothing is written, no user has a password.
#
#   docker build -t netraw-lint .
#   docker run --rm --read-only --network none -v "$PWD:/work:ro" netraw-lint k8s/
#
# Charts need an engine, which is 75 MB and wants a place for its copies, so it is asked for:
#
#   docker build --build-arg EXTRAS='[helm]' -t netraw-lint .
#   docker run --rm --read-only --tmpfs /tmp --network none -v "$PWD:/work:ro" netraw-lint charts/

# A minor version and a release of Debian rather than a digest: rebuilding takes in what both have repaired.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY netraw_lint netraw_lint
COPY schemas schemas
ARG EXTRAS=""
# Byte code is compiled here, since nothing can be written later.
RUN python -m venv --without-pip /opt/netraw-lint \
    && python -m pip --python /opt/netraw-lint install --no-cache-dir --compile ".${EXTRAS}"

FROM python:3.13-slim-bookworm
COPY --from=build /opt/netraw-lint /opt/netraw-lint
ENV PATH=/opt/netraw-lint/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
# No name, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 65532:65532
ENTRYPOINT ["netraw-lint"]
CMD ["."]

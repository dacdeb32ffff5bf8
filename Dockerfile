# The hub in an image of its own: docs/how-to/run-with-compose.md.
#
# Two stages. The first makes wheels and installs them; nothing of its tools comes into the second,
# which has Python, the hub and its packages, and no compiler, no pip and no source.

FROM python:3.11.14-slim-bookworm AS build

WORKDIR /src
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY hub hub
COPY connectors connectors
COPY feeds feeds
# The wheels are the version: they were made in the line before.
# hadolint ignore=DL3013
RUN pip wheel --no-cache-dir --wheel-dir /wheels '.[oidc,feeds]' \
    && python -m venv --without-pip /opt/hub \
    && pip --python /opt/hub/bin/python install --no-cache-dir --no-index --find-links /wheels \
        'incident-hub[oidc,feeds]'


FROM python:3.11.14-slim-bookworm

# Number 1000 is the user of Elasticsearch's own image as well: what the one-shot steps of
# docker-compose.yml write is read by both and by nobody else. A volume that is mounted on one of
# the folders for the first time takes over its owner and mode.
RUN pip uninstall --yes --root-user-action=ignore wheel setuptools pip \
    && groupadd --gid 1000 hub \
    && useradd --uid 1000 --gid hub --no-create-home --home-dir /var/lib/hub \
        --shell /usr/sbin/nologin hub \
    && install --directory --owner hub --group hub --mode 700 /var/lib/hub \
        /srv/authority /srv/certificates /srv/finder /srv/projector
COPY --from=build /opt/hub /opt/hub
COPY config/compose/alive.py config/compose/prepare.py config/compose/keys.py /opt/hub/steps/
COPY config/compose/roles.json /opt/hub/steps/

ENV PATH=/opt/hub/bin:$PATH \
    HUB_CONFIG=/etc/hub/hub.toml \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /var/lib/hub
USER 1000:1000
EXPOSE 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "/opt/hub/steps/alive.py"]
ENTRYPOINT ["hub"]
CMD ["serve"]

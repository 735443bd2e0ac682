# The threadline binary, small and without root: docker build -t threadline .
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The tests are a member of the workspace; the binary needs nothing of them but the manifest.
RUN mkdir -p tests/src && touch tests/src/lib.rs
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package threadline && cp target/release/threadline /threadline

FROM node:22-bookworm-slim AS page
WORKDIR /src
COPY scripts/web.sh scripts/web.sh
COPY clients clients
RUN --mount=type=cache,target=/root/.npm CI=1 scripts/web.sh

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home threadline
COPY --from=build /threadline /usr/local/bin/threadline
COPY --from=page /src/clients/web/dist /usr/local/share/threadline/web
USER 10001
ENV THREADLINE_EDGE_LISTEN=0.0.0.0:8080 \
    THREADLINE_HEALTH_LISTEN=0.0.0.0:9100 \
    THREADLINE_TELEMETRY_FORMAT=json \
    THREADLINE_EDGE_WEB_DIR=/usr/local/share/threadline/web
EXPOSE 8080 9100
# Roles drain on SIGTERM.
STOPSIGNAL SIGTERM
ENTRYPOINT ["threadline"]
CMD ["edge"]

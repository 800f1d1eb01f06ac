# The program `diffhep` in a small image, with the compiler left behind:
#   docker build -t diffhep . && docker run --rm -v "$PWD:/data" diffhep --help
# scripts/replay-dockerfile runs these steps where there is no container engine.
ARG BASE=debian:13.7-slim

FROM ${BASE} AS build
# Debian's rustup, so that no installer script is downloaded and run.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev rustup
WORKDIR /src
# The compiler alone first: these steps take minutes, and a change of the sources does not repeat them.
COPY rust-toolchain.toml ./
COPY scripts/toolchain scripts/
COPY scripts/enzyme-source scripts/enzyme-source
RUN ./scripts/toolchain
COPY . .
RUN ./scripts/cargo build --release --locked

FROM ${BASE}
COPY --from=build /src/target/release/diffhep /usr/local/bin/diffhep
# Number 1000 is most often the person at the keyboard, whose files /data then has.
RUN useradd --uid 1000 --create-home diffhep
USER diffhep
WORKDIR /data
ENTRYPOINT ["diffhep"]

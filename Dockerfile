# Two stages. The first has the compiler with its Enzyme backend, gcc, CMake and valgrind, the
# sources in /src and all of it built: to build inside, or to work on diffhep itself.
#   docker build --target development -t diffhep-development .
#   docker run --rm -it diffhep-development ./scripts/test
#   docker run --rm -it -v "$PWD:/work" -w /work diffhep-development make
# The second is what users run: the program, the C library in /usr/local, and the examples.
#   docker build -t diffhep . && docker run --rm -v "$PWD:/data" diffhep --help
# Where no Docker runs, scripts/container builds and checks the second with Debian's buildah.
ARG BASE=debian:13.7-slim

FROM ${BASE} AS development
# Debian's rustup, so that no installer script is downloaded and run.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev rustup
WORKDIR /src
# The compiler alone first: these steps take minutes, and a change of the sources does not repeat
# them.
COPY rust-toolchain.toml ./
COPY scripts/toolchain scripts/packages.sh scripts/
COPY scripts/enzyme-source scripts/enzyme-source
RUN ./scripts/toolchain
# For programs that use the C library, and its tests.
RUN apt-get update \
    && apt-get install -y --no-install-recommends binutils cmake g++ git libc6-dbg make pkg-config valgrind
COPY . .
RUN ./scripts/cargo build --release --locked --bin diffhep
RUN ./scripts/install-c --prefix /opt/diffhep
RUN mkdir -p /opt/diffhep/share/diffhep \
    && cp -R examples /opt/diffhep/share/diffhep/examples \
    && make -C examples/cpp PKG_CONFIG_PATH=/opt/diffhep/lib/pkgconfig OUT=/opt/diffhep/share/diffhep/examples/bin
CMD ["bash"]

FROM ${BASE} AS runtime
LABEL org.opencontainers.image.title="diffhep" \
    org.opencontainers.image.description="Differentiable statistics of high-energy physics: CLs, p-values and their exact gradients" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=development /src/target/release/diffhep /usr/local/bin/diffhep
COPY --from=development /opt/diffhep/ /usr/local/
# The loader's cache learns of the library; number 1000 is most often the person at the keyboard,
# whose files /data then has.
RUN ldconfig && useradd --uid 1000 --create-home diffhep
USER diffhep
WORKDIR /data
HEALTHCHECK --interval=5m --timeout=10s CMD diffhep cls /usr/local/share/diffhep/examples/two_bins.json
ENTRYPOINT ["diffhep"]

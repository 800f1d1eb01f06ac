# There are two stages. The first has the compiler with its Enzyme backend, gcc, CMake and valgrind,
# and the sources in /src, already built. It is for builds inside the container and for work on
# diffhep itself.
#   docker build --target development -t diffhep-development .
#   docker run --rm -it diffhep-development ./scripts/test
#   docker run --rm -it -v "$PWD:/work" -w /work diffhep-development make
# The second is for users: the program, the C library in /usr/local, and the examples.
#   docker build -t diffhep . && docker run --rm -v "$PWD:/data" diffhep --help
# Without Docker, scripts/container builds and checks the second stage with Debian's buildah.
ARG BASE=debian:13.7-slim

FROM ${BASE} AS development
# Debian's rustup avoids downloading and running an installer script.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev rustup
WORKDIR /src
# The compiler comes first on its own: these steps take minutes and are not repeated when the
# sources change.
COPY rust-toolchain.toml ./
COPY scripts/toolchain scripts/packages.sh scripts/
COPY scripts/enzyme-source scripts/enzyme-source
RUN ./scripts/toolchain
# These packages are for programs that use the C library, and for its tests.
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
# ldconfig adds the library to the loader's cache. User 1000 is usually the person at the keyboard,
# who owns the files in /data.
RUN ldconfig && useradd --uid 1000 --create-home diffhep
USER diffhep
WORKDIR /data
HEALTHCHECK --interval=5m --timeout=10s CMD diffhep cls /usr/local/share/diffhep/examples/two_bins.json
ENTRYPOINT ["diffhep"]

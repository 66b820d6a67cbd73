# syntax=docker/dockerfile:1

ARG GO_VERSION=1.26

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
WORKDIR /src

# The modules change seldom: a layer of their own.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download

# GOEXPERIMENT names experiments of the Go toolchain; empty: none. simd reads bodies with
# vector instructions on amd64, where the machine has them, and changes nothing elsewhere.
ARG TARGETOS TARGETARCH
ARG GOEXPERIMENT="simd"
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} GOEXPERIMENT=${GOEXPERIMENT} \
    go build -mod=readonly -trimpath -ldflags "-s -w" -o /out/consentd ./cmd/consentd

# What the image holds besides: the shipped configuration without the tests of its
# rules, and one user.
RUN mkdir -p /out/etc/consentd/rules \
    && cp configs/consentd.yaml /out/etc/consentd/ \
    && find configs/rules -maxdepth 1 -name '*.yaml' ! -name '*_test.yaml' -exec cp {} /out/etc/consentd/rules/ \; \
    && echo 'nonroot:x:65532:65532:nonroot:/etc/consentd:/sbin/nologin' > /out/etc/passwd \
    && echo 'nonroot:x:65532:' > /out/etc/group

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/etc/passwd /out/etc/group /etc/
# The user owns the folder, so that the admin token can be made at the first start
# where none is mounted.
COPY --from=build --chown=65532:65532 /out/etc/consentd /etc/consentd
COPY --from=build /out/consentd /consentd

USER 65532:65532
WORKDIR /etc/consentd
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/consentd", "healthcheck"]
ENTRYPOINT ["/consentd"]
CMD ["run", "--config", "/etc/consentd/consentd.yaml"]

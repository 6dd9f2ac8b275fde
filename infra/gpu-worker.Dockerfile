# The GPU worker: docker build -f infra/gpu-worker.Dockerfile .   (from the root of the repository)
# Tags are pinned; digests are not: they could not be looked up where this was written. Pin yours: docker buildx imagetools inspect IMAGE.
ARG DOTNET=10.0-noble
ARG CUDA=12.6.3-runtime-ubuntu24.04

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /source
COPY BlobCaptioner.sln Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/ src/
RUN dotnet publish src/BlobCaptioner.GpuWorker/BlobCaptioner.GpuWorker.csproj --configuration Release --runtime linux-x64 --self-contained true --property:Backend=Cuda12 --output /app

# "runtime" and not "base": ggml's CUDA backend links libcudart.so.12, libcublas.so.12 and libcublasLt.so.12. libcuda.so.1 comes from the machine's driver.
# llama.cpp's libraries need libgomp.so.1 and glibc 2.34 or newer.
FROM nvidia/cuda:${CUDA} AS final
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libgomp1 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && ldconfig -p | grep -q libcudart.so.12 && ldconfig -p | grep -q libcublas.so.12 && ldconfig -p | grep -q libcublasLt.so.12 \
    && groupadd --gid 1654 app && useradd --uid 1654 --gid 1654 --create-home app \
    && install --directory --owner=1654 --group=1654 /models
COPY --from=build /app /app
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_EnableDiagnostics=0 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    Model__Directory=/models
WORKDIR /app
USER 1654:1654
# There is no driver here, so this is the CPU: the build fails where a library that llama.cpp or libvips needs is missing.
RUN ["/app/BlobCaptioner.GpuWorker", "--self-test"]
EXPOSE 8080
# For Docker alone: Container Apps and Kubernetes ask /healthz/live themselves. bash opens the connection, so no curl is in the image.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=4 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz/live HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["/app/BlobCaptioner.GpuWorker"]

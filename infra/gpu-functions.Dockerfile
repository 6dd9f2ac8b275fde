# The function app that describes: docker build -f infra/gpu-functions.Dockerfile .   (from the root of the repository)
# The Functions host with the app in it, and the CUDA 12 runtime, which the NuGet package of llama.cpp lacks.
# Tags are pinned; digests are not: they could not be looked up where this was written. Pin yours: docker buildx imagetools inspect IMAGE.
ARG DOTNET=10.0-noble
ARG FUNCTIONS=4-dotnet-isolated10.0
ARG CUDA=12.6.3-runtime-ubuntu24.04

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /source
COPY BlobCaptioner.sln Directory.Build.props Directory.Packages.props .editorconfig host.json ./
COPY src/ src/
RUN dotnet publish src/BlobCaptioner.Functions/BlobCaptioner.Functions.csproj --configuration Release --runtime linux-x64 --self-contained false --property:Backend=Cuda12 --output /app

FROM nvidia/cuda:${CUDA} AS cuda

FROM mcr.microsoft.com/azure-functions/dotnet-isolated:${FUNCTIONS} AS final
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=1654 --group=1654 /models
COPY --from=cuda /usr/local/cuda/targets/x86_64-linux/lib/ /usr/local/lib/cuda/
RUN echo /usr/local/lib/cuda > /etc/ld.so.conf.d/cuda.conf && ldconfig \
    && ldconfig -p | grep -q libcudart.so.12 && ldconfig -p | grep -q libcublas.so.12 && ldconfig -p | grep -q libcublasLt.so.12
COPY --from=build /app /home/site/wwwroot
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    ASPNETCORE_URLS=http://+:8080 \
    HOME=/tmp \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    Model__Directory=/models
USER 1654:1654
# There is no driver here, so this is the CPU: the build fails where a library that llama.cpp or libvips needs is missing.
RUN ["dotnet", "/home/site/wwwroot/BlobCaptioner.Functions.dll", "--self-test"]
EXPOSE 8080
# No HEALTHCHECK: the host answers GET / before its functions are loaded; ask for the queue's length instead.

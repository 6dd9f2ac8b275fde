# The page: docker build -f infra/web.Dockerfile .   (from the root of the repository)
# It holds no model, so it is published without llama.cpp (Backend=None).
# Tags are pinned; digests are not: they could not be looked up where this was written. Pin yours: docker buildx imagetools inspect IMAGE.
ARG DOTNET=10.0-noble
ARG NODE=22.20-bookworm-slim

FROM node:${NODE} AS client
WORKDIR /client
COPY src/BlobCaptioner.Web/client/ ./
RUN npm ci --ignore-scripts --no-audit --no-fund && node node_modules/typescript/bin/tsc --noEmit && node build.mjs /client-files/

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /source
COPY BlobCaptioner.sln Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/ src/
COPY --from=client /client-files/ src/BlobCaptioner.Web/obj/client/
RUN dotnet publish src/BlobCaptioner.Cli/BlobCaptioner.Cli.csproj --configuration Release --property:Backend=None --property:BuildsClient=false --output /app

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET} AS final
COPY --from=build /app /app
ENV DOTNET_EnableDiagnostics=0 \
    XDG_DATA_HOME=/tmp/captioner
WORKDIR /app
USER 1654:1654
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=4 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz/live HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dotnet", "captioner.dll", "web", "--no-model", "--listen", "0.0.0.0", "--port", "8080"]

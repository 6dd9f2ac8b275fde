# The function app as a container, for Kubernetes or Container Apps; on Flex Consumption infra/deploy.sh ships a zip instead.
# docker build -f infra/functions.Dockerfile .   (from the root of the repository)
# It takes pictures in and holds no model, so it is published without llama.cpp (Backend=None).
# Tags are pinned; digests are not: they could not be looked up where this was written. Pin yours: docker buildx imagetools inspect IMAGE.
ARG DOTNET=10.0-noble
ARG FUNCTIONS=4-dotnet-isolated10.0

FROM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS build
WORKDIR /source
COPY BlobCaptioner.sln Directory.Build.props Directory.Packages.props .editorconfig host.json ./
COPY src/ src/
RUN dotnet publish src/BlobCaptioner.Functions/BlobCaptioner.Functions.csproj --configuration Release --property:Backend=None --output /app

FROM mcr.microsoft.com/azure-functions/dotnet-isolated:${FUNCTIONS} AS final
COPY --from=build /app /home/site/wwwroot
# Port 8080: the host runs without root, which not every platform lets bind port 80.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    ASPNETCORE_URLS=http://+:8080 \
    HOME=/tmp
USER 1654:1654
EXPOSE 8080
# No HEALTHCHECK: the host answers GET / before its functions are loaded; ask for the queue's length and the sweep's log instead.

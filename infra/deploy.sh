#!/usr/bin/env bash
# Deploys or updates everything: infra/deploy.sh [PARAMETERS.bicepparam]. Needs az (signed in, subscription chosen), dotnet SDK 10 and zip.
# Run it again after any change; what is unchanged stays.
set -euo pipefail
cd "$(dirname "$0")/.."
parameters=$(realpath "${1:-infra/main.bicepparam}")
tag=${TAG:-$(git rev-parse --short=12 HEAD)}
deployment=captioner-$tag
parameter() { az bicep build-params --file "$parameters" --stdout | python3 -c 'import json,sys; print(json.loads(json.load(sys.stdin)["parametersJson"])["parameters"].get(sys.argv[1], {}).get("value", ""))' "$1"; }
location=$(parameter location)
# The container that describes: the worker, or the function app.
case $(parameter describeBy) in FunctionApp) container=gpu-functions ;; *) container=gpu-worker ;; esac
value() { az deployment sub show --name "$deployment" --query "properties.outputs.$1.value" --output tsv; }

# 1. Where there is no function app yet: everything but the worker (its image) and the subscription (its function).
if [ "$(az deployment sub show --name captioner-first --query properties.provisioningState --output tsv 2>/dev/null)" != Succeeded ]; then
  az deployment sub create --name captioner-first --location "$location" --parameters "$parameters" --output none
fi
deployment=captioner-first
registry=$(value registry) app=$(value functionApp) group=$(value resourceGroup) budget=$(value budgetStart)

# 2. The images and the function app's code.
az acr build --registry "$registry" --image "captioner-$container:$tag" --file "infra/$container.Dockerfile" . --output none
az acr build --registry "$registry" --image "captioner-web:$tag" --file infra/web.Dockerfile . --output none
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
# For the machines that run it, whatever this one is; without llama.cpp, since it holds no model.
dotnet publish src/BlobCaptioner.Functions --configuration Release --runtime linux-x64 --self-contained false --property:Backend=None --output "$build/app"
(cd "$build/app" && zip -qr ../app.zip .)
az functionapp deployment source config-zip --resource-group "$group" --name "$app" --src "$build/app.zip" --output none

# 3. The worker and the subscription. Event Grid calls the function now, which takes a cold start: a second try is normal.
deployment=captioner-$tag
for try in 1 2 3; do
  az deployment sub create --name "$deployment" --location "$location" --parameters "$parameters" --output none \
    --parameters workerImage="captioner-$container:$tag" webImage="captioner-web:$tag" subscribeToImages=true budgetStart="$budget" && break
  [ "$try" -lt 3 ] || exit 1
  sleep 60
done
echo "Drop pictures into container 'images' of $(value storageAccount)."

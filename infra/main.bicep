// The whole captioner in one resource group. infra/deploy.sh runs it twice: README.md, "Deploy", says why.
targetScope = 'subscription'

@description('Azure region. Serverless GPUs exist in some regions only: README.md, "Limits".')
param location string

@description('Prefix of every name: lower-case letters and digits.')
@minLength(3)
@maxLength(11)
param name string = 'captioner'

@description('Resource group; created where it is missing.')
param resourceGroupName string = 'rg-${name}'

@description('T4: 16 GB, Q4_K_M of the 8B model. A100: 80 GB, any file of it.')
@allowed(['T4', 'A100'])
param gpu string = 'T4'

@description('Worker: the container with KEDA (default). FunctionApp: the function Describe on the same GPU. ../src/BlobCaptioner.Functions/README.md, "Function or worker", compares them.')
@allowed(['Worker', 'FunctionApp'])
param describeBy string = 'Worker'

@description('Image of the worker, or of the describing function app, with its tag, as pushed to the registry that this template makes. Empty: the first run, no worker yet.')
param workerImage string = ''

@description('Image of the page with its tag. Empty: no page.')
param webImage string = ''

@description('Application (client) id of the app registration that signs people in to the page: README.md, "The page". Empty: no page.')
param webSignInClientId string = ''

@description('True once the code of the function app is deployed: Event Grid asks its address to confirm the subscription.')
param subscribeToImages bool = false

@description('Fewest workers. 0 costs nothing while the queue is empty; 1 keeps one warm.')
@minValue(0)
@maxValue(100)
param minWorkers int = 0

@description('Most workers; the GPU quota of the region limits it too.')
@minValue(1)
@maxValue(100)
param maxWorkers int = 2

@description('Messages per worker that KEDA aims at, those in work included. A new worker costs a cold start of minutes, so well above the slots.')
@minValue(1)
param messagesPerWorker int = 200

@description('Pictures that a worker describes at once.')
@minValue(1)
@maxValue(64)
param slots int = 8

@description('Name in the model catalogue (captioner model list).')
param model string = 'qwen3-vl-8b-q4_k_m'

@description('Share: the model is downloaded once, to an NFS share that every worker mounts. Download: each start downloads it to the 8 GiB disk of the replica.')
@allowed(['Share', 'Download'])
param modelVolume string = 'Share'

@description('Seconds between SIGTERM and SIGKILL: beyond the longest caption. Container Apps takes at most 600.')
@minValue(60)
@maxValue(600)
param terminationGraceSeconds int = 300

@description('Built-in profile: what is written about a picture.')
param profile string = 'default'

@description('When the sweep looks for images without a record: NCRONTAB with seconds, UTC.')
param sweepSchedule string = '0 */15 * * * *'

@description('Most instances of the function app.')
@minValue(1)
@maxValue(1000)
param maxFunctionInstances int = 40

@description('Memory of one function instance in MB; a 100-megapixel picture takes up to 1.6 GB.')
@allowed([2048, 4096])
param functionMemoryMB int = 2048

@description('Function instances that are always there for the blob trigger; 0 has the first picture wait for a cold start.')
@minValue(0)
param alwaysReadyFunctions int = 0

@description('Who is told by alerts and by the budget.')
param alertEmail string

@description('Alert when the oldest waiting job is older, in minutes.')
@minValue(5)
param queueAgeAlertMinutes int = 60

@description('Alert when on average more messages lie in the account\'s queues for an hour.')
@minValue(1)
param queueLengthAlert int = 10000

@description('Alert when more of an hour\'s pictures are rejected, in percent.')
@minValue(1)
@maxValue(100)
param rejectedAlertPercent int = 10

@description('Most pictures and products sent to the model on a day, UTC; 0 for no cap. What is above it goes on the next day.')
@minValue(0)
param picturesPerDay int = 0

@description('Most tokens, read and written, on a day, UTC; 0 for no cap.')
@minValue(0)
param tokensPerDay int = 0

@description('Monthly budget of the resource group, in the subscription\'s currency. It tells; it stops nothing.')
@minValue(1)
param monthlyBudget int = 500

@description('First day of the budget: the first of a month. Azure refuses to change it: pass the first run\'s value again in later months.')
param budgetStart string = utcNow('yyyy-MM-01')

@description('Tags of every resource.')
param tags object = {}

var suffix = take(uniqueString(subscription().id, resourceGroupName), 8)
// Every host that sends pictures has the same caps.
var caps = union(
  picturesPerDay > 0 ? { Budget__PerDay__Pictures: string(picturesPerDay) } : {},
  tokensPerDay > 0 ? { Budget__PerDay__Tokens: string(tokensPerDay) } : {}
)
var functionAppName = 'func-${name}-${suffix}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { location: location, name: name, tags: tags }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: { location: location, dataAccount: '${name}${suffix}', hostAccount: '${name}h${suffix}', tags: tags }
}

module access 'modules/access.bicep' = {
  scope: group
  params: {
    location: location
    name: name
    dataAccount: storage.outputs.dataAccount
    hostAccount: storage.outputs.hostAccount
    registry: '${name}${suffix}'
    applicationInsights: monitoring.outputs.applicationInsightsName
    workerIsFunctionApp: describeBy == 'FunctionApp'
    tags: tags
  }
}

module functions 'modules/functions.bicep' = {
  scope: group
  params: {
    location: location
    appName: functionAppName
    hostAccount: storage.outputs.hostAccount
    deploymentContainer: storage.outputs.deploymentContainer
    identity: access.outputs.functionsIdentity
    maxInstances: maxFunctionInstances
    instanceMemoryMB: functionMemoryMB
    alwaysReady: alwaysReadyFunctions
    settings: union(storage.outputs.settings, caps, {
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      Captioning__Profile: profile
      Sweep__Schedule: sweepSchedule
    })
    tags: tags
  }
}

module events 'modules/events.bicep' = {
  scope: group
  params: {
    location: location
    name: name
    dataAccount: storage.outputs.dataAccount
    imagesContainer: storage.outputs.imagesContainer
    deadLetterContainer: storage.outputs.deadLetterContainer
    functionApp: functions.outputs.appName
    subscribe: subscribeToImages
    tags: tags
  }
}

module environment 'modules/environment.bicep' = {
  scope: group
  params: {
    location: location
    name: name
    gpu: gpu
    workspace: monitoring.outputs.workspaceName
    modelAccount: modelVolume == 'Share' ? '${name}m${suffix}' : ''
    tags: tags
  }
}

module describe 'modules/describe.bicep' = if (!empty(workerImage) && describeBy == 'FunctionApp') {
  scope: group
  params: {
    location: location
    name: name
    environment: environment.outputs.environmentName
    modelStorage: environment.outputs.modelStorage
    gpu: gpu
    image: '${access.outputs.registryServer}/${workerImage}'
    registryServer: access.outputs.registryServer
    identity: access.outputs.workerIdentity
    hostAccount: storage.outputs.hostAccount
    minReplicas: minWorkers
    maxReplicas: maxWorkers
    slots: slots
    model: model
    terminationGraceSeconds: terminationGraceSeconds
    settings: union(storage.outputs.settings, caps, {
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      Captioning__Profile: profile
    })
    tags: tags
  }
}

module worker 'modules/worker.bicep' = if (!empty(workerImage) && describeBy == 'Worker') {
  scope: group
  params: {
    location: location
    name: name
    environment: environment.outputs.environmentName
    modelStorage: environment.outputs.modelStorage
    gpu: gpu
    image: '${access.outputs.registryServer}/${workerImage}'
    registryServer: access.outputs.registryServer
    identity: access.outputs.workerIdentity
    dataAccount: storage.outputs.dataAccount
    captionsQueue: storage.outputs.captionsQueue
    minWorkers: minWorkers
    maxWorkers: maxWorkers
    messagesPerWorker: messagesPerWorker
    slots: slots
    model: model
    terminationGraceSeconds: terminationGraceSeconds
    settings: union(storage.outputs.settings, caps, {
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      Captioning__Profile: profile
    })
    tags: tags
  }
}

module web 'modules/web.bicep' = if (!empty(webImage) && !empty(webSignInClientId)) {
  scope: group
  params: {
    location: location
    name: name
    environment: environment.outputs.environmentName
    image: '${access.outputs.registryServer}/${webImage}'
    registryServer: access.outputs.registryServer
    identity: access.outputs.webIdentity
    blobService: storage.outputs.settings.CaptionStorage__blobServiceUri
    settings: caps
    signInClientId: webSignInClientId
    tags: tags
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    name: name
    email: alertEmail
    applicationInsights: monitoring.outputs.applicationInsightsName
    dataAccount: storage.outputs.dataAccount
    queueAgeMinutes: queueAgeAlertMinutes
    queueLength: queueLengthAlert
    rejectedPercent: rejectedAlertPercent
    monthlyBudget: monthlyBudget
    budgetStart: budgetStart
    tags: tags
  }
}

@description('Where the pictures go: container "images" of it.')
output storageAccount string = storage.outputs.dataAccount
@description('Where the code goes: az functionapp deployment source config-zip.')
output functionApp string = functions.outputs.appName
@description('Where images go: az acr build.')
output registry string = access.outputs.registryName
@description('Pass it again in later runs.')
output budgetStart string = budgetStart
output resourceGroup string = group.name
@description('The same settings, for workers that run elsewhere (infra/kubernetes).')
output CaptionStorage__blobServiceUri string = storage.outputs.settings.CaptionStorage__blobServiceUri
output CaptionStorage__queueServiceUri string = storage.outputs.settings.CaptionStorage__queueServiceUri
output workerClientId string = access.outputs.workerIdentity.clientId

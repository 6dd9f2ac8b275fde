// Three identities, the registry, and every role: id, who, where, why. README.md, "Security", has the same list as a table.
import { identity } from 'types.bicep'

param location string
param name string
param dataAccount string
param hostAccount string
param registry string
param applicationInsights string
@description('True where the worker is a function app: its Functions host then needs the host account too.')
param workerIsFunctionApp bool
param tags object

var roles = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  queueReader: '19e7f393-937e-4f77-808e-94535e297925' // Storage Queue Data Reader
  queueSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a' // Storage Queue Data Message Sender
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d' // AcrPull
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher
}

resource functions 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-functions'
  location: location
  tags: tags
}

resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-worker'
  location: location
  tags: tags
}

resource web 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-web'
  location: location
  tags: tags
}

resource acr 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: registry
  location: location
  sku: { name: 'Premium' } // artifact streaming, which shortens the cold start of a GPU image, is Premium only
  tags: tags
  properties: { adminUserEnabled: false, anonymousPullEnabled: false }
}

resource data 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: dataAccount
  resource blobs 'blobServices' existing = {
    name: 'default'
    resource images 'containers' existing = { name: 'images' }
    resource prepared 'containers' existing = { name: 'prepared' }
  }
  resource queueService 'queueServices' existing = {
    name: 'default'
    resource captions 'queues' existing = { name: 'captions' }
    resource poison 'queues' existing = { name: 'captions-poison' }
    resource kept 'queues' existing = { name: 'captions-kept' }
    resource intake 'queues' existing = { name: 'captions-intake' }
    resource intakePoison 'queues' existing = { name: 'captions-intake-poison' }
    resource poisonPoison 'queues' existing = { name: 'captions-poison-poison' }
    resource imagePoison 'queues' existing = { name: 'webjobs-blobtrigger-poison' }
    resource imagePoisonPoison 'queues' existing = { name: 'webjobs-blobtrigger-poison-poison' }
  }
}

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostAccount
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsights
}

var identities = [functions.id, worker.id, web.id]
var principals = [functions.properties.principalId, worker.properties.principalId, web.properties.principalId]

// The Functions host keeps locks, keys and the code in blobs and makes containers for them: the platform documents Owner as its least role.
resource functionsHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(host.id, functions.id, roles.blobOwner)
  scope: host
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobOwner)
  }
}

resource workerHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (workerIsFunctionApp) {
  name: guid(host.id, worker.id, roles.blobOwner)
  scope: host
  properties: {
    principalId: worker.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobOwner)
  }
}

// The blob trigger makes and reads its own queue in the host account.
resource functionsHostQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(host.id, functions.id, roles.queueContributor)
  scope: host
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueContributor)
  }
}

// Functions read images and write the records of rejected ones; workers write records; the page uploads, edits and stores profiles.
resource images 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(0, 3): {
    name: guid(data::blobs::images.id, identities[i], roles.blobContributor)
    scope: data::blobs::images
    properties: {
      principalId: principals[i]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobContributor)
    }
  }
]

// Functions and the page write prepared images and tickets; workers read and remove them.
resource prepared 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(0, 3): {
    name: guid(data::blobs::prepared.id, identities[i], roles.blobContributor)
    scope: data::blobs::prepared
    properties: {
      principalId: principals[i]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobContributor)
    }
  }
]

// Functions enqueue jobs, and read length and age for the metrics.
resource functionsCaptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.queueSender, roles.queueReader]: {
    name: guid(data::queueService::captions.id, functions.id, role)
    scope: data::queueService::captions
    properties: {
      principalId: functions.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// The page enqueues what is to be written anew, and shows how long the queue is.
resource webCaptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.queueSender, roles.queueReader]: {
    name: guid(data::queueService::captions.id, web.id, role)
    scope: data::queueService::captions
    properties: {
      principalId: web.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// The page shows how many were given up.
resource webPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::poison.id, web.id, roles.queueReader)
  scope: data::queueService::poison
  properties: {
    principalId: web.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueReader)
  }
}

// A worker renews its lease with Update Message, which Message Processor does not hold; KEDA reads the length with the same identity.
resource workerCaptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::captions.id, worker.id, roles.queueContributor)
  scope: data::queueService::captions
  properties: {
    principalId: worker.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueContributor)
  }
}

// A worker puts what it gave up there, and reads its length for the metrics.
resource workerPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.queueSender, roles.queueReader]: {
    name: guid(data::queueService::poison.id, worker.id, role)
    scope: data::queueService::poison
    properties: {
      principalId: worker.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// The two poison triggers take, hand back (Update Message) and delete messages; the host puts a failed image's message into the second.
resource functionsPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::poison.id, functions.id, roles.queueContributor)
  scope: data::queueService::poison
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueContributor)
  }
}

resource functionsImagePoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::imagePoison.id, functions.id, roles.queueContributor)
  scope: data::queueService::imagePoison
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueContributor)
  }
}

// The intake sends failed images there, and its trigger takes, hands back and deletes the messages.
resource functionsIntake 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::intake.id, functions.id, roles.queueContributor)
  scope: data::queueService::intake
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueContributor)
  }
}

resource functionsIntakePoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::intakePoison.id, functions.id, roles.queueSender)
  scope: data::queueService::intakePoison
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueSender)
  }
}

// What tells of no image of ours is kept there for people; nothing reads it.
resource functionsKept 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::kept.id, functions.id, roles.queueSender)
  scope: data::queueService::kept
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueSender)
  }
}

// Where the host puts a poison message that it gave up itself.
resource functionsPoisonPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::poisonPoison.id, functions.id, roles.queueSender)
  scope: data::queueService::poisonPoison
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueSender)
  }
}

resource functionsImagePoisonPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::queueService::imagePoisonPoison.id, functions.id, roles.queueSender)
  scope: data::queueService::imagePoisonPoison
  properties: {
    principalId: functions.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.queueSender)
  }
}

resource workerPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(1, 2): {
    name: guid(acr.id, identities[i], roles.acrPull)
    scope: acr
    properties: {
      principalId: principals[i]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPull)
    }
  }
]

// Application Insights takes no keys: both send with their identity.
resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(0, 2): {
    name: guid(insights.id, identities[i], roles.metricsPublisher)
    scope: insights
    properties: {
      principalId: principals[i]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metricsPublisher)
    }
  }
]

output functionsIdentity identity = { id: functions.id, clientId: functions.properties.clientId }
output workerIdentity identity = { id: worker.id, clientId: worker.properties.clientId }
output webIdentity identity = { id: web.id, clientId: web.properties.clientId }
output registryName string = acr.name
output registryServer string = acr.properties.loginServer

// The function app that describes: a Functions host in a container, with the function Describe alone and the model on the GPU.
import { identity as identityType } from 'types.bicep'

param location string
param name string
param environment string
param modelStorage string
@allowed(['T4', 'A100'])
param gpu string
param image string
param registryServer string
param identity identityType
param hostAccount string
param minReplicas int
param maxReplicas int
param slots int
param model string
param terminationGraceSeconds int
param settings object
param tags object

// A GPU replica gets the whole machine behind its profile.
var sizes = { T4: { cpu: '8', memory: '56Gi' }, A100: { cpu: '24', memory: '220Gi' } }
var shared = !empty(modelStorage)

// As many calls at once as the worker has jobs in hand. The platform starts a replica for each batchSize messages, and takes no scale rules from a template.
var batchSize = min(slots, 32)
var environmentVariables = union(settings, {
  FUNCTIONS_WORKER_RUNTIME: 'dotnet-isolated'
  AzureWebJobsStorage__accountName: hostAccount
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.clientId
  AzureFunctionsWebHost__hostid: '${name}-describe' // the intake's app keeps its locks in the same account
  AzureFunctionsJobHost__extensions__queues__batchSize: string(batchSize)
  AzureFunctionsJobHost__extensions__queues__newBatchThreshold: string(2 * slots + 4 - batchSize)
  CaptionStorage__clientId: identity.clientId
  AZURE_CLIENT_ID: identity.clientId
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
  Telemetry__ManagedIdentity: 'true'
  OTEL_SERVICE_NAME: 'captioner-describe'
  BlobTrigger__Source: 'None'
  Describe__Enabled: 'true'
  Model__Name: model
  Model__Directory: '/models'
  Engine__Slots: string(slots)
})

resource managedEnvironment 'Microsoft.App/managedEnvironments@2025-01-01' existing = {
  name: environment
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: 'ca-${name}-describe'
  location: location
  kind: 'functionapp'
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    environmentId: managedEnvironment.id
    workloadProfileName: 'gpu'
    configuration: {
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 10
      registries: [{ server: registryServer, identity: identity.id }]
    }
    template: {
      terminationGracePeriodSeconds: terminationGraceSeconds
      volumes: [
        shared
          ? { name: 'models', storageType: 'NfsAzureFile', storageName: modelStorage }
          : { name: 'models', storageType: 'EmptyDir' }
      ]
      // A new share belongs to root, the app is the image's user 1654: its root directory changes hands once.
      initContainers: shared
        ? [
            {
              name: 'own-models'
              image: 'mcr.microsoft.com/azurelinux/base/core:3.0'
              command: ['chown', '1654:1654', '/models']
              resources: { cpu: json('0.25'), memory: '0.5Gi' }
              volumeMounts: [{ volumeName: 'models', mountPath: '/models' }]
            }
          ]
        : []
      containers: [
        {
          name: 'describe'
          image: image
          resources: { cpu: json(sizes[gpu].cpu), memory: sizes[gpu].memory }
          env: [for variable in items(environmentVariables): { name: variable.key, value: variable.value }]
          volumeMounts: [{ volumeName: 'models', mountPath: '/models' }]
        }
      ]
      scale: { minReplicas: minReplicas, maxReplicas: maxReplicas, cooldownPeriod: 600 }
    }
  }
}

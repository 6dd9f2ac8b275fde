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
param dataAccount string
param captionsQueue string
param minWorkers int
param maxWorkers int
param messagesPerWorker int
param slots int
param model string
param terminationGraceSeconds int
param settings object
param tags object

// A GPU replica gets the whole machine behind its profile.
var sizes = { T4: { cpu: '8', memory: '56Gi' }, A100: { cpu: '24', memory: '220Gi' } }
var shared = !empty(modelStorage)
var environmentVariables = union(settings, {
  CaptionStorage__clientId: identity.clientId
  AZURE_CLIENT_ID: identity.clientId
  Telemetry__ManagedIdentity: 'true'
  OTEL_SERVICE_NAME: 'captioner-gpu-worker'
  Model__Name: model
  Model__Directory: '/models'
  Engine__Slots: string(slots)
  Worker__ShutdownGrace: '00:${padLeft(terminationGraceSeconds / 60, 2, '0')}:${padLeft(terminationGraceSeconds % 60, 2, '0')}' // its last 15 s hand jobs back
})

resource managedEnvironment 'Microsoft.App/managedEnvironments@2025-01-01' existing = {
  name: environment
}

resource worker 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'ca-${name}-worker'
  location: location
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
      // A new share belongs to root, the worker is the image's user 1654: its root directory changes hands once.
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
          name: 'worker'
          image: image
          resources: { cpu: json(sizes[gpu].cpu), memory: sizes[gpu].memory }
          env: [for variable in items(environmentVariables): { name: variable.key, value: variable.value }]
          volumeMounts: [{ volumeName: 'models', mountPath: '/models' }]
          probes: [
            {
              type: 'Liveness'
              httpGet: { path: '/healthz/live', port: 8080 }
              initialDelaySeconds: 10
              periodSeconds: 15
              timeoutSeconds: 5
              failureThreshold: 4
            }
            {
              type: 'Readiness' // ready = model warm; a download may take many minutes, and nothing restarts a worker for it
              httpGet: { path: '/healthz/ready', port: 8080 }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 10
            }
          ]
        }
      ]
      scale: {
        minReplicas: minWorkers
        maxReplicas: maxWorkers
        pollingInterval: 30
        cooldownPeriod: 600 // a GPU's cold start costs minutes: not after every gap
        rules: [
          {
            name: 'captions'
            custom: {
              type: 'azure-queue'
              identity: identity.id
              metadata: {
                accountName: dataAccount
                queueName: captionsQueue
                queueLength: string(messagesPerWorker)
                queueLengthStrategy: 'all' // jobs in work count, or KEDA would stop workers at the queue's end
              }
            }
          }
        ]
      }
    }
  }
}

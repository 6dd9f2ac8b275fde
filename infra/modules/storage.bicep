// Two accounts, so that the Functions host's broad role never reaches the pictures: data (pictures, records, jobs) and host (code, locks, keys).
param location string
@maxLength(24)
param dataAccount string
@maxLength(24)
param hostAccount string
param tags object

// The names of StorageOptions, and the platform's name for what its blob trigger gave up. Where the host gives up a message itself, it appends "-poison" to the queue's
// name; made here, so that its identity needn't make queues.
var queues = [
  'captions'
  'captions-poison'
  'captions-kept'
  'captions-intake'
  'captions-poison-poison'
  'captions-intake-poison'
  'webjobs-blobtrigger-poison'
  'webjobs-blobtrigger-poison-poison'
]
var closed = {
  allowSharedKeyAccess: false
  allowBlobPublicAccess: false
  allowCrossTenantReplication: false
  defaultToOAuthAuthentication: true
  minimumTlsVersion: 'TLS1_2'
  supportsHttpsTrafficOnly: true
  publicNetworkAccess: 'Enabled' // the addresses are public, the contents are not: every request needs a role
}

resource data 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: dataAccount
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  tags: tags
  properties: closed

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 14 }
      containerDeleteRetentionPolicy: { enabled: true, days: 14 }
    }

    resource images 'containers' = { name: 'images', properties: { publicAccess: 'None' } }
    resource prepared 'containers' = { name: 'prepared', properties: { publicAccess: 'None' } }
    resource deadLetters 'containers' = { name: 'missed-events', properties: { publicAccess: 'None' } }
  }

  resource queueService 'queueServices' = {
    name: 'default'
    resource each 'queues' = [for queue in queues: { name: queue }]
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          // Only prepared images, whose names are 64 hex digits. Tickets (_tickets/) and the sweep's place (_sweep/) stay. A rule takes at most ten prefixes, so there are two.
          {
            name: 'prepared-after-7-days-0-to-9'
            type: 'Lifecycle'
            enabled: true
            definition: {
              filters: {
                blobTypes: ['blockBlob']
                prefixMatch: [
                  'prepared/0'
                  'prepared/1'
                  'prepared/2'
                  'prepared/3'
                  'prepared/4'
                  'prepared/5'
                  'prepared/6'
                  'prepared/7'
                  'prepared/8'
                  'prepared/9'
                ]
              }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 7 } } }
            }
          }
          {
            name: 'prepared-after-7-days-a-to-f'
            type: 'Lifecycle'
            enabled: true
            definition: {
              filters: {
                blobTypes: ['blockBlob']
                prefixMatch: ['prepared/a', 'prepared/b', 'prepared/c', 'prepared/d', 'prepared/e', 'prepared/f']
              }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 7 } } }
            }
          }
          {
            name: 'missed-events-after-30-days'
            type: 'Lifecycle'
            enabled: true
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['missed-events/'] }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 30 } } }
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }
}

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: hostAccount
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  tags: tags
  properties: closed

  resource blobs 'blobServices' = {
    name: 'default'
    properties: { deleteRetentionPolicy: { enabled: true, days: 7 } }
    resource deployment 'containers' = { name: 'deployment', properties: { publicAccess: 'None' } }
  }
}

output dataAccount string = data.name
output hostAccount string = host.name
output imagesContainer string = data::blobs::images.name
output deadLetterContainer string = data::blobs::deadLetters.name
output deploymentContainer string = host::blobs::deployment.name
output captionsQueue string = data::queueService::each[0].name
@description('What both hosts read about the account.')
output settings object = {
  CaptionStorage__blobServiceUri: data.properties.primaryEndpoints.blob
  CaptionStorage__queueServiceUri: data.properties.primaryEndpoints.queue
  CaptionStorage__credential: 'managedidentity'
  Storage__ImagesContainer: data::blobs::images.name
  Storage__PreparedContainer: data::blobs::prepared.name
  Storage__CaptionsQueue: data::queueService::each[0].name
  Storage__PoisonQueue: data::queueService::each[1].name
  Storage__KeptQueue: data::queueService::each[2].name
  Storage__IntakeQueue: data::queueService::each[3].name
}

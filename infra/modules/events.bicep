param location string
param name string
param dataAccount string
param imagesContainer string
param deadLetterContainer string
param functionApp string
param subscribe bool
param tags object

resource data 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: dataAccount
  resource blobs 'blobServices' existing = {
    name: 'default'
    resource deadLetters 'containers' existing = { name: deadLetterContainer }
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionApp
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-${name}'
  location: location
  identity: { type: 'SystemAssigned' }
  tags: tags
  properties: { source: data.id, topicType: 'Microsoft.Storage.StorageAccounts' }
}

// Storage Blob Data Contributor: Event Grid writes undelivered events there, without a key.
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
resource deadLetterAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(data::blobs::deadLetters.id, topic.id, blobContributor)
  scope: data::blobs::deadLetters
  properties: {
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
  }
}

// The key exists once the app's code, with the blob extension in it, has started: the second run of infra/deploy.sh.
resource images 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (subscribe) {
  parent: topic
  name: 'images'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.IngestFromEventGrid&code=${listKeys('${app.id}/host/default', '2024-11-01').systemkeys.blobs_extension}'
        maxEventsPerBatch: 1
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: '/blobServices/default/containers/${imagesContainer}/blobs/'
      isSubjectCaseSensitive: false
      // Records and settings beside the images are not images: without this each record would call the function once more.
      advancedFilters: [{ operatorType: 'StringNotEndsWith', key: 'subject', values: ['.json'] }]
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: data.id, blobContainerName: deadLetterContainer }
      }
    }
  }
  dependsOn: [deadLetterAccess]
}

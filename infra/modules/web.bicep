// The page, behind the sign-in of Container Apps. README.md, "The page".
import { identity as identityType } from 'types.bicep'

param location string
param name string
param environment string
param image string
param registryServer string
param identity identityType
param blobService string
param settings object
@description('Application (client) id of the app registration that signs people in.')
param signInClientId string
param tags object

var appName = 'ca-${name}-web'

resource managedEnvironment 'Microsoft.App/managedEnvironments@2025-01-01' existing = {
  name: environment
}

resource web 'Microsoft.App/containerApps@2025-01-01' = {
  name: appName
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    environmentId: managedEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: { external: true, targetPort: 8080, transport: 'http', allowInsecure: false }
      registries: [{ server: registryServer, identity: identity.id }]
    }
    template: {
      containers: [
        {
          name: 'web'
          image: image
          args: [
            '--connection', blobService
            '--host', '${appName}.${managedEnvironment.properties.defaultDomain}'
            '--platform-sign-in'
          ]
          resources: { cpu: json('1'), memory: '2Gi' }
          env: [for variable in items(union(settings, { AZURE_CLIENT_ID: identity.clientId })): { name: variable.key, value: variable.value }]
          probes: [
            {
              type: 'Liveness'
              httpGet: { path: '/healthz/live', port: 8080 }
              initialDelaySeconds: 5
              periodSeconds: 15
              timeoutSeconds: 5
              failureThreshold: 4
            }
          ]
        }
      ]
      scale: { minReplicas: 1, maxReplicas: 1 } // who edits what is settled by ETags, but each replica would list the container
    }
  }
}

resource signIn 'Microsoft.App/containerApps/authConfigs@2025-01-01' = {
  parent: web
  name: 'current'
  properties: {
    platform: { enabled: true }
    globalValidation: { unauthenticatedClientAction: 'RedirectToLoginPage', redirectToProvider: 'azureactivedirectory', excludedPaths: ['/healthz/live'] }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: signInClientId
          openIdIssuer: '${az.environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: { allowedAudiences: ['api://${signInClientId}', signInClientId] }
      }
    }
  }
}

@description('Where the page is.')
output address string = 'https://${web.properties.configuration.ingress.fqdn}'

// Container Apps environment with one GPU profile, and the share for the model.
param location string
param name string
@allowed(['T4', 'A100'])
param gpu string
param workspace string
@description('Account for the model share; empty for none.')
param modelAccount string
param tags object

var profiles = { T4: 'Consumption-GPU-NC8as-T4', A100: 'Consumption-GPU-NC24-A100' }
var share = 'models'

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspace
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-${name}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.60.0.0/16'] }
    subnets: [
      {
        name: 'workers'
        properties: {
          addressPrefix: '10.60.0.0/23' // one address for each GPU replica, and the platform's own
          delegations: [{ name: 'environment', properties: { serviceName: 'Microsoft.App/environments' } }]
          serviceEndpoints: [{ service: 'Microsoft.Storage' }]
        }
      }
    ]
  }

  resource workers 'subnets' existing = { name: 'workers' }
}

// NFS knows no keys: who is in the subnet may mount it. SMB would need the account's key, which this deployment has switched off everywhere.
// "Secure transfer required" means SMB and HTTPS; NFS can't be mounted while it is on, so it is off for this account alone, which serves one subnet.
resource models 'Microsoft.Storage/storageAccounts@2025-01-01' = if (!empty(modelAccount)) {
  name: empty(modelAccount) ? 'none' : modelAccount
  location: location
  kind: 'FileStorage'
  sku: { name: 'Premium_LRS' }
  tags: tags
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: false
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
      virtualNetworkRules: [{ id: network::workers.id }]
    }
  }

  resource files 'fileServices' = {
    name: 'default'
    properties: { shareDeleteRetentionPolicy: { enabled: true, days: 7 } }
    resource models 'shares' = {
      name: share
      // 100 GiB is the least that can be had; it reads some 110 MiB/s, a larger one more.
      properties: { enabledProtocols: 'NFS', rootSquash: 'NoRootSquash', shareQuota: 100 }
    }
  }
}

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-${name}'
  location: location
  tags: tags
  properties: {
    appLogsConfiguration: {
      destination: 'azure-monitor' // by the diagnostic setting below; "log-analytics" would need the workspace's key
    }
    vnetConfiguration: { infrastructureSubnetId: network::workers.id, internal: true }
    workloadProfiles: [
      { name: 'Consumption', workloadProfileType: 'Consumption' }
      { name: 'gpu', workloadProfileType: profiles[gpu] }
    ]
  }

  resource storages 'storages' = if (!empty(modelAccount)) {
    name: share
    properties: {
      nfsAzureFile: {
        accessMode: 'ReadWrite'
        server: '${modelAccount}.file.${az.environment().suffixes.storage}'
        shareName: '/${modelAccount}/${share}'
      }
    }
    dependsOn: [models::files::models]
  }
}

resource consoleLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: environment
  properties: { workspaceId: logs.id, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

output environmentName string = environment.name
@description('Name of the mount; empty for none.')
output modelStorage string = empty(modelAccount) ? '' : share

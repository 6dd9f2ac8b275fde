param location string
param name string
param email string
param applicationInsights string
param dataAccount string
param queueAgeMinutes int
param queueLength int
param rejectedPercent int
param monthlyBudget int
param budgetStart string
param tags object

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsights
}

resource data 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: dataAccount
  resource queueService 'queueServices' existing = { name: 'default' }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: take(name, 12)
    emailReceivers: [{ name: 'operations', emailAddress: email, useCommonAlertSchema: true }]
  }
}

var queries = [
  {
    name: 'queue-age'
    title: 'Jobs wait longer than ${queueAgeMinutes} minutes'
    severity: 2
    window: 'PT15M'
    query: 'customMetrics | where name == "captioner.queue.oldest_age" | summarize value = max(valueMax)'
    threshold: queueAgeMinutes * 60
  }
  {
    name: 'poison'
    title: 'Jobs were given up'
    severity: 2
    window: 'PT15M'
    query: 'customMetrics | where name == "captioner.poisoned" | summarize value = sum(valueSum)'
    threshold: 0
  }
  {
    name: 'budget'
    title: 'The daily budget holds pictures back'
    severity: 3
    window: 'PT15M'
    query: 'customMetrics | where name == "captioner.budget.held_back" | summarize value = sum(valueSum)'
    threshold: 0
  }
  {
    name: 'rejected'
    title: 'More than ${rejectedPercent} % of the pictures are rejected'
    severity: 3
    window: 'PT1H'
    query: 'customMetrics | where name == "captioner.pictures" | extend state = tostring(customDimensions["captioner.state"]) | where state in ("described", "rejected", "failed") | summarize rejected = sumif(valueSum, state == "rejected"), all = sum(valueSum) | where all >= 20 | project value = 100.0 * rejected / all'
    threshold: rejectedPercent
  }
]

resource queryAlerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for query in queries: {
    name: 'alert-${name}-${query.name}'
    location: location
    kind: 'LogAlert'
    tags: tags
    properties: {
      displayName: query.title
      severity: query.severity
      enabled: true
      scopes: [insights.id]
      evaluationFrequency: 'PT15M'
      windowSize: query.window
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: query.query
            timeAggregation: 'Maximum'
            metricMeasureColumn: 'value'
            operator: 'GreaterThan'
            threshold: query.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]

// The platform's own count, by the hour and for all queues of the account together: coarse, but there too when every process of ours is down.
resource queueAlert 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'alert-${name}-queue-length'
  location: 'global'
  tags: tags
  properties: {
    description: 'More than ${queueLength} messages wait; are there workers? (GPU quota, image, model)'
    severity: 2
    enabled: true
    scopes: [data::queueService.id]
    evaluationFrequency: 'PT1H'
    windowSize: 'PT1H'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'messages'
          metricName: 'QueueMessageCount'
          metricNamespace: 'Microsoft.Storage/storageAccounts/queueServices'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: queueLength
        }
      ]
    }
    actions: [{ actionGroupId: people.id }]
  }
}

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: 'budget-${name}'
  properties: {
    category: 'Cost'
    amount: monthlyBudget
    timeGrain: 'Monthly'
    timePeriod: { startDate: budgetStart }
    notifications: {
      half: { enabled: true, operator: 'GreaterThan', threshold: 50, contactEmails: [email], contactGroups: [people.id] }
      forecast: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [email]
        contactGroups: [people.id]
      }
      spent: { enabled: true, operator: 'GreaterThan', threshold: 100, contactEmails: [email], contactGroups: [people.id] }
    }
  }
}

using 'main.bicep'

// Copy it, change it, and give it to infra/deploy.sh. Only these two have no default.
param location = 'swedencentral'
param alertEmail = 'shop-operations@example.com'

// The switch that costs most: README.md, "What a million pictures cost".
param gpu = 'T4'
param minWorkers = 0
param maxWorkers = 2

// The worker container describes. FunctionApp: the function Describe, on the same GPU.
// param describeBy = 'FunctionApp'

// People sign in to the page with this app registration: README.md, "The page". Without it there is no page.
// param webSignInClientId = '00000000-0000-0000-0000-000000000000'

param monthlyBudget = 500
// param picturesPerDay = 20000
param tags = { workload: 'BlobCaptioner' }

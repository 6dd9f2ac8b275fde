using 'main.bicep'

// Copy it, change it, and give it to infra/deploy.sh. Only these two have no default.
param location = 'swedencentral'
param alertEmail = 'shop-operations@example.com'

// The switch that costs most: README.md, "What a million pictures cost".
param gpu = 'T4'
param minWorkers = 0
param maxWorkers = 2

param monthlyBudget = 500
param tags = { workload: 'BlobCaptioner' }

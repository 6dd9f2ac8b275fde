using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using BlobCaptioner.Hosting.Describe;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Storage;
using Xunit;

namespace BlobCaptioner.Tests.Infra;

/// <summary>What the compiled template says, against what the code says and what was promised.</summary>
public sealed partial class TemplateTests(CompiledTemplate template) : IClassFixture<CompiledTemplate>
{
    [Fact]
    public void Storage_EveryAccount_TakesNoKeysAndShowsNothing()
    {
        var storage = template.Module("storage");
        var closed = storage.GetProperty("variables").GetProperty("closed");
        Assert.True(closed.GetProperty("supportsHttpsTrafficOnly").GetBoolean());
        Assert.Equal(3, template.OfType("Microsoft.Storage/storageAccounts").Count());
        foreach (var account in template.OfType("Microsoft.Storage/storageAccounts"))
        {
            var properties = account.GetProperty("properties");
            properties = properties.ValueKind == JsonValueKind.String && properties.GetString() == "[variables('closed')]" ? closed : properties;
            Assert.False(properties.GetProperty("allowSharedKeyAccess").GetBoolean());
            Assert.False(properties.GetProperty("allowBlobPublicAccess").GetBoolean());
            Assert.Equal("TLS1_2", properties.GetProperty("minimumTlsVersion").GetString());

            // NFS can't be mounted where HTTPS is required: that account then serves one subnet and nobody else.
            if (!properties.GetProperty("supportsHttpsTrafficOnly").GetBoolean())
            {
                Assert.Equal("Deny", properties.GetProperty("networkAcls").GetProperty("defaultAction").GetString());
                Assert.Equal("FileStorage", account.GetProperty("kind").GetString());
            }
        }

        Assert.DoesNotContain("AccountKey", template.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("sharedKey", template.Text, StringComparison.Ordinal);
        Assert.All(
            template.OfType("Microsoft.Storage/storageAccounts/blobServices/containers"),
            c => Assert.Equal("None", c.GetProperty("properties").GetProperty("publicAccess").GetString()));
    }

    [Fact]
    public void Storage_Lifecycle_DeletesPreparedImagesAfterSevenDaysAndNoTicketAndNothingOfTheUsers()
    {
        var rules = template.OfType("Microsoft.Storage/storageAccounts/managementPolicies").Single()
            .GetProperty("properties").GetProperty("policy").GetProperty("rules").EnumerateArray().ToList();
        var container = new StorageOptions().PreparedContainer + "/";
        var prepared = rules.Where(r => Prefixes(r).Any(p => p.StartsWith(container, StringComparison.Ordinal))).ToList();

        Assert.All(prepared, r => Assert.Equal(7, r.GetProperty("definition").GetProperty("actions").GetProperty("baseBlob").GetProperty("delete")
            .GetProperty("daysAfterModificationGreaterThan").GetInt32()));
        Assert.Equal("0123456789abcdef".Select(digit => $"{container}{digit}"), prepared.SelectMany(Prefixes));
        Assert.Contains(prepared.SelectMany(Prefixes), p => (container + PreparedImages.NameOf(new string('0', 64), "any")).StartsWith(p, StringComparison.Ordinal));

        // The service takes at most ten prefixes a rule.
        Assert.All(rules, r => Assert.InRange(Prefixes(r).Count(), 1, 10));
        Assert.Equal(rules.Count, rules.Select(r => r.GetProperty("name").GetString()).Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain(rules.SelectMany(Prefixes), p => p.StartsWith(new StorageOptions().ImagesContainer, StringComparison.Ordinal));
        Assert.All(
            template.OfType("Microsoft.Storage/storageAccounts/blobServices"),
            s => Assert.True(s.GetProperty("properties").GetProperty("deleteRetentionPolicy").GetProperty("enabled").GetBoolean()));

        static IEnumerable<string> Prefixes(JsonElement rule) =>
            rule.GetProperty("definition").GetProperty("filters").GetProperty("prefixMatch").EnumerateArray().Select(p => p.GetString()!);
    }

    [Fact]
    public void Storage_Names_AreTheOnesThatTheCodeExpects()
    {
        var storage = template.Module("storage");
        var queues = storage.GetProperty("variables").GetProperty("queues").EnumerateArray().Select(q => q.GetString()).ToList();
        var options = new StorageOptions();

        Assert.Equal(options.CaptionsQueue, queues[0]);
        Assert.Equal(options.PoisonQueue, queues[1]);
        Assert.Equal(options.KeptQueue, queues[2]);
        Assert.Equal(options.IntakeQueue, queues[3]);
        Assert.Contains(options.IntakeQueue + "-poison", queues);
        Assert.Contains("webjobs-blobtrigger-poison", queues);
        var containers = template.OfType("Microsoft.Storage/storageAccounts/blobServices/containers").Select(c => c.GetProperty("name").GetString()!).ToList();
        Assert.Contains(containers, n => n.Contains($"'{options.ImagesContainer}'", StringComparison.Ordinal));
        Assert.Contains(containers, n => n.Contains($"'{options.PreparedContainer}'", StringComparison.Ordinal));
    }

    [Fact]
    public void Roles_Everywhere_AreDataRolesOnTheSmallestThing()
    {
        var roles = template.Module("access").GetProperty("variables").GetProperty("roles").EnumerateObject().ToDictionary(r => r.Name, r => r.Value.GetString()!);
        Dictionary<string, string> allowed = new()
        {
            ["blobOwner"] = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
            ["blobContributor"] = "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
            ["queueContributor"] = "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
            ["queueReader"] = "19e7f393-937e-4f77-808e-94535e297925",
            ["queueSender"] = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
            ["acrPull"] = "7f951dda-4ed3-4680-a7ca-43fe172d538d",
            ["metricsPublisher"] = "3913510d-42f4-4e42-8a64-420c390055eb",
        };
        Assert.Equivalent(allowed, roles, strict: true);

        var assignments = template.OfType("Microsoft.Authorization/roleAssignments").ToList();
        Assert.Equal(20, assignments.Count);
        foreach (var assignment in assignments)
        {
            var scope = assignment.GetProperty("scope").GetString()!;
            var role = assignment.GetProperty("properties").GetProperty("roleDefinitionId").GetString()!;
            Assert.Matches(@"^\[subscriptionResourceId\('Microsoft\.Authorization/roleDefinitions', (variables\('(roles'\)\.\w+|blobContributor'\))|createArray\(variables\('roles'\)\.queueSender, variables\('roles'\)\.queueReader\)\[copyIndex\(\)\])\)\]$", role);
            if (scope.Contains("'Microsoft.Storage/storageAccounts',", StringComparison.Ordinal))
            {
                // A whole account: only the Functions host's own.
                Assert.Contains("parameters('hostAccount')", scope, StringComparison.Ordinal);
            }
            else
            {
                Assert.DoesNotContain("blobOwner", role, StringComparison.Ordinal);
                Assert.Matches("containers'|queues'|registries'|components'", scope);
            }
        }
    }

    [Fact]
    public void DailyCaps_FunctionsDescribeWorkerAndPage_AreTheSame()
    {
        Assert.Contains("'Budget__PerDay__Pictures', string(parameters('picturesPerDay'))", template.Text, StringComparison.Ordinal);
        Assert.Contains("'Budget__PerDay__Tokens', string(parameters('tokensPerDay'))", template.Text, StringComparison.Ordinal);
        Assert.Equal(4, template.Text.Split("variables('caps')").Length - 1);
    }

    [Fact]
    public void Settings_EveryName_IsReadByTheCode()
    {
        var names = HostSettings.InText(template.Text);

        Assert.Contains("CaptionStorage__blobServiceUri", names);
        Assert.Contains("Worker__ShutdownGrace", names);
        Assert.Contains("BlobTrigger__Source", names);
        Assert.DoesNotContain(names, n => !HostSettings.IsRead(n));
    }

    [Theory]
    [InlineData("Storage__ImageContainer")]
    [InlineData("CaptionStorage__blobUri")]
    [InlineData("Engine__Slot")]
    [InlineData("OTEL_SERVICENAME")]
    public void IsRead_AName_ThatNobodyReads_IsFalse(string name) => Assert.False(HostSettings.IsRead(name));

    [Fact]
    public void Worker_Scaling_CountsJobsInWorkAndSignsInWithItsIdentity()
    {
        var worker = Worker();
        var rule = worker.GetProperty("scale").GetProperty("rules").EnumerateArray().Single().GetProperty("custom");
        var metadata = rule.GetProperty("metadata");

        Assert.Equal("azure-queue", rule.GetProperty("type").GetString());
        Assert.Equal("[parameters('identity').id]", rule.GetProperty("identity").GetString());
        Assert.Equal("all", metadata.GetProperty("queueLengthStrategy").GetString());
        Assert.Equal(["accountName", "queueLength", "queueLengthStrategy", "queueName"], metadata.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Equal("[parameters('minWorkers')]", worker.GetProperty("scale").GetProperty("minReplicas").GetString());
    }

    [Fact]
    public void Worker_ShutdownGrace_IsThePlatforms()
    {
        var settings = template.Module("worker").GetProperty("variables").GetProperty("environmentVariables").GetString();
        Assert.Contains(
            "'Worker__ShutdownGrace', format('00:{0}:{1}', padLeft(div(parameters('terminationGraceSeconds'), 60), 2, '0'), padLeft(mod(parameters('terminationGraceSeconds'), 60), 2, '0'))",
            settings,
            StringComparison.Ordinal);
        Assert.Equal("[parameters('terminationGraceSeconds')]", Worker().GetProperty("terminationGracePeriodSeconds").GetString());
        Assert.Equal(600, Root().GetProperty("parameters").GetProperty("terminationGraceSeconds").GetProperty("maxValue").GetInt32());
    }

    [Fact]
    public void Worker_Probes_AskTheEndpointsThatTheWorkerHas()
    {
        var probes = Worker().GetProperty("containers")[0].GetProperty("probes").EnumerateArray().Select(p => p.GetProperty("httpGet").GetProperty("path").GetString());

        Assert.Equal([WorkerEndpoints.Live, WorkerEndpoints.Ready], probes);
    }

    [Fact]
    public void Describe_FunctionApp_HasTheModelsFunctionAloneAndBatchesFromTheSlots()
    {
        var app = template.OfType("Microsoft.App/containerApps").Single(a => a.TryGetProperty("kind", out var kind) && kind.GetString() == "functionapp");
        Assert.Equal("gpu", app.GetProperty("properties").GetProperty("workloadProfileName").GetString());

        // The platform makes the scale rules from the triggers, and refuses others.
        Assert.False(app.GetProperty("properties").GetProperty("template").GetProperty("scale").TryGetProperty("rules", out _));
        var variables = template.Module("describe").GetProperty("variables");
        var settings = variables.GetProperty("environmentVariables").GetString()!;
        foreach (var part in (string[])
            [
                "'BlobTrigger__Source', 'None'", "'Describe__Enabled', 'true'", "'AzureFunctionsJobHost__extensions__queues__batchSize', string(variables('batchSize'))",
                "'AzureFunctionsJobHost__extensions__queues__newBatchThreshold', string(sub(add(mul(2, parameters('slots')), 4), variables('batchSize')))",
            ])
        {
            Assert.Contains(part, settings, StringComparison.Ordinal);
        }

        Assert.Equal("[min(parameters('slots'), 32)]", variables.GetProperty("batchSize").GetString());
        foreach (var slots in (int[])[1, 8, 32, 64])
        {
            var batch = Math.Min(slots, 32);
            Assert.Empty(new HostConcurrency(batch, (2 * slots) + 4 - batch, FunctionTimeout: null).Problems(slots, TimeSpan.FromMinutes(9)));
        }
    }

    [Fact]
    public void Describe_OneOfTheTwo_IsDeployedAndByDefaultTheWorker()
    {
        var resources = Root().GetProperty("resources");
        Assert.Equal("Worker", Root().GetProperty("parameters").GetProperty("describeBy").GetProperty("defaultValue").GetString());
        foreach (var (module, choice) in ((string, string)[])[("worker", "Worker"), ("describe", "FunctionApp")])
        {
            Assert.Equal($"[and(not(empty(parameters('workerImage'))), equals(parameters('describeBy'), '{choice}'))]", resources.GetProperty(module).GetProperty("condition").GetString());
        }
    }

    [Fact]
    public void Page_IsReachedByPeopleWhoSignedInAlone()
    {
        var app = App("web");
        var sign = template.OfType("Microsoft.App/containerApps/authConfigs").Single().GetProperty("properties");
        Assert.True(sign.GetProperty("platform").GetProperty("enabled").GetBoolean());
        Assert.Equal("RedirectToLoginPage", sign.GetProperty("globalValidation").GetProperty("unauthenticatedClientAction").GetString());
        Assert.False(app.GetProperty("configuration").GetProperty("ingress").GetProperty("allowInsecure").GetBoolean());
        Assert.DoesNotContain("clientSecret", template.Text, StringComparison.Ordinal);

        // Each argument is one that the command takes.
        var container = app.GetProperty("template").GetProperty("containers")[0];
        var options = BlobCaptioner.Cli.Commands.CaptionerCommand.Create().Subcommands.Single(c => c.Name == "web").Options.Select(o => o.Name).ToList();
        var entry = File.ReadAllText(Path.Combine(InfraFiles.Folder, "web.Dockerfile"));
        var given = container.GetProperty("args").EnumerateArray().Select(a => a.GetString()!).Where(a => a.StartsWith("--", StringComparison.Ordinal)).ToList();
        Assert.Contains("--platform-sign-in", given);
        Assert.All([.. given, "--no-model", "--listen", "--port"], a => Assert.Contains(a, options));
        Assert.Contains("\"web\", \"--no-model\", \"--listen\", \"0.0.0.0\", \"--port\", \"8080\"", entry, StringComparison.Ordinal);
    }

    [Fact]
    public void Worker_Model_IsInTheCatalogue()
    {
        var model = Root().GetProperty("parameters").GetProperty("model").GetProperty("defaultValue").GetString()!;

        Assert.Contains($"\"{model}\"", File.ReadAllText(Path.Combine(InfraFiles.Root, "src", "BlobCaptioner", "Models", "catalog.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Gpu_EachKind_HasItsProfileAndItsSize()
    {
        var profiles = template.Module("environment").GetProperty("variables").GetProperty("profiles");
        Assert.Equal("Consumption-GPU-NC8as-T4", profiles.GetProperty("T4").GetString());
        Assert.Equal("Consumption-GPU-NC24-A100", profiles.GetProperty("A100").GetString());
        var sizes = template.Module("worker").GetProperty("variables").GetProperty("sizes");
        var kinds = Root().GetProperty("parameters").GetProperty("gpu").GetProperty("allowedValues").EnumerateArray().Select(k => k.GetString()!);
        Assert.All(kinds, k => Assert.True(int.Parse(sizes.GetProperty(k).GetProperty("cpu").GetString()!, CultureInfo.InvariantCulture) > 0));
    }

    [Fact]
    public void Events_Subscription_CallsAFunctionThatExistsForImagesOnly()
    {
        var subscription = template.OfType("Microsoft.EventGrid/systemTopics/eventSubscriptions").Single();
        var properties = subscription.GetProperty("properties");
        var address = properties.GetProperty("destination").GetProperty("properties").GetProperty("endpointUrl").GetString()!;
        var function = HostFunction().Match(address).Groups["name"].Value;
        Assert.NotEmpty(function);
        var code = InfraFiles.Sources("BlobCaptioner.Functions") + InfraFiles.Sources("BlobCaptioner.Hosting");

        Assert.Equal("[parameters('subscribe')]", subscription.GetProperty("condition").GetString());
        Assert.Contains("systemkeys.blobs_extension", address, StringComparison.Ordinal);
        var filter = properties.GetProperty("filter");
        Assert.Contains("/blobServices/default/containers/{0}/blobs/", filter.GetProperty("subjectBeginsWith").GetString(), StringComparison.Ordinal);
        var advanced = filter.GetProperty("advancedFilters").EnumerateArray().Single();
        Assert.Equal("StringNotEndsWith", advanced.GetProperty("operatorType").GetString());
        Assert.Equal(".json", advanced.GetProperty("values")[0].GetString());
        Assert.True(properties.TryGetProperty("deadLetterWithResourceIdentity", out _));
        Assert.SkipUnless(code.Contains("[Function(", StringComparison.Ordinal), "The function app's sources are not in this checkout.");
        Assert.Contains($"\"{function}\"", code, StringComparison.Ordinal);
    }

    [Fact]
    public void Alerts_Metrics_AreOnesThatTheCodeSends()
    {
        var queries = template.Module("alerts").GetProperty("variables").GetProperty("queries");
        var names = MetricName().Matches(JsonSerializer.Serialize(queries, JsonSerializerOptions.Web).Replace("\\u0022", "\"", StringComparison.Ordinal))
            .Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal).ToList();
        var code = InfraFiles.Sources("BlobCaptioner");

        Assert.Equal(["captioner.budget.held_back", "captioner.pictures", "captioner.poisoned", "captioner.queue.oldest_age", "captioner.state"], names.Order(StringComparer.Ordinal));
        Assert.All(names, n => Assert.Contains($"\"{n}\"", code, StringComparison.Ordinal));
        Assert.All(["\"described\"", "\"rejected\"", "\"failed\""], s => Assert.Contains(s, code, StringComparison.Ordinal));
    }

    [Fact]
    public void Outputs_OfTheTemplate_AreWhatTheScriptAndTheManifestAskFor()
    {
        var outputs = Root().GetProperty("outputs").EnumerateObject().Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        var script = File.ReadAllText(Path.Combine(InfraFiles.Folder, "deploy.sh"));
        var asked = ScriptValue().Matches(script).Select(m => m.Groups["name"].Value).ToList();

        Assert.NotEmpty(asked);
        Assert.All(asked, a => Assert.Contains(a, outputs));
        Assert.All(outputs.Where(o => o.Contains("__", StringComparison.Ordinal)), o => Assert.True(HostSettings.IsRead(o), o));
        Assert.Contains("workerClientId", outputs);
    }

    private JsonElement Root()
    {
        using var document = JsonDocument.Parse(template.Text);
        return document.RootElement.Clone();
    }

    private JsonElement Worker() => App("worker").GetProperty("template");

    private JsonElement App(string role) => template.OfType("Microsoft.App/containerApps")
        .Single(a => (a.GetProperty("name").GetString() + a.GetProperty("properties").GetProperty("template").GetProperty("containers")[0].GetProperty("name").GetString()).Contains(role, StringComparison.Ordinal))
        .GetProperty("properties");

    [GeneratedRegex(@"functionName=Host\.Functions\.(?<name>\w+)&", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostFunction();

    [GeneratedRegex("\"(?<name>captioner\\.[a-z_.]+)\\\\?\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MetricName();

    [GeneratedRegex(@"\(value (?<name>\w+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ScriptValue();
}

using System.Globalization;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Storage;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace BlobCaptioner.Tests.Infra;

/// <summary>The manifest for clusters of one's own.</summary>
public sealed class KubernetesTests
{
    private static readonly List<YamlMappingNode> Documents = Load();

    [Fact]
    public void ScaledObject_Trigger_CountsJobsInWorkAndSignsInWithAWorkloadIdentity()
    {
        var scaled = Kind("ScaledObject");
        var trigger = (YamlMappingNode)((YamlSequenceNode)Node(scaled, "spec", "triggers")).Single();

        Assert.Equal("azure-queue", Text(trigger, "type"));
        Assert.Equal("all", Text(trigger, "metadata", "queueLengthStrategy"));
        Assert.Equal(new StorageOptions().CaptionsQueue, Text(trigger, "metadata", "queueName"));
        Assert.Equal("0", Text(scaled, "spec", "minReplicaCount"));
        Assert.Equal(Text(Kind("TriggerAuthentication"), "metadata", "name"), Text(trigger, "authenticationRef", "name"));
        Assert.Equal("azure-workload", Text(Kind("TriggerAuthentication"), "spec", "podIdentity", "provider"));
        Assert.Equal(Text(Kind("Deployment"), "metadata", "name"), Text(scaled, "spec", "scaleTargetRef", "name"));
    }

    [Fact]
    public void Deployment_Settings_AreReadByTheCodeAndFitTheGracePeriod()
    {
        var pod = (YamlMappingNode)Node(Kind("Deployment"), "spec", "template", "spec");
        var container = Container(pod);
        var settings = ((YamlSequenceNode)Node(container, "env")).Cast<YamlMappingNode>().ToDictionary(e => Text(e, "name"), e => Text(e, "value"), StringComparer.Ordinal);

        Assert.DoesNotContain(settings.Keys, n => !HostSettings.IsRead(n));
        var grace = TimeSpan.Parse(settings["Worker__ShutdownGrace"], CultureInfo.InvariantCulture);
        Assert.Equal(TimeSpan.FromSeconds(int.Parse(Text(pod, "terminationGracePeriodSeconds"), CultureInfo.InvariantCulture)), grace);
        Assert.Equal("true", Text(pod, "securityContext", "runAsNonRoot"));
        Assert.Equal("1", Text(container, "resources", "limits", "nvidia.com/gpu"));
    }

    [Fact]
    public void Deployment_Probes_AskTheEndpointsThatTheWorkerHas()
    {
        var container = Container((YamlMappingNode)Node(Kind("Deployment"), "spec", "template", "spec"));

        Assert.Equal(WorkerEndpoints.Live, Text(container, "livenessProbe", "httpGet", "path"));
        Assert.Equal(WorkerEndpoints.Ready, Text(container, "readinessProbe", "httpGet", "path"));
    }

    private static YamlMappingNode Container(YamlMappingNode pod) => (YamlMappingNode)((YamlSequenceNode)Node(pod, "containers")).Single();

    private static YamlMappingNode Kind(string kind) => Documents.Single(d => Text(d, "kind") == kind);

    private static string Text(YamlNode node, params string[] path) => ((YamlScalarNode)Node(node, path)).Value!;

    private static YamlNode Node(YamlNode node, params string[] path) => path.Aggregate(node, (at, key) => at[key]);

    private static List<YamlMappingNode> Load()
    {
        using var reader = File.OpenText(Path.Combine(InfraFiles.Folder, "kubernetes", "captioner-worker.yaml"));
        YamlStream stream = [];
        stream.Load(reader);
        return [.. stream.Documents.Select(d => (YamlMappingNode)d.RootNode)];
    }
}

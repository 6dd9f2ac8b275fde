using System.Text.Json;
using Xunit;

namespace BlobCaptioner.Tests.Infra;

/// <summary>main.bicep as the ARM template that Azure gets, compiled once.</summary>
public sealed class CompiledTemplate : IAsyncLifetime
{
    private readonly List<JsonElement> _resources = [];

    internal string Text { get; private set; } = "";

    /// <summary>The resources of all modules.</summary>
    internal IEnumerable<JsonElement> OfType(string type) => _resources.Where(r => r.GetProperty("type").GetString() == type);

    internal JsonElement Module(string name)
    {
        using var template = JsonDocument.Parse(Text);
        return template.RootElement.GetProperty("resources").GetProperty(name).GetProperty("properties").GetProperty("template").Clone();
    }

    public async ValueTask InitializeAsync()
    {
        (_, _, Text) = await InfraFiles.BicepAsync("build", Path.Combine(InfraFiles.Folder, "main.bicep"), "--stdout");
        if (Text.Length > 0)
        {
            using var template = JsonDocument.Parse(Text);
            Collect(template.RootElement.Clone());
        }
    }

    public ValueTask DisposeAsync() => default;

    private void Collect(JsonElement template)
    {
        // an object with symbolic names, or an array where a module has no need of them
        var resources = template.GetProperty("resources");
        foreach (var resource in resources.ValueKind == JsonValueKind.Object ? resources.EnumerateObject().Select(r => r.Value) : resources.EnumerateArray())
        {
            if (resource.GetProperty("type").GetString() == "Microsoft.Resources/deployments")
            {
                Collect(resource.GetProperty("properties").GetProperty("template"));
            }
            else if (!resource.TryGetProperty("existing", out _))
            {
                _resources.Add(resource);
            }
        }
    }
}

using System.Text.RegularExpressions;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Tests.Infra;

/// <summary>Which environment variables the hosts read: the sections' types in the compiled code, and the platform's own.</summary>
internal static partial class HostSettings
{
    // Read by the Functions host and the Azure SDK, not by our code.
    private static readonly HashSet<string> Platform = new(StringComparer.Ordinal)
    {
        "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "AzureFunctionsJobHost__extensions__queues__batchSize", "AzureFunctionsJobHost__extensions__queues__newBatchThreshold", "AzureFunctionsWebHost__hostid",
    };

    private static readonly Dictionary<string, Type> Sections = SectionTypes();

    private static readonly Lazy<string> Code = new(() => InfraFiles.Sources("BlobCaptioner.Hosting"));

    /// <summary>All names in a text that look like settings of ours.</summary>
    public static SortedSet<string> InText(string text) => new(Name().Matches(text).Select(m => m.Value), StringComparer.Ordinal);

    /// <summary>True where code or platform reads that variable.</summary>
    public static bool IsRead(string name)
    {
        if (Platform.Contains(name))
        {
            return true;
        }

        var parts = name.Split("__");
        if (parts.Length == 1)
        {
            return Code.Value.Contains($"\"{name}\"", StringComparison.Ordinal);
        }

        if (parts[0] == StorageConnection.Setting)
        {
            return parts[1] is StorageConnection.BlobServiceUri or StorageConnection.QueueServiceUri or StorageConnection.Credential or StorageConnection.ClientId;
        }

        return Sections.TryGetValue(string.Join(':', parts[..^1]), out var type) && type.GetProperty(parts[^1]) is { CanWrite: true };
    }

    private static Dictionary<string, Type> SectionTypes() => typeof(StorageConnection).Assembly.GetTypes().Concat(typeof(StorageOptions).Assembly.GetTypes())
        .Select(t => (Section: t.GetField("Section")?.GetRawConstantValue() as string, Type: t))
        .Where(t => t.Section is not null)
        .ToDictionary(t => t.Section!, t => t.Type, StringComparer.Ordinal);

    [GeneratedRegex(@"\b([A-Z][A-Za-z]+(__[A-Za-z]+)+|(AZURE|APPLICATIONINSIGHTS|OTEL)_[A-Z_]+)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}

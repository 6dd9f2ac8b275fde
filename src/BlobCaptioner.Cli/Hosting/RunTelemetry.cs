using System.Collections;
using BlobCaptioner.Hosting.Telemetry;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Telemetry of <c>up</c> and <c>work</c>, configured by the same environment variables as the cloud hosts.</summary>
internal static class RunTelemetry
{
    /// <summary>Starts telemetry if an environment variable configures it; else null.</summary>
    /// <param name="storage">The queues to measure.</param>
    /// <param name="logging">Its entries are exported too.</param>
    public static TelemetrySession? Start(CaptionStorage storage, ILoggerFactory logging)
    {
        if (!IsConfigured())
        {
            return null;
        }

        var session = TelemetrySession.Start(new ConfigurationBuilder().AddEnvironmentVariables().Build(), "captioner", storage);
        foreach (var logger in session?.Loggers ?? [])
        {
            logging.AddProvider(logger);
        }

        return session;
    }

    private static bool IsConfigured() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Any(
        v => v is { Key: string name, Value: string { Length: > 0 } }
            && (name is "APPLICATIONINSIGHTS_CONNECTION_STRING"
                || (name.StartsWith("OTEL_EXPORTER_OTLP_", StringComparison.Ordinal) && name.EndsWith("ENDPOINT", StringComparison.Ordinal))));
}

using System.Collections;
using BlobCaptioner.Hosting.Telemetry;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Telemetry of <c>up</c> and <c>work</c>, by the same environment variables as in the cloud hosts.</summary>
internal static class RunTelemetry
{
    /// <summary>Starts it; null, at the cost of a look at the environment, where no variable asks for it.</summary>
    /// <param name="storage">Whose queues are looked at.</param>
    /// <param name="logging">Sends its entries too from now on.</param>
    public static TelemetrySession? Start(CaptionStorage storage, ILoggerFactory logging) => IsAskedFor() ? Begin(storage, logging) : null;

    private static TelemetrySession? Begin(CaptionStorage storage, ILoggerFactory logging)
    {
        var session = TelemetrySession.Start(new ConfigurationBuilder().AddEnvironmentVariables().Build(), "captioner", storage);
        foreach (var logger in session?.Loggers ?? [])
        {
            logging.AddProvider(logger);
        }

        return session;
    }

    private static bool IsAskedFor() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Any(
        v => v is { Key: string name, Value: string { Length: > 0 } }
            && (name is "APPLICATIONINSIGHTS_CONNECTION_STRING"
                || (name.StartsWith("OTEL_EXPORTER_OTLP_", StringComparison.Ordinal) && name.EndsWith("ENDPOINT", StringComparison.Ordinal))));
}

using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Telemetry;

/// <summary>Sources and meters belong to the whole process: these tests run while no others do, one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TelemetryCollection
{
    public const string Name = "telemetry";
}

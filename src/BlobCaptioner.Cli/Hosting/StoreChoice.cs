using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Which store a command works on.</summary>
public sealed record StoreChoice
{
    /// <summary>A running store; null for the Azurite of <see cref="DataDirectory"/>.</summary>
    public required string? Connection { get; init; }

    /// <summary>Full path of the local data folder; unused where <see cref="Connection"/> is set.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Names in the store.</summary>
    public required StorageOptions Names { get; init; }
}

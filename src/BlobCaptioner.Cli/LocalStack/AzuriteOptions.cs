namespace BlobCaptioner.Cli.LocalStack;

/// <summary>How to start an Azurite.</summary>
public sealed record AzuriteOptions
{
    /// <summary>Folder for its data, made if missing. Null keeps everything in memory.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Ports. Null takes the usual ones, or free ones where another program has those.</summary>
    public AzuritePorts? Ports { get; init; }
}

namespace BlobCaptioner.Cli.LocalStack;

/// <summary>The file <c>azurite.json</c> in a data folder: where the Azurite that serves it answers.</summary>
public sealed record AzuriteState
{
    /// <summary>Azurite's process id.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The ports that it listens on.</summary>
    public required AzuritePorts Ports { get; init; }
}

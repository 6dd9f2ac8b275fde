namespace BlobCaptioner.Cli.LocalStack;

/// <summary>The three ports of one Azurite, on loopback. 0 lets the system choose.</summary>
/// <param name="Blob">Port of the blob service.</param>
/// <param name="Queue">Port of the queue service.</param>
/// <param name="Table">Port of the table service, which Azurite starts too.</param>
public sealed record AzuritePorts(int Blob, int Queue, int Table)
{
    private const string AccountName = "devstoreaccount1";

    // Azurite's published account key: it protects nothing and is the same everywhere (https://aka.ms/azurite).
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>10000, 10001 and 10002: where every tool looks for Azurite.</summary>
    public static AzuritePorts Usual { get; } = new(10000, 10001, 10002);

    /// <summary>Any that are free.</summary>
    public static AzuritePorts AnyFree { get; } = new(0, 0, 0);

    /// <summary>A connection string for the Azure SDKs and tools.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={AccountName};AccountKey={AccountKey};" +
        $"BlobEndpoint=http://127.0.0.1:{Blob}/{AccountName};QueueEndpoint=http://127.0.0.1:{Queue}/{AccountName};" +
        $"TableEndpoint=http://127.0.0.1:{Table}/{AccountName};";

    /// <summary>Where the blob service answers.</summary>
    public Uri BlobEndpoint => new($"http://127.0.0.1:{Blob}/{AccountName}");
}

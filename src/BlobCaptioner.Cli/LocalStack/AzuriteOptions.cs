using System.Net;
using System.Net.Sockets;

namespace BlobCaptioner.Cli.LocalStack;

/// <summary>Options of an Azurite.</summary>
public sealed record AzuriteOptions
{
    /// <summary>Folder for its data, created if missing. Null keeps the data in memory.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Ports. Null takes the usual ones if they are free, else any free ones.</summary>
    public AzuritePorts? Ports { get; init; }
}

/// <summary>The three loopback ports of an Azurite. 0 lets the system choose.</summary>
/// <param name="Blob">Port of the blob service.</param>
/// <param name="Queue">Port of the queue service.</param>
/// <param name="Table">Port of the table service, which Azurite starts too.</param>
public sealed record AzuritePorts(int Blob, int Queue, int Table)
{
    private const string AccountName = "devstoreaccount1";

    // Azurite's published account key. It is the same everywhere and protects nothing (https://aka.ms/azurite).
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>10000, 10001 and 10002: where every tool looks for Azurite.</summary>
    public static AzuritePorts Usual { get; } = new(10000, 10001, 10002);

    /// <summary>Any free ports.</summary>
    public static AzuritePorts AnyFree { get; } = new(0, 0, 0);

    /// <summary>Those of the three ports that another program listens on.</summary>
    public IReadOnlyList<int> FindTaken()
    {
        var taken = new List<int>();
        foreach (var port in (int[])[Blob, Queue, Table])
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
                listener.Start();
            }
            catch (SocketException)
            {
                taken.Add(port);
            }
        }

        return taken;
    }

    /// <summary>A connection string for the Azure SDKs and tools.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={AccountName};AccountKey={AccountKey};" +
        $"BlobEndpoint=http://127.0.0.1:{Blob}/{AccountName};QueueEndpoint=http://127.0.0.1:{Queue}/{AccountName};" +
        $"TableEndpoint=http://127.0.0.1:{Table}/{AccountName};";

    /// <summary>Address of the blob service.</summary>
    public Uri BlobEndpoint => new($"http://127.0.0.1:{Blob}/{AccountName}");
}

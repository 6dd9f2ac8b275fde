using System.Diagnostics.CodeAnalysis;
using Azure.Core;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>A request as the SDK builds it, read where the storage service would.</summary>
internal sealed class StoreRequest : Request
{
    private readonly List<HttpHeader> _headers = [];
    private Dictionary<string, string>? _query;

    public override string ClientRequestId { get; set; } = "";

    /// <summary>True for the queue service, false for the blob service.</summary>
    public bool IsQueue => Uri.Host!.Contains(".queue.", StringComparison.Ordinal);

    /// <summary>Headers in the order in which they were set.</summary>
    public IReadOnlyList<HttpHeader> HeaderList => _headers;

    /// <summary>The path's parts, decoded: container and blob name, or queue, <c>messages</c> and message id. Empty where there are fewer.</summary>
    public (string First, string Others) Path()
    {
        var path = Uri.Path.AsSpan().Trim('/');
        var end = path.IndexOf('/');
        return end < 0
            ? (System.Uri.UnescapeDataString(path), "")
            : (System.Uri.UnescapeDataString(path[..end]), System.Uri.UnescapeDataString(path[(end + 1)..]));
    }

    /// <summary>A parameter of the query, decoded; empty where it isn't there.</summary>
    public string Query(string name)
    {
        if (_query is null)
        {
            _query = new(StringComparer.Ordinal);
            foreach (var pair in Uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                var at = pair.IndexOf('=', StringComparison.Ordinal);
                _query[at < 0 ? pair : pair[..at]] = at < 0 ? "" : System.Uri.UnescapeDataString(pair[(at + 1)..]);
            }
        }

        return _query.GetValueOrDefault(name, "");
    }

    /// <summary>A header; null where it isn't there.</summary>
    public string? Header(string name) => TryGetHeader(name, out var value) ? value : null;

    /// <summary>The body's bytes; read when it is sent, since the SDK disposes of the content of a request that is given up.</summary>
    public byte[] Body { get; private set; } = [];

    /// <summary>Sends it: from now on nothing changes it.</summary>
    public void Send()
    {
        if (Content is null)
        {
            return;
        }

        using var body = Content.TryComputeLength(out var length) ? new MemoryStream((int)length) : new MemoryStream();
        Content.WriteTo(body, CancellationToken.None);
        Body = body.Capacity == body.Length ? body.GetBuffer() : body.ToArray();
    }

    public override void Dispose() => Content?.Dispose();

    protected override void AddHeader(string name, string value) => _headers.Add(new(name, value));

    protected override void SetHeader(string name, string value)
    {
        RemoveHeader(name);
        _headers.Add(new(name, value));
    }

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) => StoreResponse.TryFind(_headers, name, out value);

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = TryGetHeader(name, out var value) ? [value] : null;
        return values is not null;
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override bool RemoveHeader(string name) => _headers.RemoveAll(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) > 0;

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers;
}

using System.Diagnostics.CodeAnalysis;
using System.Text;
using Azure;
using Azure.Core;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>An answer of the storage service.</summary>
internal sealed class StoreResponse(int status, string reason = "") : Response
{
    private readonly List<HttpHeader> _headers = [];

    public override int Status => status;

    public override string ReasonPhrase => reason;

    public override Stream? ContentStream { get; set; }

    public override string ClientRequestId { get; set; } = "";

    /// <summary>The service's error code; empty for none.</summary>
    public string Code { get; private init; } = "";

    /// <summary>An error as both services send it: the code as a header, and for all but HEAD and 304 a body.</summary>
    public static StoreResponse Error(int status, string code, string message = "The request failed.")
    {
        var answer = new StoreResponse(status, message) { Code = code };
        answer.With("x-ms-error-code", code);
        return status == 304
            ? answer
            : answer.With("Content-Type", "application/xml").WithBody(
                Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"));
    }

    public StoreResponse With(string name, string value)
    {
        _headers.Add(new(name, value));
        return this;
    }

    public StoreResponse WithBody(byte[] content)
    {
        ContentStream = new MemoryStream(content, writable: false);
        return With("Content-Length", $"{content.Length}");
    }

    /// <summary>The same without a body, as HEAD gives it.</summary>
    public StoreResponse WithoutBody()
    {
        ContentStream = null;
        return this;
    }

    public override void Dispose()
    {
    }

    internal static bool TryFind(List<HttpHeader> headers, string name, [NotNullWhen(true)] out string? value)
    {
        foreach (var header in headers)
        {
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = header.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) => TryFind(_headers, name, out value);

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = TryGetHeader(name, out var value) ? [value] : null;
        return values is not null;
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers;
}

namespace BlobCaptioner.Tests.Models;

/// <summary>What a <see cref="FileServer"/> sends, true or not.</summary>
internal sealed record ServedAnswer
{
    public required int Status { get; init; }

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Told length; null tells none, and the body ends with the connection.</summary>
    public long? Length { get; init; }

    /// <summary>Breaks the connection after the body.</summary>
    public bool Cut { get; init; }

    /// <summary>Waits for this after the body, the connection open.</summary>
    public Task? Hold { get; init; }

    /// <summary>Sends the body a byte at a time, with this before each; null sends it at once.</summary>
    public Func<CancellationToken, Task>? Drip { get; init; }

    /// <summary>The same with a header set, or taken away by null.</summary>
    public ServedAnswer With(string header, string? value)
    {
        var headers = new Dictionary<string, string>(Headers, StringComparer.OrdinalIgnoreCase);
        headers.Remove(header);
        if (value is not null)
        {
            headers.Add(header, value);
        }

        return this with { Headers = headers };
    }

    /// <summary>The same, broken off after so many bytes of the body.</summary>
    public ServedAnswer CutAfter(int bytes) => this with { Body = Body[..bytes], Cut = true };
}

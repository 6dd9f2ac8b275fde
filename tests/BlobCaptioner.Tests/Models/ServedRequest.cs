namespace BlobCaptioner.Tests.Models;

/// <summary>A request that a <see cref="FileServer"/> got; numbered from 1.</summary>
internal sealed record ServedRequest(int Number, string Path, long? From, long? To, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The token that came with it.</summary>
    public string? Authorization => Headers.GetValueOrDefault("authorization");
}

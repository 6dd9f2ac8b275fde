using System.Diagnostics.CodeAnalysis;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>A container with its blobs in name order.</summary>
internal sealed class StoredContainer(string name, DateTimeOffset created)
{
    public string Name { get; } = name;

    public DateTimeOffset Created { get; } = created;

    public SortedDictionary<string, StoredBlob> Blobs { get; } = new(StringComparer.Ordinal);
}

/// <summary>A block blob.</summary>
internal sealed record StoredBlob(string Name)
{
    public required byte[] Content { get; init; }

    public required string ContentType { get; init; }

    public required IReadOnlyList<(string Key, string Value)> Metadata { get; init; }

    /// <summary>Without quotes; new at every write, also of the same bytes.</summary>
    public required string ETag { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset LastModified { get; init; }

    public BlobLease? Lease { get; init; }

    /// <summary>True while a lease is held; one that ran out isn't.</summary>
    [MemberNotNullWhen(true, nameof(Lease))]
    public bool IsLeased(DateTimeOffset now) => Lease is { } lease && !lease.IsReleased && lease.Until > now;
}

/// <summary>A blob's last lease.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Duration">Seconds; null for one without end.</param>
/// <param name="Until">When it runs out.</param>
/// <param name="IsReleased">True after a release.</param>
/// <param name="ETag">The blob's version when it was acquired, or last renewed or written under it: one that ran out can be renewed only while the blob stayed as it was.</param>
internal sealed record BlobLease(string Id, int? Duration, DateTimeOffset Until, bool IsReleased, string ETag);

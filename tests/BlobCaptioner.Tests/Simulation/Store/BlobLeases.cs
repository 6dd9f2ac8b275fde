using System.Globalization;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>Leases of blobs, by the tables of Azure's "Lease Blob" page. A lease operation changes neither ETag nor Last-Modified.</summary>
internal static class BlobLeases
{
    public static (StoreResponse Answer, BlobLease? Lease) Answer(StoreRequest request, StoredBlob blob, DateTimeOffset now, Dice dice)
    {
        var (held, id) = (blob.IsLeased(now), request.Header("x-ms-lease-id"));
        switch (request.Header("x-ms-lease-action"))
        {
            case "acquire":
                var proposed = request.Header("x-ms-proposed-lease-id") ?? $"00000000-0000-4000-8000-{dice.Next() >> 16:x12}";
                if (held && blob.Lease!.Id != proposed)
                {
                    return (StoreResponse.Error(409, "LeaseAlreadyPresent"), blob.Lease);
                }

                var seconds = int.Parse(request.Header("x-ms-lease-duration")!, CultureInfo.InvariantCulture);
                return seconds is not (-1 or (>= 15 and <= 60))
                    ? (StoreResponse.Error(400, "InvalidHeaderValue"), blob.Lease)
                    : (new StoreResponse(201).With("x-ms-lease-id", proposed), Begin(proposed, seconds == -1 ? null : seconds, blob.ETag, now));
            case "renew":
                if (blob.Lease is not { IsReleased: false } lease || lease.Id != id)
                {
                    return (StoreResponse.Error(409, "LeaseIdMismatchWithLeaseOperation"), blob.Lease);
                }

                // one that ran out can be renewed while nobody wrote or leased the blob
                return held || lease.ETag == blob.ETag
                    ? (new StoreResponse(200).With("x-ms-lease-id", lease.Id), Begin(lease.Id, lease.Duration, blob.ETag, now))
                    : (StoreResponse.Error(409, "LeaseIdMismatchWithLeaseOperation"), blob.Lease);
            case "release":
                return blob.Lease is { IsReleased: false } released && released.Id == id
                    ? (new StoreResponse(200), released with { IsReleased = true })
                    : (StoreResponse.Error(409, "LeaseIdMismatchWithLeaseOperation"), blob.Lease);
            default:
                throw SimulatedStore.Unknown(request);
        }
    }

    /// <summary>The answer to an operation whose lease id doesn't fit; null where it may go on.</summary>
    public static StoreResponse? Refuse(string? id, StoredBlob blob, DateTimeOffset now, bool isWrite)
    {
        if (blob.IsLeased(now))
        {
            return id is null
                ? isWrite ? StoreResponse.Error(412, "LeaseIdMissing") : null
                : id == blob.Lease.Id ? null : StoreResponse.Error(412, "LeaseIdMismatchWithBlobOperation");
        }

        return id is null ? null : StoreResponse.Error(412, blob.Lease is { IsReleased: false } ? "LeaseLost" : "LeaseNotPresentWithBlobOperation");
    }

    /// <summary>The lease after the blob was written: a held one stays.</summary>
    public static BlobLease? AfterWrite(StoredBlob? present, string etag, DateTimeOffset now) =>
        present is not null && present.IsLeased(now) ? present.Lease with { ETag = etag } : present?.Lease;

    public static string State(StoredBlob blob, DateTimeOffset now) =>
        blob.IsLeased(now) ? "leased" : blob.Lease is { IsReleased: false } ? "expired" : "available";

    private static BlobLease Begin(string id, int? seconds, string etag, DateTimeOffset now) =>
        new(id, seconds, seconds is { } length ? now + TimeSpan.FromSeconds(length) : DateTimeOffset.MaxValue, IsReleased: false, etag);
}

using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;
using BlobCaptioner.Text;

namespace BlobCaptioner.Pipeline;

/// <summary>The holder of a claim.</summary>
internal enum ClaimState
{
    /// <summary>The caller.</summary>
    Taken,

    /// <summary>Another intake.</summary>
    InIntake,

    /// <summary>A job in the queue.</summary>
    Enqueued,
}

/// <summary>The answer to an attempt to claim a job.</summary>
/// <param name="State">The holder.</param>
/// <param name="ETag">The claim's ETag, for conditions.</param>
internal sealed record Claim(ClaimState State, ETag ETag);

/// <summary>
/// Empty blobs, one for each version of an image with a job: created before the message is sent, on condition that none exists.
/// So two events, or an event and a sweep, never send two messages.
/// </summary>
internal sealed class JobClaims(CaptionStorage storage, TimeSpan timeout)
{
    private const string EnqueuedKey = "enqueued";
    private const string OwnerKey = "owner";
    private readonly BlobContainerClient _container = storage.Prepared;
    private readonly string _owner = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<string, byte> _held = new(StringComparer.Ordinal);

    public static string NameOf(string container, string name, string etag, string profileVersion, string preparation) =>
        "_jobs/" + TextHash.Of($"{container}\n{name}\n{etag}\n{profileVersion}\n{preparation}");

    /// <summary>
    /// Claims a job, or takes over the claim of an intake that died before it enqueued the job. A claim of this process that no call holds is one whose creation
    /// or removal got no answer: it is taken over at once. After <see cref="ClaimState.Taken"/> the caller must call <see cref="MarkEnqueuedAsync"/> or
    /// <see cref="ReleaseAsync"/>.
    /// </summary>
    public async Task<Claim> TryTakeAsync(string name, CancellationToken cancellationToken)
    {
        if (!_held.TryAdd(name, 0))
        {
            return new(ClaimState.InIntake, default);
        }

        Claim? claim = null;
        try
        {
            claim = await TakeAsync(name, cancellationToken);
            return claim;
        }
        finally
        {
            if (claim?.State != ClaimState.Taken)
            {
                _held.TryRemove(name, out _);
            }
        }
    }

    private async Task<Claim> TakeAsync(string name, CancellationToken cancellationToken)
    {
        var blob = _container.GetBlobClient(name);
        while (true)
        {
            if (await TryPutAsync(blob, new() { IfNoneMatch = ETag.All }, cancellationToken) is { } created)
            {
                return new(ClaimState.Taken, created);
            }

            Response<BlobProperties> present;
            try
            {
                present = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
            }
            catch (RequestFailedException error) when (error.Status == 404)
            {
                continue;
            }

            if (present.Value.Metadata.ContainsKey(EnqueuedKey))
            {
                return new(ClaimState.Enqueued, present.Value.ETag);
            }

            // Both times are by storage's clock.
            var now = present.GetRawResponse().Headers.Date ?? present.Value.LastModified;
            var ours = present.Value.Metadata.TryGetValue(OwnerKey, out var owner) && owner == _owner;
            if (!ours && now - present.Value.LastModified < timeout)
            {
                return new(ClaimState.InIntake, present.Value.ETag);
            }

            if (await TryPutAsync(blob, new() { IfMatch = present.Value.ETag }, cancellationToken) is { } taken)
            {
                return new(ClaimState.Taken, taken);
            }
        }
    }

    /// <summary>Takes over the claim of a lost job; null if another process was faster.</summary>
    public async Task<Claim?> TryTakeOverAsync(string name, ETag seen, CancellationToken cancellationToken)
    {
        if (await TryPutAsync(_container.GetBlobClient(name), new() { IfMatch = seen }, cancellationToken) is not { } taken)
        {
            return null;
        }

        _held[name] = 0;
        return new(ClaimState.Taken, taken);
    }

    /// <summary>Notes that the message was sent. Does nothing if another process took the claim over.</summary>
    public async Task MarkEnqueuedAsync(string name, ETag taken, CancellationToken cancellationToken)
    {
        try
        {
            var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [EnqueuedKey] = "true" };
            await _container.GetBlobClient(name).SetMetadataAsync(metadata, new() { IfMatch = taken }, cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status is 404 or 412)
        {
            // 404: a worker has finished the job.
        }
        finally
        {
            _held.TryRemove(name, out _);
        }
    }

    /// <summary>Removes a claim.</summary>
    /// <param name="name">The claim's blob name.</param>
    /// <param name="taken">Removes it only if it has this ETag; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReleaseAsync(string name, ETag? taken, CancellationToken cancellationToken)
    {
        try
        {
            await _container.GetBlobClient(name).DeleteIfExistsAsync(
                conditions: taken is { } etag ? new() { IfMatch = etag } : null, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status == 412)
        {
            // Another intake took it over.
        }
        finally
        {
            _held.TryRemove(name, out _);
        }
    }

    private async Task<ETag?> TryPutAsync(BlobClient blob, BlobRequestConditions conditions, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [OwnerKey] = _owner };
        try
        {
            return (await blob.UploadAsync(BinaryData.Empty, new BlobUploadOptions { Conditions = conditions, Metadata = metadata }, cancellationToken)).Value.ETag;
        }
        catch (RequestFailedException error) when (error.Status is 404 or 409 or 412)
        {
            if (error.ErrorCode == BlobErrorCode.ContainerNotFound)
            {
                throw;
            }

            return null;
        }
    }
}

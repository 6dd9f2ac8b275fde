using Azure;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>Enqueues each job once: claims it before sending, and marks the claim afterwards.</summary>
internal sealed class JobDispatch(CaptionStorage storage, TimeSpan claimTimeout)
{
    private readonly JobClaims _claims = new(storage, claimTimeout);

    /// <summary>
    /// Claims a job. An enqueued job with neither record nor message is lost, because the queue was cleared, and is claimed again. The queue's length includes
    /// messages that workers hold. It is read after the claim, and the record after that.
    /// </summary>
    /// <param name="claim">The claim's blob name.</param>
    /// <param name="isUnchanged">Returns true if the record is still the one that was read before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The claim's ETag, for <see cref="SettleAsync"/>; null if another process has the job.</returns>
    public async Task<ETag?> TryTakeAsync(string claim, Func<CancellationToken, Task<bool>> isUnchanged, CancellationToken cancellationToken)
    {
        var seen = await _claims.TryTakeAsync(claim, cancellationToken);
        if (seen.State == ClaimState.Enqueued
            && (await storage.Captions.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount == 0
            && await isUnchanged(cancellationToken))
        {
            seen = await _claims.TryTakeOverAsync(claim, seen.ETag, cancellationToken) ?? seen;
        }

        return seen.State == ClaimState.Taken ? seen.ETag : null;
    }

    public async Task SendAsync(CaptionJob job, CancellationToken cancellationToken)
    {
        using var span = CaptionTracing.StartSend(storage.Captions.Name);
        try
        {
            // It never expires: an expired message would be an image lost until the next sweep.
            var sent = await storage.Captions.SendMessageAsync(
                CaptionMessage.Format(CaptionTracing.Stamp(job)), timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: cancellationToken);
            span?.SetTag("messaging.message.id", sent.Value.MessageId);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            CaptionTracing.Fail(span, error);
            throw;
        }
    }

    /// <summary>Marks a claim as enqueued, or removes it. Takes no token, so that the claim is right after a cancelled call too.</summary>
    public async Task SettleAsync(string claim, ETag taken, bool enqueued)
    {
        try
        {
            await (enqueued
                ? _claims.MarkEnqueuedAsync(claim, taken, CancellationToken.None)
                : _claims.ReleaseAsync(claim, taken, CancellationToken.None));
        }
        catch (Exception error) when (StorageOutage.IsTransient(error, CancellationToken.None))
        {
            // The caller's outcome or error matters more. The claim is taken over after its timeout.
        }
    }
}

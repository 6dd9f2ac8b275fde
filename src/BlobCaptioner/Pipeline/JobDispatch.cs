using Azure;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>Brings jobs into the queue, each once: claimed before it is sent, and marked afterwards.</summary>
internal sealed class JobDispatch(CaptionStorage storage, TimeSpan claimTimeout)
{
    private readonly JobClaims _claims = new(storage, claimTimeout);

    /// <summary>
    /// Claims a job. A job that was enqueued but has neither record nor message is lost: somebody cleared the queue. The queue's length counts messages that
    /// workers hold too, and is read after the claim was seen; the record is looked at after that.
    /// </summary>
    /// <param name="claim">The claim's blob name.</param>
    /// <param name="isUnchanged">True where the record is still the one that was seen before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where somebody else has it. Otherwise it ends with <see cref="SettleAsync"/>.</returns>
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

    /// <summary>Sends a job.</summary>
    public async Task SendAsync(CaptionJob job, CancellationToken cancellationToken)
    {
        using var span = CaptionTracing.StartSend(storage.Captions.Name);
        try
        {
            // It never expires: a message lost to its time to live would be a picture lost until the next sweep.
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

    /// <summary>Marks a claim as enqueued, or gives it back. Not with the caller's token: whatever happened, the claim should say the truth.</summary>
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
            // The outcome, or the error that brought us here, matters more. The claim is taken over after its timeout.
        }
    }
}

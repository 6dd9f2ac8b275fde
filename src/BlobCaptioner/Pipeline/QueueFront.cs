using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>How far the queue has been read.</summary>
/// <param name="ReadTo">Messages that were sent before it have been delivered at least once, by storage's clock. Storage promises no strict order.</param>
/// <param name="IsEmpty">True where the queue has no message, those that workers hold included.</param>
internal sealed record QueueFront(DateTimeOffset ReadTo, bool IsEmpty)
{
    private const int MaxPeeked = 32;

    /// <summary>Looks at the first messages; takes one request, or two where none waits.</summary>
    public static async Task<QueueFront> ReadAsync(CaptionStorage storage, CancellationToken cancellationToken)
    {
        var peeked = await storage.Captions.PeekMessagesAsync(MaxPeeked, cancellationToken);
        var now = peeked.GetRawResponse().Headers.Date ?? DateTimeOffset.MinValue;
        var unread = peeked.Value.Where(m => m.DequeueCount == 0).Min(m => m.InsertedOn);
        if (unread is { } front)
        {
            return new(front, IsEmpty: false);
        }

        if (peeked.Value.Length == MaxPeeked)
        {
            // The front waits for another try. What lies behind it is unknown.
            return new(peeked.Value.Min(m => m.InsertedOn) ?? DateTimeOffset.MinValue, IsEmpty: false);
        }

        var isEmpty = peeked.Value.Length == 0 && (await storage.Captions.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount == 0;
        return new(now, isEmpty);
    }
}

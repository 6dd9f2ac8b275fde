using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace BlobCaptioner.Storage;

/// <summary>Messages of ours never expire: an expired one would be work that waits for the next sweep.</summary>
internal static class QueueSending
{
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(-1);

    /// <summary>Sends a message that never expires.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="text">The message's text, up to 64 KiB.</param>
    /// <param name="delay">Until then no consumer sees it; up to 7 days.</param>
    /// <param name="cancellationToken">Gives up; it may have been sent.</param>
    public static async Task<SendReceipt> SendLastingAsync(this QueueClient queue, string text, TimeSpan delay, CancellationToken cancellationToken) =>
        (await queue.SendMessageAsync(text, delay, Never, cancellationToken)).Value;
}

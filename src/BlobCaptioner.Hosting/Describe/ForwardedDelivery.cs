using System.Text;
using Azure.Storage.Queues;
using BlobCaptioner.Pipeline.Jobs;

namespace BlobCaptioner.Hosting.Describe;

/// <summary>
/// A message that a Functions host holds and passes on. The host renews it while the function runs, deletes it when the function ends well, and delivers it again when it
/// fails. So a job that must wait goes back as a new message with a delay, before the host deletes this one. A crash in between leaves two messages, which is harmless.
/// </summary>
/// <param name="queue">The message's queue.</param>
/// <param name="id">The message's id.</param>
/// <param name="text">Its text as the host passes it on: JSON, or base64.</param>
/// <param name="dequeueCount">How often the queue has delivered it.</param>
public sealed class ForwardedDelivery(QueueClient queue, string id, string text, long dequeueCount) : JobDelivery
{
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(7);

    /// <inheritdoc/>
    public override string Id => id;

    /// <inheritdoc/>
    public override string Text => text;

    /// <inheritdoc/>
    public override long DequeueCount => dequeueCount;

    /// <summary>True once the job is over or sent again. Until then the host must not delete the message.</summary>
    public bool IsSettled { get; private set; }

    /// <inheritdoc/>
    public override Task CompleteAsync(CancellationToken cancellationToken)
    {
        IsSettled = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task ReturnAsync(string text, TimeSpan delay, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);

        // The host has decoded its text; in the queue every message is base64.
        var encoded = text.TrimStart().StartsWith('{') ? Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) : text;
        var visible = delay < TimeSpan.Zero ? TimeSpan.Zero : delay > LongestDelay ? LongestDelay : delay;
        await queue.SendMessageAsync(encoded, visible, Never, cancellationToken);
        IsSettled = true;
    }
}

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>One delivered message. Who holds its lease decides what <see cref="CompleteAsync"/> and <see cref="ReturnAsync"/> do.</summary>
public abstract class JobDelivery
{
    /// <summary>The message's id.</summary>
    public abstract string Id { get; }

    /// <summary>The message's text, base64 or JSON.</summary>
    public abstract string Text { get; }

    /// <summary>How often the queue has delivered it, from 1.</summary>
    public abstract long DequeueCount { get; }

    /// <summary>The job is over: the message goes.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public abstract Task CompleteAsync(CancellationToken cancellationToken);

    /// <summary>The job comes again after a delay.</summary>
    /// <param name="text">The message's new text.</param>
    /// <param name="delay">The delay, 0 to 7 days.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public abstract Task ReturnAsync(string text, TimeSpan delay, CancellationToken cancellationToken);
}

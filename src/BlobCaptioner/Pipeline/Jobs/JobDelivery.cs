namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>A delivered message. Who holds its lease decides how it ends: our loop, or a platform that deletes it when its function returns.</summary>
public abstract class JobDelivery
{
    /// <summary>The message's id.</summary>
    public abstract string Id { get; }

    /// <summary>The message's text: base64 over JSON, or JSON.</summary>
    public abstract string Text { get; }

    /// <summary>How often the queue delivered it, from 1.</summary>
    public abstract long DequeueCount { get; }

    /// <summary>How long the ticket may stay held although its worker has let go of it, since storage refused to free it; zero where it is free.</summary>
    internal TimeSpan HeldOn { get; set; }

    /// <summary>The message is done with. Does nothing where another consumer has it now.</summary>
    /// <param name="cancellationToken">Gives up; the message comes again.</param>
    public abstract Task CompleteAsync(CancellationToken cancellationToken);

    /// <summary>The message comes again after a delay.</summary>
    /// <param name="text">Its new text.</param>
    /// <param name="delay">Until then no consumer sees it; up to 7 days.</param>
    /// <param name="cancellationToken">Gives up; the message comes again when its lease ends.</param>
    public abstract Task ReturnAsync(string text, TimeSpan delay, CancellationToken cancellationToken);
}

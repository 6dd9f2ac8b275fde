using Azure;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>
/// Takes images in for triggers whose own tries end within seconds. A failed intake comes back by a message of ours, with growing delays across hours, so that a short
/// outage fails no image. After the last attempt the image gets a <c>failed</c> record with the code <c>intake-failed</c> and the number of attempts.
/// </summary>
/// <remarks>
/// Where not even the message can be sent the call throws, and the trigger's own tries and poison queue take over. A worker that is killed in mid-intake has acknowledged
/// nothing: the platform delivers event or message again. Each delivery counts as an attempt, so an image that kills its worker ends too.
/// </remarks>
public sealed class IntakeRetry(ImageIntake intake, IntakeRetryOptions options)
{
    private const string Code = "intake-failed";
    private const string Remedy = "Read the function app's log, then run: captioner sweep --retry-failed.";

    private readonly CaptionStorage _storage = intake.Storage;

    /// <summary>Takes an image in for an event.</summary>
    /// <param name="name">The image blob's name.</param>
    /// <param name="profile">The profile where its folder names none.</param>
    /// <param name="cancellationToken">Gives up: the event's trigger tries again.</param>
    /// <returns>The outcome, or the problem and when it is tried again.</returns>
    /// <exception cref="AggregateException">The intake failed, and so did sending the message for a later attempt.</exception>
    public async Task<IntakeAttempt> IngestAsync(string name, Profile profile, CancellationToken cancellationToken)
    {
        try
        {
            return new(name, 0) { Outcome = await TakeInAsync(name, profile, cancellationToken) };
        }
        catch (Exception problem) when (!cancellationToken.IsCancellationRequested)
        {
            return await PostponeAsync(new() { Container = _storage.Images.Name, Name = name, Attempt = 1 }, problem, cancellationToken);
        }
    }

    /// <summary>Takes an image in for a message of the intake's queue.</summary>
    /// <param name="text">The message's text, base64 or JSON, of any content.</param>
    /// <param name="deliveries">How often the queue delivered it: more than once where a worker died or storage failed.</param>
    /// <param name="profile">The profile where its folder names none.</param>
    /// <param name="cancellationToken">Gives up: the message is delivered again.</param>
    /// <returns>The outcome, or the problem and when it is tried again; never, after the last attempt.</returns>
    /// <exception cref="AggregateException">The attempt failed, and so did sending the message for the next one.</exception>
    /// <exception cref="RequestFailedException">Storage refused the <c>failed</c> record, or the poison message.</exception>
    public async Task<IntakeAttempt> RetryAsync(string text, long deliveries, Profile profile, CancellationToken cancellationToken)
    {
        var message = IntakeMessage.TryParse(text, out var unreadable);
        if (message is not null && message.Container != _storage.Images.Name)
        {
            unreadable = $"The message is for another container; this app serves '{_storage.Images.Name}'.";
        }

        if (message is null || unreadable is not null)
        {
            await PoisonAsync(text, unreadable!, cancellationToken);
            return new("a message of the intake's queue", 0) { Problem = new FormatException(unreadable) };
        }

        var number = (int)Math.Min(message.Attempt + Math.Max(deliveries - 1, 0), int.MaxValue - 1);
        if (number > options.MaxAttempts)
        {
            var died = new InvalidOperationException($"The worker ended during attempt {options.MaxAttempts} to take '{message.Name}' in.");
            return await GiveUpAsync(message, options.MaxAttempts, died, profile, cancellationToken);
        }

        try
        {
            return new(message.Name, number) { Outcome = await TakeInAsync(message.Name, profile, cancellationToken) };
        }
        catch (Exception problem) when (!cancellationToken.IsCancellationRequested)
        {
            return number >= options.MaxAttempts
                ? await GiveUpAsync(message, number, problem, profile, cancellationToken)
                : await PostponeAsync(message with { Attempt = number + 1 }, problem, cancellationToken);
        }
    }

    /// <summary>Sends an image's message, with the delay of its attempt.</summary>
    /// <returns>The delay.</returns>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    internal async Task<TimeSpan> SendAsync(IntakeMessage message, CancellationToken cancellationToken)
    {
        var delay = Backoff.After(message.Attempt, options.Delay, options.MaxDelay);
        await _storage.Intake.SendLastingAsync(message.Format(), delay, cancellationToken);
        return delay;
    }

    private async Task<IntakeOutcome> TakeInAsync(string name, Profile profile, CancellationToken cancellationToken)
    {
        var outcome = await intake.IngestAsync(name, profile, cancellationToken);
        if (outcome.Result == IntakeResult.AlreadyQueued)
        {
            // The call before may have failed, or died, between ticket and message. One message too many is harmless.
            await intake.Dispatch.SendAsync(name, cancellationToken);
        }

        return outcome;
    }

    private async Task<IntakeAttempt> PostponeAsync(IntakeMessage next, Exception problem, CancellationToken cancellationToken)
    {
        try
        {
            next = next with { ETag = next.ETag ?? await FindVersionAsync(next.Name, cancellationToken) };
            return new(next.Name, next.Attempt - 1) { Problem = problem, Delay = await SendAsync(next, cancellationToken) };
        }
        catch (Exception unsent) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AggregateException($"'{next.Name}' could not be taken in, and the message for a later attempt could not be sent.", problem, unsent);
        }
    }

    // Says which version the attempts belong to. Where it can't be read now, a later attempt reads it.
    private async Task<string?> FindVersionAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await intake.Store.GetImageETagAsync(name, cancellationToken);
        }
        catch (Exception error) when (error is RequestFailedException || StorageOutage.IsTransient(error, cancellationToken))
        {
            return null;
        }
    }

    private async Task<IntakeAttempt> GiveUpAsync(IntakeMessage message, int number, Exception problem, Profile profile, CancellationToken cancellationToken)
    {
        var etag = await intake.Store.GetImageETagAsync(message.Name, cancellationToken);
        if (etag is null || (message.ETag is { } seen && seen != etag))
        {
            // Deleted, or replaced: the newer version has its own event.
            return new(message.Name, number) { Outcome = new(IntakeResult.Gone) };
        }

        var resolved = await intake.Resolve(message.Name, profile, profileOverride: null, cancellationToken);
        var error = new RecordError(Code, $"The function app could not take '{message.Name}' in and gave up after {number} attempts. {problem.Message}", Remedy);
        var record = intake.RecordWithout(RecordStatus.Failed, message.Name, etag, contentHash: null, resolved, intake.Preparation(resolved.Profile), error);
        record = record with { Generation = record.Generation with { Tries = number } };
        var written = await intake.Store.WriteFirstAsync(record, cancellationToken);
        if (written == RecordWrite.Written)
        {
            intake.OnEvent?.Invoke(new() { Kind = PipelineEventKind.Failed, Name = message.Name, At = intake.Time.GetUtcNow(), Error = error, Record = record });
        }

        if (written is RecordWrite.Written or RecordWrite.AlreadyThere)
        {
            // No worker will finish this view. If it was its product's last one, the product is enqueued here.
            await intake.Products.EnsureAsync(message.Name, profile, cancellationToken);
        }

        return new(message.Name, number) { Problem = problem };
    }

    private async Task PoisonAsync(string text, string reason, CancellationToken cancellationToken)
    {
        var poison = new PoisonMessage { Code = "unreadable", Reason = reason, Text = text, At = intake.Time.GetUtcNow() };
        await _storage.Poison.SendLastingAsync(CaptionMessage.Format(poison), TimeSpan.Zero, cancellationToken);
    }
}

/// <summary>What became of one attempt to take an image in.</summary>
/// <param name="Name">The image's name.</param>
/// <param name="Number">Number of the attempt; 0 for the event's own.</param>
public sealed record IntakeAttempt(string Name, int Number)
{
    /// <summary>The intake's outcome; null where it failed.</summary>
    public IntakeOutcome? Outcome { get; init; }

    /// <summary>Why it failed; null where it did not.</summary>
    public Exception? Problem { get; init; }

    /// <summary>When it is tried again; null where it is not.</summary>
    public TimeSpan? Delay { get; init; }
}

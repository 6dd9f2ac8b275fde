using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure;
using Azure.Storage.Queues.Models;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>
/// Writes <c>failed</c> records for messages that were given up, so that <c>captioner status</c> counts them and <c>sweep --retry-failed</c> tries them again.
/// An existing record of that version of the image is left alone. A message without a known image is kept in a queue for people. Calls may be repeated.
/// </summary>
/// <remarks>
/// A worker writes the record before it sends its poison message, so its messages need nothing more. Records are missing for what the platform gives up: images whose
/// intake failed repeatedly, and jobs that another consumer of the queue gave up.
/// </remarks>
public sealed class PoisonMarker(ImageIntake intake)
{
    private const int MostRounds = 10;
    private const int ReturnsPerRound = 10;

    // A queue takes 64 KiB, and base64 adds a third.
    private const int MostEncoded = 48 * 1024;
    private const string Remedy = "Read the function app's log, then run: captioner sweep --retry-failed.";

    private static readonly TimeSpan BeforeTheNextRound = TimeSpan.FromMinutes(1);

    private readonly CaptionStorage _storage = intake.Storage;

    /// <summary>
    /// Handles a message of the poison queue of caption jobs. A platform also moves messages there whose consumer was killed or restarted a few times: these are sent again,
    /// since the ticket counts the tries of the model. After 10 rounds the picture is given up.
    /// </summary>
    /// <param name="message">The message's text, base64 or plain: a worker's poison message, or a job's message that a platform moved there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task<PoisonOutcome> MarkJobAsync(string message, CancellationToken cancellationToken)
    {
        if (TryRead(message, MessageJson.Compact.PoisonMessage) is { } poison)
        {
            return poison.Job is { } known
                ? await MarkAsync(message, known, new(poison.Code, poison.Reason, "Run: captioner sweep --retry-failed."), poison.Call, mayGoOn: false, cancellationToken)
                : await KeepAsync(message, poison.Reason, cancellationToken);
        }

        return CaptionMessage.TryParse(message, out var hint, out _)
            ? await MarkAsync(message, hint!, new("gave-up", $"A consumer of the queue '{_storage.Captions.Name}' gave this job up.", Remedy), call: null, mayGoOn: true, cancellationToken)
            : await KeepAsync(message, "The message is neither a poison message nor a caption job.", cancellationToken);
    }

    /// <summary>Handles a message of the blob trigger's own poison queue, <c>webjobs-blobtrigger-poison</c>: its image is taken in later.</summary>
    /// <param name="message">The message's text, base64 or plain.</param>
    /// <param name="retry">Sends the message for the later attempt.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task<PoisonOutcome> MarkImageAsync(string message, IntakeRetry retry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(retry);
        if (TryRead(message, MessageJson.Compact.PoisonBlob) is not { } blob)
        {
            return await KeepAsync(message, "The message is not one of the blob trigger.", cancellationToken);
        }

        if (blob.ContainerName != _storage.Images.Name || !ImageNames.IsImage(blob.BlobName))
        {
            // The queue is shared by every function app on the account.
            return await KeepAsync(message, $"'{ImageNames.Printable($"{blob.ContainerName}/{blob.BlobName}")}' is not an image of '{_storage.Images.Name}'.", cancellationToken);
        }

        var version = blob.ETag?.Trim('"') is { Length: > 0 } etag ? etag : null;
        var delay = await retry.SendAsync(new() { Container = blob.ContainerName, Name = blob.BlobName, ETag = version, Attempt = 1 }, cancellationToken);
        return new(PoisonResult.Postponed, blob.BlobName, $"The blob trigger gave it up; the next attempt follows in {delay}.");
    }

    private async Task<PoisonOutcome> MarkAsync(
        string message, JobHint hint, RecordError error, string? call, bool mayGoOn, CancellationToken cancellationToken)
    {
        if (hint.Container != _storage.Images.Name)
        {
            return await KeepAsync(message, $"The job is for container '{ImageNames.Printable(hint.Container)}'; this app serves '{_storage.Images.Name}'.", cancellationToken);
        }

        // A worker's message outlives its ticket: the picture may be wanted again by now.
        if (await intake.Dispatch.Tickets.ReadAsync(hint.Name, cancellationToken) is not { Ticket: { } ticket } stored || (!mayGoOn && ticket.Call != call))
        {
            return new(PoisonResult.OnRecord, hint.Name, $"Nothing more is wanted of it. {error.Message}");
        }

        if (mayGoOn && hint.Returned < MostRounds * ReturnsPerRound)
        {
            await intake.Dispatch.SendAsync(hint with { Returned = hint.Returned + ReturnsPerRound }, BeforeTheNextRound, cancellationToken);
            return new(PoisonResult.SentAgain, hint.Name, error.Message);
        }

        error = ticket.LastError is { } last ? error with { Message = $"{error.Message} {last}" } : error;
        var outcome = await WriteAsync(message, RecordDraft.Without(RecordStatus.Failed, ticket, resolved: null, model: null, error, intake.Time.GetUtcNow()), error, cancellationToken);
        if (outcome.Result is PoisonResult.Marked or PoisonResult.OnRecord)
        {
            await intake.Dispatch.Tickets.TryDeleteAsync(Tickets.NameOf(ticket.Container, ticket.Job.Name), stored.ETag, cancellationToken);
        }

        return outcome;
    }

    private async Task<PoisonOutcome> WriteAsync(string message, CaptionRecord record, RecordError error, CancellationToken cancellationToken)
    {
        var name = record.Image.Name;
        switch (await intake.Store.WriteFirstAsync(record, cancellationToken))
        {
            case RecordWrite.Written:
                intake.OnEvent?.Invoke(new() { Kind = PipelineEventKind.Failed, Name = name, At = intake.Time.GetUtcNow(), Error = error, Record = record });
                return new(PoisonResult.Marked, name, error.Message);
            case RecordWrite.AlreadyThere:
                return new(PoisonResult.OnRecord, name, error.Message);
            case RecordWrite.Blocked:
                var kept = await KeepAsync(message, $"A blob that is not a record has the name of the record of '{name}'. {error.Message}", cancellationToken);
                return kept with { Name = name };
            default:
                return new(PoisonResult.Outdated, name, "The image is gone or was replaced.");
        }
    }

    private async Task<PoisonOutcome> KeepAsync(string message, string reason, CancellationToken cancellationToken)
    {
        // Text that would have no room as base64 goes as it came.
        var bytes = Encoding.UTF8.GetBytes(message);
        var text = Decode(message) is null && bytes.Length <= MostEncoded ? Convert.ToBase64String(bytes) : message;
        try
        {
            await _storage.Kept.SendLastingAsync(text, TimeSpan.Zero, cancellationToken);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            await _storage.Kept.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await _storage.Kept.SendLastingAsync(text, TimeSpan.Zero, cancellationToken);
        }

        return new(PoisonResult.Kept, Name: null, reason);
    }

    private static T? TryRead<T>(string message, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Decode(message) is { } json ? JsonSerializer.Deserialize(json, type) : JsonSerializer.Deserialize(message, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The platform decodes base64 before it calls. A plain word can be valid base64 too ("null"), so only a decoded object counts.
    private static byte[]? Decode(string message)
    {
        var bytes = new byte[message.Length];
        return Convert.TryFromBase64String(message, bytes, out var length) && length > 0 && bytes[0] == '{' ? bytes[..length] : null;
    }
}

/// <summary>The result of handling a poison message, and the reason.</summary>
/// <param name="Result">The result.</param>
/// <param name="Name">The image's name; null for a message without one.</param>
/// <param name="Reason">Why the image was given up, or why the message was kept.</param>
public sealed record PoisonOutcome(PoisonResult Result, string? Name, string Reason);

/// <summary>The result of handling a poison message.</summary>
public enum PoisonResult
{
    /// <summary>The image has a <c>failed</c> record now.</summary>
    Marked,

    /// <summary>The image is taken in later (<see cref="IntakeRetry"/>).</summary>
    Postponed,

    /// <summary>A record of that version of the image exists and was left alone, or nothing more is wanted of the image.</summary>
    OnRecord,

    /// <summary>A platform gave the message up before its tries were used up: it is in the queue again.</summary>
    SentAgain,

    /// <summary>The image is gone or was replaced; the newer version has its own job.</summary>
    Outdated,

    /// <summary>The image is unknown, or its record can't be written: the message is in <see cref="CaptionStorage.Kept"/>.</summary>
    Kept,
}

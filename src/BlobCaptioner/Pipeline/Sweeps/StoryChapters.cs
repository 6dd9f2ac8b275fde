using BlobCaptioner.Captioning;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>What a record and a ticket tell, as events of a story.</summary>
internal static class StoryChapters
{
    private const string Vanished = "worker-vanished: The worker died, or stopped, before it could say how it ended.";

    /// <summary>The tries that failed before the record, the record, and what a person decided about it.</summary>
    public static IEnumerable<StoryEvent> OfRecord(StoryParts parts)
    {
        switch (parts.Stored)
        {
            case null:
                yield break;
            case { Record: null } blocked:
                yield return new(StoryEventKind.Blocked, null, blocked.BlockedError(parts.RecordName, parts.Name).Message);
                yield break;
        }

        var record = parts.Stored.Record;
        foreach (var (i, failure) in (record.Generation.Failures ?? []).Index())
        {
            yield return Failed(i + 1, failure.At, failure.Worker, failure.Error);
        }

        yield return new(StoryEventKind.Record, record.Generation.At, RecordText(record));
        var review = RecordReview.Read(record.Review);
        if (review.State is { } state)
        {
            yield return new(StoryEventKind.Review, review.At, $"{review.By ?? "A person"} set it to '{state}'.");
        }

        if (review.HasEdits)
        {
            yield return new(StoryEventKind.Review, null, "A person has edited it. The edits stand in place of the model's words, and stay when it is written anew.");
        }
    }

    private static string RecordText(CaptionRecord record)
    {
        var made = record.Generation;
        var worker = made.Worker;
        var tries = made.Tries == 1 ? "1 try" : $"{made.Tries} tries";
        return record.Status switch
        {
            RecordStatus.Rejected => $"{worker} wrote the record: it can't be described. {ErrorText(record.Error)}",
            RecordStatus.Failed => $"{worker} wrote the record: given up after {tries}. {ErrorText(record.Error)}",
            _ when made.ReusedFrom is { } other => $"{worker} wrote the record: the copy of '{other}', which has the same bytes, without asking a model.",
            _ when made.Model is null => $"{worker} wrote the record, without asking a model: nothing but its product's copy is to be written.",
            _ => $"{worker} wrote the record{(made.Redo is null ? "" : ", as a person had asked")}: described by {made.Model} for the profile '{record.Profile.Name}' in try {made.Tries}. "
                + $"{made.PromptTokens + made.ImageTokens:N0} tokens in, {made.OutputTokens:N0} out, {made.TotalMs:N0} ms"
                + $"{(made.Cost is { } cost ? $", {cost:0.######} {made.Currency}".TrimEnd() : "")}.",
        };
    }

    private static string ErrorText(RecordError? error) => error is null ? "" : $"{error.Code}: {error.Message}";

    /// <summary>What is wanted, the tries, and who works on it.</summary>
    public static IEnumerable<StoryEvent> OfTicket(StoryParts parts)
    {
        switch (parts.Ticket)
        {
            case null:
                yield break;
            case { Ticket: null }:
                yield return new(StoryEventKind.Ticket, null, $"Its ticket '{Tickets.NameOf(parts.Container, parts.Name)}' can't be read.");
                yield break;
        }

        var (stored, ticket) = (parts.Ticket, parts.Ticket.Ticket);
        yield return new(StoryEventKind.Sent, ticket.EnqueuedAt, SentText(ticket));
        for (var i = 0; i < ticket.Tries.Count; i++)
        {
            var attempt = ticket.Tries[i];
            yield return attempt.Error is null && i == ticket.Tries.Count - 1 && stored.IsHeld
                ? new(StoryEventKind.Begun, attempt.At, $"Try {i + 1}: {attempt.Worker} began, and is at it.")
                : Failed(i + 1, attempt.At, attempt.Worker, attempt.Error ?? Vanished);
        }

        if (ticket.Waits > 0)
        {
            yield return new(StoryEventKind.Ticket, null, $"No worker knew its profile '{ticket.Profile}', {StoryReader.Count(ticket.Waits, "time")} so far.");
        }

        if (ticket.Next is not null)
        {
            yield return new(StoryEventKind.Ticket, null, "More was asked for while the worker had it: it is described again after that.");
        }

        if (parts.Version is { } version && ticket.Job.Version != version)
        {
            yield return new(StoryEventKind.Ticket, null, $"That job is for another version: {ticket.Job.Version}.");
        }
    }

    private static string SentText(Ticket ticket)
    {
        var want = ticket.AllWanted;
        var part = want.Part is { } asked ? $" ({PartText(asked)})" : "";
        return want.Redo is null
            ? $"Its job was sent to the queue, for the profile '{want.ProfileOverride ?? ticket.Profile}'."
            : $"A person asked to have it written anew{part}; its job was sent to the queue, for the profile '{want.ProfileOverride ?? ticket.Profile}'.";
    }

    private static string PartText(CopyPart part) => string.Join(", ", part.Fields.Concat(part.Languages).DefaultIfEmpty("all"));

    /// <summary>Whether the record is up to date, and because of what; null where there is nothing to compare.</summary>
    public static StoryEvent? OfFreshness(StoryParts parts)
    {
        if (parts is not { Now: { } now, Stored.Record: { } record })
        {
            return null;
        }

        var made = Freshness.Of(record);
        var model = now.ModelHash is null ? " The model is not compared: this process has none." : "";
        if (parts.Differs.Count == 0)
        {
            return new(StoryEventKind.Fresh, null, parts.IsFresh
                ? (record.Profile.IsPinned
                    ? $"The record is up to date: a person chose its profile '{record.Profile.Name}', and it stays until the picture changes."
                    : $"The record is up to date: source, profile, preparation{(now.ModelHash is null ? "" : " and model")} are the same as now.{model}")
                : "The record lacks the metadata that listings need: it was copied here by another tool.");
        }

        var changes = parts.Differs.Select(d => d switch
        {
            "source" => $"it describes the version {made.SourceVersion}, and now there is {now.SourceVersion}",
            "profile" => $"it was written for '{record.Profile.Name}' {made.ProfileVersion} (profile and facts), and now '{parts.Profile}' {now.ProfileVersion} applies",
            "preparation" => $"it was prepared as '{made.Preparation}', and now '{(record is { Status: RecordStatus.Rejected, Generation.ModelHash: null } ? now.RejectedBy : now.Preparation)}' applies",
            _ => $"it was written by the model {made.ModelHash}, and now {now.ModelHash} would be asked",
        });
        return new(StoryEventKind.Fresh, null, $"The record is out of date because of its {string.Join(", ", parts.Differs)}: {string.Join("; ", changes)}.{model}");
    }

    private static StoryEvent Failed(int number, DateTimeOffset at, string worker, string error) => new(StoryEventKind.TryFailed, at, $"Try {number} on {worker} failed. {error}");
}

using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>Puts the chapters of a story in order, and says how it goes on.</summary>
internal static class StoryEnding
{
    /// <summary>The whole story.</summary>
    public static PictureStory Tell(StoryParts parts)
    {
        var record = StoryChapters.OfRecord(parts).ToList();
        var ticket = StoryChapters.OfTicket(parts).ToList();
        var seen = parts.Prepared is { } prepared ? [.. parts.Seen, prepared] : parts.Seen;

        // What is of an older version happened before this version was uploaded.
        var recordIsOlder = parts.Differs.Contains("source", StringComparer.Ordinal);
        var ticketIsOlder = IsOlder(parts);
        List<StoryEvent> events = parts.First is { } first ? [first] : [];
        events.AddRange([.. recordIsOlder ? record : [], .. ticketIsOlder ? ticket : [], .. seen, .. recordIsOlder ? [] : record, .. ticketIsOlder ? [] : ticket]);
        if (StoryChapters.OfFreshness(parts) is { } verdict)
        {
            events.Add(verdict);
        }

        var (state, next, wait) = Ending(parts);
        return new() { Name = parts.Name, State = state, Events = events, Differs = parts.Differs, Next = next, NextInSeconds = wait is { } w ? Ticket.Seconds(w) : null };
    }

    private static bool IsOlder(StoryParts parts) => parts is { Ticket.Ticket: { } ticket, Version: { } version } && ticket.Job.Version != version;

    private static (StoryState State, string Next, TimeSpan? Wait) Ending(StoryParts parts)
    {
        if (parts.Stored is { Record: null } blocked)
        {
            return (StoryState.Blocked, $"Nothing, until you do this: {blocked.BlockedError(parts.RecordName, parts.Name).Remedy}", null);
        }

        if (parts.Version is null)
        {
            return OfNothing(parts);
        }

        if (parts.Ticket is { Ticket: { } ticket } stored && ticket.Job.Version == parts.Version)
        {
            return OfTicket(parts, ticket, stored);
        }

        if (parts.IsWanted)
        {
            var text = IsOlder(parts) || parts.Ticket is null ? SweepText(parts) : $"{SweepText(parts)} It replaces the ticket.";
            return parts.Pause is { } pause ? (StoryState.Paused, $"Sending is paused. {pause} Once it goes on: {text}", null) : (StoryState.Waiting, text, null);
        }

        var leftover = parts.Ticket is null ? "" : " The next sweep or worker removes the ticket.";
        return parts.Stored!.Record!.Status switch
        {
            RecordStatus.Described => (StoryState.Described, $"Nothing: it is done.{leftover}", null),
            RecordStatus.Rejected => (StoryState.Rejected, $"Nothing, until the picture, its settings or a limit changes. {parts.Stored.Record.Error?.Remedy}{leftover}".TrimEnd(), null),
            _ when parts.NextRound is { } wait => (StoryState.Failed,
                $"A sweep after {Duration(wait)} tries it again, since the failure was not the picture's. To do that now, run: captioner redo {Quoted(parts.Name)}.{leftover}", wait),
            _ => (StoryState.Failed, $"Nothing, until you run: captioner redo {Quoted(parts.Name)} (or for all that failed: captioner sweep --retry-failed).{leftover}", null),
        };
    }

    private static (StoryState State, string Next, TimeSpan? Wait) OfNothing(StoryParts parts)
    {
        if (parts.OpenViews.Count > 0)
        {
            var (first, others) = (parts.OpenViews[0], parts.OpenViews.Count - 1);
            return (StoryState.WaitsForViews,
                $"It waits for its view '{first}'{(others > 0 ? $" and {StoryReader.Count(others, "other")}" : "")}. "
                + $"The worker that finishes the last one enqueues the product, if its record is out of date then. See: captioner why {Quoted(first)}", null);
        }

        return (StoryState.Gone, parts switch
        {
            { Ticket: not null } => "The worker that gets its message removes the ticket. Nothing is written.",
            { Stored: not null } => $"Nothing: sweeps leave its record where it is. Delete '{parts.RecordName}' too if it is no longer needed.",
            _ => "Nothing. Check the name: letter case counts.",
        }, null);
    }

    private static (StoryState State, string Next, TimeSpan? Wait) OfTicket(StoryParts parts, Ticket ticket, StoredTicket stored)
    {
        if (stored.IsHeld)
        {
            return (StoryState.Working,
                $"A worker has it for {Duration(stored.Busy)} more, and renews that while it works. If that worker died, another one begins then.", stored.Busy);
        }

        if (parts.Place is not { } place)
        {
            return (StoryState.Retrying, $"The next try comes in {Duration(stored.Busy)}.", stored.Busy);
        }

        var done = parts.IsFresh && ticket.Want.Redo is null ? " Its record is up to date, so the worker only removes the ticket." : "";
        if (place.Ahead >= 0)
        {
            return (StoryState.Queued, (place.Ahead == 0 ? "Its message is the first in the queue." : $"It waits in the queue behind about {StoryReader.Count(place.Ahead, "message")}.") + done, null);
        }

        if (place.IsLost)
        {
            return (StoryState.MessageLost, $"Its message was lost. The next sweep sends it again.{done}", null);
        }

        return place.Length > 32
            ? (StoryState.Queued, $"It waits in the queue, behind at least 32 of about {StoryReader.Count(place.Length, "message")}.{done}", null)
            : (StoryState.Queued,
                "No message of it waits in the queue: a worker has taken that and has not begun, or it comes back for a later try, or it was lost. "
                + $"A sweep after {Duration(place.Patience)} sends it again if nobody has begun by then.{done}", place.Patience);
    }

    private static string SweepText(StoryParts parts) => parts switch
    {
        { HasBrokenSettings: true } => "The next sweep rejects it, because its folder's settings are broken. Correct them, and it is described.",
        { IsFresh: true } => "The next sweep tries it again, since the failure was not the picture's.",
        { Stored: null } => "The next sweep takes it in.",
        { Differs: ["source"], Stored.Record.Status: not RecordStatus.Failed } => "The next sweep takes it in. If it has the same bytes as before, only its record is brought up to date.",
        { Differs: [] } => "The next sweep writes its record again, with the metadata that listings need.",
        _ => "The next sweep takes it in, to be described anew.",
    };

    private static string Quoted(string name) => name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('/' or '.' or '-' or '_')) ? $"'{name.Replace("'", "'\\''", StringComparison.Ordinal)}'" : name;

    private static string Duration(TimeSpan time) => time.TotalSeconds < 120 ? $"{Ticket.Seconds(time)} s" : time.TotalMinutes < 120 ? $"{Math.Round(time.TotalMinutes)} min" : $"{Math.Round(time.TotalHours)} h";
}

using System.Collections.Concurrent;
using System.Text.Json;
using BlobCaptioner.Pipeline;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>What Azurite applied to each ticket, as the proxy saw it, in storage's own time: who held it when, whatever the workers believed.</summary>
internal sealed class TicketJournal
{
    private readonly ConcurrentDictionary<string, List<TicketWrite>> _tickets = new(StringComparer.Ordinal);

    /// <summary>Notes a request that was applied, if it is about a ticket.</summary>
    public void Note(HttpRequestMessage request, byte[] body, HttpResponseMessage answer)
    {
        var path = request.RequestUri!.AbsolutePath;
        var at = path.IndexOf(Tickets.Folder, StringComparison.Ordinal);
        if (at < 0 || !answer.IsSuccessStatusCode || (request.Method != HttpMethod.Put && request.Method != HttpMethod.Delete))
        {
            return;
        }

        var write = request.Method == HttpMethod.Delete
            ? new TicketWrite(answer.Headers.Date!.Value, Holder: null, Hold: default, IsDelete: true)
            : Read(body, answer.Content.Headers.LastModified!.Value);
        var writes = _tickets.GetOrAdd(path[at..], static _ => []);
        lock (writes)
        {
            writes.Add(write);
        }
    }

    /// <summary>How the ticket of a picture went from hand to hand.</summary>
    public TicketStory StoryOf(string picture)
    {
        var (ranOut, tooEarly, freed) = (0, 0, 0);
        TicketWrite? last = null;
        foreach (var write in _tickets.GetValueOrDefault(Tickets.NameOf("images", picture)) ?? [])
        {
            if (last is { Holder: { } holder } && !write.IsDelete && write.Holder != holder)
            {
                // Both times are storage's, in whole seconds, as the worker that takes over reads them.
                _ = write.At - last.At >= last.Hold ? ranOut++ : write.Holder is null ? freed++ : tooEarly++;
            }

            last = write;
        }

        return new(ranOut, tooEarly, freed);
    }

    private static TicketWrite Read(byte[] body, DateTimeOffset at)
    {
        using var document = JsonDocument.Parse(body);
        var ticket = document.RootElement;
        return new(
            at,
            ticket.TryGetProperty("holder", out var holder) ? holder.GetString() : null,
            ticket.TryGetProperty("holdSeconds", out var seconds) ? TimeSpan.FromSeconds(seconds.GetInt32()) : default,
            IsDelete: false);
    }
}

/// <summary>One write to a ticket.</summary>
/// <param name="At">Storage's time, in whole seconds.</param>
/// <param name="Holder">Who holds it now; null for nobody.</param>
/// <param name="Hold">For how long.</param>
/// <param name="IsDelete">True where the ticket is gone.</param>
internal sealed record TicketWrite(DateTimeOffset At, string? Holder, TimeSpan Hold, bool IsDelete);

/// <summary>How a ticket went from hand to hand.</summary>
/// <param name="RanOut">How often its hold was ended by another after it had run out.</param>
/// <param name="TooEarly">How often another worker took it before.</param>
/// <param name="Freed">How often it was freed before: by its own worker, which handed it back.</param>
internal sealed record TicketStory(int RanOut, int TooEarly, int Freed);

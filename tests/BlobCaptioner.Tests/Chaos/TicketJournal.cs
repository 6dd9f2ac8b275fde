using System.Collections.Concurrent;
using System.Text.Json;
using BlobCaptioner.Pipeline;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>What Azurite applied to each ticket, as the proxy saw it, in storage's own time: who held it when, whatever the workers believed.</summary>
internal sealed class TicketJournal
{
    private readonly ConcurrentDictionary<string, List<TicketWrite>> _tickets = new(StringComparer.Ordinal);

    /// <summary>Notes what a request about a ticket did or found. A write whose answer a stop of storage cut is known by the next read, as it is to its worker.</summary>
    public async Task NoteAsync(HttpRequestMessage request, byte[] body, HttpResponseMessage answer)
    {
        var path = request.RequestUri!.AbsolutePath;
        var at = path.IndexOf(Tickets.Folder, StringComparison.Ordinal);
        if (at < 0 || !answer.IsSuccessStatusCode || (request.Method != HttpMethod.Put && request.Method != HttpMethod.Get && request.Method != HttpMethod.Delete))
        {
            return;
        }

        var write = request.Method == HttpMethod.Delete
            ? new TicketWrite(answer.Headers.Date!.Value, ETag: null, Holder: null, Hold: default)
            : Read(request.Method == HttpMethod.Put ? body : await answer.Content.ReadAsByteArrayAsync(), answer);
        var writes = _tickets.GetOrAdd(path[at..], static _ => []);
        lock (writes)
        {
            if (write.IsDelete || writes.All(w => w.ETag != write.ETag))
            {
                writes.Add(write);
            }
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

    private static TicketWrite Read(byte[] body, HttpResponseMessage answer)
    {
        using var document = JsonDocument.Parse(body);
        var ticket = document.RootElement;
        return new(
            answer.Content.Headers.LastModified!.Value,
            answer.Headers.ETag!.Tag,
            ticket.TryGetProperty("holder", out var holder) ? holder.GetString() : null,
            ticket.TryGetProperty("holdSeconds", out var seconds) ? TimeSpan.FromSeconds(seconds.GetInt32()) : default);
    }
}

/// <summary>One write to a ticket.</summary>
/// <param name="At">Storage's time, in whole seconds.</param>
/// <param name="ETag">Its version; null where it is gone.</param>
/// <param name="Holder">Who holds it now; null for nobody.</param>
/// <param name="Hold">For how long.</param>
internal sealed record TicketWrite(DateTimeOffset At, string? ETag, string? Holder, TimeSpan Hold)
{
    public bool IsDelete => ETag is null;
}

/// <summary>How a ticket went from hand to hand.</summary>
/// <param name="RanOut">How often its hold was ended by another after it had run out.</param>
/// <param name="TooEarly">How often another worker took it before.</param>
/// <param name="Freed">How often it was freed before: by its own worker, which handed it back.</param>
internal sealed record TicketStory(int RanOut, int TooEarly, int Freed);

using System.Collections.Concurrent;
using System.Text.Json;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>What Azurite applied to each ticket, as the proxy saw it, in storage's own time: who held it when, whatever the workers believed.</summary>
internal sealed class TicketJournal
{
    private const string Folder = "/_tickets/";

    private readonly ConcurrentDictionary<string, List<TicketWrite>> _tickets = new(StringComparer.Ordinal);

    /// <summary>Notes a request that was applied, if it is about a ticket.</summary>
    public void Note(HttpRequestMessage request, byte[] body, HttpResponseMessage answer)
    {
        var path = request.RequestUri!.AbsolutePath;
        var at = path.IndexOf(Folder, StringComparison.Ordinal);
        if (at < 0 || !answer.IsSuccessStatusCode || (request.Method != HttpMethod.Put && request.Method != HttpMethod.Delete))
        {
            return;
        }

        var write = request.Method == HttpMethod.Delete
            ? new TicketWrite(answer.Headers.Date!.Value, Worker: null, IsDelete: true)
            : new TicketWrite(answer.Content.Headers.LastModified!.Value, WorkerIn(body), IsDelete: false);
        var writes = _tickets.GetOrAdd(path[(at + Folder.Length)..], static _ => []);
        lock (writes)
        {
            writes.Add(write);
        }
    }

    /// <summary>How a ticket went from hand to hand.</summary>
    /// <param name="ticket">The ticket's blob name below its folder.</param>
    /// <param name="lease">The lease that workers take.</param>
    public TicketStory StoryOf(string ticket, TimeSpan lease)
    {
        var (ranOut, tooEarly, given) = (0, 0, 0);
        TicketWrite? last = null;
        foreach (var write in _tickets.GetValueOrDefault(ticket) ?? [])
        {
            if (last is { Worker: { } holder } && write.Worker is { } next && holder != next)
            {
                // Both times are storage's, in whole seconds, as the worker that takes over reads them.
                _ = write.At - last.At >= lease ? ranOut++ : tooEarly++;
            }
            else if (last is { Worker: not null } && write is { Worker: null, IsDelete: false })
            {
                given++;
            }

            last = write;
        }

        return new(ranOut, tooEarly, given);
    }

    private static string? WorkerIn(byte[] body)
    {
        using var ticket = JsonDocument.Parse(body);
        return ticket.RootElement.TryGetProperty("worker", out var worker) ? worker.GetString() : null;
    }
}

/// <summary>One write to a ticket.</summary>
/// <param name="At">Storage's time, in whole seconds.</param>
/// <param name="Worker">Who holds it now; null for nobody.</param>
/// <param name="IsDelete">True where the ticket is gone.</param>
internal sealed record TicketWrite(DateTimeOffset At, string? Worker, bool IsDelete);

/// <summary>How a ticket went from hand to hand.</summary>
/// <param name="RanOut">How often another worker took it after its lease had run out.</param>
/// <param name="TooEarly">How often another worker took it before.</param>
/// <param name="GivenBack">How often its worker put it back.</param>
internal sealed record TicketStory(int RanOut, int TooEarly, int GivenBack);

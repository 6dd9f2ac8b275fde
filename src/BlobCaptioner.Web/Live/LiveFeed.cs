using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Live;

/// <summary>Events for the pages that are open: states of pictures, drafts of texts, and the progress of the batch.</summary>
internal sealed class LiveFeed(TimeProvider time)
{
    // A page that stops reading loses the oldest events. It reloads what it shows when it connects again.
    private const int MaxUnread = 2_000;
    private static readonly TimeSpan s_draftInterval = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentDictionary<Guid, Channel<SseItem<string>>> _readers = new();
    private readonly ConcurrentDictionary<string, PictureState> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Draft> _drafts = new(StringComparer.Ordinal);

    /// <summary>How often an idle stream sends <see cref="Alive"/>, so that proxies keep it open.</summary>
    public static TimeSpan AliveInterval { get; } = TimeSpan.FromSeconds(15);

    /// <summary>The event that keeps a stream open. Readers ignore it.</summary>
    public static SseItem<string> Alive { get; } = new("{}", "alive");

    /// <summary>States of the pictures that this process works on, by name.</summary>
    public IReadOnlyDictionary<string, PictureState> States => _states;

    /// <summary>Handles an event of the pipeline in this process.</summary>
    public void OnEvent(PipelineEvent step)
    {
        switch (step.Kind)
        {
            case PipelineEventKind.Preparing:
                Set(step.Name, PictureState.Preparing);
                break;
            case PipelineEventKind.Started:
                Set(step.Name, PictureState.Writing);
                if (step.Draft is { } draft)
                {
                    if (!_readers.IsEmpty)
                    {
                        draft.Watch();
                    }

                    _drafts[step.Name] = new(draft);
                }

                break;
            case PipelineEventKind.Enqueued:
                Set(step.Name, state: null);
                break;
            case PipelineEventKind.StorageTrouble or PipelineEventKind.Unreadable or PipelineEventKind.Uploaded:
                break;
            default:
                _drafts.TryRemove(step.Name, out _);
                Set(step.Name, state: null);
                break;
        }
    }

    /// <summary>Sends a card to all pages. A picture that is being worked on keeps that state.</summary>
    public void Send(PictureCard card) => Send("picture", _states.TryGetValue(card.Name, out var now) ? card with { State = now } : card);

    /// <summary>Sends an event to all pages.</summary>
    /// <param name="type">The event's type.</param>
    /// <param name="data">Its data, JSON.</param>
    public void Send(string type, object data)
    {
        if (_readers.IsEmpty)
        {
            return;
        }

        Send(EventOf(type, data));
    }

    /// <summary>An event with its data as JSON.</summary>
    public static SseItem<string> EventOf(string type, object data) => new(JsonSerializer.Serialize(data, WebJson.Options), type);

    /// <summary>Events from now on, until cancelled. The first is <see cref="Alive"/>, so that the browser sees the connection open.</summary>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var channel = Channel.CreateBounded<SseItem<string>>(new BoundedChannelOptions(MaxUnread) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        _readers[id] = channel;
        try
        {
            foreach (var draft in _drafts.Values)
            {
                draft.Text.Watch();
            }

            yield return Alive;
            await foreach (var next in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return next;
            }
        }
        finally
        {
            _readers.TryRemove(id, out _);
        }
    }

    /// <summary>Sends drafts as they grow, as long as a page is connected.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var alive = time.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(s_draftInterval, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_readers.IsEmpty)
            {
                continue;
            }

            if (time.GetElapsedTime(alive) >= AliveInterval)
            {
                alive = time.GetTimestamp();
                Send(Alive);
            }

            foreach (var (name, draft) in _drafts)
            {
                if (draft.Text.Version is var version && version != draft.SentVersion)
                {
                    draft.SentVersion = version;
                    Send("draft", new { name, texts = draft.Text.Read() });
                }
            }
        }
    }

    private void Send(SseItem<string> item)
    {
        foreach (var reader in _readers.Values)
        {
            reader.Writer.TryWrite(item);
        }
    }

    private void Set(string name, PictureState? state)
    {
        if (state is { } now)
        {
            _states[name] = now;
        }
        else
        {
            _states.TryRemove(name, out _);
        }

        Send("state", new { name, state });
    }

    private sealed class Draft(CaptionDraft text)
    {
        public CaptionDraft Text => text;

        public int SentVersion { get; set; }
    }
}

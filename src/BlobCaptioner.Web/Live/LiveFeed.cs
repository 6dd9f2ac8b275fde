using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Live;

/// <summary>What happens now, for pages that are open: states of pictures, texts as they are written, and how the batch goes.</summary>
internal sealed class LiveFeed(TimeProvider time)
{
    // A page that reads no more loses the oldest, and reloads what it sees when it comes back.
    private const int MostUnread = 2_000;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentDictionary<Guid, Channel<LiveEvent>> _readers = new();
    private readonly ConcurrentDictionary<string, PictureState> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Draft> _drafts = new(StringComparer.Ordinal);

    /// <summary>Pictures that are under way in this process, and how far.</summary>
    public IReadOnlyDictionary<string, PictureState> States => _states;

    /// <summary>Takes a step of the pipeline in this process.</summary>
    public void Take(PipelineEvent step)
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

    /// <summary>Tells of a card; what is under way shows as that.</summary>
    public void Tell(PictureCard card) => Tell("picture", _states.TryGetValue(card.Name, out var now) ? card with { State = now } : card);

    /// <summary>Tells all pages.</summary>
    /// <param name="type">The event's type.</param>
    /// <param name="data">Its data, JSON.</param>
    public void Tell(string type, object data)
    {
        if (_readers.IsEmpty)
        {
            return;
        }

        var told = new LiveEvent(type, JsonSerializer.Serialize(data, WebJson.Options));
        foreach (var reader in _readers.Values)
        {
            reader.Writer.TryWrite(told);
        }
    }

    /// <summary>Events from now on, until cancelled.</summary>
    public async IAsyncEnumerable<LiveEvent> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var channel = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(MostUnread) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        _readers[id] = channel;
        try
        {
            foreach (var draft in _drafts.Values)
            {
                draft.Text.Watch();
            }

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

    /// <summary>Looks at what is written, as long as somebody watches.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(s_look, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_readers.IsEmpty)
            {
                continue;
            }

            foreach (var (name, draft) in _drafts)
            {
                if (draft.Text.Version is var version && version != draft.Seen)
                {
                    draft.Seen = version;
                    Tell("draft", new { name, texts = draft.Text.Read() });
                }
            }
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

        Tell("state", new { name, state });
    }

    private sealed class Draft(CaptionDraft text)
    {
        public CaptionDraft Text => text;

        public int Seen { get; set; }
    }
}

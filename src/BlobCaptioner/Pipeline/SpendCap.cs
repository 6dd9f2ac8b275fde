using BlobCaptioner.Captioning;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Pipeline;

/// <summary>
/// Pauses sending when the day's budget is reached. A process adds up for itself and exchanges its count with storage every 5 seconds while it works, so a picture costs no
/// request. A crash loses the seconds that were not written. Where storage can't be read, sending goes on with what was known. One for each process.
/// </summary>
public sealed class SpendCap : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan Exchange = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CaptionStorage _storage;
    private readonly BudgetOptions _caps;
    private readonly TimeProvider _time;
    private readonly string _me = $"{WorkerName.Current}/{JobDispatch.NewId()}";
    private readonly Lock _lock = new();
    private readonly Dictionary<DateOnly, Spend> _mine = [];
    private readonly Dictionary<DateOnly, Spend> _written = [];
    private Seen? _seen;
    private long? _readAt;
    private DateOnly _readOn;
    private long? _wroteAt;
    private TaskCompletionSource? _running;

    /// <summary>Creates it; makes no request.</summary>
    /// <param name="storage">Holds the count.</param>
    /// <param name="options">The caps. Without one nothing is read or written.</param>
    /// <param name="time">Clock; null takes the system's. It says which day it is.</param>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    public SpendCap(CaptionStorage storage, BudgetOptions options, TimeProvider? time = null) =>
        (_storage, _caps, _time) = (storage, new BudgetOptionsValidator().Require(options), time ?? TimeProvider.System);

    /// <summary>True where there is a cap.</summary>
    public bool IsSet => _caps.IsSet;

    /// <summary>Takes a place for a picture to send.</summary>
    /// <returns>The place, which counts until it is disposed of without <see cref="SpendPlace.Keep"/>; or why there is none.</returns>
    internal async Task<SpendPlace> TakeAsync(CancellationToken cancellationToken)
    {
        if (!IsSet)
        {
            return new();
        }

        await RefreshAsync(cancellationToken);
        lock (_lock)
        {
            var today = BudgetStatus.Today(_time);
            if (Why(today) is { } why)
            {
                return new() { Paused = HeldBack(why) };
            }

            Count(today, new(Pictures: 1));
            return new(() => Add(today, new(Pictures: -1)));
        }
    }

    /// <summary>Why no picture may be sent now; null where one may. A picture that is held back counts in the metrics.</summary>
    internal async Task<RecordError?> FindPauseAsync(CancellationToken cancellationToken)
    {
        if (!IsSet)
        {
            return null;
        }

        await RefreshAsync(cancellationToken);
        lock (_lock)
        {
            return Why(BudgetStatus.Today(_time)) is { } why ? HeldBack(why) : null;
        }
    }

    /// <summary>Counts an answer of the model.</summary>
    internal void Count(CaptionUsage usage)
    {
        if (IsSet && usage.PromptTokens + usage.ImageTokens + usage.OutputTokens is > 0 and var tokens)
        {
            Add(BudgetStatus.Today(_time), new(Answers: 1, Tokens: tokens, Money: usage.Cost ?? 0, Currency: usage.Currency));
        }
    }

    /// <summary>Writes the count if it changed and the last write is 5 seconds ago. A failure is tried again with the next one.</summary>
    internal Task SettleAsync(CancellationToken cancellationToken) => IsDirty() && IsDue(_wroteAt) ? ExchangeAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Writes the count if it changed. A failure is tried again with the next one.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => IsDirty() ? ExchangeAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Does nothing: only <see cref="DisposeAsync"/> writes the last seconds' count. A host disposes of its services so.</summary>
    public void Dispose()
    {
    }

    /// <summary>Writes the rest of the count, for up to 5 seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        try
        {
            await FlushAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // The count lacks the last seconds.
        }
    }

    private Task RefreshAsync(CancellationToken cancellationToken) =>
        IsDue(_readAt) || _readOn != BudgetStatus.Today(_time) ? ExchangeAsync(cancellationToken) : Task.CompletedTask;

    private static RecordError HeldBack(string why)
    {
        PipelineMetrics.HeldBack();
        return BudgetStatus.ErrorOf(why);
    }

    private bool IsDue(long? last) => last is not { } then || _time.GetElapsedTime(then) >= Exchange;

    private bool IsDirty()
    {
        lock (_lock)
        {
            return _mine.Any(m => m.Value != _written.GetValueOrDefault(m.Key, new()));
        }
    }

    private void Add(DateOnly day, Spend more)
    {
        lock (_lock)
        {
            Count(day, more);
        }
    }

    private void Count(DateOnly day, Spend more) => _mine[day] = _mine.GetValueOrDefault(day, new()) + more;

    private string? Why(DateOnly today)
    {
        var mine = _mine.GetValueOrDefault(today, new());
        if (_seen is not { } seen || seen.Day != today)
        {
            // Storage could not be read today.
            return BudgetStatus.Reached(_caps, mine, onTheWay: 0, mine);
        }

        var total = seen.Others + mine;
        var onTheWay = seen.Queued + mine.Pictures - seen.Mine.Pictures - (mine.Answers - seen.Mine.Answers);
        return seen.Resumed ? null : BudgetStatus.Reached(_caps, total, Math.Max(0, onTheWay), total.Answers > 0 ? total : seen.Before);
    }

    // One at a time in a process; the others wait for it.
    private async Task ExchangeAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource? mine = null;
        Task running;
        lock (_lock)
        {
            running = (_running ??= mine = new()).Task;
        }

        if (mine is null)
        {
            await running.WaitAsync(cancellationToken);
            return;
        }

        try
        {
            await WriteAndReadAsync(cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A budget never stops the pictures: the next exchange tries again.
            PipelineMetrics.Count(PipelineEventKind.StorageTrouble, code: null, "budget");
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
                (_readAt, _readOn) = (_time.GetTimestamp(), BudgetStatus.Today(_time));
            }

            mine.SetResult();
        }
    }

    private async Task WriteAndReadAsync(CancellationToken cancellationToken)
    {
        var today = BudgetStatus.Today(_time);
        foreach (var day in Days().Where(d => d != today))
        {
            await ExchangeAsync(day, cancellationToken);
        }

        var (now, mine) = await ExchangeAsync(today, cancellationToken);
        var needsAverage = BudgetStatus.NeedsAverage(_caps);
        var queued = needsAverage ? (await _storage.Captions.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount : 0;
        var before = _seen?.Day == today ? _seen.Before
            : needsAverage ? (await SpendDay.ReadAsync(_storage, today.AddDays(-1), cancellationToken))?.Day.Total ?? new()
            : new();
        lock (_lock)
        {
            _seen = new(today, SpendDay.Sum(now.By.Where(b => b.Key != _me).Select(b => b.Value)), mine, queued, now.Resumed, before);

            // A place that was taken yesterday may still be given back.
            foreach (var past in _mine.Where(m => m.Key < today.AddDays(-1) && m.Value == _written.GetValueOrDefault(m.Key)).Select(m => m.Key).ToList())
            {
                _mine.Remove(past);
                _written.Remove(past);
            }
        }
    }

    private async Task<(SpendDay Now, Spend Mine)> ExchangeAsync(DateOnly day, CancellationToken cancellationToken)
    {
        Spend mine;
        bool isDirty;
        lock (_lock)
        {
            mine = _mine.GetValueOrDefault(day, new());
            isDirty = mine != _written.GetValueOrDefault(day, new());
        }

        var now = await SpendDay.ChangeAsync(
            _storage, day, seen => isDirty ? seen with { By = With(seen.By, mine), Caps = _caps } : null, cancellationToken);
        lock (_lock)
        {
            if (isDirty)
            {
                _written[day] = mine;
                _wroteAt = _time.GetTimestamp();
            }
        }

        return (now, mine);
    }

    private Dictionary<string, Spend> With(IReadOnlyDictionary<string, Spend> by, Spend mine) => new(by, StringComparer.Ordinal) { [_me] = mine };

    private List<DateOnly> Days()
    {
        lock (_lock)
        {
            return [.. _mine.Keys];
        }
    }

    /// <param name="Day">The day that was read.</param>
    /// <param name="Others">What other processes had counted.</param>
    /// <param name="Mine">What this process had counted.</param>
    /// <param name="Queued">Messages in the queue.</param>
    /// <param name="Resumed">True where a person lifted the caps.</param>
    /// <param name="Before">The day's before total.</param>
    private sealed record Seen(DateOnly Day, Spend Others, Spend Mine, long Queued, bool Resumed, Spend Before);
}

/// <summary>A picture's place in the day's budget.</summary>
internal sealed class SpendPlace(Action? giveBack = null) : IDisposable
{
    private Action? _giveBack = giveBack;

    /// <summary>Why it may not be sent today; null where it may.</summary>
    public RecordError? Paused { get; init; }

    /// <summary>The picture was sent.</summary>
    public void Keep() => _giveBack = null;

    /// <summary>Gives the place back, unless it was kept.</summary>
    public void Dispose()
    {
        _giveBack?.Invoke();
        _giveBack = null;
    }
}

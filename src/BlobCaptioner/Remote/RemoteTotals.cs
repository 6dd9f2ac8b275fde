namespace BlobCaptioner.Remote;

/// <summary>Requests and tokens of a <see cref="RemoteCaptionModel"/> since it began, failed pictures included.</summary>
public sealed record RemoteTotals
{
    /// <summary>Requests sent, those sent again included.</summary>
    public long Requests { get; init; }

    /// <summary>Of these, requests sent again after 429, 5xx, a cut connection or a timeout.</summary>
    public long Retries { get; init; }

    /// <summary>Of these, requests that told the model what was wrong with its first answer.</summary>
    public long Repairs { get; init; }

    /// <summary>Pictures described.</summary>
    public long Described { get; init; }

    /// <summary>Tokens read, pictures included, as the server counts them.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens written, thoughts included, as the server counts them.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Price of these tokens in <see cref="RemoteModelOptions.Currency"/>; null where no prices are given.</summary>
    public decimal? Cost { get; init; }
}

/// <summary>Counts requests and tokens. Thread-safe.</summary>
internal sealed class RemoteCounter(RemoteModelOptions options)
{
    private readonly Lock _lock = new();
    private RemoteTotals _totals = new();

    public void AddRequest() => Change(t => t with { Requests = t.Requests + 1 });

    public void AddRetry() => Change(t => t with { Retries = t.Retries + 1 });

    public void AddRepair() => Change(t => t with { Repairs = t.Repairs + 1 });

    public void AddDescribed() => Change(t => t with { Described = t.Described + 1 });

    public void Add(int input, int output) => Change(t => t with { InputTokens = t.InputTokens + input, OutputTokens = t.OutputTokens + output });

    public RemoteTotals Read()
    {
        lock (_lock)
        {
            return _totals with { Cost = CostOf(_totals.InputTokens, _totals.OutputTokens) };
        }
    }

    /// <summary>Price of tokens; null where no prices are given.</summary>
    public decimal? CostOf(long input, long output) => options is { InputPricePerMillion: { } read, OutputPricePerMillion: { } written }
        ? ((input * read) + (output * written)) / 1_000_000
        : null;

    private void Change(Func<RemoteTotals, RemoteTotals> change)
    {
        lock (_lock)
        {
            _totals = change(_totals);
        }
    }
}

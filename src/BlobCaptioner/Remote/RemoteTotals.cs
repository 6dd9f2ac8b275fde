namespace BlobCaptioner.Remote;

/// <summary>What a <see cref="RemoteCaptionModel"/> has asked of its server since it began, failed pictures included.</summary>
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

    /// <summary>What these tokens cost in <see cref="RemoteModelOptions.Currency"/>; null where no prices are given.</summary>
    public decimal? Cost { get; init; }
}

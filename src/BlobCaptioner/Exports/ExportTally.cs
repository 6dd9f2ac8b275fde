namespace BlobCaptioner.Exports;

/// <summary>Counts what an export did, and what people should know of it.</summary>
public sealed class ExportTally
{
    private readonly SortedDictionary<string, long> _skipped = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _warnings = new(StringComparer.Ordinal);

    /// <summary>Records read.</summary>
    public long Records { get; private set; }

    /// <summary>Pictures or products written.</summary>
    public long Items { get; private set; }

    /// <summary>Records that have no row of their own, by reason.</summary>
    public IReadOnlyDictionary<string, long> Skipped => _skipped;

    /// <summary>Rows by what is amiss in them: <c>price-missing</c>, <c>title-cut</c>...</summary>
    public IReadOnlyDictionary<string, long> Warnings => _warnings;

    internal void Read() => Records++;

    internal void Wrote() => Items++;

    internal void Skip(string reason) => _skipped[reason] = _skipped.GetValueOrDefault(reason) + 1;

    internal void Warn(string code) => _warnings[code] = _warnings.GetValueOrDefault(code) + 1;
}

namespace BlobCaptioner.Models;

/// <summary>Which bytes of a file are there: ranges in order that neither touch nor overlap. Not for several threads at once.</summary>
internal sealed class ByteRanges
{
    private readonly List<(long From, long To)> _ranges = [];

    /// <summary>Bytes in all ranges.</summary>
    public long Total { get; private set; }

    /// <summary>End of the range that begins at 0; 0 where there is none.</summary>
    public long PrefixEnd => _ranges is [(0, var to), ..] ? to : 0;

    /// <summary>The ranges as pairs of first byte and byte after the last.</summary>
    public IReadOnlyList<long[]> ToPairs() => [.. _ranges.Select(r => new[] { r.From, r.To })];

    /// <summary>Reads pairs; null where they aren't ranges in order within a length.</summary>
    public static ByteRanges? FromPairs(IReadOnlyList<long[]> pairs, long length)
    {
        var ranges = new ByteRanges();
        long end = -1;
        foreach (var pair in pairs)
        {
            if (pair is not [var from, var to] || from <= end || to <= from || to > length)
            {
                return null;
            }

            ranges.Add(from, to);
            end = to;
        }

        return ranges;
    }

    /// <summary>Adds bytes; some may be there already.</summary>
    /// <param name="from">First byte.</param>
    /// <param name="to">The byte after the last.</param>
    public void Add(long from, long to)
    {
        var first = _ranges.FindIndex(r => r.To >= from);
        first = first < 0 ? _ranges.Count : first;
        var after = first;
        while (after < _ranges.Count && _ranges[after].From <= to)
        {
            from = Math.Min(from, _ranges[after].From);
            to = Math.Max(to, _ranges[after].To);
            Total -= _ranges[after].To - _ranges[after].From;
            after++;
        }

        _ranges.RemoveRange(first, after - first);
        _ranges.Insert(first, (from, to));
        Total += to - from;
    }

    /// <summary>What is missing of a length, in order, in parts of at most so many bytes.</summary>
    public IReadOnlyList<(long From, long To)> Missing(long length, long partBytes)
    {
        List<(long From, long To)> missing = [];
        long at = 0;
        foreach (var (from, to) in (IEnumerable<(long From, long To)>)[.. _ranges, (length, length)])
        {
            for (; at < from; at = Math.Min(from, at + partBytes))
            {
                missing.Add((at, Math.Min(from, at + partBytes)));
            }

            at = to;
        }

        return missing;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _ranges.Clear();
        Total = 0;
    }
}

namespace BlobCaptioner.Exports;

/// <summary>Notices an id that comes again soon after, in constant memory: importers keep one of several rows with the same.</summary>
/// <param name="capacity">Ids that are remembered.</param>
internal sealed class RecentIds(int capacity)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>False where it is among the last ones.</summary>
    public bool TryAdd(string id)
    {
        if (!_ids.Add(id))
        {
            return false;
        }

        _order.Enqueue(id);
        if (_order.Count > capacity)
        {
            _ids.Remove(_order.Dequeue());
        }

        return true;
    }
}

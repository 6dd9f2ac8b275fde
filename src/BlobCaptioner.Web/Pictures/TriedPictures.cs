using System.Security.Cryptography;

namespace BlobCaptioner.Web.Pictures;

/// <summary>The last pictures that were tried, kept in memory so that another question needs no second upload.</summary>
internal sealed class TriedPictures
{
    private const int MaxCount = 16;
    private const long MaxBytes = 64_000_000;

    private readonly Lock _lock = new();
    private readonly LinkedList<Tried> _pictures = [];

    /// <summary>Keeps a picture and drops the oldest beyond 16 pictures or 64 MB.</summary>
    /// <returns>Its id, 128 random bits, so that other visitors can't guess it.</returns>
    public string Keep(string name, ReadOnlyMemory<byte> content)
    {
        var kept = new Tried(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), name, content);
        lock (_lock)
        {
            _pictures.AddFirst(kept);
            while (_pictures.Count > 1 && (_pictures.Count > MaxCount || _pictures.Sum(p => (long)p.Content.Length) > MaxBytes))
            {
                _pictures.RemoveLast();
            }
        }

        return kept.Id;
    }

    /// <summary>The picture of an id; null if it is no longer kept.</summary>
    public Tried? Find(string id)
    {
        lock (_lock)
        {
            return _pictures.FirstOrDefault(p => p.Id == id);
        }
    }

    /// <summary>A picture.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Content">Its bytes.</param>
    internal sealed record Tried(string Id, string Name, ReadOnlyMemory<byte> Content);
}

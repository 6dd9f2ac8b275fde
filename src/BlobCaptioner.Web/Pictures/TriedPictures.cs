using System.Security.Cryptography;

namespace BlobCaptioner.Web.Pictures;

/// <summary>The pictures that were tried last, so that another question needs no second upload. In memory only.</summary>
internal sealed class TriedPictures
{
    private const int Most = 16;
    private const long MostBytes = 128_000_000;

    private readonly Lock _lock = new();
    private readonly LinkedList<Tried> _pictures = [];

    /// <summary>Keeps one; the oldest go.</summary>
    /// <returns>Its id: nobody can guess it, so nobody else asks about it.</returns>
    public string Keep(string name, ReadOnlyMemory<byte> content)
    {
        var kept = new Tried(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), name, content);
        lock (_lock)
        {
            _pictures.AddFirst(kept);
            while (_pictures.Count > 1 && (_pictures.Count > Most || _pictures.Sum(p => (long)p.Content.Length) > MostBytes))
            {
                _pictures.RemoveLast();
            }
        }

        return kept.Id;
    }

    /// <summary>One of them; null where it is gone.</summary>
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

using System.Collections.Concurrent;

namespace BlobCaptioner.Captioning;

/// <summary>What a model has written so far about a picture, for people who watch. Written by the engine, read by any thread.</summary>
public sealed class CaptionDraft
{
    private readonly ConcurrentDictionary<(string? Language, string Field), string> _texts = new();
    private volatile bool _isWatched;
    private int _version;

    /// <summary>True once somebody watches: texts are kept only from then on, since decoding each for nobody costs time.</summary>
    public bool IsWatched => _isWatched;

    /// <summary>Changes whenever a text does.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Begins to keep texts.</summary>
    public void Watch() => _isWatched = true;

    /// <summary>The texts so far, those in work included, in no particular order; attributes have no language.</summary>
    public IReadOnlyList<DraftText> Read() => [.. _texts.Select(t => new DraftText(t.Key.Language, t.Key.Field, t.Value))];

    /// <summary>Sets a field's text; nothing happens where nobody watches.</summary>
    /// <param name="language">BCP 47; null for attributes.</param>
    /// <param name="field">The field's name in the profile.</param>
    /// <param name="text">All of it so far.</param>
    public void Set(string? language, string field, string text)
    {
        if (_isWatched)
        {
            _texts[(language, field)] = text;
            Interlocked.Increment(ref _version);
        }
    }
}

using System.Collections.Concurrent;

namespace BlobCaptioner.Captioning;

/// <summary>The texts of an answer while it is being written. The engine writes it; any thread may read it.</summary>
public sealed class CaptionDraft
{
    private readonly ConcurrentDictionary<(string? Language, string Field), string> _texts = new();
    private volatile bool _isWatched;
    private int _version;

    /// <summary>True once somebody watches. Texts are kept only from then on, since decoding each costs time.</summary>
    public bool IsWatched => _isWatched;

    /// <summary>Changes whenever a text does.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Begins to keep texts.</summary>
    public void Watch() => _isWatched = true;

    /// <summary>The texts so far, those in work included, in no particular order; attributes have no language.</summary>
    public IReadOnlyList<DraftText> Read() => [.. _texts.Select(t => new DraftText(t.Key.Language, t.Key.Field, t.Value))];

    /// <summary>Sets a field's text. Does nothing while nobody watches.</summary>
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

/// <summary>One field of a <see cref="CaptionDraft"/>.</summary>
/// <param name="Language">BCP 47; null for attributes.</param>
/// <param name="Field">Its name in the profile.</param>
/// <param name="Text">The text so far; items of a list are joined with <c>", "</c>.</param>
public sealed record DraftText(string? Language, string Field, string Text);

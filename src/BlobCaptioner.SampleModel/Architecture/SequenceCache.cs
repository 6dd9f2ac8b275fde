using static TorchSharp.torch;

namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>The KV cache of one sequence. Its tensors never change, so that copies can share them.</summary>
internal sealed class SequenceCache
{
    private readonly Tensor?[] _keys;
    private readonly Tensor?[] _values;
    private List<int> _times = [];

    /// <param name="layers">Layers of the language model.</param>
    public SequenceCache(int layers) => (_keys, _values) = (new Tensor?[layers], new Tensor?[layers]);

    private SequenceCache(SequenceCache other) => (_keys, _values, _times) = ([.. other._keys], [.. other._values], [.. other._times]);

    /// <summary>Cached tokens.</summary>
    public int Count => _times.Count;

    /// <summary>A cache of the same tokens.</summary>
    public SequenceCache Copy() => new(this);

    /// <summary>Adds keys and values of a layer, [1, heads, tokens, head size], and returns all of that layer.</summary>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor key, Tensor value)
    {
        _keys[layer] = (_keys[layer] is { } keys ? cat([keys, key], 2) : key.clone()).DetachFromDisposeScope();
        _values[layer] = (_values[layer] is { } values ? cat([values, value], 2) : value.clone()).DetachFromDisposeScope();
        return (_keys[layer]!, _values[layer]!);
    }

    /// <summary>Counts new tokens after every layer has appended them.</summary>
    public void Advance(IReadOnlyList<(int Time, int Row, int Column)> positions) => _times.AddRange(positions.Select(p => p.Time));

    /// <summary>Removes the tokens at and after a position.</summary>
    public void CutTo(int position)
    {
        var kept = _times.FindIndex(t => t >= position);
        if (kept < 0)
        {
            return;
        }

        _times = _times[..kept];
        for (var layer = 0; layer < _keys.Length; layer++)
        {
            _keys[layer] = kept == 0 ? null : _keys[layer]!.narrow(2, 0, kept).DetachFromDisposeScope();
            _values[layer] = kept == 0 ? null : _values[layer]!.narrow(2, 0, kept).DetachFromDisposeScope();
        }
    }
}

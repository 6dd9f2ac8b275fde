using BlobCaptioner.Inference.Sampling;

namespace BlobCaptioner.Estimates;

/// <summary>A sample of a stream of unknown length in which every element is equally likely to be (Vitter's algorithm R). Memory for the sample only.</summary>
internal sealed class Reservoir<T>(int size, ulong seed)
{
    private readonly List<T> _sample = new(size);
    private SplitMix64 _random = new(seed);

    /// <summary>Elements seen.</summary>
    public long Seen { get; private set; }

    /// <summary>The sample so far.</summary>
    public IReadOnlyList<T> Sample => _sample;

    /// <summary>Takes the next element.</summary>
    public void Add(T element)
    {
        Seen++;
        if (_sample.Count < size)
        {
            _sample.Add(element);
            return;
        }

        // 53 bits are uniform to one part in a million for any container that storage can list
        var place = (long)(_random.NextDouble() * Seen);
        if (place < size)
        {
            _sample[(int)place] = element;
        }
    }
}

using BlobCaptioner.Engine.Setup;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>
/// Divides the processors between the vision tower and the language model, which work at the same time. llama.cpp's threads wait for each other by spinning, some hundred times
/// a step: with more threads than processors, each wait lasts until the operating system runs the missing one again.
/// </summary>
internal sealed class ProcessorShare
{
    private readonly int _threads;
    private readonly bool _gives;
    private int _encoding;

    /// <param name="options">Numbers of threads that are set are kept; the others are divided.</param>
    /// <param name="processors">Processors there are.</param>
    public ProcessorShare(DecoderOptions options, int processors)
    {
        var isSmall = DecoderOptions.IsSmall(options.TextModelPath);
        _threads = options.Threads ?? (isSmall ? 1 : processors);
        _gives = options.Threads is null;
        ImageThreads = options.ImageThreads ?? (DecoderOptions.IsSmall(options.VisionModelPath) ? 1 : Math.Max(1, processors / 2));
    }

    /// <summary>Threads of the vision tower.</summary>
    public int ImageThreads { get; }

    /// <summary>Threads for the language model's next step: all, less those that encode a picture now.</summary>
    public int DecodeThreads => _gives && Volatile.Read(ref _encoding) > 0 ? Math.Max(1, _threads - ImageThreads) : _threads;

    /// <summary>Runs an encoding, for which steps leave processors free meanwhile.</summary>
    public int Encode(Func<int> run)
    {
        Interlocked.Increment(ref _encoding);
        try
        {
            return run();
        }
        finally
        {
            Interlocked.Decrement(ref _encoding);
        }
    }
}

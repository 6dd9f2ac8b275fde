namespace BlobCaptioner.Engine.Decoding;

/// <summary>
/// Divides the processors between the vision tower and the language model, which work at the same time. llama.cpp's threads wait for each other by spinning, some hundred times
/// a step: more of them than processors, and each wait lasts until the scheduler brings the missing one back.
/// </summary>
internal sealed class ProcessorShare
{
    private readonly int _threads;
    private readonly bool _gives;
    private int _encoding;

    /// <param name="options">Threads that were asked for are kept to; what was left open is divided.</param>
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

    /// <summary>Threads for the language model's next step: all of its own, less what a picture is being encoded with.</summary>
    public int DecodeThreads => _gives && Volatile.Read(ref _encoding) > 0 ? Math.Max(1, _threads - ImageThreads) : _threads;

    /// <summary>Encodes a picture, on the processors that steps leave free meanwhile.</summary>
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

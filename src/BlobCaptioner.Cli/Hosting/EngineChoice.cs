using BlobCaptioner.Engine;
using BlobCaptioner.Remote;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Which model to load and how many pictures it works on at once.</summary>
public sealed record EngineChoice
{
    /// <summary>Full path of the text model; null for the bundled one.</summary>
    public required string? Model { get; init; }

    /// <summary>Full path of its vision part; null for the bundled one.</summary>
    public required string? Mmproj { get; init; }

    /// <summary>Pictures decoded at the same time, 1 to 64; null for as many as suit the model.</summary>
    public required int? Slots { get; init; }

    /// <summary>CPU threads of each part of the model, 1 to 512; null leaves it to <see cref="DecoderOptions"/>.</summary>
    public required int? Threads { get; init; }

    /// <summary>How keys and values are kept.</summary>
    public KvCacheType CacheType { get; init; } = KvCacheType.F16;

    /// <summary>Who computes attention on the CPU, of <see cref="AttentionNames.Kernels"/>.</summary>
    public string Attention { get; init; } = AttentionNames.Auto;

    /// <summary>Flash attention, of <see cref="AttentionNames.Flash"/>.</summary>
    public string FlashAttention { get; init; } = AttentionNames.Auto;

    /// <summary>A model server instead of a model in this process; null for none.</summary>
    public RemoteModelOptions? Server { get; init; }
}

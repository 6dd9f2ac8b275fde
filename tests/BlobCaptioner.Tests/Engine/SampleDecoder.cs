using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Setup;

namespace BlobCaptioner.Tests.Engine;

/// <summary>The bundled model on the real llama.cpp.</summary>
internal static class SampleDecoder
{
    /// <summary>A decoder of its own, the caller's to dispose.</summary>
    public static LLamaSharpDecoder Load(Func<DecoderOptions, DecoderOptions>? change = null) =>
        LLamaSharpDecoder.Load(change is null ? BundledModel.Options : change(BundledModel.Options));
}

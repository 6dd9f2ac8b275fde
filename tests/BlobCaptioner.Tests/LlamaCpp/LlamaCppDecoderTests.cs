using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp;

namespace BlobCaptioner.Tests.LlamaCpp;

/// <summary>The decoder suites over llama.cpp's C API by P/Invoke.</summary>
public sealed class LlamaCppDecoderTests(NativeLibrariesFixture natives) : NativeDecoderSuite
{
    protected override string Engine => "llama.cpp v0.5.0";

    protected override async Task<ISequenceDecoder> LoadSampleAsync(Func<LlamaCppOptions, LlamaCppOptions>? change = null) => await natives.LoadSampleAsync(change);

    protected override void Abort(ISequenceDecoder decoder) => ((LlamaCppDecoder)decoder).Abort();
}

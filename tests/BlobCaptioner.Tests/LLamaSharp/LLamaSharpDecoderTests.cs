using BlobCaptioner.GpuWorker.Decoding;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp;
using BlobCaptioner.Tests.LlamaCpp;

namespace BlobCaptioner.Tests.LLamaSharp;

/// <summary>
/// The decoder suites over LLamaSharp. Run this class alone: two versions of llama.cpp in one process would take each other's libraries.
/// </summary>
public sealed class LLamaSharpDecoderTests : NativeDecoderSuite
{
    protected override string Engine => "LLamaSharp 0.28.0";

    protected override Task<ISequenceDecoder> LoadSampleAsync(Func<LlamaCppOptions, LlamaCppOptions>? change = null) =>
        Task.FromResult<ISequenceDecoder>(LLamaSharpDecoder.Load(change is null ? BundledModel.Options : change(BundledModel.Options)));

    protected override void Abort(ISequenceDecoder decoder) => ((LLamaSharpDecoder)decoder).Abort();
}

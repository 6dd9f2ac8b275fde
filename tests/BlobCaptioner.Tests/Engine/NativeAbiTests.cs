using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Inference;
using LLama.Native;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

/// <summary>Numbers printed by a C program over llama.h and mtmd.h, gcc 12, x86-64.</summary>
public sealed class NativeAbiTests
{
    [Fact]
    public void SizeOf_EveryStruct_IsTheHeaders()
    {
        Assert.Equal(56, Unsafe.SizeOf<LLamaNativeBatch>());
        Assert.Equal(24, Unsafe.SizeOf<MtmdInputText>());
        Assert.Equal(16, Unsafe.SizeOf<MtmdDecoderPos>());
    }

    [Theory]
    [InlineData(typeof(LLamaNativeBatch), nameof(LLamaNativeBatch.tokens), 8)]
    [InlineData(typeof(LLamaNativeBatch), nameof(LLamaNativeBatch.logits), 48)]
    [InlineData(typeof(LLamaContextParams), nameof(LLamaContextParams.n_outputs_max), 20)]
    [InlineData(typeof(LLamaContextParams), nameof(LLamaContextParams.n_threads), 24)]
    [InlineData(typeof(LLamaContextParams), nameof(LLamaContextParams.abort_callback), 112)]
    [InlineData(typeof(MtmdInputText), nameof(MtmdInputText.Length), 8)]
    [InlineData(typeof(MtmdInputText), nameof(MtmdInputText.ParseSpecial), 17)]
    [InlineData(typeof(MtmdDecoderPos), nameof(MtmdDecoderPos.Z), 12)]
    public void OffsetOf_Field_IsTheHeaders(Type type, string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf(type, field));

    [Fact]
    public void FaultIn_LoadedLibraries_IsNull()
    {
        NativeLibraries.Load();

        Assert.Null(NativeAbi.FaultIn(LLamaModelParams.Default()));
        Assert.Null(NativeAbi.FaultIn(LLamaContextParams.Default()));
        Assert.Null(NativeAbi.FaultIn(MtmdContextParams.Default()));
    }

    [Fact]
    public void FaultIn_FieldsShiftedByFour_NamesTheFirstField()
    {
        NativeLibraries.Load();
        var real = LLamaContextParams.Default();
        var shifted = default(LLamaContextParams);
        MemoryMarshal.AsBytes(new ReadOnlySpan<LLamaContextParams>(in real))[..^4].CopyTo(MemoryMarshal.AsBytes(new Span<LLamaContextParams>(ref shifted))[4..]);

        Assert.Equal("llama_context_params.n_ctx", NativeAbi.FaultIn(shifted));
        Assert.Equal("llama_context_params.n_threads", NativeAbi.FaultIn(real with { n_threads = 8 }));
    }

    [Theory]
    [InlineData("0.17.9")]
    [InlineData("0.19.0")]
    [InlineData("")]
    public void CheckVersion_Another_SaysWhichIsNeededAndWhatToDo(string version)
    {
        var error = Assert.Throws<SequenceDecoderException>(() => NativeAbi.CheckVersion(version, "/opt/llama"));

        Assert.Contains($"ggml {version};", error.Message, StringComparison.Ordinal);
        Assert.Contains("b10221", error.Message, StringComparison.Ordinal);
        Assert.Contains("/opt/llama", error.Message, StringComparison.Ordinal);
        Assert.Contains("BLOBCAPTIONER_NATIVES", error.Message, StringComparison.Ordinal);
    }
}

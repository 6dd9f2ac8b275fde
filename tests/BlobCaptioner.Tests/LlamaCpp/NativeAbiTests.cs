using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BlobCaptioner.LlamaCpp;
using BlobCaptioner.LlamaCpp.Interop;
using Xunit;

namespace BlobCaptioner.Tests.LlamaCpp;

/// <summary>Numbers printed by a C program over llama.h and mtmd.h of v0.5.0, gcc 12, x86-64.</summary>
public sealed class NativeAbiTests(NativeLibrariesFixture natives)
{
    [Fact]
    public void SizeOf_EveryStruct_IsTheHeaders()
    {
        Assert.Equal(80, Unsafe.SizeOf<LlamaModelParams>());
        Assert.Equal(160, Unsafe.SizeOf<LlamaContextParams>());
        Assert.Equal(56, Unsafe.SizeOf<LlamaBatch>());
        Assert.Equal(16, Unsafe.SizeOf<LlamaChatMessage>());
        Assert.Equal(96, Unsafe.SizeOf<MtmdContextParams>());
        Assert.Equal(24, Unsafe.SizeOf<MtmdInputText>());
        Assert.Equal(16, Unsafe.SizeOf<MtmdDecoderPos>());
    }

    [Theory]
    [InlineData(typeof(LlamaModelParams), nameof(LlamaModelParams.GpuLayers), 16)]
    [InlineData(typeof(LlamaModelParams), nameof(LlamaModelParams.LazyMode), 28)]
    [InlineData(typeof(LlamaModelParams), nameof(LlamaModelParams.MainGpu), 32)]
    [InlineData(typeof(LlamaModelParams), nameof(LlamaModelParams.TensorSplit), 40)]
    [InlineData(typeof(LlamaModelParams), nameof(LlamaModelParams.KvOverrides), 64)]
    [InlineData(typeof(LlamaModelParams), nameof(LlamaModelParams.VocabOnly), 72)]
    [InlineData(typeof(LlamaModelParams), nameof(LlamaModelParams.LoadMtp), 77)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.Threads), 28)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.FlashAttention), 52)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.DefragThreshold), 84)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.EvalCallback), 88)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.TypeV), 108)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.AbortCallback), 112)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.Embeddings), 128)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.KvUnified), 133)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.Samplers), 136)]
    [InlineData(typeof(LlamaContextParams), nameof(LlamaContextParams.OtherContext), 152)]
    [InlineData(typeof(LlamaBatch), nameof(LlamaBatch.Token), 8)]
    [InlineData(typeof(LlamaBatch), nameof(LlamaBatch.Logits), 48)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.Device), 8)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.PrintTimings), 16)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.Threads), 20)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.MediaMarker), 32)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.FlashAttention), 40)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.Warmup), 44)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.ImageMinTokens), 48)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.ImageMaxTokens), 52)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.EvalCallback), 56)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.BatchMaxTokens), 72)]
    [InlineData(typeof(MtmdContextParams), nameof(MtmdContextParams.ProgressCallback), 80)]
    [InlineData(typeof(MtmdInputText), nameof(MtmdInputText.Length), 8)]
    [InlineData(typeof(MtmdInputText), nameof(MtmdInputText.ParseSpecial), 17)]
    [InlineData(typeof(MtmdDecoderPos), nameof(MtmdDecoderPos.Z), 12)]
    public void OffsetOf_Field_IsTheHeaders(Type type, string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf(type, field));

    [Fact]
    public async Task FaultIn_LoadedLibraries_IsNull()
    {
        await natives.ReadyAsync();
        Assert.Null(NativeAbi.FaultIn(LlamaNative.llama_model_default_params()));
        Assert.Null(NativeAbi.FaultIn(LlamaNative.llama_context_default_params()));
        unsafe
        {
            Assert.Null(NativeAbi.FaultIn(MtmdNative.mtmd_context_params_default(), MtmdNative.mtmd_default_marker()));
        }
    }

    [Fact]
    public async Task FaultIn_FieldsShiftedByFour_NamesTheFirstField()
    {
        await natives.ReadyAsync();
        var real = LlamaNative.llama_context_default_params();
        var shifted = default(LlamaContextParams);
        MemoryMarshal.AsBytes(new ReadOnlySpan<LlamaContextParams>(in real))[..^4].CopyTo(MemoryMarshal.AsBytes(new Span<LlamaContextParams>(ref shifted))[4..]);

        Assert.Equal("llama_context_params.n_ctx", NativeAbi.FaultIn(shifted));
        Assert.Equal("llama_context_params.n_threads", NativeAbi.FaultIn(real with { Threads = 8 }));
    }

    [Fact]
    public async Task Load_AnotherFolder_SaysThatAProcessHoldsOne()
    {
        var loaded = await natives.ReadyAsync();
        NativeLoader.Load(loaded);

        var error = Assert.Throws<NativeSetupException>(() => NativeLoader.Load("/opt/llama"));

        Assert.Contains(loaded, error.Message, StringComparison.Ordinal);
        Assert.Contains("Restart to use '/opt/llama'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.4.9")]
    [InlineData("v0.6.0")]
    [InlineData("b9999")]
    public async Task Check_AnotherVersion_SaysWhichIsNeededAndWhatToDo(string version)
    {
        await natives.ReadyAsync();
        var error = Assert.Throws<NativeSetupException>(() => NativeAbi.Check(version, "/opt/llama"));
        Assert.Contains(version, error.Message, StringComparison.Ordinal);
        Assert.Contains("0.5.0", error.Message, StringComparison.Ordinal);
        Assert.Contains("/opt/llama", error.Message, StringComparison.Ordinal);
        Assert.Contains("BLOBCAPTIONER_NATIVES", error.Message, StringComparison.Ordinal);
    }
}

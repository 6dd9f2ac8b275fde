using BlobCaptioner.Engine.Attention;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Engine.Setup;
using LLama.Native;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>Whether attention goes cell by cell in one pass (flash attention) or as matrix products, where <see cref="DecoderOptions.FlashAttention"/> is null.</summary>
internal static class FlashAttentionChoice
{
    private const LLamaFlashAttentionType Auto = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO;
    private const LLamaFlashAttentionType On = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_ENABLED;
    private const LLamaFlashAttentionType Off = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;

    /// <summary>
    /// The language model's. Measured with a small model and without this project's kernel: attention takes 39 % of the time by ggml's flash attention, 20 % by matrix products. Values of
    /// 8 bits need flash attention.
    /// </summary>
    public static LLamaFlashAttentionType ForText(DecoderOptions options)
    {
        var isSlower = !NativeLibraries.OnGpu(options.GpuLayers) && options.CacheType == KvCacheType.F16 && DecoderOptions.IsSmall(options.TextModelPath);
        var choice = ForVision(options);
        return choice == Auto && isSlower ? Off : choice;
    }

    /// <summary>The vision tower's. Without a choice, libmtmd would need its warm-up to decide.</summary>
    public static LLamaFlashAttentionType ForVision(DecoderOptions options) => options.FlashAttention switch
    {
        true => On,
        false => Off,
        null => OnKernel(options) ? On : Auto,
    };

    private static bool OnKernel(DecoderOptions options) => !NativeLibraries.OnGpu(options.GpuLayers) && AttentionKernel.IsInPlace;
}

using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Interop;

/// <summary>This project's attention kernel, npm/attention.cpp.</summary>
internal static partial class AttentionNative
{
    /// <summary>Resolved by <see cref="NativeLoader"/>.</summary>
    public const string Library = "blobcaptioner-attention";

    /// <summary>Puts the kernel before ggml's; once the backends are loaded, before a model is. 1 where it is in place, 0 where this processor can't run it.</summary>
    [LibraryImport(Library)]
    public static partial int captioner_attention_install();
}

using NetVips;

namespace BlobCaptioner.Images;

/// <summary>libvips' process-wide settings, made once before its first use.</summary>
internal static class VipsSettings
{
    // Kept here because libvips calls it for as long as the process lives.
    private static readonly Log.LogDelegate Silent = (_, _, _) => { };

    private static readonly bool Applied = Set();

    public static void Apply() => _ = Applied;

    private static bool Set()
    {
        // Parallel over pictures, not inside one: best throughput a core, and one picture's tile buffers instead of many.
        NetVips.NetVips.Concurrency = 1;

        // Every picture is seen once: caching operations would only hold memory.
        Cache.Max = 0;

        // Second line behind FormatSniffer: loaders that libvips itself calls unfit for untrusted input.
        NetVips.NetVips.BlockUntrusted = true;

        // libvips would write warnings about damaged pictures to the terminal, across live tables and JSON lines; the outcome says it already.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning | Enums.LogLevelFlags.Message | Enums.LogLevelFlags.Info, Silent);
        return true;
    }
}

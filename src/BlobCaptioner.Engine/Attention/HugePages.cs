using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>A KV cache is read in short pieces all over, which pages of 2 MB make faster. Linux is asked for them once for each cache.</summary>
internal static unsafe partial class HugePages
{
    private const nuint Page = 1 << 21;
    private const int AdviceHugePage = 14;

    /// <summary>Linux 6.1: moves what is there already into huge pages, at once.</summary>
    private const int AdviceCollapse = 25;

    private static nint s_last;

    public static delegate* unmanaged[Cdecl]<nint, nint> BaseOf { get; set; }

    public static delegate* unmanaged[Cdecl]<nint, nuint> SizeOf { get; set; }

    public static void Ask(nint buffer)
    {
        if (buffer == 0 || buffer == s_last || BaseOf == null || SizeOf == null)
        {
            return;
        }

        s_last = buffer;
        var start = (nuint)BaseOf(buffer);
        var first = (start + Page - 1) / Page * Page;
        var end = (start + SizeOf(buffer)) / Page * Page;
        if (first < end)
        {
            _ = Advise(first, end - first, AdviceHugePage);
            _ = Advise(first, end - first, AdviceCollapse);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}

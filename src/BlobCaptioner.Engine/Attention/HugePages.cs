using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Attention;

/// <summary>A KV cache is read in short pieces all over, which pages of 2 MB make faster. Linux is asked for them once for each cache.</summary>
internal static unsafe partial class HugePages
{
    private const nuint Page = 1 << 21;
    private const int AdviceHugePage = 14;

    /// <summary>Linux 6.1: moves what is there already into huge pages, at once.</summary>
    private const int AdviceCollapse = 25;

    private static readonly nint[] Asked = new nint[16];
    private static int s_next;

    public static delegate* unmanaged[Cdecl]<nint, nint> BaseOf { get; set; }

    public static delegate* unmanaged[Cdecl]<nint, nuint> SizeOf { get; set; }

    public static void Ask(nint buffer)
    {
        if (buffer == 0 || BaseOf == null || SizeOf == null)
        {
            return;
        }

        var start = BaseOf(buffer);
        if (Asked.AsSpan().Contains(start))
        {
            return;
        }

        Asked[s_next++ % Asked.Length] = start;
        Advise(start, SizeOf(buffer));
    }

    internal static void Advise(nint start, nuint bytes)
    {
        var first = ((nuint)start + Page - 1) / Page * Page;
        var end = ((nuint)start + bytes) / Page * Page;
        if (first < end)
        {
            _ = Advise(first, end - first, AdviceHugePage);
            _ = Advise(first, end - first, AdviceCollapse);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}

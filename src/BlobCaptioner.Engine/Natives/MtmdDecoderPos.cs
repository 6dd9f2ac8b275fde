using System.Runtime.InteropServices;

namespace BlobCaptioner.Engine.Natives;

/// <summary><c>struct mtmd_decoder_pos</c> of llama.cpp b10221: where one image token stands. Mind the order: t, x, y, z.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MtmdDecoderPos
{
    public uint T;
    public uint X;
    public uint Y;
    public uint Z;

    /// <summary>Positions of n image tokens as llama.cpp's batches want them: four planes of n, in the order t, y, x, z.</summary>
    public static int[] ToPlanes(ReadOnlySpan<MtmdDecoderPos> positions)
    {
        var tokens = positions.Length;
        var planes = new int[tokens * 4];
        for (var i = 0; i < tokens; i++)
        {
            planes[i] = (int)positions[i].T;
            planes[tokens + i] = (int)positions[i].Y;
            planes[(2 * tokens) + i] = (int)positions[i].X;
            planes[(3 * tokens) + i] = (int)positions[i].Z;
        }

        return planes;
    }
}

namespace BlobCaptioner.Images;

/// <summary>Reads a stream into memory up to a limit.</summary>
internal static class LimitedBuffer
{
    private const int FirstGuess = 256 * 1024;

    /// <summary>All bytes up to the stream's end, or null where there are more than <paramref name="limit"/>; reads at most one byte more.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream source, long? length, long limit, CancellationToken cancellationToken)
    {
        // One byte more than announced, so that the end is seen without growing.
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Clamp((length ?? FirstGuess) + 1, 1, limit + 1));
        var filled = 0;
        while (true)
        {
            var read = await source.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            filled += read;
            if (read == 0)
            {
                return buffer.AsMemory(0, filled);
            }

            if (filled > limit)
            {
                return null;
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(limit + 1, buffer.Length * 2L));
            }
        }
    }
}

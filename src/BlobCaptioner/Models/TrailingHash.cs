using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace BlobCaptioner.Models;

/// <summary>
/// SHA-256 of a file while it is received: it follows the bytes that are there without a gap, so that it ends with the download
/// and reads what the system still has in memory.
/// </summary>
internal sealed class TrailingHash(PartialFile partial, long length, ProgressMeter meter)
{
    // one wake-up waiting is enough: who wakes looks how far the bytes are
    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Says that there are more bytes.</summary>
    public void Wake() => _wakeUps.Writer.TryWrite(true);

    /// <summary>Hashes until all bytes are there.</summary>
    /// <returns>Lower-case hex.</returns>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(FileHash.BlockBytes);
        try
        {
            long at = 0;
            while (at < length)
            {
                var ready = partial.PrefixBytes;
                while (at < ready)
                {
                    var read = await partial.ReadAsync(at, buffer.AsMemory(0, (int)Math.Min(FileHash.BlockBytes, ready - at)), cancellationToken);
                    if (read == 0)
                    {
                        throw new ModelException("The file being received was cut short by something else. Pull it again.");
                    }

                    hash.AppendData(buffer, 0, read);
                    meter.Checked(read);
                    at += read;
                }

                if (at < length)
                {
                    await _wakeUps.Reader.ReadAsync(cancellationToken);
                }
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

using System.Buffers;
using System.Security.Cryptography;

namespace BlobCaptioner.Models;

/// <summary>SHA-256 of files that are large enough to need a progress report.</summary>
internal static class FileHash
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Starts an empty hash.</summary>
    public static IncrementalHash Create() => IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Ends a hash, which is empty again afterwards.</summary>
    /// <returns>64 lower-case hex digits.</returns>
    public static string Take(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());

    /// <summary>Adds a stream from its position to its end.</summary>
    public static async Task AddAsync(IncrementalHash hash, Stream stream, ProgressMeter meter, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                meter.AddChecked(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

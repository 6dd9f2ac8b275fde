using System.Buffers;
using System.Security.Cryptography;

namespace BlobCaptioner.Models;

/// <summary>SHA-256 of files too large to do it silently.</summary>
internal static class FileHash
{
    /// <summary>Bytes read at a time.</summary>
    public const int BlockBytes = 1 << 20;

    /// <summary>Reads a file through.</summary>
    /// <returns>Lower-case hex.</returns>
    public static async Task<string> ComputeAsync(string path, ProgressMeter meter, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            await using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                meter.Checked(read);
            }

            meter.Report();
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
